//! What each event of the log is called here.

use super::message;
use crate::protocol::{
    Chat, ChatId, Delay, Device, DeviceId, DeviceStatus, Event, EventKind, Failure, Message, MessageId,
    MessageStatus, Millis,
};
use crate::server::gateway::dialect::Said;
use serde_json::{Map, Value, json};

/// Nothing where an event concerns no device.
pub fn said(event: &Event) -> Vec<Said> {
    let Some(device) = &event.device_id else { return Vec::new() };
    let about = About { device, at: event.at };
    match &event.kind {
        EventKind::DeviceCreated { device } => about.device(device, None),
        EventKind::DeviceUpdated { device, previous_status } => about.device(device, Some(*previous_status)),
        EventKind::DeviceDeleted { .. } => vec![about.say(
            "disconnected",
            json!({ "reason": "deleted", "text": "The device was removed with everything that it had." }),
        )],
        EventKind::DeviceQr { qr } => vec![about.say("qr", json!(qr))],
        EventKind::DevicePairingCode { pairing_code } => {
            vec![about.say("pairing:code", json!(pairing_code))]
        }
        EventKind::MessageNew { message, chat } => about.new_message(message, chat),
        EventKind::MessageStatus { chat_id, message_id, status, failure, delay } => {
            about.progress(chat_id, message_id, *status, failure.as_ref(), delay.as_deref())
        }
        EventKind::MessageReceipt { chat_id, message_id, person, status, at } => {
            let payload = json!({
                "chatId": chat_id, "messageId": message_id, "person": person, "status": status, "at": at,
            });
            vec![about.say("message:receipt", payload)]
        }
        EventKind::MessageUpdated { message, chat, change } => {
            let payload = json!({ "message": message::object(message, chat), "change": change });
            vec![about.say("message:update", payload)]
        }
        EventKind::MessageDeleted { message_id, chat } => {
            vec![about.say("message:delete", json!({ "chatId": chat.id, "messageId": message_id }))]
        }
        EventKind::ChatUpdated { chat } => vec![about.say("chat:update", json!({ "chat": chat }))],
        // Whoever knows only chats that change sees what to forget: there is no such event in this dialect.
        EventKind::ChatDeleted { chat_id } => {
            vec![about.say(
                "chat:update",
                json!({ "chat": { "id": chat_id, "deviceId": device, "deleted": true } }),
            )]
        }
        // Whose it is, they know; the name of a credential is nothing to show.
        EventKind::DraftUpdated { chat_id, draft, .. } => {
            vec![about.say("draft:update", json!({ "chatId": chat_id, "draft": draft }))]
        }
        EventKind::LabelUpdated { label } => vec![about.say("label:update", json!({ "label": label }))],
        EventKind::LabelDeleted { id } => {
            vec![about.say("label:update", json!({ "label": { "id": id, "deleted": true } }))]
        }
        // Nor one for chats that became one: the old one says where it went.
        EventKind::ChatMerged { from, chat } => vec![
            about.say(
                "chat:update",
                json!({ "chat": { "id": from, "deviceId": device, "deleted": true, "mergedInto": chat.id } }),
            ),
            about.say("chat:update", json!({ "chat": chat, "mergedFrom": from })),
        ],
        EventKind::GroupUpdated { group } => vec![about.say("group:update", json!({ "group": group }))],
        EventKind::GroupRequest { chat_id, request, pending } => {
            let payload = json!({ "chatId": chat_id, "request": request, "pending": pending });
            vec![about.say("group:request", payload)]
        }
        EventKind::ContactUpdated { contact } => {
            vec![about.say("contact:update", json!({ "contact": contact }))]
        }
        EventKind::ContactMerged { from, contact } => {
            vec![about.say("contact:update", json!({ "contact": contact, "mergedFrom": from }))]
        }
        EventKind::HistorySynced { chats, messages, left_out, kind, progress, chat_id, finished } => {
            let mut said = json!({ "chats": chats, "messages": messages });
            if let Some(kind) = kind {
                let more = json!({ "kind": kind, "progress": progress, "finished": finished, "leftOut": left_out, "chatId": chat_id });
                if let (Some(said), Value::Object(more)) = (said.as_object_mut(), more) {
                    said.extend(more);
                }
            }
            vec![about.say("history:synced", said)]
        }
    }
}

/// What every payload begins with.
pub struct About<'a> {
    pub device: &'a DeviceId,
    pub at: Millis,
}

impl About<'_> {
    /// An event with a payload; `more` is an object.
    pub fn say(&self, name: &'static str, more: Value) -> Said {
        let mut payload = match more {
            Value::Object(payload) => payload,
            _ => Map::new(),
        };
        payload.insert("deviceId".to_owned(), json!(self.device));
        payload.insert("timestamp".to_owned(), self.at.into());
        (name, payload)
    }

    /// A device that is new (`before` is absent) or changed.
    fn device(&self, device: &Device, before: Option<DeviceStatus>) -> Vec<Said> {
        let mut said = Vec::new();
        let changed = before != Some(device.status);
        if changed {
            said.push(self.state(device, before));
        }
        match device.status {
            DeviceStatus::Authenticating if changed => said.push(self.authenticated(device)),
            DeviceStatus::Connected if changed => {
                // Nobody scans a code when it starts with the keys that it had.
                if before == Some(DeviceStatus::Starting) {
                    said.push(self.authenticated(device));
                }
                said.push(self.ready(device));
            }
            DeviceStatus::Disconnected | DeviceStatus::LoggedOut | DeviceStatus::Failed if changed => {
                said.push(self.disconnected(device));
            }
            _ => {}
        }
        said.push(self.connection(device, before));
        said
    }

    pub fn state(&self, device: &Device, before: Option<DeviceStatus>) -> Said {
        let payload = json!({ "status": device.status, "previousStatus": before, "cause": device.cause });
        self.say("state", payload)
    }

    fn authenticated(&self, device: &Device) -> Said {
        let number = device.phone_number.as_deref().unwrap_or_default();
        self.say("authenticated", json!({ "phoneNumber": number, "clientName": client_name(device) }))
    }

    pub fn ready(&self, device: &Device) -> Said {
        let mut payload = json!({ "clientName": client_name(device) });
        if let Some(number) = &device.phone_number {
            payload["phoneNumber"] = json!(number);
        }
        self.say("ready", payload)
    }

    fn disconnected(&self, device: &Device) -> Said {
        let mut payload = match &device.cause {
            Some(cause) => json!(cause),
            None => json!({ "text": "It is not connected." }),
        };
        let reason = match payload.as_object_mut().and_then(|payload| payload.remove("code")) {
            Some(code) => code,
            None => json!(device.status),
        };
        payload["reason"] = reason;
        self.say("disconnected", payload)
    }

    pub fn connection(&self, device: &Device, before: Option<DeviceStatus>) -> Said {
        let payload = json!({
            "status": device.status,
            "previousStatus": before,
            "connected": device.status == DeviceStatus::Connected,
            "phoneNumber": device.phone_number,
            "clientName": client_name(device),
            "name": device.name,
            "cause": device.cause,
            "connectedAt": device.connected_at,
        });
        self.say("connection:status", payload)
    }

    /// The chat comes first: only the last frame of an event carries the event's own cursor, and whoever keeps that of
    /// the last `message` and comes back by `since` must not get this message again.
    fn new_message(&self, message: &Message, chat: &Chat) -> Vec<Said> {
        let object = json!({ "message": message::object(message, chat), "chatId": message.chat_id });
        let mut said = Vec::with_capacity(3);
        said.push(self.say("chat:update", json!({ "chat": chat })));
        if message.from_me {
            said.push(self.say("message:create", object));
            let mut progress = message::progress(&message.chat_id, &message.id, message.status);
            if let Some(command) = &message.command_id {
                progress["commandId"] = json!(command);
            }
            said.push(self.say("message:status", progress));
        } else {
            said.push(self.say("message", object));
        }
        said
    }

    fn progress(
        &self,
        chat: &ChatId,
        message: &MessageId,
        status: MessageStatus,
        failure: Option<&Failure>,
        delay: Option<&Delay>,
    ) -> Vec<Said> {
        let mut payload = message::progress(chat, message, status);
        if let Some(failure) = failure {
            payload["failure"] = json!(failure);
        }
        if let Some(delay) = delay {
            payload["delay"] = json!(delay);
        }
        let mut said =
            vec![self.say("message:status", payload.clone()), self.say("message:ack", payload.clone())];
        if status == MessageStatus::Read {
            said.push(self.say("message:read", payload));
        }
        said
    }
}

/// The account's name, else the one that the device was given.
fn client_name(device: &Device) -> &str {
    device.display_name.as_deref().unwrap_or(&device.name)
}
