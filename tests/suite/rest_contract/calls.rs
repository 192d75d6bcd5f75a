//! Every documented operation, called with what it wants, with less, and with what it cannot want: the answer is
//! one that the document names, in the form that it names, and never a failure of ours.

use crate::rest_contract::{Answered, call, schema};
use crate::support::api::{Operation, document, operations};
use crate::support::{Server, until};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What stands for the parts of paths so that they name something.
struct World {
    parts: BTreeMap<&'static str, String>,
}

impl World {
    fn build(server: &Server) -> Self {
        let device = server.linked_device("34600111222");
        let chat = format!("/devices/{device}/chats/34600222333");
        let message = server.post(&format!("{chat}/messages"), json!({"text": "Hello"}));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let hash = until("a contact with a picture", || {
            let contacts = server.get(&format!("/devices/{device}/contacts"));
            let pictures = contacts["items"].as_array()?.iter().filter_map(|one| one["picture"].as_str());
            pictures.filter_map(|path| path.rsplit('/').next()).next().map(str::to_owned)
        });
        let picture = include_bytes!("../../../src/server/sandbox/pictures/diego.jpg");
        let media = call(server, "POST", "/api/v1/media", &[("content-type", "image/jpeg")], picture).json();
        Self {
            parts: BTreeMap::from([
                ("media", text(&media["id"])),
                ("device", device),
                ("chat", text(&message["chatId"])),
                ("message", text(&message["id"])),
                ("contact", "34600222333".to_owned()),
                ("number", "34600111222".to_owned()),
                ("hash", hash),
            ]),
        }
    }

    fn path(&self, operation: &Operation) -> String {
        let fill = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => self.parts.get(name).cloned().unwrap_or_else(|| "some_id".to_owned()),
            None => part.to_owned(),
        };
        operation.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }
}

#[track_caller]
fn keeps_its_promise(document: &Value, operation: &Operation, what: &str, answer: &Answered) {
    let Operation { method, path, says } = operation;
    let name = format!("{method} {path} {what}");
    let status = answer.status;
    let body = String::from_utf8_lossy(&answer.body);
    assert_ne!(status, 500, "{name}: {body}");
    let response = &says["responses"][status.to_string()];
    assert!(response.is_object(), "{name}: {status} is not documented: {body}");
    if method == "HEAD" {
        return;
    }
    let content = response["content"].as_object().cloned().unwrap_or_default();
    if content.is_empty() {
        return;
    }
    let media = content.get(&answer.content_type);
    let media = media.or_else(|| (path == "/metrics").then(|| content.values().next()).flatten());
    let media =
        media.unwrap_or_else(|| panic!("{name}: {status} as {} is not documented", answer.content_type));
    if answer.content_type.ends_with("json") {
        let value: Value =
            serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{name}: {error}: {body}"));
        if let Err(error) = schema::check(document, &media["schema"], &value, "$") {
            panic!("{name}: {status}: {error}\n{body}");
        }
        if status >= 400 && !operation.is_public() {
            assert_eq!(answer.content_type, "application/problem+json", "{name}");
            assert_eq!(value["status"], status, "{name}");
            let code = value["code"].as_str().unwrap_or_default();
            assert_eq!(value["type"], format!("/docs#problem-{code}"), "{name}");
        }
    }
}

/// Whether it stays open until the caller goes.
fn is_stream(operation: &Operation) -> bool {
    operation.says["responses"]["200"]["content"]["text/event-stream"].is_object()
}

fn every_operation(check: impl Fn(&Server, &World, &Value, &Operation)) {
    // These are more calls than one key may make: a limit would answer in the place of what is tested.
    let server = Server::start_with(&[("SWITCHBOARD_RATE_LIMIT", "0".into())]);
    let world = World::build(&server);
    let document = document(&server);
    // What takes away what the others need comes last.
    let last = |operation: &Operation| {
        operation.method == "DELETE"
            || ["logOutDevice", "unlinkOnPhone"].iter().any(|id| operation.says["operationId"] == *id)
    };
    let (end, start): (Vec<_>, Vec<_>) = operations(&document).into_iter().partition(last);
    for operation in start.iter().chain(&end) {
        check(&server, &world, &document, operation);
    }
    assert_eq!(call(&server, "GET", "/ready", &[], b"").status, 200);
}

fn send(server: &Server, operation: &Operation, path: &str, body: Option<&[u8]>) -> Answered {
    let json = [("content-type", "application/json")];
    match body {
        Some(body) => call(server, &operation.method, path, &json, body),
        None => call(server, &operation.method, path, &[], b""),
    }
}

/// A body that the schema takes, as plain as can be.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(pointer) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        return sample(document, &document.pointer(pointer).cloned().unwrap_or_default());
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(part) =
            schema[key].as_array().and_then(|parts| parts.iter().find(|part| part["type"] != "null"))
        {
            return sample(document, part);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    if !schema["example"].is_null() {
        return schema["example"].clone();
    }
    let first = schema["type"].as_array().map_or(&schema["type"], |types| &types[0]);
    match first.as_str().unwrap_or("object") {
        "string" => json!("34600111222"),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let field = |name: &str| (name.to_owned(), sample(document, &schema["properties"][name]));
            Value::Object(required.map(field).collect())
        }
    }
}

fn body_schema(document: &Value, operation: &Operation) -> Option<Value> {
    let schema = operation.says["requestBody"]["content"]["application/json"]["schema"].clone();
    if schema.is_null() {
        return None;
    }
    let resolve = |schema: &Value| {
        let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| document.pointer(pointer)).cloned()
    };
    let variant = schema["oneOf"].as_array().and_then(|parts| parts.iter().find_map(resolve));
    Some(variant.or_else(|| resolve(&schema)).unwrap_or(schema))
}

#[test]
fn with_what_they_want() {
    every_operation(|server, world, document, operation| {
        let body = body_schema(document, operation).map(|schema| sample(document, &schema).to_string());
        let path = world.path(operation);
        let answer = send(server, operation, &path, body.as_deref().map(str::as_bytes));
        keeps_its_promise(document, operation, "as documented", &answer);
        if operation.method == "GET" && !is_stream(operation) {
            let head = call(server, "HEAD", &path, &[], b"");
            let (wanted, name) = (answer.status, &operation.path);
            assert!(
                head.status == wanted || name.ends_with("/qr"),
                "HEAD {path}: {} not {wanted}",
                head.status
            );
            assert!(head.body.is_empty(), "HEAD {path} has a body");
        }
    });
}

#[test]
fn with_paths_that_name_nothing() {
    every_operation(|server, _, document, operation| {
        if !operation.path.contains('{') {
            return;
        }
        let long = "x".repeat(300);
        for wrong in [
            "no_such_thing",
            "a%20b",
            "%00",
            "%C3%A9",
            "..%2F..",
            "%27%3B--",
            "34600111222%40s.whatsapp.net",
            &long,
        ] {
            let fill = |part: &str| if part.starts_with('{') { wrong.to_owned() } else { part.to_owned() };
            let path = operation.path.split('/').map(fill).collect::<Vec<_>>().join("/");
            let body = body_schema(document, operation).map(|schema| sample(document, &schema).to_string());
            let answer = send(server, operation, &path, body.as_deref().map(str::as_bytes));
            keeps_its_promise(document, operation, &format!("with {wrong}"), &answer);
        }
    });
}

#[test]
fn with_queries_that_make_no_sense() {
    every_operation(|server, world, document, operation| {
        let path = world.path(operation);
        let parameters = operation.says["parameters"].as_array().cloned().unwrap_or_default();
        let long = "9".repeat(400);
        for name in
            parameters.iter().filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str())
        {
            for wrong in
                ["", "0", "-1", "nonsense", "%00", "%C3%A9%C3%A9", "%FF", "1e3", "%27%20OR%201=1", &long]
            {
                let body =
                    body_schema(document, operation).map(|schema| sample(document, &schema).to_string());
                let query = format!("{path}?{name}={wrong}");
                let answer = send(server, operation, &query, body.as_deref().map(str::as_bytes));
                keeps_its_promise(document, operation, &format!("with {name}={wrong}"), &answer);
            }
            if operation.method == "GET" {
                let answer = send(server, operation, &format!("{path}?{name}=1&{name}=2&unknown=1"), None);
                keeps_its_promise(document, operation, "with a doubled query", &answer);
            }
        }
    });
}

#[test]
fn with_bodies_that_cannot_be_meant() {
    every_operation(|server, world, document, operation| {
        let Some(schema) = body_schema(document, operation) else { return };
        let path = world.path(operation);
        let good = sample(document, &schema);
        let mut bodies: Vec<(String, Vec<u8>)> =
            ["{", "", "null", "[]", "5", "\"x\"", "{}", "[[[[", "{\"a\":1}x"]
                .into_iter()
                .map(|text| (text.to_owned(), text.as_bytes().to_vec()))
                .collect();
        bodies.push(("bytes".to_owned(), vec![0xff, 0xfe, 0x00]));
        bodies.push(("depth".to_owned(), "[".repeat(20_000).into_bytes()));
        for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
            let long = "x".repeat(70_000);
            for wrong in [
                json!(null),
                json!(-5),
                json!(1e300),
                json!([]),
                json!({}),
                json!(""),
                json!("a\u{0}b"),
                json!("\u{202e}é\n"),
                json!(long),
            ] {
                let mut body = good.clone();
                body[name] = wrong.clone();
                let what = format!("{name}: {}", wrong.to_string().chars().take(40).collect::<String>());
                bodies.push((what, body.to_string().into_bytes()));
            }
        }
        for (what, body) in bodies {
            let answer = send(server, operation, &path, Some(&body));
            keeps_its_promise(document, operation, &format!("with the body {what}"), &answer);
        }
        let plain = call(server, &operation.method, &path, &[("content-type", "text/plain")], b"{}");
        assert_eq!((plain.status, plain.code().as_str()), (415, "unsupported_media_type"), "{path}");
        keeps_its_promise(document, operation, "as text/plain", &plain);
        // What a phone sends may have a file in it.
        let most = if operation.path == "/api/v1/sandbox/phones/{number}/messages" { 32 } else { 1 };
        let large = send(server, operation, &path, Some(&vec![b' '; most * 1024 * 1024 + 1]));
        assert_eq!((large.status, large.code().as_str()), (413, "too_large"), "{path}");
        keeps_its_promise(document, operation, "too large", &large);
    });
}
