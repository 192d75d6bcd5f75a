//! A server on a port of its own, and clients that speak no more than the tests need.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tungstenite::{WebSocket, stream::MaybeTlsStream};

use super::super::Server;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Site {
    pub address: SocketAddr,
    pub server: Server,
}

pub(super) struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Site {
    /// Serves on `/socket.io` and `/ws`, with another service below the second.
    pub async fn start(server: Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app: Router = Router::new()
            .merge(server.router("/socket.io"))
            .merge(server.router("/ws/"))
            .route("/ws/connection-status", get(|| async { "another service" }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, server }
    }

    pub async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let answer = async {
            let mut stream = TcpStream::connect(self.address).await?;
            let length = body.len();
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            // A server that has heard enough may hang up before it has read everything.
            let _ = stream.write_all(body.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        let text = timeout(PATIENCE, answer).await.expect("an answer in time").expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "", "").await
    }

    /// Opens a session and enters a namespace; what came with the answer waits for the next poll.
    pub async fn enter(&self, namespace: &str, query: &str, auth: &str) -> Poller<'_> {
        let mut poller = self.open(query).await;
        poller.enter(namespace, auth).await;
        poller
    }

    pub async fn open(&self, query: &str) -> Poller<'_> {
        let answer = self.get(&format!("/socket.io/?EIO=4&transport=polling{query}")).await;
        let handshake: Value = serde_json::from_str(&answer.body[1..]).expect("a handshake");
        let sid = handshake["sid"].as_str().expect("a session id").to_owned();
        Poller { site: self, sid, seen: Vec::new() }
    }

    /// Opens a WebSocket; the caller must be allowed to block.
    pub fn websocket(&self, query: &str) -> WebSocket<MaybeTlsStream<std::net::TcpStream>> {
        let url = format!("ws://{}/ws/?EIO=4&transport=websocket{query}", self.address);
        let (socket, _) = tungstenite::connect(url).expect("a WebSocket");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        }
        socket
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Server) -> bool) {
        for _ in 0..400 {
            if holds(&self.server) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }
}

/// A client that polls, and answers pings.
pub(super) struct Poller<'a> {
    pub site: &'a Site,
    pub sid: String,
    seen: Vec<String>,
}

impl Poller<'_> {
    fn path(&self) -> String {
        format!("/socket.io/?EIO=4&transport=polling&sid={}", self.sid)
    }

    pub async fn poll(&self) -> Answer {
        self.site.get(&self.path()).await
    }

    pub async fn post(&self, body: &str) -> Answer {
        self.site.request("POST", &self.path(), "", body).await
    }

    pub async fn enter(&mut self, namespace: &str, auth: &str) -> Value {
        let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
        assert_eq!(self.post(&format!("40{name}{auth}")).await.status, 200);
        let answer = self.next().await;
        let payload = answer.strip_prefix(&format!("40{name}")).unwrap_or_else(|| panic!("not in: {answer}"));
        serde_json::from_str(payload).expect("an answer to CONNECT")
    }

    /// The next packet that is no heartbeat.
    pub async fn next(&mut self) -> String {
        loop {
            if !self.seen.is_empty() {
                let packet = self.seen.remove(0);
                if packet != "2" {
                    return packet;
                }
                assert_eq!(self.post("3").await.status, 200);
                continue;
            }
            let answer = self.poll().await;
            assert_eq!(answer.status, 200, "the session is gone");
            self.seen.extend(answer.body.split('\x1e').map(str::to_owned));
        }
    }

    pub async fn is_gone(&self) -> bool {
        self.poll().await.status == 400
    }
}
