//! The event log: every wire of ours is a reading of it.
//!
//! A transaction notes what it means ([`crate::server::storage::Tx::note`]); the [`Journal`] gives the
//! note the next seq of its workspace inside the same transaction, and publishes it after the commit.
//! The counter row stays locked until then, so the order of seqs is the order of commits, and there are
//! no holes. Readers pull: [`Pump`] goes from the ring of recent events to pages of the log and back, at
//! the pace of its connection.

mod hub;
mod log;
mod pump;
mod retention;

#[cfg(test)]
mod tests;

pub use hub::{Logged, Subscription};
pub use log::Journal;
pub use pump::{Position, Pulled, Pump};
pub use retention::{Retention, trim};
