//! Clients by the thousand, on one thread.

use crate::frames::{CLOSE, Frames, PING, TEXT, client_frame};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How a client enters.
#[derive(Clone)]
pub enum Opening {
    /// Engine.IO over WebSocket, then this namespace.
    SocketIo { namespace: String },
    /// A first frame, answered by `hello`.
    Hello,
}

/// Where clients connect, and as what.
#[derive(Clone)]
pub struct Door {
    pub addr: SocketAddr,
    /// Path and query.
    pub path: String,
    pub header: String,
    pub opening: Opening,
}

/// One connection that is in.
pub struct Client {
    stream: TcpStream,
    frames: Frames,
    engine_io: bool,
    /// What came before it was read, but for what its entering waited for.
    early: Vec<Vec<u8>>,
    /// What the server gave it to come back with, if it did.
    pub pid: Option<String>,
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

impl Client {
    /// Connects and enters; `auth` is the payload of the CONNECT packet, without its braces.
    pub async fn open(door: &Door, auth: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(door.addr).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            door.path, door.addr, door.header
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let end = loop {
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut head).await? == 0 {
                return Err(broken("ended before its head"));
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(broken(&String::from_utf8_lossy(&head)));
        }
        let engine_io = matches!(door.opening, Opening::SocketIo { .. });
        let mut client = Self { stream, frames: Frames::default(), engine_io, early: Vec::new(), pid: None };
        client.frames.feed(&head[end + 4..], |_, payload| client.early.push(payload.to_vec()));
        match &door.opening {
            Opening::Hello => {
                client.send(b"{\"type\":\"hello\"}").await?;
                client.wait_for(b"{\"type\":\"hello\"").await?;
            }
            Opening::SocketIo { namespace } => {
                client.wait_for(b"0{").await?;
                client.send(format!("40{namespace},{{{auth}}}").as_bytes()).await?;
                let answer = client.wait_for(format!("40{namespace},").as_bytes()).await?;
                let answer = String::from_utf8_lossy(&answer).into_owned();
                let pid = answer.split("\"pid\":\"").nth(1).and_then(|rest| rest.split('"').next());
                client.pid = pid.map(str::to_owned);
            }
        }
        Ok(client)
    }

    pub async fn send(&mut self, text: &[u8]) -> io::Result<()> {
        self.stream.write_all(&client_frame(TEXT, text)).await
    }

    /// Reads until a text that begins so, and takes it out. What comes before and behind it waits to be read:
    /// missed events may stand on either side of the answer to CONNECT.
    async fn wait_for(&mut self, prefix: &[u8]) -> io::Result<Vec<u8>> {
        let mut part = [0; 4_096];
        loop {
            if let Some(at) = self.early.iter().position(|text| text.starts_with(prefix)) {
                return Ok(self.early.remove(at));
            }
            let count = self.stream.read(&mut part).await?;
            if count == 0 {
                return Err(broken("ended before it was in"));
            }
            let early = &mut self.early;
            self.frames.feed(&part[..count], |_, payload| early.push(payload.to_vec()));
        }
    }

    /// Reads on until the end, and hands over every text.
    pub async fn read(&mut self, buffer: usize, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        for text in std::mem::take(&mut self.early) {
            each(&text);
        }
        let mut part = vec![0; buffer];
        loop {
            let count = self.stream.read(&mut part).await?;
            if count == 0 {
                return Err(broken("ended"));
            }
            let (mut answers, mut closed) = (Vec::new(), false);
            let engine_io = self.engine_io;
            self.frames.feed(&part[..count], |opcode, payload| match opcode {
                TEXT if engine_io && payload == b"2" => answers.extend(client_frame(TEXT, b"3")),
                TEXT => each(payload),
                PING => answers.extend(client_frame(10, payload)),
                CLOSE => closed = true,
                _ => {}
            });
            if !answers.is_empty() {
                self.stream.write_all(&answers).await?;
            }
            if closed {
                return Err(broken("closed by the server"));
            }
        }
    }

    /// Ends the connection as a cable that was pulled: without a word of any protocol.
    pub fn cut(self) {
        // An end without waiting: the kernel resets the connection.
        drop(self.stream.set_zero_linger());
    }
}

/// Opens many, a few at a time.
pub async fn open_all(door: &Door, count: usize) -> io::Result<Vec<Client>> {
    let gate = Rc::new(tokio::sync::Semaphore::new(64));
    let mut opening = Vec::with_capacity(count);
    for _ in 0..count {
        let (gate, door) = (gate.clone(), door.clone());
        opening.push(tokio::task::spawn_local(async move {
            let _turn = gate.acquire().await.map_err(io::Error::other)?;
            Client::open(&door, "").await
        }));
    }
    let mut clients = Vec::with_capacity(count);
    for client in opening {
        clients.push(client.await.map_err(io::Error::other)??);
    }
    Ok(clients)
}
