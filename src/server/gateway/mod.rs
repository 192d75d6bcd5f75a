//! The wires: each a pure translation of the one log and the one set of commands.

mod accept;
mod chat;
mod cors;
mod device_namespace;
pub mod dialect;
mod docs;
mod error;
mod extract;
mod guard;
mod health;
mod instances;
mod leased;
mod limits;
mod metrics;
mod policy;
mod qr_picture;
mod rest;
mod root_namespace;
mod router;
mod serve;
pub mod socketio;
mod state;
mod status;
mod stream;
mod web;

pub use router::{is_public, router};
pub use serve::{HEAD_WITHIN, serve};
pub use state::{App, Parts};
