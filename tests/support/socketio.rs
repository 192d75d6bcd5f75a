//! A client that speaks as much Engine.IO and Socket.IO as these tests need, over both transports.

use super::Server;
use serde_json::Value;
use std::collections::VecDeque;
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Longer than anything here takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// One Engine.IO session.
pub enum Wire {
    WebSocket(Box<WebSocket<MaybeTlsStream<TcpStream>>>),
    Polling { agent: ureq::Agent, url: String, waiting: VecDeque<String> },
}

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub namespace: String,
    pub name: String,
    pub payload: Value,
    /// `Null` where there is none.
    pub offset: Value,
    pub arguments: usize,
}

/// Which transport.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    WebSocket,
    Polling,
}

pub const BOTH: [By; 2] = [By::WebSocket, By::Polling];

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into()
}

impl Wire {
    /// Opens a session on `/ws`.
    pub fn open(server: &Server, by: By, query: &str, headers: &[(&str, &str)]) -> Self {
        Self::open_on(server, "/ws", by, query, headers)
    }

    /// Opens a session on a path; `query` begins with `&` where it is not empty.
    pub fn open_on(server: &Server, path: &str, by: By, query: &str, headers: &[(&str, &str)]) -> Self {
        let transport = if by == By::WebSocket { "websocket" } else { "polling" };
        let url = format!("{}{path}/?EIO=4&transport={transport}{query}", server.url);
        if by == By::WebSocket {
            let mut request = url.replacen("http", "ws", 1).into_client_request().unwrap();
            for (name, value) in headers {
                let name = tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            let (socket, _) = tungstenite::connect(request).unwrap();
            if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
            }
            let mut wire = Self::WebSocket(Box::new(socket));
            assert!(wire.packet().starts_with('0'), "the session opens");
            return wire;
        }
        let agent = agent();
        let mut request = agent.get(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.call().unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        let opened: Value = serde_json::from_str(&body[1..]).unwrap();
        let url = format!("{url}&sid={}", opened["sid"].as_str().unwrap());
        Self::Polling { agent, url, waiting: VecDeque::new() }
    }

    pub fn send(&mut self, packet: &str) {
        match self {
            Self::WebSocket(socket) => socket.send(Message::text(packet)).unwrap(),
            Self::Polling { agent, url, .. } => {
                assert_eq!(agent.post(url.as_str()).send(packet).unwrap().status(), 200, "{packet}");
            }
        }
    }

    /// The next packet that is no heartbeat; `None` where the session is over.
    pub fn try_packet(&mut self) -> Option<String> {
        let deadline = Instant::now() + 2 * PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "nothing but heartbeats");
            let text = match self {
                Self::WebSocket(socket) => match socket.read() {
                    Ok(Message::Text(text)) => text.to_string(),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => continue,
                },
                Self::Polling { agent, url, waiting } => {
                    if waiting.is_empty() {
                        let mut response = agent.get(url.as_str()).call().ok()?;
                        if response.status() != 200 {
                            return None;
                        }
                        let body = response.body_mut().read_to_string().ok()?;
                        waiting.extend(body.split('\x1e').map(str::to_owned));
                    }
                    waiting.pop_front()?
                }
            };
            match text.as_str() {
                "2" => self.send("3"),
                "1" => return None,
                _ => return Some(text),
            }
        }
    }

    #[track_caller]
    pub fn packet(&mut self) -> String {
        self.try_packet().expect("the session goes on")
    }

    /// Asks to enter a namespace: the answer to CONNECT, or the refusal.
    #[track_caller]
    pub fn enter(&mut self, namespace: &str, auth: &Value) -> Result<Value, Value> {
        let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
        let auth = if auth.is_null() { String::new() } else { auth.to_string() };
        self.send(&format!("40{name}{auth}"));
        loop {
            let packet = self.packet();
            let payload = |kind: &str| {
                let rest = packet.strip_prefix(&format!("{kind}{name}"))?;
                serde_json::from_str::<Value>(rest).ok()
            };
            if let Some(entered) = payload("40") {
                return Ok(entered);
            }
            if let Some(refused) = payload("44") {
                return Err(refused);
            }
        }
    }

    /// The next event.
    #[track_caller]
    pub fn heard(&mut self) -> Heard {
        let packet = self.packet();
        read(&packet).unwrap_or_else(|| panic!("no event: {packet}"))
    }

    /// The next event of that name that `is` holds for; others are passed over.
    #[track_caller]
    pub fn wait_for(&mut self, name: &str, is: impl Fn(&Value) -> bool) -> Heard {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let heard = self.heard();
            if heard.name == name && is(&heard.payload) {
                return heard;
            }
        }
        panic!("never heard: {name}");
    }

    /// Sends an event and waits for its answer, passing over what else comes.
    #[track_caller]
    pub fn ask(&mut self, namespace: &str, event: &Value) -> Value {
        let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
        self.send(&format!("42{name}7{event}"));
        loop {
            let packet = self.packet();
            if let Some(answer) = packet.strip_prefix(&format!("43{name}7")) {
                return serde_json::from_str(answer).unwrap();
            }
        }
    }

    /// Goes without a word.
    pub fn cut(self) {
        drop(self);
    }
}

/// The event that a packet is.
pub fn read(packet: &str) -> Option<Heard> {
    let rest = packet.strip_prefix("42")?;
    let at = rest.find('[')?;
    let namespace = rest[..at].trim_end_matches(',');
    let list: Vec<Value> = serde_json::from_str(&rest[at..]).ok()?;
    Some(Heard {
        namespace: if namespace.is_empty() { "/".to_owned() } else { namespace.to_owned() },
        name: list.first()?.as_str()?.to_owned(),
        payload: list.get(1).cloned().unwrap_or(Value::Null),
        offset: list.get(2).cloned().unwrap_or(Value::Null),
        arguments: list.len() - 1,
    })
}
