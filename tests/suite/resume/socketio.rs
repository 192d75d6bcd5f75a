//! Socket.IO, by what stock clients do by themselves and by `since`.

use super::wire::{Broken, Came, Wire, load_of};
use crate::support::recovery::{self, Client, Event, Memory, Options};
use serde_json::{Map, Value};
use std::time::Duration;

/// How a client says where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `auth: {pid, offset}`, as every stock client since 4.6.
    Recovery,
    /// `auth: {since}`, with the `cursor` of the last payload.
    Since,
}

/// What a dialect calls a message that came in: the event's name, and where its text and its id are.
#[derive(Clone, Copy)]
pub struct Dialect {
    pub event: &'static str,
    pub text: &'static str,
    pub id: &'static str,
}

/// Seeds 3 and 4.
pub const DEVICE: Dialect = Dialect { event: "message", text: "/message/body", id: "/message/id" };
/// Seed 1.
pub const CHAT: Dialect = Dialect { event: "new_message", text: "/content", id: "/id" };

pub struct SocketIo {
    name: &'static str,
    by: By,
    dialect: Dialect,
    options: Options,
    memory: Memory,
    cursor: Option<String>,
    /// The message that was seen last: an event that was cut off between its frames is told again as a whole to
    /// whoever comes back by `since`.
    last: Option<Value>,
    client: Option<Client>,
}

impl SocketIo {
    pub fn new(name: &'static str, by: By, dialect: Dialect, options: Options) -> Self {
        let memory = Memory::default();
        Self { name, by, dialect, options, memory, cursor: None, last: None, client: None }
    }

    fn read(&mut self, event: &Event) -> Came {
        let Some(payload) = event.args.first() else { return Came::Other };
        if let Some(cursor) = payload["cursor"].as_str() {
            self.cursor = Some(cursor.to_owned());
        }
        if event.name == "resync" {
            return Came::Resync(payload["reason"].as_str().unwrap_or_default().to_owned());
        }
        let id = payload.pointer(self.dialect.id).cloned();
        if event.name != self.dialect.event || (self.by == By::Since && id.is_some() && id == self.last) {
            return Came::Other;
        }
        self.last = id;
        payload.pointer(self.dialect.text).map_or(Came::Other, load_of)
    }
}

fn broken(why: recovery::Broken) -> Broken {
    Broken(format!("{why:?}"))
}

impl Wire for SocketIo {
    fn name(&self) -> &'static str {
        self.name
    }

    /// A client that recovers has no position before its first connection.
    fn place(&mut self, cursor: &str) {
        self.cursor = Some(cursor.to_owned());
        if self.memory.pid.is_some() {
            self.memory.offset = Some(cursor.to_owned());
        }
    }

    fn connect(&mut self, base: &str) -> Result<(), Broken> {
        let mut options = self.options.clone();
        match (self.by, &self.cursor) {
            (By::Since, Some(cursor)) => {
                options.auth.insert("since".to_owned(), cursor.as_str().into());
                self.memory = Memory::default();
            }
            (By::Since, None) | (By::Recovery, _) => {}
        }
        self.client = Some(Client::connect(base, &options, &mut self.memory).map_err(broken)?);
        Ok(())
    }

    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken> {
        let client = self.client.as_mut().ok_or_else(|| Broken("not connected".to_owned()))?;
        let event = client.next(&mut self.memory, wait).map_err(broken)?;
        Ok(event.map(|event| self.read(&event)))
    }

    fn drop_connection(&mut self) {
        self.client = None;
    }
}

/// `/ws`, in the namespace of a device or in that of all.
pub fn device_namespace(device: Option<&str>, key: &str) -> Options {
    Options {
        path: "/ws/".to_owned(),
        query: format!("apiKey={key}"),
        polls: false,
        namespace: device.map_or("/".to_owned(), |device| format!("/device/{device}")),
        auth: Map::new(),
    }
}

/// `/socket.io`, which takes a key, too.
pub fn root_namespace(key: &str) -> Options {
    let mut auth = Map::new();
    auth.insert("apiKey".to_owned(), key.into());
    let (path, namespace) = ("/socket.io/".to_owned(), "/".to_owned());
    Options { path, query: String::new(), polls: false, namespace, auth }
}
