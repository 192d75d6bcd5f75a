//! The API as it documents itself: every operation of `/docs-json`.

use super::Server;
use serde_json::Value;
use std::collections::BTreeSet;

/// One documented operation.
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// With its parts in braces, for example `/api/v1/devices/{device}`.
    pub path: String,
    /// What the document says of it.
    pub says: Value,
}

impl Operation {
    /// The path with an id in the place of each of its parts.
    pub fn example_path(&self) -> String {
        let part = |part: &str| if part.starts_with('{') { "some_id".to_owned() } else { part.to_owned() };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// Whether there is a way to call it without any credential.
    pub fn is_public(&self) -> bool {
        let empty = serde_json::json!({});
        self.says["security"].as_array().is_some_and(|ways| ways.contains(&empty))
    }

    /// The statuses that it may answer with.
    pub fn statuses(&self) -> BTreeSet<u16> {
        let responses = self.says["responses"].as_object().expect("responses");
        responses.keys().map(|status| status.parse().expect("a status")).collect()
    }
}

/// The document, read without any credential.
pub fn document(server: &Server) -> Value {
    let mut response = ureq::get(format!("{}/docs-json", server.url)).call().expect("the document");
    let text = response.body_mut().read_to_string().expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

/// Every operation of the document.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, says) in item.as_object().expect("operations") {
            let method = method.to_uppercase();
            operations.push(Operation { method, path: path.clone(), says: says.clone() });
        }
    }
    operations
}

/// Uploads a file; its id.
#[track_caller]
pub fn upload(server: &Server, content_type: &str, bytes: &[u8]) -> String {
    let mut response = ureq::post(format!("{}/api/v1/media", server.url))
        .header("x-api-key", super::API_KEY)
        .header("content-type", content_type)
        .send(bytes)
        .expect("an upload");
    let text = response.body_mut().read_to_string().expect("a text");
    let media: Value = serde_json::from_str(&text).expect("JSON");
    media["id"].as_str().expect("an id").to_owned()
}

/// What is served under a path that an answer names.
#[track_caller]
pub fn bytes(server: &Server, path: &str) -> Vec<u8> {
    let request = ureq::get(format!("{}{path}", server.url)).header("x-api-key", super::API_KEY);
    request.call().expect("bytes").body_mut().read_to_vec().expect("bytes")
}
