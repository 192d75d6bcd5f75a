//! Our entities in the words of seed 1.

use crate::model::time::iso;
use crate::protocol::{Chat, Device, DeviceStatus, Message};
use crate::server::gateway::root_namespace::answer::{Payload, object};
use crate::server::storage::read::Acquaintance;
use serde_json::json;

/// A message. `content` is its text or caption; `isOutgoing` says that the device's owner wrote it, here or on the
/// phone. Numbers are digits, and a JID where no number is known; in groups `toNumber` is the group.
pub fn message(message: &Message) -> Payload {
    let mut payload = object(json!({
        "id": message.id,
        "messageId": message.id,
        "content": message.text,
        "type": message.kind,
        "isOutgoing": message.from_me,
        "fromNumber": message.from,
        "toNumber": message.to,
        "timestamp": message.timestamp,
        "createdAt": iso(message.timestamp),
        "status": message.status,
        "conversationId": message.chat_id,
        "deviceId": message.device_id,
        "senderName": message.sender_name,
        "whatsappId": message.whatsapp_id,
        "clientId": message.command_id,
        "failure": message.failure,
    }));
    // What only some messages have stands beside it, in REST's words.
    if let Ok(serde_json::Value::Object(details)) = serde_json::to_value(&message.details) {
        for (name, value) in details {
            payload.entry(name).or_insert(value);
        }
    }
    payload
}

/// A message as it arrives: with whom it is from or to.
pub fn new_message(new: &Message, chat: &Chat) -> Payload {
    let mut payload = message(new);
    payload.insert("contactName".to_owned(), chat.name.clone().into());
    payload.insert("contactNumber".to_owned(), chat.phone_number.clone().into());
    payload.insert("isGroup".to_owned(), chat.phone_number.is_none().into());
    payload
}

/// A person that a device knows. `ownNumber` is the device's: the two numbers to ask for their messages with.
pub fn contact(known: &Acquaintance, own_number: Option<&str>) -> Payload {
    let contact = &known.contact;
    object(json!({
        "id": contact.jid,
        "jid": contact.jid,
        "name": contact.name,
        "pushName": contact.push_name,
        "phoneNumber": contact.phone_number,
        "number": contact.phone_number,
        "profilePicture": contact.picture,
        "deviceId": contact.device_id,
        "ownNumber": own_number,
        "conversationId": known.chat,
        "unreadCount": known.unread,
        "lastActivity": known.last_activity,
    }))
}

/// A device's connection.
pub fn connection(device: &Device) -> Payload {
    let connected = device.status == DeviceStatus::Connected;
    object(json!({
        "connected": connected,
        "isConnected": connected,
        "status": device.status,
        "deviceId": device.id,
        "name": device.name,
        "phoneNumber": device.phone_number,
        "displayName": device.display_name,
        "reason": device.cause.as_ref().map(|cause| &cause.text),
        "cause": device.cause,
        "connectedAt": device.connected_at,
    }))
}
