//! Engine.IO: sessions over polling and WebSocket, and nothing of what their messages mean.
//!
//! `session` decides, without I/O: what is queued, which transport may have it, when a heartbeat is due, when it
//! is over. `link` lets the transports and the layer above share one session; `polling` and `websocket` carry.

mod connection;
mod heartbeat;
mod link;
mod outbox;
mod polling;
mod reason;
mod registry;
mod request;
mod session;
mod websocket;

pub use connection::{Connection, Message, Outlet};
pub use reason::{CloseReason, Pressure};
pub use registry::{Engine, EngineBuilder};
pub use request::{OpenPolicy, Opening, Policy, TransportKind};
