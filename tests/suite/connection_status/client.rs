//! Watchers over both wires.

use crate::support::Server;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::protocol::CloseFrame;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Somebody who is signed in, by the cookie of our own pages.
pub struct Person {
    pub id: String,
    pub cookie: String,
}

impl Person {
    pub fn of(server: &Server) -> Self {
        let agent = agent();
        let link = server.sign_in.clone().expect("a link");
        let cookie = server.session(&link);
        let me = agent.get(format!("{}/api/v1/me", server.url)).header("cookie", &cookie).call().unwrap();
        let me: Value = serde_json::from_str(&me.into_body().read_to_string().unwrap()).unwrap();
        Self { id: me["userId"].as_str().unwrap().to_owned(), cookie }
    }

    pub fn query(&self, device: &str) -> String {
        format!("botId={device}&userId={}", self.id)
    }

    pub fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("cookie", self.cookie.clone())]
    }
}

pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}

pub type Headers = [(&'static str, String)];

/// A watcher over the WebSocket.
pub struct Socket(pub WebSocket<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub fn try_open(server: &Server, query: &str, headers: &Headers) -> Result<Self, tungstenite::Error> {
        let address = format!("{}/ws/connection-status?{query}", server.url.replace("http", "ws"));
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = tungstenite::connect(request)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        }
        Ok(Self(socket))
    }

    pub fn open(server: &Server, query: &str, headers: &Headers) -> Self {
        Self::try_open(server, query, headers).unwrap()
    }

    /// The problem with which the upgrade is refused.
    #[track_caller]
    pub fn refused(server: &Server, query: &str, headers: &Headers) -> (u16, Value) {
        match Self::try_open(server, query, headers) {
            Err(tungstenite::Error::Http(response)) => {
                assert_eq!(response.headers()["content-type"], "application/problem+json");
                let body = response.body().clone().unwrap_or_default();
                (response.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default())
            }
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was let in: {query}"),
        }
    }

    pub fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).unwrap();
    }

    /// The next text frame.
    #[track_caller]
    pub fn hear(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next text frame, which has this type.
    #[track_caller]
    pub fn expect(&mut self, kind: &str) -> Value {
        let frame = self.hear();
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Reads up to the close; answers the frames before it.
    pub fn closed(mut self) -> (Vec<Value>, Option<CloseFrame>) {
        let mut frames = Vec::new();
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => frames.push(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => return (frames, frame),
                Ok(_) => {}
                Err(_) => return (frames, None),
            }
        }
    }
}

/// One server-sent event.
#[derive(Debug, Default, Clone)]
pub struct Sent {
    pub event: String,
    pub id: String,
    pub data: Value,
}

/// A watcher over server-sent events.
pub struct Events(pub Receiver<Sent>);

impl Events {
    pub fn request(server: &Server, query: &str, headers: &Headers) -> ureq::http::Response<ureq::Body> {
        let address = format!("{}/api/v1/whatsapp/connection-events?{query}", server.url);
        let mut request = agent().get(address);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.call().unwrap()
    }

    pub fn open(server: &Server, query: &str, headers: &Headers) -> Self {
        let response = Self::request(server, query, headers);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        let (sent, received) = channel();
        std::thread::spawn(move || {
            let mut event = Sent::default();
            let lines = BufReader::new(response.into_body().into_reader()).lines();
            for line in lines.map_while(Result::ok) {
                match line.split_once(": ") {
                    Some(("event", name)) => event.event = name.to_owned(),
                    Some(("id", id)) => event.id = id.to_owned(),
                    Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                    _ if !line.is_empty() => {}
                    _ if sent.send(std::mem::take(&mut event)).is_ok() => {}
                    _ => return,
                }
            }
        });
        Self(received)
    }

    /// The problem with which the stream is refused.
    #[track_caller]
    pub fn refused(server: &Server, query: &str, headers: &Headers) -> (u16, Value) {
        let response = Self::request(server, query, headers);
        let status = response.status().as_u16();
        assert_ne!(status, 200, "it was let in: {query}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        (status, serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap())
    }

    #[track_caller]
    pub fn hear(&self) -> Sent {
        self.0.recv_timeout(Duration::from_secs(40)).expect("an event")
    }

    /// The next message, which has this type.
    #[track_caller]
    pub fn expect(&self, kind: &str) -> Sent {
        let sent = self.hear();
        assert_eq!(sent.data["type"], kind, "{sent:?}");
        sent
    }

    /// What comes until the stream ends.
    pub fn rest(self) -> Vec<Sent> {
        std::iter::from_fn(|| self.0.recv_timeout(Duration::from_secs(40)).ok()).collect()
    }
}
