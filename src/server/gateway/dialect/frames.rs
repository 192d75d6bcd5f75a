//! What a dialect makes of one event: encoded once, for all sockets of a namespace.

use super::Offset;
use crate::protocol::Cursor;
use crate::server::gateway::socketio::Frame;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// One event of a dialect: its name and its payload.
pub type Said = (&'static str, Map<String, Value>);

/// The frames of one logged event in one namespace: with offsets for clients that can recover, and without.
pub struct Frames {
    namespace: String,
    said: Vec<Said>,
    cursor: Cursor,
    marked: OnceLock<Vec<Frame>>,
    plain: OnceLock<Vec<Frame>>,
}

impl Frames {
    /// Adds `cursor` to each payload: the event's own to the last, and to those before it the one of the event
    /// before, so that whoever resumes from what it saw last misses nothing.
    #[must_use]
    pub fn new(namespace: &str, cursor: &Cursor, mut said: Vec<Said>) -> Self {
        let before = Cursor { epoch: cursor.epoch.clone(), seq: cursor.seq - 1 };
        let last = said.len().saturating_sub(1);
        for (place, (_, payload)) in said.iter_mut().enumerate() {
            let at = if place == last { cursor } else { &before };
            payload.insert("cursor".to_owned(), at.to_string().into());
        }
        let (namespace, cursor) = (namespace.to_owned(), cursor.clone());
        Self { namespace, said, cursor, marked: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The frames, in order.
    pub fn get(&self, offsets: bool) -> &[Frame] {
        let cell = if offsets { &self.marked } else { &self.plain };
        cell.get_or_init(|| self.encode(offsets))
    }

    fn encode(&self, offsets: bool) -> Vec<Frame> {
        let before = Cursor { epoch: self.cursor.epoch.clone(), seq: self.cursor.seq - 1 };
        let last = self.said.len().saturating_sub(1);
        let offset = |place: usize| {
            let at = if place == last {
                Offset::after(self.cursor.clone())
            } else {
                Offset { cursor: before.clone(), seen: place + 1 }
            };
            offsets.then(|| at.to_string())
        };
        let frame = |(place, (name, payload)): (usize, &Said)| match Frame::event_of(
            &self.namespace,
            name,
            payload,
            offset(place).as_deref(),
        ) {
            Ok(frame) => Some(frame),
            Err(error) => {
                tracing::error!(%error, name, "an event has no form in this dialect");
                None
            }
        };
        self.said.iter().enumerate().filter_map(frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_frame_stands_for_the_event() {
        let said = vec![("a", Map::new()), ("b", Map::new())];
        let frames = Frames::new("/n", &"e-7".parse().unwrap(), said);
        let texts = |offsets| frames.get(offsets).iter().map(|f| f.text().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            texts(true),
            [r#"42/n,["a",{"cursor":"e-6"},"e-6.1"]"#, r#"42/n,["b",{"cursor":"e-7"},"e-7"]"#]
        );
        assert_eq!(texts(false), [r#"42/n,["a",{"cursor":"e-6"}]"#, r#"42/n,["b",{"cursor":"e-7"}]"#]);
    }
}
