//! Connection status (seed 0), as a WebSocket and as server-sent events. What it tells of is no messages, so its load
//! is a device that is disconnected and connected again and again: each connection by the cursor of its event.

use super::scene::Scene;
use super::wire::{Broken, Came, Wire};
use crate::support::recovery::is_timeout;
use crate::support::sse::EventSource;
use crate::support::until;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tungstenite::{Message, WebSocket};

pub const SECRET: &str = "a secret of thirty-two bytes, or more";

/// Somebody's device, and how they watch it.
pub struct Watched {
    pub device: String,
    query: String,
}

impl Watched {
    /// A device of its own, linked.
    pub fn set(scene: &Scene) -> Self {
        let server = scene.server.read().unwrap();
        let phone = server.post("/sandbox/phones", json!({"name": "Watched"}));
        let device = server.linked_device(phone["number"].as_str().unwrap());
        let workspace = server.get("/me")["workspaceId"].clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({"sub": "watcher", "workspace": workspace, "exp": now + 3_600});
        let token =
            encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        let query = format!("botId={device}&userId=watcher&token={token}");
        Self { device, query }
    }

    /// Both wires, at a position.
    pub fn wires(&self, at: &str) -> Vec<Box<dyn Wire>> {
        let query = || self.query.clone();
        let mut wires: Vec<Box<dyn Wire>> = vec![
            Box::new(StatusSocket { query: query(), cursor: String::new(), socket: None }),
            Box::new(StatusEvents { query: query(), since: String::new(), last: None, source: None }),
        ];
        wires.iter_mut().for_each(|wire| wire.place(at));
        wires
    }

    /// Disconnects it and connects it again, whatever happens to the server meanwhile.
    pub fn cycle(&self, scene: &Scene, times: usize) {
        for _ in 0..times {
            for (order, status) in [("disconnect", "disconnected"), ("connect", "connected")] {
                until(status, || {
                    let server = scene.server.read().unwrap();
                    let path = format!("/devices/{}", self.device);
                    let (_, device) = server.call("GET", &path, None).ok()?;
                    if device["status"] == status {
                        return Some(());
                    }
                    // Said again: a server that was killed may not have heard it.
                    let _ = server.call("POST", &format!("{path}/{order}"), Some(&json!({})));
                    None
                });
            }
        }
    }

    /// The cursors of its connections since a position, by the log itself.
    pub fn connections(&self, scene: &Scene, start: &str) -> Vec<String> {
        let server = scene.server.read().unwrap();
        let (mut cursors, mut since) = (Vec::new(), start.to_owned());
        loop {
            let page = server.get(&format!("/events?since={since}&limit=1000"));
            let events = page["items"].as_array().unwrap();
            let connected = events.iter().filter(|event| {
                event["deviceId"] == self.device.as_str()
                    && event["type"] == "device.updated"
                    && event["data"]["device"]["status"] == "connected"
                    && event["data"]["previousStatus"] != "connected"
            });
            cursors.extend(connected.map(|event| event["cursor"].as_str().unwrap().to_owned()));
            if events.is_empty() {
                return cursors;
            }
            since = page["cursor"].as_str().unwrap().to_owned();
        }
    }
}

/// What a payload means, and the position that the client has with it.
fn came(payload: &Value) -> (Came, Option<String>) {
    let cursor = payload["cursor"].as_str().map(str::to_owned);
    let came = match (payload["type"].as_str(), &cursor) {
        (Some("whatsapp_connected"), Some(cursor)) => Came::Load(cursor.clone()),
        (Some("resync"), _) => Came::Resync(payload["reason"].as_str().unwrap_or_default().to_owned()),
        _ => Came::Other,
    };
    (came, cursor)
}

struct StatusSocket {
    query: String,
    cursor: String,
    socket: Option<WebSocket<TcpStream>>,
}

impl StatusSocket {
    fn frame(&mut self, wait: Duration) -> Result<Option<Value>, Broken> {
        let socket = self.socket.as_mut().ok_or_else(|| Broken("not connected".to_owned()))?;
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            socket.get_ref().set_read_timeout(Some(left)).map_err(Broken::by)?;
            match socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).map(Some).map_err(Broken::by),
                Ok(Message::Close(frame)) => return Err(Broken(format!("closed: {frame:?}"))),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if is_timeout(&error) => {
                    if Instant::now() >= deadline {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(Broken::by(error)),
            }
        }
    }
}

impl Wire for StatusSocket {
    fn name(&self) -> &'static str {
        "connection status, WebSocket"
    }

    fn place(&mut self, cursor: &str) {
        self.cursor = cursor.to_owned();
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let addr: SocketAddr = base.trim_start_matches("http://").parse().map_err(Broken::by)?;
        let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5)).map_err(Broken::by)?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(Broken::by)?;
        let url = format!("ws://{addr}/ws/connection-status?{}&since={}", self.query, self.cursor);
        self.socket = Some(tungstenite::client(url, stream).map_err(Broken::by)?.0);
        match self.frame(Duration::from_secs(20))? {
            Some(frame) if frame["type"] == "authenticated" => Ok(()),
            other => Err(Broken(format!("not let in: {other:?}"))),
        }
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        let Some(frame) = self.frame(wait)? else { return Ok(None) };
        let (came, cursor) = came(&frame);
        self.cursor = cursor.unwrap_or_else(|| std::mem::take(&mut self.cursor));
        Ok(Some(came))
    }

    fn drop_connection(&mut self) {
        self.socket = None;
    }
}

/// The first connection says where it was in the address, later ones as browsers do.
struct StatusEvents {
    query: String,
    since: String,
    last: Option<String>,
    source: Option<EventSource>,
}

impl Wire for StatusEvents {
    fn name(&self) -> &'static str {
        "connection status, SSE"
    }

    fn place(&mut self, cursor: &str) {
        self.since = cursor.to_owned();
        self.last = None;
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let headers: Vec<_> = self.last.iter().map(|id| ("last-event-id", id.as_str())).collect();
        let path = format!("/api/v1/whatsapp/connection-events?{}&since={}", self.query, self.since);
        let mut source = EventSource::open(base, &path, &headers).map_err(Broken)?;
        match source.next(Duration::from_secs(20)).map_err(Broken)? {
            Some(event) if event.data.contains("\"hello\"") => {}
            other => return Err(Broken(format!("no hello: {other:?}"))),
        }
        self.source = Some(source);
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        let source = self.source.as_mut().ok_or_else(|| Broken("not connected".to_owned()))?;
        let Some(event) = source.next(wait).map_err(Broken)? else { return Ok(None) };
        if !event.id.is_empty() {
            self.last = Some(event.id);
        }
        Ok(Some(came(&serde_json::from_str(&event.data).map_err(Broken::by)?).0))
    }

    fn drop_connection(&mut self) {
        self.source = None;
    }
}
