//! Phones: device 0 of every account, played by one actor each.
//!
//! An actor owns its phone's Signal keys. What others send to the phone waits in the database, in the
//! phone's own queue; the actor is woken, reads it, and removes each stanza in the same write that stores
//! what came of it. So a crash loses and doubles nothing, senders never wait for a phone, and no actor
//! ever waits for another.

mod actor;
mod answer;
mod app_state;
mod bootstrap;
mod change;
mod chats;
mod compose;
pub mod content;
mod effect;
mod history;
mod inbox;
pub mod media;
mod outbox;
mod parts;
mod retry;
pub mod signal;
mod table;

pub use actor::{Chat, Request, start};
pub use app_state::changed_stanza;
pub use change::tell_posted;
