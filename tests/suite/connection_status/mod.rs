//! Seed 0 against the real binary: a page that shows a code, waits for its scan, and is told at once.

mod client;
mod ending;
mod history;
mod refusals;
mod resuming;
mod tokens;
mod watching;

use crate::support::Server;
use serde_json::{Value, json};

fn device(server: &Server) -> String {
    server.post("/devices", json!({"name": "La Bodega"}))["id"].as_str().unwrap().to_owned()
}

fn phone(server: &Server) -> String {
    server.post("/sandbox/phones", json!({"name": "Ana"}))["number"].as_str().unwrap().to_owned()
}

fn scan(server: &Server, device: &str, number: &str) {
    let qr = server.get(&format!("/devices/{device}/qr"))["qr"].clone();
    server.post(&format!("/sandbox/phones/{number}/scan"), json!({ "qr": qr }));
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_time(value: &Value) {
    let text = value.as_str().unwrap();
    assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{text}");
}
