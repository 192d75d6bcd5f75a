//! A client of server-sent events over a plain HTTP/1.1 connection, as `EventSource` reads them (HTML standard,
//! section 9.2).

use super::recovery::is_timeout;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// One event. Without an `id` of its own it has the last one before it.
#[derive(Debug, Default, Clone)]
pub struct Event {
    pub id: String,
    pub data: String,
}

pub struct EventSource {
    stream: TcpStream,
    /// As it came, from the last chunk's head on.
    raw: Vec<u8>,
    /// Bytes of the present chunk that are still to come, with the line end behind it.
    chunk: usize,
    /// Without the chunks' heads, from the last whole line on.
    body: Vec<u8>,
    event: Event,
    over: bool,
}

impl EventSource {
    /// Asks for `path` at `http://HOST:PORT`.
    pub fn open(base: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, String> {
        let said = |error: std::io::Error| error.to_string();
        let addr: SocketAddr =
            base.trim_start_matches("http://").parse().map_err(|_| format!("not an address: {base}"))?;
        let mut stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5)).map_err(said)?;
        stream.set_nodelay(true).map_err(said)?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(said)?;
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\naccept: text/event-stream\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).map_err(said)?;
        let mut raw = Vec::new();
        let end = loop {
            if let Some(end) = find(&raw, b"\r\n\r\n") {
                break end;
            }
            let mut part = [0; 4_096];
            match stream.read(&mut part).map_err(said)? {
                0 => return Err("ended before its head".to_owned()),
                count => raw.extend_from_slice(&part[..count]),
            }
        };
        let head = String::from_utf8_lossy(&raw[..end]).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") || !head.contains("content-type: text/event-stream") {
            return Err(format!("not a stream of events: {head}"));
        }
        if !head.contains("transfer-encoding: chunked") {
            return Err(format!("not in chunks: {head}"));
        }
        raw.drain(..end + 4);
        Ok(Self { stream, raw, chunk: 0, body: Vec::new(), event: Event::default(), over: false })
    }

    /// The next event with data; `None` if nothing comes in time.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Event>, String> {
        let deadline = Instant::now() + wait;
        loop {
            self.unwrap_chunks()?;
            while let Some(end) = find(&self.body, b"\n") {
                let line: Vec<u8> = self.body.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line[..end]).trim_end_matches('\r').to_owned();
                if line.is_empty() && !self.event.data.is_empty() {
                    let id = self.event.id.clone();
                    return Ok(Some(std::mem::replace(&mut self.event, Event { id, data: String::new() })));
                }
                if let Some(id) = line.strip_prefix("id:") {
                    self.event.id = id.trim_start().to_owned();
                } else if let Some(data) = line.strip_prefix("data:") {
                    self.event.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                }
            }
            if self.over {
                return Err("the stream ended".to_owned());
            }
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left)).map_err(|error| error.to_string())?;
            let mut part = [0; 16_384];
            match self.stream.read(&mut part) {
                Ok(0) => return Err("the connection ended".to_owned()),
                Ok(count) => self.raw.extend_from_slice(&part[..count]),
                Err(error) if is_timeout(&error) && Instant::now() >= deadline => return Ok(None),
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// Moves what is whole from `raw` to `body`.
    fn unwrap_chunks(&mut self) -> Result<(), String> {
        loop {
            if self.chunk > 0 {
                let count = self.chunk.min(self.raw.len());
                // The last two bytes are the line end behind the chunk.
                let text = count.min(self.chunk.saturating_sub(2));
                self.body.extend_from_slice(&self.raw[..text]);
                self.raw.drain(..count);
                self.chunk -= count;
                if self.chunk > 0 {
                    return Ok(());
                }
            }
            let Some(end) = find(&self.raw, b"\r\n") else { return Ok(()) };
            let size = String::from_utf8_lossy(&self.raw[..end]).into_owned();
            self.raw.drain(..end + 2);
            match usize::from_str_radix(size.trim(), 16) {
                Ok(0) => {
                    self.over = true;
                    return Ok(());
                }
                Ok(size) => self.chunk = size + 2,
                Err(_) => return Err(format!("not the size of a chunk: {size:?}")),
            }
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
