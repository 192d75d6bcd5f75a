//! Ana's workspace with a linked device, a chat and a message; Eve's beside it; and what Eve gets hold of.

use crate::support::{Server, until};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECRET: &str = "a secret of thirty-two bytes, or more";
/// What Ana's message says: it must never be seen elsewhere.
pub const WORDS: &str = "only for Ana's eyes";
/// What her devices' names have in common.
pub const NAME: &str = "Ana's own";

/// A header that says who asks.
pub type Credential = (&'static str, String);

/// The ids of one workspace's things.
pub struct Things {
    pub device: String,
    pub chat: String,
    pub message: String,
    pub key: String,
    pub user: String,
    pub webhook: String,
    pub media: String,
    /// The phone that its device is linked to.
    pub phone: String,
}

impl Things {
    /// Of nothing that there is.
    pub fn nowhere() -> Self {
        let id = |prefix: &str| format!("{prefix}_01jnothing0000000000000000");
        Self {
            device: id("dev"),
            chat: id("cht"),
            message: id("msg"),
            key: id("key"),
            user: id("usr"),
            webhook: id("whk"),
            media: id("med"),
            phone: "15550009999".to_owned(),
        }
    }

    /// What gives them away.
    pub fn traces(&self) -> [&str; 8] {
        [&self.device, &self.chat, &self.message, &self.key, &self.webhook, &self.media, WORDS, NAME]
    }
}

pub struct World {
    pub server: Server,
    pub ana: Credential,
    pub eve: Credential,
    /// Of Ana's workspace.
    pub things: Things,
    /// Of Eve's workspace, with everything allowed.
    pub eves_key: Credential,
    /// Of Ana's workspace, for another device than the one with the chat.
    pub other_device_key: Credential,
    /// That device.
    pub other_device: String,
    pub expired_key: Credential,
    pub reading_key: Credential,
}

pub fn jwt(subject: &str, workspace: &str) -> Credential {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"sub": subject, "workspace": workspace, "exp": now + 3_600});
    let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    ("authorization", format!("Bearer {token}"))
}

impl World {
    pub fn new() -> Self {
        let server = Server::start_with(&[
            ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
            ("SWITCHBOARD_PROVISION_USERS", "true".to_owned()),
            // What is tried here is more than any limit would let through.
            ("SWITCHBOARD_RATE_LIMIT", "0".to_owned()),
            ("SWITCHBOARD_AUTH_FAILURE_LIMIT", "0".to_owned()),
        ]);
        let (ana, eve) = (jwt("ana", "wsp_ana"), jwt("eve", "wsp_eve"));
        let things = furnish(&server, &ana, NAME, WORDS);
        furnish(&server, &eve, "Eve's", "of no interest");
        let other = ok(&server, &ana, "POST", "/devices", Some(&json!({"name": "the other one"})));
        let other_device = text(&other, "id");
        let key = |by: &Credential, body: Value| -> Credential {
            ("x-api-key", text(&ok(&server, by, "POST", "/api-keys", Some(&body)), "key"))
        };
        let limited = json!({"name": "other", "permission": "admin", "deviceIds": [&other_device]});
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let soon =
            json!({"name": "short", "permission": "admin", "expiresAt": u64::try_from(now).unwrap() + 1_500});
        let world = Self {
            eves_key: key(&eve, json!({"name": "eve", "permission": "admin"})),
            other_device_key: key(&ana, limited),
            expired_key: key(&ana, soon),
            reading_key: key(&ana, json!({"name": "reader", "permission": "read"})),
            other_device,
            things,
            ana,
            eve,
            server,
        };
        until("the key to expire", || {
            (world.call(&world.expired_key, "GET", "/me", None).0 == 401).then_some(())
        });
        world
    }

    pub fn call(&self, who: &Credential, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        call(&self.server, who, method, path, body)
    }

    /// Everything of Ana's that anybody could have changed.
    pub fn state(&self) -> Value {
        let read = |path: &str| ok(&self.server, &self.ana, "GET", path, None);
        let keys = read("/api-keys")["items"].as_array().unwrap().clone();
        // When a key was last used says nothing of what it did.
        let keys: Vec<Value> = keys
            .into_iter()
            .map(|mut key| {
                key["lastUsedAt"] = Value::Null;
                key
            })
            .collect();
        json!({
            "snapshot": read(&format!("/snapshot?chat={}", self.things.chat)),
            "position": read("/events")["cursor"],
            "contacts": read(&format!("/devices/{}/contacts", self.things.device))["items"],
            "keys": keys,
            "users": read("/users")["items"],
            "webhooks": read("/webhooks")["items"],
            "links": read(&format!("/sandbox/phones/{}/links", self.things.phone))["items"],
            "phone": read(&format!("/sandbox/phones/{}/messages", self.things.phone))["items"],
        })
    }

    /// Of a [`state`](Self::state), what is not the other device's: a key for that one may do as it likes with it,
    /// which moves the log as well.
    pub fn without_other_device(&self, mut state: Value) -> Value {
        let snapshot = &mut state["snapshot"];
        if let Some(devices) = snapshot["devices"].as_array_mut() {
            let before = devices.len();
            devices.retain(|device| device["id"] != self.other_device);
            assert_eq!(devices.len(), before - 1, "the other device is Ana's as well");
        }
        for moved in ["cursor", "qrs"] {
            snapshot[moved] = Value::Null;
        }
        state["position"] = Value::Null;
        state
    }

    /// The phone of Ana's chat writes to her device.
    pub fn write_to_ana(&self, words: &str) {
        let to = json!({"to": self.things.phone, "text": words});
        let friend =
            ok(&self.server, &self.ana, "POST", "/sandbox/phones", Some(&json!({"name": "Another friend"})));
        let path = format!("/sandbox/phones/{}/messages", text(&friend, "number"));
        ok(&self.server, &self.ana, "POST", &path, Some(&to));
    }
}

/// A linked device with a chat in which something was written.
fn furnish(server: &Server, who: &Credential, name: &str, words: &str) -> Things {
    let phone = text(&ok(server, who, "POST", "/sandbox/phones", Some(&json!({"name": name}))), "number");
    let friend =
        text(&ok(server, who, "POST", "/sandbox/phones", Some(&json!({"name": "A friend"}))), "number");
    let device = text(&ok(server, who, "POST", "/devices", Some(&json!({"name": name}))), "id");
    ok(server, who, "POST", &format!("/devices/{device}/connect"), Some(&json!({})));
    let qr = until("a code", || {
        let (status, answer) = call(server, who, "GET", &format!("/devices/{device}/qr"), None);
        (status == 200).then(|| text(&answer, "qr"))
    });
    ok(server, who, "POST", &format!("/sandbox/phones/{phone}/scan"), Some(&json!({"qr": qr})));
    until("connected", || {
        (ok(server, who, "GET", &format!("/devices/{device}"), None)["status"] == "connected").then_some(())
    });
    let to = json!({"to": phone, "text": words});
    ok(server, who, "POST", &format!("/sandbox/phones/{friend}/messages"), Some(&to));
    let chat = until("the chat", || {
        let chats = ok(server, who, "GET", &format!("/devices/{device}/chats"), None);
        chats["items"]
            .as_array()?
            .iter()
            .find(|chat| chat["lastMessage"]["text"] == words)
            .map(|chat| text(chat, "id"))
    });
    let messages = ok(server, who, "GET", &format!("/chats/{chat}/messages"), None);
    let found =
        messages["items"].as_array().into_iter().chain(messages["messages"].as_array()).flatten().next();
    let message = text(found.expect("the message"), "id");
    let made = ok(server, who, "POST", "/api-keys", Some(&json!({"name": name, "permission": "admin"})));
    let user = text(&ok(server, who, "GET", "/me", None), "userId");
    let hook = json!({"url": "https://example.com/hook", "description": name, "enabled": false});
    let hook = ok(server, who, "POST", "/webhooks", Some(&hook));
    let media = text(&ok(server, who, "POST", "/media", Some(&json!({"says": words}))), "id");
    Things { device, chat, message, key: text(&made, "id"), user, webhook: text(&hook, "id"), media, phone }
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

#[track_caller]
pub fn ok(server: &Server, who: &Credential, method: &str, path: &str, body: Option<&Value>) -> Value {
    let (status, answer) = call(server, who, method, path, body);
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// A call below `/api/v1`.
pub fn call(
    server: &Server,
    who: &Credential,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let (status, text) = raw(server, who, method, &format!("/api/v1{path}"), body);
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A call of any path, with what came of the answer in two seconds: streams have no end.
pub fn raw(
    server: &Server,
    who: &Credential,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, String) {
    use std::io::Read as _;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_recv_body(Some(Duration::from_secs(2)))
        .build()
        .into();
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", server.url))
        .header(who.0, &who.1);
    let response = match body {
        Some(body) => {
            agent.run(request.header("content-type", "application/json").body(body.to_string()).unwrap())
        }
        None => agent.run(request.body(()).unwrap()),
    };
    let mut response = response.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    let status = response.status().as_u16();
    let (mut bytes, mut reader) = (Vec::new(), response.body_mut().as_reader());
    let mut part = [0; 16_384];
    while let Ok(count @ 1..) = reader.read(&mut part) {
        bytes.extend_from_slice(&part[..count]);
    }
    (status, String::from_utf8_lossy(&bytes).into_owned())
}
