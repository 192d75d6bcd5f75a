//! Seeds 1 and 2 as their clients see them: namespace `/` on `/socket.io`, over both transports.

mod chatting;
mod client;
mod entering;
mod instances;
mod limits;
mod pairing;
mod resuming;
mod tokens;

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

/// One phone writes to another.
fn write(server: &Server, from: &str, to: &str, text: &str) {
    server.post(&format!("/sandbox/phones/{from}/messages"), json!({ "to": to, "text": text }));
}

/// What a phone holds, as texts.
fn texts_on(server: &Server, number: &str) -> Vec<String> {
    let held = server.get(&format!("/sandbox/phones/{number}/messages"));
    let text = |message: &Value| message["text"].as_str().unwrap_or_default().to_owned();
    held["items"].as_array().unwrap().iter().map(text).collect()
}

/// The token of a signed-in browser.
fn session_token(server: &Server) -> String {
    let link = server.sign_in.as_deref().expect("a sign-in link was printed");
    server.session(link).split_once('=').unwrap().1.to_owned()
}
