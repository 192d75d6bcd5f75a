//! A message as clients of whatsapp-web.js read it: REST's fields, and theirs where they have other names.

use crate::protocol::{Chat, ChatId, ChatKind, Message, MessageId, MessageKind, MessageStatus};
use serde_json::{Map, Value, json};

/// The message with `body`, `type`, `ack`, `hasMedia`, `isGroup`, `chatName`, `chatJid`, and where there is one
/// `author` (who wrote it in a group) and `notifyName`.
///
/// REST's fields stay as they are: `id` is our own, `from` and `to` are digits or a JID, `timestamp` counts
/// milliseconds.
pub fn object(message: &Message, chat: &Chat) -> Value {
    let Ok(Value::Object(mut object)) = serde_json::to_value(message) else { return Value::Null };
    let mut more = Map::new();
    let mut add = |name: &str, value: Value| drop(more.insert(name.to_owned(), value));
    add("body", message.text.clone().into());
    add("type", kind(message).into());
    add("ack", ack(message.status).into());
    add("hasMedia", has_media(message.kind).into());
    add("isGroup", (chat.kind == ChatKind::Group).into());
    add("chatName", chat.name.clone().into());
    add("chatJid", chat.jid.clone().into());
    if !message.from_me {
        let name = message.sender_name.as_ref().unwrap_or(&chat.name);
        add("notifyName", name.clone().into());
        if chat.kind == ChatKind::Group {
            add("author", message.from.clone().into());
        }
    }
    // What REST says is never said otherwise.
    for (name, value) in more {
        object.entry(name).or_insert(value);
    }
    Value::Object(object)
}

/// `MessageTypes` of whatsapp-web.js.
fn kind(message: &Message) -> &'static str {
    match message.kind {
        MessageKind::Audio if message.details.media.as_ref().is_some_and(|media| media.voice) => "ptt",
        MessageKind::Text => "chat",
        MessageKind::Contact => "vcard",
        MessageKind::Poll => "poll_creation",
        MessageKind::System => "notification",
        other => other.as_str(),
    }
}

fn has_media(kind: MessageKind) -> bool {
    use MessageKind::{Audio, Document, Image, Sticker, Video};
    matches!(kind, Image | Video | Audio | Document | Sticker)
}

/// `MessageAck` of whatsapp-web.js.
pub fn ack(status: MessageStatus) -> i64 {
    match status {
        MessageStatus::Failed => -1,
        MessageStatus::Queued => 0,
        MessageStatus::Sent => 1,
        MessageStatus::Delivered => 2,
        MessageStatus::Read => 3,
    }
}

/// What all events about the progress of a message say of it.
pub fn progress(chat: &ChatId, id: &MessageId, status: MessageStatus) -> Value {
    json!({ "chatId": chat, "messageId": id, "status": status, "ack": ack(status) })
}
