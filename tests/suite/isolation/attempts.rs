//! What can be tried on a route: its path and body, filled with the ids of somebody's things.

use crate::isolation::world::Things;
use crate::support::api::Operation;
use serde_json::{Map, Value, json};

/// One request.
pub struct Attempt {
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
}

/// The requests of an operation, about these things.
pub fn of(operation: &Operation, document: &Value, things: &Things) -> Vec<Attempt> {
    let path = fill_path(operation, things);
    let attempt = |body| Attempt { method: operation.method.clone(), path: path.clone(), body };
    if operation.path == "/api/v1/commands" {
        return commands(things)
            .into_iter()
            .enumerate()
            .map(|(n, command)| {
                attempt(Some(json!({"id": format!("try-{n}-{}", things.phone), "command": command})))
            })
            .collect();
    }
    // Of a file, whatever it is, a new one is made: it is about nothing of anybody's.
    if operation.path == "/api/v1/media" {
        return vec![attempt(None)];
    }
    let schema = &operation.says["requestBody"]["content"]["application/json"]["schema"];
    if operation.says.get("requestBody").is_none() {
        let body = (operation.method == "POST").then(|| json!({}));
        return vec![attempt(body)];
    }
    if schema["properties"].is_null() && schema["$ref"].is_null() && schema["allOf"].is_null() {
        // A body of any form: everything that anybody asks for.
        let all = ["to", "message", "fromNumber", "toNumber", "deviceId"];
        return vec![attempt(Some(Value::Object(
            all.iter().map(|name| ((*name).to_owned(), value(name, &Value::Null, things).unwrap())).collect(),
        )))];
    }
    let mut body = Map::new();
    fill(schema, document, things, &mut body, &operation.path);
    vec![attempt(Some(Value::Object(body)))]
}

fn fill_path(operation: &Operation, things: &Things) -> String {
    let part = |part: &str| match part {
        "{device}" => things.device.clone(),
        "{chat}" => things.chat.clone(),
        "{message}" => things.message.clone(),
        "{key}" => things.key.clone(),
        "{user}" => things.user.clone(),
        "{webhook}" => things.webhook.clone(),
        "{media}" => things.media.clone(),
        "{contact}" => things.phone.clone(),
        "{delivery}" => "dlv_01jnothing0000000000000000".to_owned(),
        "{number}" => things.phone.clone(),
        "{label}" => "1".to_owned(),
        "{hash}" => "0".repeat(64),
        // Of a phone's message.
        "{id}" => "3EB0NOTHING".to_owned(),
        other if other.starts_with('{') => panic!("{}: teach this test what {other} is", operation.path),
        other => other.to_owned(),
    };
    let path = operation.path.split('/').map(part).collect::<Vec<_>>().join("/");
    let parameters = operation.says["parameters"].as_array().into_iter().flatten();
    let asked = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let query: Vec<String> = asked
        .map(|parameter| match parameter["name"].as_str().unwrap_or_default() {
            "botId" | "deviceId" => format!("botId={}", things.device),
            "q" => format!("q={}", crate::isolation::world::WORDS.replace(' ', "%20").replace('\'', "%27")),
            "userId" => format!("userId={}", things.user),
            "endpoint" => "endpoint=https%3A%2F%2Fpush.invalid%2Ftried".to_owned(),
            "fromNumber" | "toNumber" => format!("{}={}", parameter["name"].as_str().unwrap(), things.phone),
            other => panic!("{}: teach this test what {other} is", operation.path),
        })
        .collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// Fills in what a schema asks for.
fn fill(schema: &Value, document: &Value, things: &Things, body: &mut Map<String, Value>, of: &str) {
    let schema = resolve(schema, document);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fill(part, document, things, body, of);
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, says) in schema["properties"].as_object().into_iter().flatten() {
        match value(name, resolve(says, document), things) {
            Some(value) => drop(body.insert(name.clone(), value)),
            None => assert!(!required.contains(&name.as_str()), "{of}: teach this test what {name} is"),
        }
    }
}

fn resolve<'d>(schema: &'d Value, document: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("a schema"),
        None => schema,
    }
}

/// What a field of this name holds.
fn value(name: &str, schema: &Value, things: &Things) -> Option<Value> {
    Some(match name {
        "name" => json!("tried"),
        "endpoint" => json!("https://push.invalid/tried"),
        // A point of P-256 and a secret: the first is RFC 8291's example of a browser's.
        "keys" => json!({
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        }),
        "text" | "message" | "description" => json!("tried"),
        "subject" | "code" => json!("tried"),
        "members" | "numbers" | "approve" | "reject" => json!([things.phone]),
        "about" => json!("tried"),
        "mediaId" => json!(things.media),
        "permission" => json!("read"),
        "state" => schema["enum"]
            .get(0)
            .or_else(|| schema["oneOf"][0]["enum"].get(0))
            .cloned()
            .unwrap_or(json!("composing")),
        "deviceIds" => json!([things.device]),
        "deviceId" | "device" => json!(things.device),
        "chatId" | "chat" => json!(things.chat),
        "messageId" => json!(things.message),
        "phoneNumber" | "fromNumber" | "toNumber" | "to" => json!(things.phone),
        // Where any text may stand, it is the message's, which says by itself what it is.
        "kind" if schema["enum"].is_null() && schema["oneOf"].is_null() => return None,
        "kind" => json!("drop"),
        "chatIds" => json!([things.chat]),
        "emoji" => json!("👍"),
        "seconds" => json!(600),
        "available" => json!(false),
        "count" => json!(10),
        "color" => json!(3),
        "options" => json!(["tried"]),
        "url" => json!("https://example.com/hook"),
        "since" => json!("elsewhere-0"),
        "events" | "eventTypes" | "types" => json!(["message.new"]),
        _ => return None,
    })
}

fn commands(things: &Things) -> Vec<Value> {
    let (device, chat, message) = (&things.device, &things.chat, &things.message);
    let mut commands = vec![
        json!({"type": "rename_device", "deviceId": device, "name": "tried"}),
        json!({"type": "request_pairing_code", "deviceId": device, "phoneNumber": things.phone}),
        json!({"type": "send_text", "chatId": chat, "text": "tried"}),
        json!({"type": "send_message", "chatId": chat, "message": {"text": "tried"}}),
        json!({"type": "send_message", "chatId": chat, "message": {"reaction": {"messageId": message, "emoji": "👍"}}}),
        json!({"type": "open_chat", "deviceId": device, "to": things.phone}),
        json!({"type": "retry_message", "messageId": message}),
        json!({"type": "star_message", "messageId": message, "starred": true}),
        json!({"type": "delete_message", "messageId": message}),
        json!({"type": "mark_read", "chatId": chat, "messageId": message}),
        json!({"type": "mark_played", "messageId": message}),
        json!({"type": "follow_presence", "chatId": chat}),
        json!({"type": "set_presence", "deviceId": device, "available": false}),
        json!({"type": "set_draft", "chatId": chat, "text": "tried"}),
        json!({"type": "change_chat", "chatId": chat, "change": {"type": "delete"}}),
        json!({"type": "typing", "chatId": chat, "state": "composing"}),
    ];
    for order in ["connect_device", "disconnect_device", "restart_device", "log_out_device", "delete_device"]
    {
        commands.push(json!({"type": order, "deviceId": device}));
    }
    commands
}
