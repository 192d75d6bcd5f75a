//! The OpenAPI document: what the routes say of themselves, and what holds for all of them.
//!
//! What any operation of some form can answer (401 where somebody has to be signed in, 415 where there is a
//! body) is added here, so that handlers name only what is special about them.

use crate::protocol::{ClientFrame, Problem, ProblemCode, ServerFrame};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// What the parts of paths name.
const PATH_PARTS: &[(&str, &str)] = &[
    ("device", "The device's id."),
    ("chat", "The chat's id. Below a device, its JID or a phone number will do as well."),
    ("message", "The message's id."),
    ("media", "The file's id."),
    ("contact", "The contact's JID or phone number."),
    ("webhook", "The webhook's id."),
    ("delivery", "The delivery's id."),
    ("number", "The phone's number: digits only."),
    ("key", "The key's id."),
    ("user", "The user's id."),
    ("label", "The label's id, as the device's labels have it."),
    ("hash", "The hash of the picture, as its address in a contact or chat has it."),
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Switchboard", description = include_str!("introduction.md")),
    components(schemas(Problem, ClientFrame, ServerFrame)),
    tags(
        (name = "Devices", description = "Linked WhatsApp accounts: adding, linking, starting and stopping them."),
        (name = "Chats", description = "Conversations of the devices."),
        (name = "Groups", description = "Groups as WhatsApp has them: members, settings, invitations."),
        (name = "Messages", description = "Reading and sending."),
        (name = "Media", description = "Files: uploading what is to be sent, and getting what came."),
        (name = "Contacts", description = "People that the devices know."),
        (name = "Events", description = "What happens: live, in pages, and from any position on."),
        (name = "API keys", description = "Keys of programs: what each may do, and which devices it reaches."),
        (name = "Users", description = "The people of the workspace."),
        (name = "Webhooks", description = "The log posted to your own servers, and what became of each delivery."),
        (name = "Account", description = "Who is asking."),
        (name = "Legacy", description = "Deprecated: what the events of the chat's Socket.IO wire took the place of."),
        (name = "Operation", description = "For whoever runs the server."),
        (name = "Sandbox", description = "The other side of the emulated network. Answers 404 while the network is the real one."),
    ),
)]
struct Frame;

/// The document without its routes.
#[must_use]
pub fn frame() -> OpenApi {
    <Frame as utoipa::OpenApi>::openapi()
}

/// The whole document, of what the routes said.
pub fn complete(routes: OpenApi) -> Value {
    let mut document = serde_json::to_value(routes).unwrap_or_else(|error| {
        tracing::error!(%error, "the API cannot be described");
        json!({})
    });
    name_times(&mut document);
    document["security"] = json!([{"apiKey": []}, {"bearer": []}, {"apiKeyQuery": []}, {"session": []}]);
    document["components"]["securitySchemes"] = json!({
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a signed token (JWT) of a user."},
        "apiKeyQuery": {"type": "apiKey", "in": "query", "name": "apiKey",
            "description": "An API key, for clients that can set no header. It may end up in logs of others."},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-switchboard",
            "description": "The session of a browser that is signed in."},
    });
    let operations = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        complete_operation(operation);
    }
    document
}

/// Rust's name for milliseconds is not what a reader of the document looks for.
fn name_times(document: &mut Value) {
    const MILLIS: &str = "#/components/schemas/Millis";
    fn rename(value: &mut Value) {
        match value {
            Value::String(text) if text == "#/components/schemas/i64" => MILLIS.clone_into(text),
            Value::Array(items) => items.iter_mut().for_each(rename),
            Value::Object(fields) => fields.values_mut().for_each(rename),
            _ => {}
        }
    }
    rename(document);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.remove("i64");
        schemas.insert(
            "Millis".to_owned(),
            json!({"type": "integer", "format": "int64", "description": "Milliseconds since the Unix epoch."}),
        );
    }
}

fn complete_operation(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let public = operation.get("security").is_some();
    let mut parameters = 0;
    let mut in_path = false;
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        parameters += 1;
        if parameter["in"] != "path" {
            continue;
        }
        in_path = true;
        let known = PATH_PARTS.iter().find(|(name, _)| parameter["name"] == *name);
        if let (Some((_, description)), None) = (known, parameter.get("description")) {
            parameter["description"] = json!(description);
        }
    }
    let mut codes: Vec<ProblemCode> = Vec::new();
    if !public {
        codes.extend([ProblemCode::Unauthenticated, ProblemCode::Forbidden, ProblemCode::RateLimited]);
        codes.extend([ProblemCode::Unavailable, ProblemCode::Internal]);
    }
    if parameters > 0 || has_body {
        codes.extend([ProblemCode::Malformed, ProblemCode::Invalid]);
    }
    if in_path {
        codes.push(ProblemCode::NotFound);
    }
    if has_body {
        codes.extend([ProblemCode::Timeout, ProblemCode::TooLarge, ProblemCode::UnsupportedMediaType]);
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for response in responses.values_mut() {
        type_of_problems(response);
    }
    add_problems(responses, &codes);
}

/// A problem is `application/problem+json`, whatever the handler's annotation says.
fn type_of_problems(response: &mut Value) {
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { return };
    let is_problem = |media: &Value| media["schema"]["$ref"] == "#/components/schemas/Problem";
    if let Some(problem) = content.get("application/json").filter(|media| is_problem(media)).cloned() {
        content.remove("application/json");
        content.insert("application/problem+json".to_owned(), problem);
    }
}

/// Adds the answers that a handler did not name itself.
fn add_problems(responses: &mut Map<String, Value>, codes: &[ProblemCode]) {
    for status in codes.iter().map(|code| code.status()) {
        let of_status = codes.iter().filter(|code| code.status() == status);
        let words: Vec<String> =
            of_status.map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
        responses.entry(status.to_string()).or_insert_with(|| {
            json!({
                "description": words.join("; "),
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            })
        });
    }
    responses.sort_keys();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_completed_by_its_form_and_keeps_what_it_said() {
        let mut operation = json!({
            "requestBody": {},
            "parameters": [{"in": "path", "name": "device"}, {"in": "query", "name": "limit"}],
            "responses": {"404": {"description": "mine", "content":
                {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
        });
        complete_operation(&mut operation);
        assert_eq!(operation["parameters"][0]["description"], "The device's id.");
        assert_eq!(operation["responses"]["404"]["description"], "mine");
        assert!(operation["responses"]["404"]["content"].get("application/problem+json").is_some());
        for status in ["400", "401", "403", "408", "413", "415", "429", "500", "503"] {
            assert!(operation["responses"].get(status).is_some(), "{status}");
        }
        let mut public = json!({"security": [{}], "responses": {"200": {"description": "ok"}}});
        complete_operation(&mut public);
        assert_eq!(public["responses"].as_object().map(Map::len), Some(1));
    }
}
