//! What there is to connect to, and by what one is let in.

use crate::leases::client::Kind;
use crate::support::Server;
use serde_json::json;
use std::time::Duration;

/// Every wire that stays open.
pub const WIRES: [Kind; 10] = [
    Kind::WebSocket { since: false },
    Kind::WebSocket { since: true },
    Kind::Sse,
    Kind::LongPoll,
    Kind::StatusWebSocket,
    Kind::StatusSse,
    Kind::SocketIo { path: "/socket.io", polls: false },
    Kind::SocketIo { path: "/socket.io", polls: true },
    Kind::SocketIo { path: "/ws", polls: false },
    Kind::SocketIo { path: "/ws", polls: true },
];

/// What a client shows.
pub enum Credential {
    Key(String),
    Session(Person),
    /// With the name by which the issuer calls its user.
    Token {
        user: String,
        token: String,
    },
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    /// Of their session.
    pub token: String,
}

/// A server with a log that is longer than what the system takes from it for a client that does not read.
pub struct Scene<'s> {
    pub server: &'s Server,
    pub workspace: String,
    pub device: String,
    /// Somebody to write to.
    pub other: String,
    /// Before all that.
    pub start: String,
}

impl<'s> Scene<'s> {
    pub fn set(server: &'s Server) -> Self {
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({ "name": name }))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own"), phone("Other"));
        let device = server.linked_device(&own);
        let start = server.get("/events")["cursor"].as_str().unwrap().to_owned();
        let text = "x".repeat(60_000);
        for _ in 0..100 {
            let body = json!({ "to": own, "text": text });
            server.post(&format!("/sandbox/phones/{other}/messages"), body);
        }
        let workspace = server.get("/me")["workspaceId"].as_str().unwrap().to_owned();
        Self { server, workspace, device, other, start }
    }

    /// A new user with a session.
    pub fn person(&self, name: &str) -> Person {
        let added = self.server.post("/users", json!({ "name": name, "permission": "admin" }));
        let cookie = self.server.session(added["signInLink"].as_str().unwrap());
        let token = cookie.split_once('=').unwrap().1.to_owned();
        Person { id: added["id"].as_str().unwrap().to_owned(), token }
    }

    pub fn sign_out(&self, person: &Person) {
        let request = agent().post(format!("{}/logout", self.server.url));
        let request = request.header("cookie", format!("switchboard={}", person.token));
        let answer = request.header("origin", &self.server.url).send_empty().unwrap();
        assert!(answer.status().as_u16() < 400, "{}", answer.status());
    }
}

pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}
