//! How a client asks to enter a namespace, and how it is refused.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{engine::Opening, pattern::Params};

/// Everything that a client shows when it enters a namespace.
#[derive(Debug)]
pub struct Handshake {
    pub(super) namespace: Arc<str>,
    pub(super) params: Params,
    pub(super) auth: Map<String, Value>,
    pub(super) opening: Arc<Opening>,
}

impl Handshake {
    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What stands in the name where the pattern has `{name}`.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A value of the CONNECT packet's payload (`auth` in the clients' options).
    pub fn auth(&self, name: &str) -> Option<&Value> {
        self.auth.get(name)
    }

    /// Likewise, where it is a text.
    pub fn auth_text(&self, name: &str) -> Option<&str> {
        self.auth(name).and_then(Value::as_str)
    }

    /// The whole payload of the CONNECT packet; empty where there was none.
    pub fn auth_payload(&self) -> &Map<String, Value> {
        &self.auth
    }

    /// A value of the query of the request that opened the session.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.opening.query(name)
    }

    /// A header of the request that opened the session, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.opening.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The request that opened the session. One session may enter many namespaces.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }
}

/// Why a client may not enter: its `connect_error`.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl Refusal {
    /// Refuses with a message (`error.message`).
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Adds details (`error.data`).
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}
