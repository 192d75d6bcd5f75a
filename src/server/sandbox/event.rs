//! What happens on the phones, as it happens: for showing a phone on a screen.

use super::model::PhoneMessage;
use crate::protocol::{DeviceId, MessageStatus, TypingState};
use serde::{Deserialize, Serialize};

/// Something happened on a phone. Live only: whoever lags behind reads the phone's messages again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneEvent {
    /// The phone's number.
    pub number: String,
    #[serde(flatten)]
    pub kind: PhoneEventKind,
}

/// What happened.
#[expect(clippy::large_enum_variant, reason = "passed on one at a time; a box would cost more than it saves")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum PhoneEventKind {
    /// The phone got or sent a message, or one that it holds was edited or taken back.
    Message { message: PhoneMessage },
    /// Messages came further: the ids are messages of this phone's `chat` or of its own.
    Status { ids: Vec<String>, status: MessageStatus },
    /// Somebody types to this phone.
    Typing { chat: String, from: String, state: TypingState },
    /// Somebody whom this phone may see came online or went.
    Presence { from: String, online: bool },
    /// A device was linked to this phone.
    Linked { device: DeviceId },
    /// A device is no longer linked to this phone.
    Unlinked { device: DeviceId },
    /// A linked device connected or lost its connection.
    Connected { device: DeviceId, connected: bool },
}
