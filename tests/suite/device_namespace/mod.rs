//! Seeds 3 and 4 as their clients see them: device namespaces on `/ws`, over both transports.

mod entering;
mod keys;
mod resuming;
mod watching;
mod wire;

use crate::support::Server;
use serde_json::{Value, json};

/// A new phone of the emulated network; its number.
fn phone(server: &Server, name: &str) -> String {
    server.post("/sandbox/phones", json!({ "name": name }))["number"].as_str().unwrap().to_owned()
}

/// A new device; its id.
fn device(server: &Server, name: &str) -> String {
    server.post("/devices", json!({ "name": name }))["id"].as_str().unwrap().to_owned()
}

fn namespace(device: &str) -> String {
    format!("/device/{device}")
}

/// One phone writes to another.
fn write(server: &Server, from: &str, to: &str, text: &str) {
    server.post(&format!("/sandbox/phones/{from}/messages"), json!({ "to": to, "text": text }));
}

fn text(payload: &Value) -> &str {
    payload["message"]["text"].as_str().unwrap_or_default()
}
