//! The native WebSocket, server-sent events, and the long poll.

use super::wire::{Broken, Came, Wire, came_of};
use crate::support::API_KEY;
use crate::support::recovery::is_timeout;
use crate::support::sse::EventSource;
use serde_json::Value;
use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

/// `GET /api/v1/stream` as a WebSocket.
#[derive(Default)]
pub struct Native {
    cursor: String,
    socket: Option<WebSocket<TcpStream>>,
}

impl Wire for Native {
    fn name(&self) -> &'static str {
        "native WebSocket"
    }

    fn place(&mut self, cursor: &str) {
        self.cursor = cursor.to_owned();
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let addr: SocketAddr = base.trim_start_matches("http://").parse().map_err(Broken::by)?;
        let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5)).map_err(Broken::by)?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(Broken::by)?;
        let url = format!("ws://{addr}/api/v1/stream?since={}", self.cursor);
        let mut request = url.into_client_request().map_err(Broken::by)?;
        request.headers_mut().insert("x-api-key", API_KEY.parse().map_err(Broken::by)?);
        let (socket, _) = tungstenite::client(request, stream).map_err(Broken::by)?;
        self.socket = Some(socket);
        // The first frame says where it stands.
        match self.frame(Duration::from_secs(20))? {
            Some(frame) if frame["type"] == "hello" => Ok(()),
            other => Err(Broken(format!("no hello: {other:?}"))),
        }
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        let Some(frame) = self.frame(wait)? else { return Ok(None) };
        Ok(Some(match frame["type"].as_str() {
            Some("event") => {
                self.cursor = text(&frame["event"]["cursor"]);
                came_of(&frame["event"])
            }
            Some("cursor") => {
                self.cursor = text(&frame["cursor"]);
                Came::Other
            }
            Some("resync") => {
                self.cursor = text(&frame["cursor"]);
                Came::Resync(text(&frame["reason"]))
            }
            _ => Came::Other,
        }))
    }

    fn drop_connection(&mut self) {
        self.socket = None;
    }
}

impl Native {
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

/// `GET /api/v1/stream` as server-sent events. The first connection says where it was in the address, later ones
/// as browsers do.
#[derive(Default)]
pub struct Sse {
    since: String,
    last_event_id: Option<String>,
    source: Option<EventSource>,
}

impl Wire for Sse {
    fn name(&self) -> &'static str {
        "server-sent events"
    }

    fn place(&mut self, cursor: &str) {
        self.since = cursor.to_owned();
        self.last_event_id = None;
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let mut headers = vec![("x-api-key", API_KEY)];
        if let Some(id) = &self.last_event_id {
            headers.push(("last-event-id", id));
        }
        let path = format!("/api/v1/stream?since={}", self.since);
        let mut source = EventSource::open(base, &path, &headers).map_err(Broken)?;
        let hello = source.next(Duration::from_secs(20)).map_err(Broken)?;
        self.source = Some(source);
        match hello {
            Some(event) if event.data.contains("\"hello\"") => Ok(()),
            other => Err(Broken(format!("no hello: {other:?}"))),
        }
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        let source = self.source.as_mut().ok_or_else(|| Broken("not connected".to_owned()))?;
        let Some(event) = source.next(wait).map_err(Broken)? else { return Ok(None) };
        if !event.id.is_empty() {
            self.last_event_id = Some(event.id);
        }
        let frame: Value = serde_json::from_str(&event.data).map_err(Broken::by)?;
        Ok(Some(match frame["type"].as_str() {
            Some("event") => came_of(&frame["event"]),
            Some("resync") => Came::Resync(text(&frame["reason"])),
            _ => Came::Other,
        }))
    }

    fn drop_connection(&mut self) {
        self.source = None;
    }
}

/// `GET /api/v1/events?since=…&wait=…`.
#[derive(Default)]
pub struct Poll {
    cursor: String,
    base: String,
    agent: Option<ureq::Agent>,
    /// Of the last page: each event's cursor, and what it means.
    page: VecDeque<(String, Came)>,
}

impl Wire for Poll {
    fn name(&self) -> &'static str {
        "long poll"
    }

    fn place(&mut self, cursor: &str) {
        self.cursor = cursor.to_owned();
        self.page.clear();
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        self.base = base.to_owned();
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(60)));
        self.agent = Some(config.build().into());
        Ok(())
    }

    fn next(&mut self, _: Duration) -> Result<Option<Came>, Broken> {
        if let Some((cursor, came)) = self.page.pop_front() {
            self.cursor = cursor;
            return Ok(Some(came));
        }
        let agent = self.agent.as_ref().ok_or_else(|| Broken("not connected".to_owned()))?;
        let url = format!("{}/api/v1/events?since={}&wait=1&limit=50", self.base, self.cursor);
        let mut answer = agent.get(url).header("x-api-key", API_KEY).call().map_err(Broken::by)?;
        let body = answer.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string();
        let page: Value = serde_json::from_str(&body.map_err(Broken::by)?).map_err(Broken::by)?;
        if let Some(reason) = page["resync"].as_str() {
            self.cursor = text(&page["cursor"]);
            return Ok(Some(Came::Resync(reason.to_owned())));
        }
        let items = page["items"].as_array().ok_or_else(|| Broken(format!("no page: {page}")))?;
        self.page = items.iter().map(|event| (text(&event["cursor"]), came_of(event))).collect();
        // Behind the last event there may be some that this client is not shown.
        self.page.push_back((text(&page["next"]), Came::Other));
        Ok(None)
    }

    /// What has been read is read; only the request that is under way is lost.
    fn drop_connection(&mut self) {
        self.agent = None;
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
