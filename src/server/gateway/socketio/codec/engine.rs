//! Engine.IO packets, alone and joined into the payload of one HTTP body.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use bytes::Bytes;

use super::Text;

/// Between the packets of a payload.
pub(in super::super) const SEPARATOR: char = '\x1e';
/// What the first ping on a new transport carries.
pub(in super::super) const PROBE: &str = "probe";
pub(in super::super) const CLOSE: Text = Text::from_static("1");
pub(in super::super) const PING: Text = Text::from_static("2");
pub(in super::super) const NOOP: Text = Text::from_static("6");

/// The answer to a probe.
pub(in super::super) fn probe_answer() -> Text {
    Text::from_static("3probe")
}

/// Base64 as clients write it: the reference decoder does not insist on padding, so we do not either.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One Engine.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnginePacket {
    /// `0`: the server's handshake, as JSON.
    Open(String),
    /// `1`: the sender ends the session.
    Close,
    /// `2`: the server's heartbeat, or a client's probe.
    Ping(String),
    /// `3`: the client's answer to a heartbeat, or the server's to a probe.
    Pong(String),
    /// `4`: a text for the layer above.
    Message(String),
    /// Bytes for the layer above: a binary frame, or `b` and base64 in a payload.
    Binary(Bytes),
    /// `5`: the client completes its change of transport.
    Upgrade,
    /// `6`: ends a poll that has nothing to say.
    Noop,
}

/// Why a text is no Engine.IO packet. The session that sent it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Nothing between two separators.
    #[error("empty packet")]
    Empty,
    /// The first character is no packet type.
    #[error("unknown packet type")]
    UnknownType,
    /// `b` is not followed by base64.
    #[error("invalid base64")]
    Base64,
}

impl EnginePacket {
    /// Reads one packet from a text frame, or from between two separators of a payload.
    pub fn decode(text: &str) -> Result<Self, EngineError> {
        let mut characters = text.chars();
        let kind = characters.next().ok_or(EngineError::Empty)?;
        let data = characters.as_str();
        Ok(match kind {
            '0' => Self::Open(data.to_owned()),
            '1' => Self::Close,
            '2' => Self::Ping(data.to_owned()),
            '3' => Self::Pong(data.to_owned()),
            '4' => Self::Message(data.to_owned()),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            'b' => Self::Binary(LENIENT.decode(data).map_err(|_| EngineError::Base64)?.into()),
            _ => return Err(EngineError::UnknownType),
        })
    }

    /// Appends the packet as it stands in a payload.
    fn append(&self, out: &mut String) {
        let (kind, data) = match self {
            Self::Open(data) => ('0', data.as_str()),
            Self::Close => ('1', ""),
            Self::Ping(data) => ('2', data.as_str()),
            Self::Pong(data) => ('3', data.as_str()),
            Self::Message(data) => ('4', data.as_str()),
            Self::Upgrade => ('5', ""),
            Self::Noop => ('6', ""),
            Self::Binary(bytes) => return append_binary(bytes, out),
        };
        out.push(kind);
        out.push_str(data);
    }
}

/// Appends bytes as they stand in a payload.
pub(super) fn append_binary(bytes: &[u8], out: &mut String) {
    out.push('b');
    STANDARD.encode_string(bytes, out);
}

/// Joins packets into the body of one HTTP request. A text must not hold the separator itself; Socket.IO's never
/// do, because JSON escapes it.
pub fn encode_payload(packets: &[EnginePacket]) -> String {
    let mut out = String::new();
    for (at, packet) in packets.iter().enumerate() {
        if at > 0 {
            out.push(SEPARATOR);
        }
        packet.append(&mut out);
    }
    out
}

/// The packets of an HTTP body, one by one and in order.
pub fn decode_payload(payload: &str) -> impl Iterator<Item = Result<EnginePacket, EngineError>> {
    payload.split(SEPARATOR).map(EnginePacket::decode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(payload: &str) -> Result<Vec<EnginePacket>, EngineError> {
        decode_payload(payload).collect()
    }

    #[test]
    fn the_examples_of_the_specification() {
        let text = "4hello\x1e2\x1e4world";
        let packets = vec![
            EnginePacket::Message("hello".into()),
            EnginePacket::Ping(String::new()),
            EnginePacket::Message("world".into()),
        ];
        assert_eq!(all(text), Ok(packets.clone()));
        assert_eq!(encode_payload(&packets), text);
        let binary = vec![
            EnginePacket::Message("hello".into()),
            EnginePacket::Binary(Bytes::from_static(&[1, 2, 3, 4])),
        ];
        assert_eq!(all("4hello\x1ebAQIDBA=="), Ok(binary.clone()));
        assert_eq!(encode_payload(&binary), "4hello\x1ebAQIDBA==");
    }

    #[test]
    fn base64_needs_no_padding_but_must_be_base64() {
        assert_eq!(all("bAQIDBA"), Ok(vec![EnginePacket::Binary(Bytes::from_static(&[1, 2, 3, 4]))]));
        assert_eq!(all("b*"), Err(EngineError::Base64));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for (text, error) in [
            ("", EngineError::Empty),
            ("abc", EngineError::UnknownType),
            ("7", EngineError::UnknownType),
            ("4a\x1e", EngineError::Empty),
            ("\x1e4a", EngineError::Empty),
            ("é", EngineError::UnknownType),
        ] {
            assert_eq!(all(text), Err(error), "{text:?}");
        }
    }
}
