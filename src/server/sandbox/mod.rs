//! The sandbox: an emulated WhatsApp network in the binary.
//!
//! The production client pairs with it and chats on it unmodified: it speaks WhatsApp Web's own wire, with
//! real Noise, real Signal sessions, real app state. What differs is only how a device reaches it: an
//! in-process transport, an in-process media server, and a stored key that it trusts
//! ([`crate::server::engine::linked::Endpoints`]).
//!
//! ```text
//! control/   what a person does with a phone, what a test does with the network
//! phone/     device 0 of every account: one actor each, with its Signal keys
//! line/      the server's side of a linked device's connection
//! wire/      Noise, frames, stanzas
//! rows/      the tables
//! world/     who lives here from the beginning
//! ```
//!
//! Everything is kept in the database, and the database is the only thing that two parts share: whoever has
//! something for a device or a phone writes it into that one's queue, in the same transaction as its own
//! state, and wakes it. Nothing waits for anything else's lock, and a process that is killed at any
//! moment loses, doubles and reorders nothing.

mod addressing;
mod calls;
mod cdn;
mod control;
mod directory;
mod endpoint;
mod error;
mod event;
mod fault;
pub mod limits;
mod line;
mod model;
mod network;
mod phone;
mod pipe;
mod receipt;
mod rows;
mod script;
mod typing;
mod wire;
mod world;

pub use crate::server::engine::MessageAction;
pub use addressing::Addressing;
pub use control::{Sandbox, ScriptReport, ScriptState};
pub use error::SandboxError;
pub use event::{PhoneEvent, PhoneEventKind};
pub use fault::{Fault, FaultKind};
pub use model::{
    ChatSettings, Group, Link, NewPhoneMedia, NewPhoneMessage, Phone, PhoneMedia, PhoneMediaKind,
    PhoneMessage, ScanTarget,
};
pub use script::{DoneStep, Script, ScriptDeed, ScriptStep, ScriptWait};
