//! A Socket.IO server: Engine.IO protocol revision 4 and Socket.IO protocol revision 5 on axum. It knows no
//! dialect.
//!
//! - `codec` is both protocols without I/O; `engine` carries sessions over polling and WebSocket; `client` runs
//!   one session's namespaces.
//! - A dialect implements [`Namespace`], declares it on a [`Server`], and mounts [`Server::router`].
//! - Events that must not be lost come from a [`Feed`]: each socket pulls at the pace at which its client reads.
//!   [`Socket::emit`] and [`Broadcast`] push, into a queue that is bounded: a client that lets it overflow is cut
//!   off. So the memory of a session is bounded, whatever its client does: by twice `max_queued_bytes` for what
//!   goes out (once waiting, once being written), and by `max_packet` plus some six times `max_payload` for what
//!   comes in.
//! - A client that was cut off and has a [`Keeper`] to remember it comes back with its id and its rooms, and its
//!   feed goes on behind the last event that it saw, as stock clients since 4.6 ask for by themselves.
//! - Engine.IO session ids are secrets of 144 bits and are never shown to anybody but their client;
//!   [`Socket::id`] is another id and opens nothing.

mod ack;
mod broadcast;
mod client;
pub mod codec;
mod config;
mod control;
pub mod engine;
mod entering;
mod entropy;
mod feed;
mod handshake;
mod member;
mod namespace;
mod pattern;
mod recovery;
mod rooms;
mod seats;
mod server;
mod socket;
#[cfg(test)]
mod tests;

pub use ack::{Ack, AckError};
pub use broadcast::Broadcast;
pub use codec::{ArgError, Args, EncodeError, Frame};
pub use config::{Config, ConfigError};
pub use control::{DisconnectReason, SendError};
pub use engine::{CloseReason, OpenPolicy, Opening, Policy, TransportKind};
pub use entropy::{Entropy, SystemEntropy};
pub use feed::{Batch, Feed, Lost, Opened, Position, Start};
pub use handshake::{Handshake, Refusal};
pub use namespace::Namespace;
pub use recovery::{Keeper, Kept, MemoryKeeper, StatelessKeeper};
pub use server::{BuildError, Census, Server, ServerBuilder};
pub use socket::{Event, Socket};
