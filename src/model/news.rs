//! What of all that happens is news to people who are not looking: the same for a page that notifies and for pushes.

use super::text;
use crate::protocol::{Chat, EventKind, Message, MessageChange, MessageId, MessageKind, Notice};

/// The message that this event is news of, and its chat.
#[must_use]
pub fn news(event: &EventKind) -> Option<(&Message, &Chat)> {
    let (message, chat, change) = match event {
        EventKind::MessageNew { message, chat } => (message, chat, None),
        EventKind::MessageUpdated { message, chat, change } => (message, chat, Some(*change)),
        _ => return None,
    };
    is_news(message, change).then_some((message, chat))
}

/// Whether a message is news, as it comes or by what was done to it. Of WhatsApp's own notices none is, except that
/// somebody calls or called in vain; that a call was taken or declined elsewhere is known to whoever did it.
#[must_use]
pub fn is_news(message: &Message, change: Option<MessageChange>) -> bool {
    let told = match (call(message), change) {
        (Some(_), None) => true,
        (Some(call), Some(MessageChange::Call)) => call.code == "missed_call",
        (None, None) => message.kind != MessageKind::System,
        (_, Some(_)) => false,
    };
    told && !message.from_me
}

/// What a message says of a call, where it is about one that rings or rang in vain.
#[must_use]
pub fn call(message: &Message) -> Option<&Notice> {
    let notice = message.details.notice.as_ref()?;
    matches!(notice.code.as_str(), "incoming_call" | "missed_call").then_some(notice)
}

/// The name of a piece of news: a call that rings and the same call once it is missed are two.
#[must_use]
pub fn name(message: &MessageId, call: Option<&Notice>) -> String {
    match call {
        Some(call) => format!("{message}/{}", call.code),
        None => message.to_string(),
    }
}

/// What a message says, without the marks in it.
#[must_use]
pub fn plain(message: &Message) -> String {
    text::plain(&text::spans(&message.text))
}
