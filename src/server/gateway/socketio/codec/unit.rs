//! What waits for a client: Engine.IO packets that are encoded already.

use bytes::Bytes;

use super::{SEPARATOR, Text, engine::append_binary};

/// One Engine.IO packet as a WebSocket carries it. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A text frame, with the packet's type in front.
    Text(Text),
    /// A binary frame: always a message.
    Binary(Bytes),
}

impl Unit {
    /// A text message for the layer above.
    pub fn message(text: &str) -> Self {
        Self::Text(Text::from(format!("4{text}")))
    }

    /// Bytes that the packet takes on the wire, at most.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 1,
            Self::Binary(bytes) => bytes.len().div_ceil(3) * 4 + 2,
        }
    }
}

/// Joins units into the body of the answer to one poll.
pub(in super::super) fn to_payload(units: &[Unit]) -> String {
    let mut out = String::with_capacity(units.iter().map(Unit::size).sum());
    for (at, unit) in units.iter().enumerate() {
        if at > 0 {
            out.push(SEPARATOR);
        }
        match unit {
            Unit::Text(text) => out.push_str(text),
            Unit::Binary(bytes) => append_binary(bytes, &mut out),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_join_as_packets_do_and_are_never_larger_than_they_say() {
        let units = [Unit::message("hello"), Unit::Binary(Bytes::from_static(&[1, 2, 3, 4]))];
        let payload = to_payload(&units);
        assert_eq!(payload, "4hello\x1ebAQIDBA==");
        assert!(payload.len() <= units.iter().map(Unit::size).sum());
    }
}
