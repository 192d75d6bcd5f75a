//! Webhooks: the log, posted to receivers elsewhere.
//!
//! **A delivery queue is a cursor on the log.** Each webhook has a durable position. Moving it and writing
//! the deliveries that it passes is one transaction ([`rows::enqueue`]), so that a crash at any point loses
//! nothing. Each delivery is tried until it is taken (`2xx`), at least once, in the order of the log within
//! its chat (else its device, else the workspace); one that fails holds up its own chat and no other, until
//! it is taken or, after the last attempt, becomes a dead letter. Its id, `<webhook>-<epoch>-<seq>`, is the
//! same for every attempt, so that a receiver can drop what it has.
//!
//! If the log no longer reaches back to a position (the webhook was disabled for longer than events are kept,
//! or the log was restored), a delivery of type `resync` says so, and deliveries go on from the log's end. A
//! disabled webhook keeps its position and what waits for it; nothing is thrown away but by the log's bounds.
//! Deleting a device takes its deliveries with it; the news of its end is still delivered.
//!
//! Nothing is polled: a worker for each webhook is woken by the journal, by the next due time, and by whoever
//! changes the webhook.

mod backoff;
mod client;
mod courier;
mod delivery;
mod error;
mod filter;
mod gates;
mod guard;
mod hook;
mod queue;
mod rows;
mod service;
mod signer;
mod store;
mod worker;

#[cfg(test)]
mod tests;

pub use backoff::Schedule;
pub use client::{Client, Parcel};
pub use delivery::{Attempt, Delivery, State};
pub use error::WebhookError;
pub use guard::{Allow, Blocked, Guard, Target};
pub use hook::{Webhook, Wish};
pub use rows::{PageMark, is_delivery_id};
pub use service::{Counts, Settings, Tally, Tested, Webhooks};
