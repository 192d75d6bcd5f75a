//! One server with one device, and a phone that it writes with.

use crate::support::{API_KEY, Server, databases, until};
use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

pub const ANA: &str = "34600111222";
pub const BEN: &str = "34600222333";

pub struct World {
    pub server: Server,
    /// Ana's device.
    pub ana: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let ana = server.linked_device(ANA);
        Self { server, ana }
    }

    /// One for each database.
    pub fn each(test: impl Fn(Self)) {
        for environment in databases() {
            test(Self::with(&environment));
        }
    }

    fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
        self.raw_as(API_KEY, method, path, headers, body)
    }

    /// A call with this key.
    pub fn raw_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, Vec<u8>) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1{path}", self.server.url))
            .header("x-api-key", key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            [] => agent.run(request.body(()).unwrap()),
            body => agent.run(request.body(body).unwrap()),
        }
        .unwrap();
        let status = response.status().as_u16();
        (status, response.body_mut().read_to_vec().unwrap())
    }

    /// Uploads a file; answers its id.
    #[track_caller]
    pub fn upload(&self, bytes: &[u8], content_type: &str, name: &str) -> String {
        let (status, body) = self.try_upload(bytes, content_type, name);
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
        let info: Value = serde_json::from_slice(&body).unwrap();
        info["id"].as_str().unwrap().to_owned()
    }

    /// The answer to an upload that need not work.
    pub fn try_upload(&self, bytes: &[u8], content_type: &str, name: &str) -> (u16, Vec<u8>) {
        let headers = [("content-type", content_type), ("x-file-name", name)];
        self.raw("POST", "/media", &headers, bytes)
    }

    /// A part of a file: from this byte to the one before that.
    pub fn part(&self, id: &str, from: usize, to: usize) -> (u16, Vec<u8>) {
        let range = format!("bytes={from}-{}", to - 1);
        self.raw("GET", &format!("/media/{id}/content"), &[("range", &range)], b"")
    }

    /// The bytes of a file.
    pub fn content(&self, id: &str) -> (u16, Vec<u8>) {
        self.raw("GET", &format!("/media/{id}/content"), &[], b"")
    }

    pub fn thumbnail(&self, id: &str) -> (u16, Vec<u8>) {
        self.raw("GET", &format!("/media/{id}/thumbnail"), &[], b"")
    }

    pub fn thread(&self) -> String {
        format!("/devices/{}/chats/{BEN}/messages", self.ana)
    }

    /// Ana's device sends to Ben.
    #[track_caller]
    pub fn sends(&self, body: Value) -> Value {
        self.server.post(&self.thread(), body)
    }

    pub fn refused(&self, body: Value) -> (u16, String) {
        let (status, problem) = self.server.call("POST", &self.thread(), Some(&body)).unwrap();
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A message of this thread as Ana's device has it.
    pub fn message(&self, id: &str) -> Value {
        self.server.get(&format!("/messages/{id}"))
    }

    /// The messages of a phone with this WhatsApp id.
    pub fn held(&self, phone: &str, whatsapp_id: &str) -> Vec<Value> {
        let Ok((200, page)) = self.server.call("GET", &format!("/sandbox/phones/{phone}/messages"), None)
        else {
            return Vec::new();
        };
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().filter(|message| message["id"] == whatsapp_id).collect()
    }

    /// What a phone has of a message that was sent, and the bytes of its file.
    #[track_caller]
    pub fn arrives(&self, phone: &str, sent: &Value) -> (Value, Vec<u8>) {
        let id = sent["whatsappId"].as_str().unwrap();
        let message = until("the message on the phone", || self.held(phone, id).pop());
        let (status, bytes) =
            self.raw("GET", &format!("/sandbox/phones/{phone}/messages/{id}/media"), &[], b"");
        assert_eq!(status, 200, "{message}");
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((&message["media"]["sha256"], &sent["media"]["sha256"]), (&json!(hash), &json!(hash)));
        (message, bytes)
    }

    /// Ben's phone sends a file to Ana; answers the message as her device has it.
    #[track_caller]
    pub fn comes(&self, bytes: &[u8], mut media: Value, text: Option<&str>) -> Value {
        media["content"] = json!(base64::engine::general_purpose::STANDARD.encode(bytes));
        let mut body = json!({"to": ANA, "media": media});
        if let Some(text) = text {
            body["text"] = json!(text);
        }
        let sent = self.server.post(&format!("/sandbox/phones/{BEN}/messages"), body);
        until("the message here", || {
            let (status, page) =
                self.server.call("GET", &format!("{}?limit=200", self.thread()), None).ok()?;
            let items = if status == 200 { page["items"].as_array()?.clone() } else { return None };
            items.into_iter().find(|message| message["whatsappId"] == sent["id"])
        })
    }

    /// The events since then of this type.
    pub fn events(&self, since: &str, kind: &str) -> Vec<Value> {
        let page = self.server.get(&format!("/events?since={since}&limit=1000"));
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().filter(|event| event["type"] == kind).collect()
    }

    pub fn now(&self) -> String {
        self.server.get("/events")["cursor"].as_str().unwrap().to_owned()
    }

    pub fn fault(&self, fault: Value) {
        self.server.post("/sandbox/faults", fault);
    }

    /// A number out of the embedded database of the server, read beside it.
    pub fn count(&self, select: &'static str) -> i64 {
        let path = self.server.folder.join("data/switchboard.db");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(path)
                .busy_timeout(Duration::from_secs(10))
                .read_only(true);
            let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
            sqlx::query_scalar(select).fetch_one(&mut connection).await.unwrap()
        })
    }
}
