//! A client as stock ones are: it keeps what it hears in order, and remembers its `pid` and the last offset.

use crate::support::socketio::{By, Heard, Wire, read};
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Longer than anything here takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Client {
    wire: Wire,
    waiting: VecDeque<Heard>,
    asked: u64,
    pub entered: Value,
    pub pid: Option<String>,
    pub offset: Option<String>,
}

/// `{"apiKey": …}`.
pub fn with_key() -> Value {
    json!({ "apiKey": API_KEY })
}

/// Tries to enter; the refusal if there is one.
pub fn refused(server: &Server, by: By, query: &str, headers: &[(&str, &str)], auth: &Value) -> Value {
    let mut wire = Wire::open_on(server, "/socket.io", by, query, headers);
    wire.enter("/", auth).expect_err("a refusal")
}

impl Client {
    pub fn enter(server: &Server, by: By, query: &str, headers: &[(&str, &str)], auth: &Value) -> Self {
        let mut wire = Wire::open_on(server, "/socket.io", by, query, headers);
        let entered = wire.enter("/", auth).expect("to be let in");
        let pid = entered["pid"].as_str().map(str::to_owned);
        Self { wire, waiting: VecDeque::new(), asked: 0, entered, pid, offset: None }
    }

    pub fn new(server: &Server) -> Self {
        Self::enter(server, By::WebSocket, "", &[], &with_key())
    }

    /// Comes back as a stock client does, after its connection was cut.
    pub fn again(self, server: &Server) -> Self {
        let Self { wire, pid, offset, .. } = self;
        wire.cut();
        Self::back(server, pid.as_deref(), offset.as_deref())
    }

    pub fn back(server: &Server, pid: Option<&str>, offset: Option<&str>) -> Self {
        let mut auth = with_key();
        auth["pid"] = json!(pid);
        auth["offset"] = json!(offset);
        let mut client = Self::enter(server, By::WebSocket, "", &[], &auth);
        client.offset = offset.map(str::to_owned);
        client
    }

    fn note(&mut self, packet: &str) -> bool {
        let Some(heard) = read(packet) else { return false };
        if let Some(offset) = heard.offset.as_str() {
            self.offset = Some(offset.to_owned());
        }
        self.waiting.push_back(heard);
        true
    }

    /// The next event, whatever it is.
    #[track_caller]
    pub fn next(&mut self) -> Heard {
        loop {
            if let Some(heard) = self.waiting.pop_front() {
                return heard;
            }
            let packet = self.wire.packet();
            assert!(self.note(&packet), "no event: {packet}");
        }
    }

    /// The payload of the next event of that name that `is` holds for; others are passed over.
    #[track_caller]
    pub fn wait(&mut self, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let heard = self.next();
            if heard.name == name && is(&heard.payload) {
                return heard.payload;
            }
        }
        panic!("never heard: {name}");
    }

    #[track_caller]
    pub fn any(&mut self, name: &str) -> Value {
        self.wait(name, |_| true)
    }

    /// The payloads of the next event of each of two names, in whichever order they come: the answer to a request
    /// and what the log says of it do not wait for each other.
    #[track_caller]
    pub fn both(&mut self, one: &str, other: &str) -> (Value, Value) {
        let first = self.next_of(&[one, other]);
        let missing = if first.name == one { other } else { one };
        let second = self.any(missing);
        if first.name == one { (first.payload, second) } else { (second, first.payload) }
    }

    #[track_caller]
    fn next_of(&mut self, names: &[&str]) -> Heard {
        loop {
            let heard = self.next();
            if names.contains(&heard.name.as_str()) {
                return heard;
            }
        }
    }

    pub fn send(&mut self, event: &Value) {
        self.wire.send(&format!("42{event}"));
    }

    /// Sends an event with a callback; what came meanwhile is kept.
    #[track_caller]
    pub fn ask(&mut self, name: &str, argument: Value) -> Value {
        self.asked += 1;
        let event = if argument == json!("nothing at all") { json!([name]) } else { json!([name, argument]) };
        self.wire.send(&format!("42{}{event}", self.asked));
        let head = format!("43{}[", self.asked);
        loop {
            let packet = self.wire.packet();
            if packet.starts_with(&head) {
                let mut answer: Value = serde_json::from_str(&packet[head.len() - 1..]).unwrap();
                return answer[0].take();
            }
            assert!(self.note(&packet), "no event: {packet}");
        }
    }

    /// Everything that has come by now: a question and its answer are behind it.
    #[track_caller]
    pub fn so_far(&mut self) -> Vec<Heard> {
        let answer = self.ask("get_connection_status", json!({}));
        assert_eq!(answer["success"], true);
        std::mem::take(&mut self.waiting).into()
    }

    /// Whether the session or the namespace ends.
    pub fn ends(&mut self) -> bool {
        loop {
            match self.wire.try_packet() {
                None => return true,
                Some(packet) if packet.starts_with("41") => return true,
                Some(packet) => {
                    self.note(&packet);
                }
            }
        }
    }

    pub fn heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.waiting).into()
    }
}
