//! Whether people are online, as far as it is known.

use super::{ChatId, Millis, read_record};
use serde::Serialize;

/// What was last heard of somebody whose presence is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChatPresence {
    pub chat_id: ChatId,
    /// `null` while nothing was heard since the device connected: WhatsApp does not tell of everybody.
    pub online: Option<bool>,
    /// When they were last online, where they let it be seen.
    pub last_seen: Option<Millis>,
    /// When this was heard.
    pub heard_at: Option<Millis>,
    /// Until when it is followed.
    pub follow_until: Millis,
}

read_record!(ChatPresence {
    chat_id: "chatId",
    online: "online",
    last_seen: "lastSeen",
    heard_at: "heardAt",
    follow_until: "followUntil",
});
