//! Whether a value is what a schema of the document says: as much of JSON Schema as the document uses.

use serde_json::Value;

/// What is wrong with a value, and where.
pub fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').ok_or("a reference elsewhere")?;
        let target = document.pointer(pointer).ok_or_else(|| format!("{reference} leads nowhere"))?;
        return check(document, target, value, at);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(parts) = schema[key].as_array() {
            let tried: Vec<_> = parts.iter().map(|part| check(document, part, value, at)).collect();
            if tried.iter().all(Result::is_err) {
                return Err(format!("{at} fits none of {key}: {tried:?}"));
            }
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at)?;
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{at}: {value} is none of {values:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    if !(types.contains(&type_of(value)) || types.contains(&"number") && value.is_number()) {
        return Err(format!("{at}: {value} is no {types:?}"));
    }
    if let Value::Array(items) = value
        && schema["items"].is_object()
    {
        for (place, item) in items.iter().enumerate() {
            check(document, &schema["items"], item, &format!("{at}[{place}]"))?;
        }
    }
    if let Value::Object(fields) = value {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                return Err(format!("{at} has no {name}"));
            }
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(field) = fields.get(name) {
                check(document, schema, field, &format!("{at}.{name}"))?;
            }
        }
    }
    Ok(())
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn a_wrong_value_is_found() {
    let document = serde_json::json!({"components": {"schemas": {"A": {"type": "object", "required": ["n"],
        "properties": {"n": {"type": ["integer", "null"]}, "k": {"enum": ["x"]}}}}}});
    let schema = serde_json::json!({"type": "array", "items": {"$ref": "#/components/schemas/A"}});
    let good = serde_json::json!([{"n": 1, "k": "x"}, {"n": null}]);
    assert_eq!(check(&document, &schema, &good, "$"), Ok(()));
    for bad in [
        serde_json::json!({"n": 1}),
        serde_json::json!([{}]),
        serde_json::json!([{"n": "1"}]),
        serde_json::json!([{"n": 1, "k": "y"}]),
    ] {
        assert!(check(&document, &schema, &bad, "$").is_err(), "{bad}");
    }
}
