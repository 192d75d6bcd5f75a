//! The client of these tests: its sessions are on `/ws`.

pub use crate::support::socketio::{BOTH, By, Heard, Wire};
use serde_json::{Value, json};

/// `{"apiKey": …}`.
pub fn with_key() -> Value {
    json!({ "apiKey": crate::support::API_KEY })
}
