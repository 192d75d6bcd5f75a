//! A chat as it will be once a change of it is done: shown before the server says so.

use crate::protocol::{Chat, ChatChange, Millis};

/// The chat with this change. What only the server knows the outcome of leaves it as it is.
#[must_use]
pub fn changed(mut chat: Chat, change: ChatChange, now: Millis) -> Chat {
    match change {
        ChatChange::Archive { archived } => {
            chat.archived = archived;
            // What is put away stands at no list's top.
            chat.pinned &= !archived;
            chat.pinned_at = chat.pinned_at.filter(|_| !archived);
        }
        ChatChange::Pin { pinned } => {
            chat.pinned = pinned;
            chat.pinned_at = pinned.then(|| chat.pinned_at.unwrap_or(now));
        }
        ChatChange::Mute { until } => chat.muted_until = until,
        ChatChange::MarkUnread { unread } => {
            chat.marked_unread = unread;
            if !unread {
                chat.unread = 0;
            }
        }
        ChatChange::Disappear { .. } | ChatChange::Clear | ChatChange::Delete => {}
    }
    chat
}
