//! Web Push: browsers are told of new messages, and of devices that are down, while no page of theirs is looked at.
//!
//! A browser subscribes with an address at its maker's push service, and with a key (RFC 8291): what is sent is
//! encrypted for the browser, and the service between sees only that something is sent. The server says who it is
//! by a key of its own (VAPID, RFC 8292), made at the first start.
//!
//! A push is a hint: it is sent once and not repeated, and nothing waits for it. The state that it hints at is in
//! the log. A subscription ends with the session that made it, and where its service says that it is gone.

mod cipher;
mod follower;
mod keys;
mod news;
mod quiet;
mod service;
mod store;

pub use cipher::Recipient;
pub use quiet::Quiet;
pub use service::{Push, PushError, Wish};
