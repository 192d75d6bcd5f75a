//! What can be changed of a chat beside its messages: what every device of the account then has.

use super::Millis;
use super::decode::read_by_type;
use serde::Serialize;

/// What a chat that is muted for good is muted until: the end of the year 9999, so that whoever compares it
/// with the present time is right without knowing it. `-1` is taken for it, too: WhatsApp's own spelling.
pub const MUTED_ALWAYS: Millis = 253_402_300_799_999;

/// After how many seconds messages may disappear: a day, a week, ninety days. 0 is never.
pub const DISAPPEAR_SECONDS: [u32; 3] = [86_400, 604_800, 7_776_000];

/// One change of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatChange {
    /// Puts it away from the list, or back. A chat that is put away is no longer pinned.
    Archive { archived: bool },
    /// Keeps it at the top of the list, or no longer. WhatsApp keeps three chats there (more for some accounts):
    /// it is left to say no to more.
    Pin { pinned: bool },
    /// Mutes it until a time to come, for always (253402300799999, or -1), or no longer (`null`).
    Mute { until: Option<Millis> },
    /// Marks it as unread, or reads everything in it.
    MarkUnread { unread: bool },
    /// Lets new messages disappear for everybody after so many seconds: 86400, 604800 or 7776000; 0 for never.
    Disappear { seconds: u32 },
    /// Removes its messages, for this account alone; those that are still to be sent are not sent.
    Clear,
    /// Removes it with its messages, for this account alone. It comes back with its next message.
    Delete,
}

read_by_type!(ChatChange {
    "archive" => Archive { archived: "archived" },
    "pin" => Pin { pinned: "pinned" },
    "mute" => Mute { until: "until" },
    "mark_unread" => MarkUnread { unread: "unread" },
    "disappear" => Disappear { seconds: "seconds" },
    "clear" => Clear,
    "delete" => Delete,
});

impl ChatChange {
    /// The wire's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "archive",
            Self::Pin { .. } => "pin",
            Self::Mute { .. } => "mute",
            Self::MarkUnread { .. } => "mark_unread",
            Self::Disappear { .. } => "disappear",
            Self::Clear => "clear",
            Self::Delete => "delete",
        }
    }
}
