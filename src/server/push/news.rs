//! What is pushed, in the words of whoever gets it.

use crate::i18n::{Locale, Messages};
use crate::model::news;
use crate::protocol::{Chat, ChatKind, Device, DeviceId, DeviceStatus, Message, Millis};
use serde_json::{Value, json};

/// How much of a text is pushed, in characters.
const TEXT: usize = 240;

/// News of the log.
pub enum News<'n> {
    /// Somebody wrote, or called.
    Message { message: &'n Message, chat: &'n Chat },
    /// A device is down.
    Down { device: &'n Device, status: DeviceStatus },
}

impl News<'_> {
    /// Whose news it is.
    pub fn device(&self) -> &DeviceId {
        match self {
            Self::Message { chat, .. } => &chat.device_id,
            Self::Down { device, .. } => &device.id,
        }
    }

    /// What it is about: of what waits for a browser that is off, the last one counts.
    pub fn topic(&self) -> &str {
        match self {
            Self::Message { chat, .. } => chat.id.as_str(),
            Self::Down { device, .. } => device.id.as_str(),
        }
    }

    /// Whether nobody wants to hear of it: its chat is muted, or put away.
    pub fn is_hushed(&self, now: Millis) -> bool {
        match self {
            Self::Message { chat, .. } => chat.archived || chat.muted_until.is_some_and(|until| until > now),
            Self::Down { .. } => false,
        }
    }

    /// What the browser gets. `unread` is how many chats wait.
    pub fn told(&self, language: Locale, unread: i64) -> Value {
        let t = language.messages();
        match self {
            Self::Message { message, chat } => {
                let call = news::call(message);
                let (name, text) = words(t, message, chat);
                let text: String = text.chars().take(TEXT).collect();
                json!({
                    "id": news::name(&message.id, call),
                    "chatId": chat.id,
                    "name": name,
                    "text": text,
                    "kind": message.kind,
                    "unread": unread,
                })
            }
            Self::Down { device, status } => {
                let (name, text) = t.device_line(&device.name, *status);
                json!({ "deviceId": device.id, "name": name, "text": text, "unread": unread })
            }
        }
    }
}

/// Who a message is from, and what it says; a group's is from the group, and says who wrote it.
fn words(t: &Messages, message: &Message, chat: &Chat) -> (String, String) {
    let text = t.message_line(message.kind, &news::plain(message), news::call(message));
    let sender = message.sender_name.as_deref();
    match (chat.kind, sender) {
        (ChatKind::Group, Some(sender)) => (chat.name.clone(), (t.thread.announce)(sender, &text)),
        (ChatKind::Group, None) => (chat.name.clone(), text),
        (ChatKind::Direct, sender) => (sender.unwrap_or(&chat.name).to_owned(), text),
    }
}
