//! What is measured: our server and a Node server of the same job, each behind one of its doors.

use crate::Failure;
use crate::client::{Door, Opening};
use crate::process::{self, Process};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const API_KEY: &str = "bench-key-0123456789abcdef";
pub const JWT_SECRET: &str = "bench-secret-0123456789-0123456789abcdef";

/// Calls of a server over HTTP, on one connection.
#[derive(Clone)]
pub struct Api {
    base: String,
    agent: ureq::Agent,
}

impl Api {
    fn of(process: &Process) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        Self { base: format!("http://{}", process.addr), agent: config.build().into() }
    }

    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("x-api-key", API_KEY)
            .header("content-type", "application/json");
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body.to_string())?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let (status, text) = (response.status(), response.body_mut().read_to_string()?);
        if !status.is_success() {
            return Err(format!("{method} {path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call("POST", path, Some(body))
    }

    /// Asks until there is an answer that will do.
    pub fn until(&self, path: &str, good: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            match self.call("GET", path, None) {
                Ok(answer) if good(&answer) => return Ok(answer),
                Err(error) if Instant::now() > deadline => return Err(error),
                Ok(answer) if Instant::now() > deadline => return Err(format!("{path}: {answer}").into()),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Starts the release with an empty data folder.
pub fn switchboard(binary: &Path) -> Result<(Process, Api), Failure> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("switchboard-wires-{}-{count}", std::process::id()));
    std::fs::create_dir_all(folder.join("site/pkg"))?;
    let mut command = Command::new(binary);
    command
        .current_dir(&folder)
        .env("SWITCHBOARD_ADDR", "127.0.0.1:0")
        .env("SWITCHBOARD_DATA_DIR", folder.join("data"))
        .env("SWITCHBOARD_API_KEY", API_KEY)
        .env("SWITCHBOARD_JWT_SECRET", JWT_SECRET)
        .env("SWITCHBOARD_PROVISION_USERS", "true")
        .env("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8")
        .env("SWITCHBOARD_RATE_LIMIT", "0")
        .env("LEPTOS_SITE_ROOT", folder.join("site"));
    let process = Process::start(command, Some(folder))?;
    let api = Api::of(&process);
    Ok((process, api))
}

/// A device, the phone that it is linked with, and a phone that it writes to.
pub struct Ours {
    pub api: Api,
    pub device: String,
    own: String,
    other: String,
    chat: String,
}

impl Ours {
    /// Links a device and opens a chat.
    pub fn set(api: Api) -> Result<Self, Failure> {
        let phone = |name: &str| -> Result<String, Failure> {
            Ok(text(&api.post("/api/v1/sandbox/phones", &json!({"name": name}))?["number"]))
        };
        let (own, other) = (phone("Own phone")?, phone("Other phone")?);
        let device = text(&api.post("/api/v1/devices", &json!({"name": "Bench"}))?["id"]);
        api.post(&format!("/api/v1/devices/{device}/connect"), &json!({}))?;
        let qr = api.until(&format!("/api/v1/devices/{device}/qr"), |answer| answer["qr"].is_string())?;
        api.post(&format!("/api/v1/sandbox/phones/{own}/scan"), &json!({"qr": qr["qr"]}))?;
        let mut ours = Self { api, device, own, other, chat: String::new() };
        ours.wait_for("connected")?;
        let path = format!("/api/v1/devices/{}/chats/{}/messages", ours.device, ours.other);
        ours.chat = text(&ours.api.post(&path, &json!({"text": "hello"}))?["chatId"]);
        ours.delivered()?;
        Ok(ours)
    }

    fn wait_for(&self, status: &str) -> Result<(), Failure> {
        self.api.until(&format!("/api/v1/devices/{}", self.device), |device| device["status"] == status)?;
        Ok(())
    }

    fn messages(&self) -> String {
        format!("/api/v1/chats/{}/messages", self.chat)
    }

    fn delivered(&self) -> Result<(), Failure> {
        let newest = format!("{}?limit=1", self.messages());
        self.api.until(&newest, |page| page["items"][0]["status"] == "delivered")?;
        Ok(())
    }

    /// Goes offline: what is sent then is committed and told, and goes no further.
    fn disconnect(&self) -> Result<(), Failure> {
        self.api.post(&format!("/api/v1/devices/{}/disconnect", self.device), &json!({}))?;
        self.wait_for("disconnected")
    }
}

/// Whose job it is.
#[derive(Clone)]
pub enum Job {
    Ours(Arc<Ours>),
    Node(Api),
}

impl Job {
    /// Has `count` messages of the device lie unread on the other phone.
    pub fn prepare(&self, count: usize) -> Result<(), Failure> {
        let Self::Ours(ours) = self else { return Ok(()) };
        for n in 0..count {
            ours.api.post(&ours.messages(), &json!({"text": format!("Message {n}")}))?;
        }
        ours.delivered()
    }

    /// Ours: somebody opens the chat on the phone, and every message in it is read at once. Node: all that this
    /// was told as is told in one loop.
    pub fn burst(&self) -> Result<(), Failure> {
        match self {
            Self::Ours(ours) => {
                let path = format!("/api/v1/sandbox/phones/{}/read", ours.other);
                ours.api.post(&path, &json!({"chat": ours.own}))?;
            }
            Self::Node(api) => drop(api.post("/burst", &json!({}))?),
        }
        Ok(())
    }

    pub fn offline(&self) -> Result<(), Failure> {
        if let Self::Ours(ours) = self { ours.disconnect() } else { Ok(()) }
    }

    /// One request that everybody is told of. Ours commits a message to the disk first.
    pub fn send(&self, said: &str) -> Result<(), Failure> {
        match self {
            Self::Ours(ours) => ours.api.post(&ours.messages(), &json!({"text": said}))?,
            Self::Node(api) => api.post("/send", &json!({"text": said}))?,
        };
        Ok(())
    }

    /// Gives what was recorded from ours to Node.
    pub fn learn(&self, frames: &[Value]) -> Result<(), Failure> {
        if let Self::Node(api) = self {
            api.post("/frames", &json!({"frames": frames}))?;
        }
        Ok(())
    }
}

/// The two kinds of wire that are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    SocketIo,
    WebSocket,
}

/// One server behind one door.
pub struct Target {
    pub process: Process,
    pub door: Door,
    pub job: Job,
    pub kind: Kind,
    /// What an event's text begins with, behind which stand its name and payload.
    pub prefix: String,
}

impl Target {
    pub fn ours(binary: &Path, kind: Kind) -> Result<Self, Failure> {
        let (process, api) = switchboard(binary)?;
        let ours = Ours::set(api)?;
        let namespace = format!("/device/{}", ours.device);
        let door = match kind {
            Kind::SocketIo => Self::socketio(&process, &namespace),
            Kind::WebSocket => Door {
                addr: process.addr,
                path: "/api/v1/stream".to_owned(),
                header: format!("x-api-key: {API_KEY}\r\n"),
                opening: Opening::Hello,
            },
        };
        let prefix = match kind {
            Kind::SocketIo => format!("42{namespace},"),
            Kind::WebSocket => "{\"type\":\"event\"".to_owned(),
        };
        Ok(Self { process, door, job: Job::Ours(Arc::new(ours)), kind, prefix })
    }

    /// `like` is the target of ours whose job it does.
    pub fn node(peers: &Path, like: &Self, recovery: bool) -> Result<Self, Failure> {
        let (kind, mode) = match like.kind {
            Kind::SocketIo if recovery => (Kind::SocketIo, "recovery"),
            Kind::SocketIo => (Kind::SocketIo, "socketio"),
            Kind::WebSocket => (Kind::WebSocket, "ws"),
        };
        let process = process::node(peers, mode)?;
        let api = Api::of(&process);
        let door = match &like.door.opening {
            Opening::SocketIo { namespace } => Self::socketio(&process, namespace),
            Opening::Hello => Door { addr: process.addr, ..like.door.clone() },
        };
        Ok(Self { process, door, job: Job::Node(api), kind, prefix: like.prefix.clone() })
    }

    fn socketio(process: &Process, namespace: &str) -> Door {
        Door {
            addr: process.addr,
            path: format!("/ws/?EIO=4&transport=websocket&apiKey={API_KEY}"),
            header: String::new(),
            opening: Opening::SocketIo { namespace: namespace.to_owned() },
        }
    }

    /// What Node is to tell in the place of a text that ours told.
    pub fn recorded(&self, payload: &[u8]) -> Option<Value> {
        let text = std::str::from_utf8(payload).ok()?;
        let list = text.strip_prefix(self.prefix.as_str())?;
        match self.kind {
            Kind::WebSocket => Some(Value::from(text)),
            Kind::SocketIo => {
                let mut list: Vec<Value> = serde_json::from_str(list).ok()?;
                // The offset behind the arguments is the protocol's.
                list.truncate(2);
                Some(list.into())
            }
        }
    }
}
