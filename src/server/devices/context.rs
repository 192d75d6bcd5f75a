//! What every part of one device's life shares.

use super::history::HistoryLimits;
use crate::protocol::{DeviceId, WorkspaceId};
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
}
