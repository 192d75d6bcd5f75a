//! The codec itself, compiled from the server's sources, where the server's own modules stand to it.

#[path = "../../../src/server/gateway/socketio/codec/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the server uses all of it")]
pub mod codec;

use bytes::Bytes;
use codec::{Args, Decoder, EnginePacket, Frame, Packet, PacketLimits, Unit, decode_payload, encode_payload};
use serde_json::Value;

/// Between the frames of one WebSocket: a byte that no text holds.
const NEXT_FRAME: u8 = 0xff;
/// What a frame begins with that is binary.
const BINARY: u8 = 0xfe;

/// Reads the input in both ways in which a client can send it: as the body of a POST, and as frames.
pub fn try_everything(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        payload(text);
    }
    frames(input);
}

/// The body of one POST: Engine.IO packets, and the Socket.IO packets in them.
fn payload(text: &str) {
    let mut decoder = Decoder::new(PacketLimits::default());
    let mut taken = Vec::new();
    for packet in decode_payload(text) {
        let Ok(packet) = packet else { break };
        match &packet {
            EnginePacket::Message(message) => message_taken(&mut decoder, message),
            EnginePacket::Binary(bytes) => came(decoder.binary(bytes.clone())),
            _ => {}
        }
        taken.push(packet);
    }
    if !taken.is_empty() {
        let again: Result<Vec<_>, _> = decode_payload(&encode_payload(&taken)).collect();
        assert_eq!(again, Ok(taken), "a payload that was read is another when it is written");
    }
}

/// Frames of a WebSocket.
fn frames(input: &[u8]) {
    let mut decoder = Decoder::new(PacketLimits::default());
    for frame in input.split(|byte| *byte == NEXT_FRAME) {
        match frame.split_first() {
            Some((&BINARY, bytes)) => came(decoder.binary(Bytes::copy_from_slice(bytes))),
            _ => {
                let Ok(text) = std::str::from_utf8(frame) else { continue };
                if let Ok(EnginePacket::Message(message)) = EnginePacket::decode(text) {
                    message_taken(&mut decoder, &message);
                }
            }
        }
    }
}

fn message_taken(decoder: &mut Decoder, message: &str) {
    // Whoever is in no namespace gets nothing read but CONNECT.
    let stranger = Decoder::new(PacketLimits::default()).text(message, |_| false);
    assert!(
        matches!(stranger, Err(_) | Ok(Some(Packet::Connect { .. }))),
        "something of a stranger was read: {stranger:?}"
    );
    came(decoder.text(message, |_| true));
}

/// Sends what came, and reads it again.
fn came(packet: Result<Option<Packet>, codec::PacketError>) {
    let Ok(Some(packet)) = packet else { return };
    let frame = match &packet {
        Packet::Event { namespace, id, name, args } => {
            Frame::numbered_event(namespace, name, args, None, *id)
        }
        Packet::Ack { namespace, id: Some(id), args } => Frame::ack(namespace, *id, args),
        // We number what we acknowledge.
        Packet::Ack { id: None, .. } | Packet::Connect { .. } | Packet::Disconnect { .. } => return,
    };
    let frame = frame.expect("what was read can be written");
    let mut decoder = Decoder::new(PacketLimits::default());
    let mut last = Ok(None);
    for unit in frame.units() {
        last = match unit {
            Unit::Text(text) => decoder.text(text.strip_prefix('4').expect("a message"), |_| true),
            Unit::Binary(bytes) => decoder.binary(bytes),
        };
    }
    match last {
        Ok(Some(again)) => {
            assert!(same(&again, &packet), "written, it is another: {again:?}, from {packet:?}");
        }
        // Written by us it may be longer than it came: numbers and escapes have several spellings.
        Err(codec::PacketError::TooLarge) => {}
        other => panic!("what was written cannot be read: {other:?}, from {packet:?}"),
    }
}

fn same(a: &Packet, b: &Packet) -> bool {
    let args = |a: &Args, b: &Args| {
        let values = a.len() == b.len() && a.values().iter().zip(b.values()).all(|(a, b)| alike(a, b));
        values && a.attachments() == b.attachments()
    };
    match (a, b) {
        (
            Packet::Event { namespace, id, name, args: mine },
            Packet::Event { namespace: there, id: number, name: called, args: theirs },
        ) => (namespace, id, name) == (there, number, called) && args(mine, theirs),
        (
            Packet::Ack { namespace, id, args: mine },
            Packet::Ack { namespace: there, id: number, args: theirs },
        ) => (namespace, id) == (there, number) && args(mine, theirs),
        _ => false,
    }
}

/// Equal, but for the last bit of a float: serde_json reads long ones fast, not exactly.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            _ if a == b => true,
            (Some(a), Some(b)) => (a - b).abs() <= a.abs() * 1e-14,
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}
