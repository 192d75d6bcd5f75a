//! A client of the native stream.

use super::{API_KEY, Server};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

pub struct Stream(pub WebSocket<MaybeTlsStream<TcpStream>>);

impl Stream {
    pub fn open(server: &Server, query: &str) -> Self {
        Self::open_as(server, API_KEY, query)
    }

    /// With another key than the first.
    pub fn open_as(server: &Server, key: &str, query: &str) -> Self {
        let mut request = format!("{}/api/v1/stream{query}", server.url.replace("http", "ws"))
            .into_client_request()
            .unwrap();
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
        let (socket, _) = tungstenite::connect(request).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        }
        Self(socket)
    }

    pub fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).unwrap();
    }

    /// The next frame of one of these types.
    pub fn next(&mut self, types: &[&str]) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if types.contains(&frame["type"].as_str().unwrap()) {
                        return frame;
                    }
                }
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    pub fn command(&mut self, id: &str, command: Value) -> Value {
        self.send(json!({"type": "command", "id": id, "command": command}));
        let result = self.next(&["result"]);
        assert_eq!(result["id"], id);
        result["outcome"].clone()
    }
}
