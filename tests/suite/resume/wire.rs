//! What every wire can do, so that each goes through the same scenes.

use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

/// What came next on a wire.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// A message of the load, by the first word of its text.
    Load(String),
    /// The server says that it cannot go on from there, and why.
    Resync(String),
    /// Anything else.
    Other,
}

/// The connection is gone, or was not made.
#[derive(Debug)]
pub struct Broken(pub String);

impl Broken {
    pub fn by(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// A client of one wire. It keeps its position as a client of that wire would, and nothing else.
pub trait Wire: Send {
    fn name(&self) -> &'static str;

    /// Where its connections end, if that is not the server: somebody to whom the server connects.
    fn far_end(&self) -> Option<SocketAddr> {
        None
    }

    /// Sets the position by hand.
    fn place(&mut self, cursor: &str);

    /// Connects from where it was; returns once the server follows the log for it.
    fn connect(&mut self, base: &str) -> Result<(), Broken>;

    /// What comes next; `None` if nothing does for so long.
    fn next(&mut self, wait: Duration) -> Result<Option<Came>, Broken>;

    /// Drops the connection without a word.
    fn drop_connection(&mut self);
}

/// The first word of a text, if it is one of the load.
pub fn load_of(text: &Value) -> Came {
    let word = text.as_str().and_then(|text| text.split(' ').next()).filter(|word| word.starts_with("load-"));
    word.map_or(Came::Other, |word| Came::Load(word.to_owned()))
}

/// What an event of our own shape means.
pub fn came_of(event: &Value) -> Came {
    if event["type"] == "message.new" { load_of(&event["data"]["message"]["text"]) } else { Came::Other }
}
