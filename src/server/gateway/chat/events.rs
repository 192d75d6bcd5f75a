//! What each event of the log is called here.

use super::shapes;
use crate::protocol::{ChatId, Event, EventKind, LiveEvent, LiveKind, Message, TypingState};
use crate::server::gateway::dialect::Said;
use crate::server::gateway::root_namespace::answer::{Payload, object};
use serde_json::json;

/// What everybody is told who may see the device.
#[must_use]
pub fn said(event: &Event) -> Vec<Said> {
    match &event.kind {
        EventKind::MessageNew { message, chat } => {
            vec![("new_message", shapes::new_message(message, chat))]
        }
        EventKind::MessageStatus { chat_id, message_id, status, failure, delay } => {
            let payload = json!({
                "messageId": message_id,
                "id": message_id,
                "conversationId": chat_id,
                "deviceId": event.device_id,
                "status": status,
                "failure": failure,
                "delay": delay,
                "error": failure.as_ref().map(|failure| &failure.text),
                "timestamp": event.at,
            });
            vec![("message_status_update", object(payload))]
        }
        EventKind::MessageUpdated { message, chat, change } => {
            let mut payload = shapes::new_message(message, chat);
            payload.insert("change".to_owned(), json!(change));
            vec![("message_updated", payload)]
        }
        EventKind::MessageDeleted { message_id, chat } => {
            let payload = json!({
                "messageId": message_id,
                "id": message_id,
                "conversationId": chat.id,
                "deviceId": event.device_id,
                "timestamp": event.at,
            });
            vec![("message_deleted", object(payload))]
        }
        EventKind::ChatMerged { from, chat } => {
            let payload = json!({
                "conversationId": from,
                "mergedInto": chat.id,
                "deviceId": event.device_id,
                "timestamp": event.at,
            });
            vec![("conversation_merged", object(payload))]
        }
        EventKind::DeviceUpdated { device, previous_status } if device.status != *previous_status => {
            let mut payload = shapes::connection(device);
            payload.insert("previousStatus".to_owned(), json!(previous_status));
            payload.insert("timestamp".to_owned(), event.at.into());
            vec![("connection_status", payload)]
        }
        EventKind::DeviceDeleted { id } => {
            let payload = json!({
                "connected": false,
                "isConnected": false,
                "status": "deleted",
                "deviceId": id,
                "reason": "The device was removed.",
                "timestamp": event.at,
            });
            vec![("connection_status", object(payload))]
        }
        _ => Vec::new(),
    }
}

/// A message that was queued and will not go out: for clients that know no `message_status_update`.
#[must_use]
pub fn unsent(message: &Message) -> Said {
    let why = message.failure.as_ref();
    let payload = json!({
        "success": false,
        "error": why.map_or("The message was not sent.", |failure| failure.text.as_str()),
        "code": why.map(|failure| failure.code),
        "to": message.to,
        "conversationId": message.chat_id,
        "messageId": message.id,
        "clientId": message.command_id,
    });
    ("message_send_error", object(payload))
}

/// What members of a conversation's room are told besides, live only.
#[must_use]
pub fn signal(event: &LiveEvent) -> Option<(&ChatId, &'static str, Payload)> {
    let LiveKind::Typing { chat_id, sender_name, from, state } = &event.kind else { return None };
    let payload = json!({
        "conversationId": chat_id,
        "deviceId": event.device_id,
        "fromNumber": from,
        "senderName": sender_name,
        "isTyping": *state != TypingState::Paused,
        "state": state,
        "timestamp": event.at,
    });
    Some((chat_id, "user_typing", object(payload)))
}
