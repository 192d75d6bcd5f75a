//! Both protocols as values and text, without any I/O: Engine.IO packets and payloads, Socket.IO packets with
//! their binary attachments.
//!
//! Sources: Engine.IO protocol revision 4 (`docs/engine.io-protocol/v4-current.md`) and Socket.IO protocol
//! revision 5 (`docs/socket.io-protocol/v5-current.md`) of the repository `socketio/socket.io`.

mod args;
mod assembly;
mod engine;
mod frame;
mod header;
mod json;
mod packet;
#[cfg(test)]
mod properties;
mod unit;

pub use args::{ArgError, Args};
pub use engine::{EngineError, EnginePacket, decode_payload, encode_payload};
pub use frame::{EncodeError, Frame};
pub use packet::{Decoder, Packet, PacketError, PacketLimits};
pub use unit::Unit;

pub(super) use engine::{CLOSE, NOOP, PING, PROBE, SEPARATOR, probe_answer};
pub(super) use unit::to_payload;

/// A text that is shared, not copied, by everybody who sends it.
pub use axum::extract::ws::Utf8Bytes as Text;
