//! Devices: one supervised actor for each, and everything that can be asked of them.
//!
//! A gateway asks here and nowhere else. What changes state is written in one transaction with its
//! event; what goes out is durable before it is sent.

mod acks;
mod actor;
mod attaching;
mod calls;
mod capabilities;
mod changes;
mod chat_state;
mod chats;
mod commands;
mod connections;
mod context;
mod drafts;
mod error;
mod expiry;
mod group_state;
mod groups;
mod history;
mod identity;
mod inbound;
mod labels;
mod marks;
mod message_state;
mod notices;
mod once;
mod outbox;
mod outgoing;
mod people;
mod pictures;
mod presence;
mod profile;
mod receipts;
mod registry;
mod rows;
mod sender;
mod sending;
mod silence;
mod sink;
mod state;
mod transition;
mod wanted_media;

pub use crate::server::engine::capabilities::{CAPABILITIES, Capability, EngineKind, Operation, Support};
#[cfg(test)]
pub use capabilities::testing::Elsewhere;
pub use chats::address;
pub use commands::{Replayed, Request, forget_old};
pub use connections::{Watch, Wire, close_left_open, forget_old_connections, mark_seen};
pub use context::Pace;
pub use error::DeviceError;
pub use history::{HistoryLimits, MAX_OLDER};
pub use labels::is_label_id;
pub use profile::OwnProfile;
pub use receipts::PersonReceipt;
// What is asked of groups and profiles, in the words that a gateway may use.
pub use crate::server::engine::{GroupChange, MemberChange, MemberOutcome, ProfileChange};
pub use registry::{Devices, MAX_NAME};
