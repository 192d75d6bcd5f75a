//! A Socket.IO client of one namespace, over WebSocket or over polling. It does what the stock client does, and no more: it
//! answers pings, keeps the `pid` that it was given and the last argument of each event where that is a text,
//! and shows both when it comes back (socket.io-client 4.6, `lib/socket.ts`).

use super::polling::Polling;
use serde_json::{Map, Value};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

/// Where a client connects, and with what.
#[derive(Clone, Debug)]
pub struct Options {
    /// The path of the Engine.IO server, with its last slash.
    pub path: String,
    /// What stands in the query beside Engine.IO's own, for example `apiKey=…`.
    pub query: String,
    /// Over polling, and without the change to a WebSocket that stock clients try next.
    pub polls: bool,
    pub namespace: String,
    /// The payload of the CONNECT packet.
    pub auth: Map<String, Value>,
}

/// What a client keeps when its connection is gone.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub pid: Option<String>,
    pub offset: Option<String>,
}

/// Why there is no connection, or none any more.
#[derive(Debug)]
pub enum Broken {
    /// The transport ended or failed.
    Gone(String),
    /// `connect_error`.
    Refused(Value),
    /// The server ended the namespace; a stock client does not come back by itself.
    Disconnected,
}

/// An event from the server: its name and its arguments, the offset among them.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub args: Vec<Value>,
}

enum Transport {
    WebSocket(Box<WebSocket<TcpStream>>),
    Polling(Polling),
}

pub struct Client {
    transport: Transport,
    prefix: String,
    /// Whether the server took it for the one that it was.
    pub recovered: bool,
}

fn gone(error: impl std::fmt::Display) -> Broken {
    Broken::Gone(error.to_string())
}

impl Client {
    /// Connects to `http://HOST:PORT`, enters the namespace, and shows what it remembers.
    pub fn connect(base: &str, options: &Options, memory: &mut Memory) -> Result<Self, Broken> {
        let transport = if options.polls {
            let (path, query) = (&options.path, &options.query);
            let url = format!("{base}{path}?EIO=4&transport=polling&{query}");
            Transport::Polling(Polling::open(&url).map_err(gone)?)
        } else {
            Transport::WebSocket(Box::new(web_socket(base, options)?))
        };
        let root = options.namespace == "/";
        let prefix = if root { String::new() } else { format!("{},", options.namespace) };
        let mut client = Self { transport, prefix, recovered: false };
        let open = client.text(Duration::from_secs(20))?.ok_or_else(|| gone("no handshake"))?;
        if !open.starts_with("0{") {
            return Err(gone(format!("not a handshake: {open}")));
        }
        let mut auth = Map::new();
        if let Some(pid) = &memory.pid {
            auth.insert("pid".to_owned(), pid.as_str().into());
            if let Some(offset) = &memory.offset {
                auth.insert("offset".to_owned(), offset.as_str().into());
            }
        }
        auth.extend(options.auth.clone());
        client.send(&format!("40{}{}", client.prefix, Value::Object(auth)))?;
        let deadline = Instant::now() + Duration::from_secs(20);
        let (entered, refused) = (format!("40{}", client.prefix), format!("44{}", client.prefix));
        while let Some(text) = client.text(deadline.saturating_duration_since(Instant::now()))? {
            if let Some(body) = text.strip_prefix(&entered) {
                let body: Value = serde_json::from_str(body).map_err(gone)?;
                let pid = body["pid"].as_str().map(str::to_owned);
                client.recovered = pid.is_some() && pid == memory.pid;
                memory.pid = pid;
                return Ok(client);
            }
            if let Some(body) = text.strip_prefix(&refused) {
                return Err(Broken::Refused(serde_json::from_str(body).map_err(gone)?));
            }
        }
        Err(gone("no answer to CONNECT"))
    }

    /// The next event; `None` if nothing comes in time.
    pub fn next(&mut self, memory: &mut Memory, wait: Duration) -> Result<Option<Event>, Broken> {
        let deadline = Instant::now() + wait;
        loop {
            let Some(text) = self.text(deadline.saturating_duration_since(Instant::now()))? else {
                return Ok(None);
            };
            if text.strip_prefix("41").is_some_and(|rest| rest == self.prefix || rest.is_empty()) {
                return Err(Broken::Disconnected);
            }
            let Some(list) = text.strip_prefix("42").and_then(|rest| rest.strip_prefix(&self.prefix)) else {
                continue;
            };
            // An event that asks for an acknowledgement has its number before the list.
            let list = list.trim_start_matches(|c: char| c.is_ascii_digit());
            let mut args: Vec<Value> = serde_json::from_str(list).map_err(gone)?;
            if memory.pid.is_some()
                && let Some(Value::String(last)) = args.last()
            {
                memory.offset = Some(last.clone());
            }
            let name = args.remove(0).as_str().unwrap_or_default().to_owned();
            return Ok(Some(Event { name, args }));
        }
    }

    /// Sends an event.
    pub fn emit(&mut self, name: &str, value: &Value) -> Result<(), Broken> {
        self.send(&format!("42{}{}", self.prefix, Value::from(vec![Value::from(name), value.clone()])))
    }

    fn send(&mut self, text: &str) -> Result<(), Broken> {
        match &mut self.transport {
            Transport::WebSocket(socket) => socket.send(Message::text(text)).map_err(gone),
            Transport::Polling(polling) => polling.send(text).map_err(gone),
        }
    }

    /// The next Engine.IO packet that is no ping.
    fn text(&mut self, wait: Duration) -> Result<Option<String>, Broken> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let packet = match &mut self.transport {
                Transport::WebSocket(socket) => read(socket, left)?,
                Transport::Polling(polling) => polling.next(left).map_err(gone)?,
            };
            match packet.as_deref() {
                Some("2") => self.send("3")?,
                Some("1") => return Err(gone("closed by the server")),
                Some(_) => return Ok(packet),
                None if Instant::now() >= deadline => return Ok(None),
                None => {}
            }
        }
    }
}

fn web_socket(base: &str, options: &Options) -> Result<WebSocket<TcpStream>, Broken> {
    let addr: SocketAddr = base.trim_start_matches("http://").parse().map_err(gone)?;
    let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5)).map_err(gone)?;
    stream.set_nodelay(true).map_err(gone)?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(gone)?;
    let url = format!("ws://{addr}{}?EIO=4&transport=websocket&{}", options.path, options.query);
    Ok(tungstenite::client(url, stream).map_err(gone)?.0)
}

/// The next text; `None` if it was none, or nothing came in time.
fn read(socket: &mut WebSocket<TcpStream>, wait: Duration) -> Result<Option<String>, Broken> {
    socket.get_ref().set_read_timeout(Some(wait)).map_err(gone)?;
    match socket.read() {
        Ok(Message::Text(text)) => Ok(Some(text.to_string())),
        Ok(Message::Close(_)) => Err(gone("closed by the server")),
        Ok(_) => Ok(None),
        Err(tungstenite::Error::Io(error)) if is_timeout(&error) => Ok(None),
        Err(error) => Err(gone(error)),
    }
}

/// Whether a read ended because its time was over.
pub fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
