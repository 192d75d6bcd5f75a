//! The sandbox's tables: reading and writing rows, and nothing else.

pub mod accounts;
pub mod app_state;
pub mod groups;
pub mod links;
pub mod messages;
pub mod notices;
pub mod queue;
pub mod receipts;
pub mod sent;
pub mod timers;
