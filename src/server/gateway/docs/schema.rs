//! Schemas of the document as HTML: a type in a word, and an object with its fields.

use super::text::{escape, inline};
use serde_json::Value;

/// Schemas within schemas are shown to this depth.
const DEPTH: usize = 4;

/// A schema in a few words, with a link where it has a name.
pub fn in_words(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[key].as_array() {
            return parts.iter().map(in_words).collect::<Vec<_>>().join(word);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(literal).collect::<Vec<_>>().join(", ");
    }
    let names = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    let named = |name: &&str| match *name {
        "array" => format!("array of {}", in_words(&schema["items"])),
        "string" if schema["contentMediaType"].is_string() || schema["format"] == "binary" => {
            "bytes".to_owned()
        }
        other => escape(other),
    };
    names.iter().map(named).collect::<Vec<_>>().join(" or ")
}

fn literal(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("<code>{}</code>", escape(&text))
}

/// What a value has to keep to, for example `1 to 200, 50 if absent`.
pub fn limits(schema: &Value) -> String {
    let number = |key: &str| schema[key].as_i64().map(|number| number.to_string());
    let range = |low: Option<String>, high: Option<String>, unit: &str| match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}{unit}")),
        (Some(low), None) => Some(format!("{low}{unit} or more")),
        (None, Some(high)) => Some(format!("{high}{unit} at most")),
        (None, None) => None,
    };
    let default = schema.get("default").filter(|default| !default.is_null());
    [
        range(number("minimum"), number("maximum"), ""),
        range(number("minLength"), number("maxLength"), " characters"),
        schema["pattern"].as_str().map(|pattern| format!("<code>{}</code>", escape(pattern))),
        default.map(|default| format!("{} if absent", literal(default))),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

/// All of a schema: its fields, its variants, or its values.
pub fn body(schema: &Value) -> String {
    deep(schema, DEPTH)
}

fn deep(schema: &Value, depth: usize) -> String {
    if depth == 0 || schema.get("$ref").is_some() {
        return format!("<p>{}</p>", in_words(schema));
    }
    for (key, lead) in [("oneOf", "One of:"), ("anyOf", "Any of:"), ("allOf", "All of:")] {
        if let Some(parts) = schema[key].as_array() {
            let item = |part: &Value| format!("<li>{}{}</li>", described(part), deep(part, depth - 1));
            let items: String = parts.iter().map(item).collect();
            return format!("<p class=\"docs-quiet\">{lead}</p><ul class=\"docs-variants\">{items}</ul>");
        }
    }
    let Some(fields) = schema["properties"].as_object() else {
        let limits = limits(schema);
        let comma = if limits.is_empty() { "" } else { ", " };
        return format!("<p>{}{comma}{limits}</p>", in_words(schema));
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let row = |(name, field): (&String, &Value)| {
        row(name, field, required.contains(&name.as_str()), field["description"].as_str().unwrap_or(""))
    };
    format!("<dl class=\"docs-fields\">{}</dl>", fields.iter().map(row).collect::<String>())
}

fn described(schema: &Value) -> String {
    schema["description"].as_str().map(inline).unwrap_or_default()
}

/// One field or parameter.
pub fn row(name: &str, schema: &Value, required: bool, description: &str) -> String {
    let limits = limits(schema);
    let comma = if limits.is_empty() { "" } else { ", " };
    let must = if required { " <b class=\"docs-required\">required</b>" } else { "" };
    format!(
        "<div><dt><code>{}</code>{must}</dt><dd><span class=\"docs-quiet\">{}{comma}{limits}</span> {}</dd></div>",
        escape(name),
        in_words(schema),
        inline(description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_told_in_words() {
        let link = "<a href=\"#schema-Device\">Device</a>";
        assert_eq!(in_words(&json!({"$ref": "#/components/schemas/Device"})), link);
        let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Device"}});
        assert_eq!(in_words(&list), format!("array of {link}"));
        assert_eq!(in_words(&json!({"type": ["string", "null"]})), "string or null");
        assert_eq!(in_words(&json!({"enum": ["a", 1]})), "<code>a</code>, <code>1</code>");
        assert_eq!(
            limits(&json!({"minimum": 1, "maximum": 200, "default": 50})),
            "1 to 200, <code>50</code> if absent"
        );
        let object = json!({"properties": {"<name>": {"type": "string"}}, "required": ["<name>"]});
        let html = body(&object);
        assert!(html.contains("&lt;name&gt;") && html.contains("required"), "{html}");
    }
}
