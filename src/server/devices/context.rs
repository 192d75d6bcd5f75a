//! What every part of one device's life shares.

use super::history::HistoryLimits;
use crate::protocol::{DeviceId, Millis, WorkspaceId};
use crate::server::journal::Journal;
use crate::server::media::Media;
use crate::server::source::Source;

/// One device, and where its state is kept. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub journal: Journal,
    pub source: Source,
    pub media: Media,
    pub workspace: WorkspaceId,
    pub device: DeviceId,
    /// How much of its history is taken in.
    pub history: HistoryLimits,
    pub pace: Pace,
}

/// How patiently messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The wait before the second attempt; it doubles from there.
    pub first_wait: Millis,
    /// How often a message is sent while the device is connected before we give up on it.
    pub attempts: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first_wait: 1_000, attempts: 8 }
    }
}
