//! One client of any wire, which reads until the end or does not read at all.

use crate::leases::wires::{Credential, Scene, agent};
use crate::support::Server;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tungstenite::{HandshakeError, Message, WebSocket};

/// What the system may take for a client that does not read: little, so that the server feels it.
const NARROW: u32 = 8 * 1024;
/// A masked ping of RFC 6455: what a client may say at any time.
const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    WebSocket { since: bool },
    Sse,
    LongPoll,
    StatusWebSocket,
    StatusSse,
    SocketIo { path: &'static str, polls: bool },
}

impl Kind {
    /// Whether it takes no keys.
    pub fn is_for_users(self) -> bool {
        matches!(self, Self::StatusWebSocket | Self::StatusSse)
    }

    /// Whether a session is shown to it as a text.
    pub fn takes_session(self) -> bool {
        self.is_for_users() || matches!(self, Self::SocketIo { .. })
    }
}

pub enum Client {
    /// A thread reads; it says when that ended and what came last.
    Reads(Receiver<(Instant, String)>),
    /// Bytes of a request whose answer nobody reads, and what may be written to find out whether anybody is there.
    Stalled(TcpStream, &'static [u8]),
    /// A session over polling that is not polled.
    Posts { url: String },
}

impl Client {
    pub fn open(scene: &Scene, kind: Kind, credential: &Credential, reads: bool) -> Self {
        match kind {
            Kind::LongPoll => {
                let url = format!("{}/api/v1/events?wait=40&{}", scene.server.url, query(credential));
                Self::reading(move || long_poll(&url).1)
            }
            Kind::SocketIo { path, polls: true } => Self::polling(scene, path, credential, reads),
            Kind::SocketIo { path, polls: false } => {
                let address =
                    format!("{path}/?EIO=4&transport=websocket&{}", transport_query(path, credential));
                let mut socket = web_socket(scene, &address).unwrap();
                socket.send(Message::text(connect(scene, credential))).unwrap();
                loop {
                    let packet = socket.read().unwrap().to_string();
                    assert!(!packet.starts_with("44"), "{kind:?}: {packet}");
                    if packet.starts_with("40") {
                        break;
                    }
                }
                Self::of_socket(socket, reads)
            }
            Kind::WebSocket { since } => {
                let since = if since { format!("&since={}", scene.start) } else { String::new() };
                let address = format!("/api/v1/stream?{}{since}", query(credential));
                Self::of_socket(web_socket(scene, &address).unwrap(), reads)
            }
            Kind::StatusWebSocket => {
                let mut socket =
                    web_socket(scene, &status(scene, "/ws/connection-status", credential)).unwrap();
                // Its log is short. Whoever asks and does not read has the answers wait.
                if !reads {
                    let patience = Some(Duration::from_millis(300));
                    socket.get_ref().set_write_timeout(patience).unwrap();
                    while socket.send(Message::text("{}")).is_ok() {}
                }
                Self::of_socket(socket, reads)
            }
            Kind::Sse => Self::sse(
                scene,
                &format!("/api/v1/stream?since={}&{}", scene.start, query(credential)),
                reads,
            ),
            Kind::StatusSse => {
                Self::sse(scene, &status(scene, "/api/v1/whatsapp/connection-events", credential), reads)
            }
        }
    }

    fn reading(read: impl FnOnce() -> String + Send + 'static) -> Self {
        let (said, hears) = channel();
        std::thread::spawn(move || {
            let last = read();
            // The test may be over.
            let _ = said.send((Instant::now(), last));
        });
        Self::Reads(hears)
    }

    fn of_socket(mut socket: WebSocket<TcpStream>, reads: bool) -> Self {
        if !reads {
            return Self::Stalled(socket.get_ref().try_clone().unwrap(), &PING);
        }
        Self::reading(move || {
            // The last two that say anything: a frame or an event, and the close.
            let mut last = [String::new(), String::new()];
            loop {
                match socket.read() {
                    Ok(Message::Text(text)) if text == "2" => drop(socket.send(Message::text("3"))),
                    Ok(Message::Text(text)) if text.starts_with("41") => {}
                    Ok(Message::Text(text)) => last[0] = text.to_string(),
                    Ok(Message::Close(frame)) => {
                        last[1] = frame.map(|frame| frame.reason.to_string()).unwrap_or_default();
                        return last.concat();
                    }
                    Ok(_) => {}
                    Err(_) => return last.concat(),
                }
            }
        })
    }

    fn sse(scene: &Scene, path: &str, reads: bool) -> Self {
        let mut stream = connection(scene);
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200", "{path}");
        if !reads {
            return Self::Stalled(stream, b"x");
        }
        Self::reading(move || {
            let (mut tail, mut part) = (Vec::new(), vec![0; 64 * 1024]);
            while let Ok(count @ 1..) = stream.read(&mut part) {
                tail.extend_from_slice(&part[..count]);
                tail.drain(..tail.len().saturating_sub(2_000));
            }
            String::from_utf8_lossy(&tail).into_owned()
        })
    }

    fn polling(scene: &Scene, path: &'static str, credential: &Credential, reads: bool) -> Self {
        let url = format!(
            "{}{path}/?EIO=4&transport=polling&{}",
            scene.server.url,
            transport_query(path, credential)
        );
        let agent = agent();
        let get =
            |agent: &ureq::Agent, url: &str| agent.get(url).call().unwrap().into_body().read_to_string();
        let opened = get(&agent, &url).unwrap();
        let opened: Value = serde_json::from_str(&opened[1..]).unwrap();
        let url = format!("{url}&sid={}", opened["sid"].as_str().unwrap());
        assert_eq!(agent.post(&url).send(connect(scene, credential)).unwrap().status(), 200);
        loop {
            let packets = get(&agent, &url).unwrap();
            assert!(!packets.contains("44{"), "{packets}");
            if packets.contains("40{") {
                break;
            }
        }
        if !reads {
            return Self::Posts { url };
        }
        Self::reading(move || {
            let mut last = String::new();
            loop {
                let mut answer = agent.get(&url).call().unwrap();
                if answer.status() != 200 {
                    return last;
                }
                let body = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string().unwrap();
                for packet in body.split('\x1e') {
                    match packet {
                        "2" => drop(agent.post(&url).send("3")),
                        "1" => return last,
                        _ if packet.starts_with("41") => {}
                        _ => last = packet.to_owned(),
                    }
                }
            }
        })
    }

    /// Whether the server has gone, found out without reading anything.
    pub fn is_cut(&mut self) -> bool {
        match self {
            Self::Reads(_) => panic!("it reads"),
            Self::Posts { url } => agent().post(&*url).send("3").unwrap().status() != 200,
            Self::Stalled(stream, bytes) => {
                stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
                // The first is answered by a reset if nobody is there, which the second meets.
                for _ in 0..2 {
                    match stream.write_all(bytes) {
                        Err(error) if !crate::support::recovery::is_timeout(&error) => return true,
                        _ => std::thread::sleep(Duration::from_millis(60)),
                    }
                }
                stream.take_error().unwrap().is_some()
            }
        }
    }

    /// When the reading ended, and what came last.
    pub fn ended(&mut self) -> Option<(Instant, String)> {
        match self {
            Self::Reads(hears) => hears.recv_timeout(Duration::from_millis(500)).ok(),
            _ => panic!("it does not read"),
        }
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self, Self::Reads(hears) if hears.try_recv().is_ok())
    }

    /// The problem, or the refusal, with which it is not let in.
    pub fn refused(scene: &Scene, kind: Kind, credential: &Credential) -> Value {
        let path = match kind {
            Kind::WebSocket { .. } => format!("/api/v1/stream?{}", query(credential)),
            Kind::StatusWebSocket => status(scene, "/ws/connection-status", credential),
            Kind::StatusSse => status(scene, "/api/v1/whatsapp/connection-events", credential),
            Kind::Sse => format!("/api/v1/stream?{}", query(credential)),
            Kind::LongPoll => format!("/api/v1/events?wait=5&{}", query(credential)),
            Kind::SocketIo { path, polls } => {
                let by = if polls {
                    crate::support::socketio::By::Polling
                } else {
                    crate::support::socketio::By::WebSocket
                };
                let query = format!("&{}", transport_query(path, credential));
                let mut wire = crate::support::socketio::Wire::open_on(scene.server, path, by, &query, &[]);
                return wire.enter("/", &auth(scene, credential)).unwrap_err();
            }
        };
        if matches!(kind, Kind::WebSocket { .. } | Kind::StatusWebSocket) {
            return web_socket(scene, &path).map(|_| "it was let in").unwrap_err();
        }
        let body =
            agent().get(format!("{}{path}", scene.server.url)).call().unwrap().into_body().read_to_string();
        serde_json::from_str(&body.unwrap()).unwrap()
    }
}

/// Waits for one event after the other, until the answer is another; what that says.
pub fn long_poll(url: &str) -> (u16, String) {
    let mut since = String::new();
    loop {
        let answer = agent().get(format!("{url}{since}")).call().unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().read_to_string().unwrap_or_default();
        let said: Value = serde_json::from_str(&body).unwrap_or_default();
        match said["cursor"].as_str().filter(|_| status == 200) {
            Some(cursor) => since = format!("&since={cursor}"),
            None => return (status, body),
        }
    }
}

pub fn status_of(server: &Server, path: &str, token: &str) -> u16 {
    let request =
        agent().get(format!("{}{path}", server.url)).header("authorization", format!("Bearer {token}"));
    request.call().unwrap().status().as_u16()
}

fn connection(scene: &Scene) -> TcpStream {
    let addr: SocketAddr = scene.server.url.trim_start_matches("http://").parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(NARROW).unwrap();
        socket.connect(addr).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Opens one, or answers the problem with which it is refused.
fn web_socket(scene: &Scene, path: &str) -> Result<WebSocket<TcpStream>, Value> {
    let address = format!("{}{path}", scene.server.url.replacen("http", "ws", 1));
    match tungstenite::client(address, connection(scene)) {
        Ok((socket, _)) => Ok(socket),
        Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => {
            Err(serde_json::from_slice(&response.body().clone().unwrap_or_default()).unwrap())
        }
        Err(error) => panic!("{path}: {error}"),
    }
}

/// What a client shows in its address.
fn query(credential: &Credential) -> String {
    match credential {
        Credential::Key(key) => format!("apiKey={key}"),
        Credential::Session(person) => format!("token={}", person.token),
        Credential::Token { token, .. } => format!("token={token}"),
    }
}

fn status(scene: &Scene, path: &str, credential: &Credential) -> String {
    let user = match credential {
        Credential::Session(person) => &person.id,
        Credential::Token { user, .. } => user,
        Credential::Key(_) => panic!("for users only"),
    };
    format!("{path}?botId={}&userId={user}&{}", scene.device, query(credential))
}

/// Device namespaces call it otherwise.
fn transport_query(path: &str, credential: &Credential) -> String {
    match credential {
        Credential::Session(person) if path == "/ws" => format!("access-token={}", person.token),
        Credential::Token { token, .. } if path == "/ws" => format!("access-token={token}"),
        Credential::Key(key) if path == "/ws" => format!("apiKey={key}"),
        _ => "x=y".to_owned(),
    }
}

fn auth(scene: &Scene, credential: &Credential) -> Value {
    let since = &scene.start;
    match credential {
        Credential::Key(key) => json!({ "apiKey": key, "since": since }),
        Credential::Session(person) => json!({ "token": person.token, "since": since }),
        Credential::Token { token, .. } => json!({ "token": token, "since": since }),
    }
}

fn connect(scene: &Scene, credential: &Credential) -> String {
    format!("40{}", auth(scene, credential))
}
