//! The wires: each a pure translation of the one log and the one set of commands.

mod device_namespace;
pub mod dialect;
mod docs;
mod error;
mod extract;
mod guard;
mod health;
mod rest;
mod router;
pub mod socketio;
mod state;
mod stream;
mod web;

pub use router::{is_public, router};
pub use state::App;
