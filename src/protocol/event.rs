//! What happened: entries of the durable log, and ephemeral signals beside it.

use super::decode::{fields, read_by_type, take};
use super::details::{is_false, is_zero};
use super::read_name;
use super::{
    Chat, ChatDraft, ChatId, Contact, Cursor, Delay, Device, DeviceId, DeviceStatus, EventId, Failure,
    GroupInfo, GroupRequest, HistoryKind, Label, Message, MessageId, MessageStatus, Millis, PairingCode, Qr,
    ReceiptStatus, TypingState,
};
use serde::{Deserialize, Deserializer, Serialize};

/// One entry of a workspace's log, as every wire of ours shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The position of this very event; resuming from it goes on with the next.
    pub cursor: Cursor,
    pub id: EventId,
    pub at: Millis,
    /// The device that it is about; absent where it concerns the workspace.
    pub device_id: Option<DeviceId>,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What an event says: `type` and `data` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data")]
pub enum EventKind {
    /// A device was added.
    #[serde(rename = "device.created")]
    DeviceCreated { device: Device },
    /// Its status, cause, name, number or display name changed.
    #[serde(rename = "device.updated")]
    DeviceUpdated {
        device: Device,
        /// The status before this event; equal to the present one if only something else changed.
        #[serde(rename = "previousStatus")]
        previous_status: DeviceStatus,
    },
    /// It is gone, with its keys, chats and messages.
    #[serde(rename = "device.deleted")]
    DeviceDeleted { id: DeviceId },
    /// A new code to scan. Not replayed once it has expired.
    #[serde(rename = "device.qr")]
    DeviceQr { qr: Qr },
    /// A code to be typed into the phone. Not replayed once it has expired.
    #[serde(rename = "device.pairing_code")]
    DevicePairingCode {
        #[serde(rename = "pairingCode")]
        pairing_code: PairingCode,
    },
    /// A message came in or was queued to go out; with its chat as it stands now.
    #[serde(rename = "message.new")]
    MessageNew { message: Message, chat: Chat },
    /// A message of ours came further, or messages of others were read.
    #[serde(rename = "message.status")]
    MessageStatus {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        #[serde(rename = "messageId")]
        message_id: MessageId,
        status: MessageStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
        /// With `queued`: an attempt came to nothing, and when the next one is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<Box<Delay>>,
    },
    /// Somebody got, read or played a message of ours: in a group, one of its members.
    #[serde(rename = "message.receipt")]
    MessageReceipt {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        #[serde(rename = "messageId")]
        message_id: MessageId,
        /// Digits of the number, or a JID.
        person: String,
        status: ReceiptStatus,
        /// When that was, as they told it.
        at: Millis,
    },
    /// Something was done to a message: reaction, edit, revocation, vote, star. With the message and its chat as
    /// they stand now.
    #[serde(rename = "message.updated")]
    MessageUpdated { message: Message, chat: Chat, change: MessageChange },
    /// A message was deleted for this account alone; with its chat as it stands now.
    #[serde(rename = "message.deleted")]
    MessageDeleted {
        #[serde(rename = "messageId")]
        message_id: MessageId,
        chat: Chat,
    },
    /// A chat appeared or changed: name, picture, unread count, whether it is archived, pinned or muted. Where it
    /// has no newest message, it was cleared: it has no messages.
    #[serde(rename = "chat.updated")]
    ChatUpdated { chat: Chat },
    /// A chat was deleted with its messages.
    #[serde(rename = "chat.deleted")]
    ChatDeleted {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
    },
    /// Somebody changed what they began to write in a chat, sent it, or gave it up. Told to them alone.
    #[serde(rename = "draft.updated")]
    DraftUpdated {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        /// Whose it is: `user:` or `key:` and more, as the log knows them.
        owner: String,
        /// `null` where there is none any more.
        draft: Option<ChatDraft>,
    },
    /// A label was made or changed. Which chats have it, they say themselves.
    #[serde(rename = "label.updated")]
    LabelUpdated { label: Label },
    /// A label is gone; no chat has it any more.
    #[serde(rename = "label.deleted")]
    LabelDeleted { id: String },
    /// Two chats turned out to be with the same person: one went into the other with all of its messages, and its id
    /// means the other from now on.
    #[serde(rename = "chat.merged")]
    ChatMerged {
        /// The chat that is gone.
        from: ChatId,
        /// The one that has everything, as it stands now.
        chat: Chat,
    },
    /// A group was made, joined or left, or its subject, description, settings or members changed. With `left`, this
    /// account is no longer in it.
    #[serde(rename = "group.updated")]
    GroupUpdated { group: GroupInfo },
    /// Somebody asks to be let into a group, or no longer does: they took it back or were turned away. Who was let in
    /// is a member by the next `group.updated`.
    #[serde(rename = "group.request")]
    GroupRequest {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        request: GroupRequest,
        /// Whether it waits for an answer.
        pending: bool,
    },
    /// A contact appeared or changed: name, picture, about, whether they are blocked.
    #[serde(rename = "contact.updated")]
    ContactUpdated { contact: Contact },
    /// Somebody who was known by another JID turned out to be this contact: whatever is from the old one is from this
    /// one, in all chats.
    #[serde(rename = "contact.merged")]
    ContactMerged {
        /// The JID that they no longer come under.
        from: String,
        contact: Contact,
    },
    /// Past messages arrived from the phone: these chats have older messages than before.
    #[serde(rename = "history.synced")]
    HistorySynced {
        chats: u32,
        messages: u32,
        /// Messages that were not kept, because of the limits that are configured.
        #[serde(rename = "leftOut", skip_serializing_if = "is_zero")]
        left_out: u32,
        /// What they are part of.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<HistoryKind>,
        /// How much of the whole is here, in percent, as the phone says.
        #[serde(skip_serializing_if = "Option::is_none")]
        progress: Option<u8>,
        /// The chat whose older messages were asked for.
        #[serde(rename = "chatId", skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
        /// Nothing more is on its way: neither of the link's history nor, with a chat, of what was asked for.
        #[serde(skip_serializing_if = "is_false")]
        finished: bool,
    },
}

read_by_type!(EventKind in "data" {
    "device.created" => DeviceCreated { device: "device" },
    "device.updated" => DeviceUpdated { device: "device", previous_status: "previousStatus" },
    "device.deleted" => DeviceDeleted { id: "id" },
    "device.qr" => DeviceQr { qr: "qr" },
    "device.pairing_code" => DevicePairingCode { pairing_code: "pairingCode" },
    "message.new" => MessageNew { message: "message", chat: "chat" },
    "message.status" => MessageStatus {
        chat_id: "chatId", message_id: "messageId", status: "status", failure: "failure",
        delay: "delay",
    },
    "message.receipt" => MessageReceipt {
        chat_id: "chatId", message_id: "messageId", person: "person", status: "status", at: "at",
    },
    "message.updated" => MessageUpdated { message: "message", chat: "chat", change: "change" },
    "message.deleted" => MessageDeleted { message_id: "messageId", chat: "chat" },
    "chat.updated" => ChatUpdated { chat: "chat" },
    "chat.deleted" => ChatDeleted { chat_id: "chatId" },
    "draft.updated" => DraftUpdated { chat_id: "chatId", owner: "owner", draft: "draft" },
    "label.updated" => LabelUpdated { label: "label" },
    "label.deleted" => LabelDeleted { id: "id" },
    "chat.merged" => ChatMerged { from: "from", chat: "chat" },
    "group.updated" => GroupUpdated { group: "group" },
    "group.request" => GroupRequest { chat_id: "chatId", request: "request", pending: "pending" },
    "contact.updated" => ContactUpdated { contact: "contact" },
    "contact.merged" => ContactMerged { from: "from", contact: "contact" },
    "history.synced" => HistorySynced {
        chats: "chats", messages: "messages", left_out: "leftOut" or 0, kind: "kind", progress: "progress",
        chat_id: "chatId", finished: "finished" or false,
    },
});

/// What was done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageChange {
    /// Somebody reacted, with another emoji than before, or took it back.
    Reaction,
    /// Its author changed its text.
    Edit,
    /// It was taken back for everybody.
    Revoke,
    /// Somebody voted in the poll.
    Vote,
    /// It was starred, or is no longer.
    Star,
    /// It was pinned in its chat, or is no longer.
    Pin,
    /// It was listened to on a device of this account.
    Played,
    /// More is known of its media, or it became available.
    Media,
    /// A call ended that rang.
    Call,
    /// A change of ours was not taken by WhatsApp and was undone.
    Undone,
}

read_name!(MessageChange {
    "reaction" => Reaction,
    "edit" => Edit,
    "revoke" => Revoke,
    "vote" => Vote,
    "star" => Star,
    "pin" => Pin,
    "played" => Played,
    "media" => Media,
    "call" => Call,
    "undone" => Undone,
});

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = fields(from)?;
        Ok(Self {
            cursor: take(&mut fields, "cursor")?,
            id: take(&mut fields, "id")?,
            at: take(&mut fields, "at")?,
            device_id: take(&mut fields, "deviceId")?,
            kind: EventKind::from_fields(fields)?,
        })
    }
}

impl EventKind {
    /// So many chats and messages from before the link, of which nothing else is said.
    #[must_use]
    pub fn history(chats: u32, messages: u32) -> Self {
        Self::HistorySynced {
            chats,
            messages,
            left_out: 0,
            kind: None,
            progress: None,
            chat_id: None,
            finished: false,
        }
    }

    /// The wire's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DeviceCreated { .. } => "device.created",
            Self::DeviceUpdated { .. } => "device.updated",
            Self::DeviceDeleted { .. } => "device.deleted",
            Self::DeviceQr { .. } => "device.qr",
            Self::DevicePairingCode { .. } => "device.pairing_code",
            Self::MessageNew { .. } => "message.new",
            Self::MessageStatus { .. } => "message.status",
            Self::MessageReceipt { .. } => "message.receipt",
            Self::MessageUpdated { .. } => "message.updated",
            Self::MessageDeleted { .. } => "message.deleted",
            Self::ChatUpdated { .. } => "chat.updated",
            Self::ChatDeleted { .. } => "chat.deleted",
            Self::DraftUpdated { .. } => "draft.updated",
            Self::LabelUpdated { .. } => "label.updated",
            Self::LabelDeleted { .. } => "label.deleted",
            Self::ChatMerged { .. } => "chat.merged",
            Self::GroupUpdated { .. } => "group.updated",
            Self::GroupRequest { .. } => "group.request",
            Self::ContactUpdated { .. } => "contact.updated",
            Self::ContactMerged { .. } => "contact.merged",
            Self::HistorySynced { .. } => "history.synced",
        }
    }

    /// The chat that it is about, where it is about one.
    #[must_use]
    pub fn chat_id(&self) -> Option<&ChatId> {
        match self {
            Self::MessageNew { message, .. } => Some(&message.chat_id),
            Self::MessageStatus { chat_id, .. }
            | Self::MessageReceipt { chat_id, .. }
            | Self::GroupRequest { chat_id, .. }
            | Self::DraftUpdated { chat_id, .. }
            | Self::ChatDeleted { chat_id } => Some(chat_id),
            // With what the old one told last, and after it.
            Self::ChatMerged { from, .. } => Some(from),
            Self::GroupUpdated { group } => Some(&group.chat_id),
            Self::HistorySynced { chat_id, .. } => chat_id.as_ref(),
            Self::MessageUpdated { chat, .. }
            | Self::MessageDeleted { chat, .. }
            | Self::ChatUpdated { chat } => Some(&chat.id),
            _ => None,
        }
    }

    /// The message that it is about, where it is about one.
    #[must_use]
    pub fn message_id(&self) -> Option<&MessageId> {
        match self {
            Self::MessageNew { message, .. } | Self::MessageUpdated { message, .. } => Some(&message.id),
            Self::MessageStatus { message_id, .. }
            | Self::MessageReceipt { message_id, .. }
            | Self::MessageDeleted { message_id, .. } => Some(message_id),
            _ => None,
        }
    }

    /// Whom alone it is told, where it is not for everybody who may see its device.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::DraftUpdated { owner, .. } => Some(owner),
            _ => None,
        }
    }

    /// When this event stops being worth replaying, if it does: codes expire.
    #[must_use]
    pub fn expires_at(&self) -> Option<Millis> {
        match self {
            Self::DeviceQr { qr } => Some(qr.expires_at),
            Self::DevicePairingCode { pairing_code } => Some(pairing_code.expires_at),
            _ => None,
        }
    }
}

/// An ephemeral signal: passes live, has no place in the log and is never replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LiveEvent {
    pub at: Millis,
    pub device_id: DeviceId,
    #[serde(flatten)]
    pub kind: LiveKind,
}

/// What an ephemeral signal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data")]
pub enum LiveKind {
    /// Somebody types, records, or stopped.
    #[serde(rename = "typing")]
    Typing {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        /// In groups, who.
        #[serde(rename = "senderName")]
        sender_name: Option<String>,
        /// Digits of the number, or a JID.
        from: String,
        state: TypingState,
    },
    /// Somebody is online, or was last seen then.
    #[serde(rename = "presence")]
    Presence {
        #[serde(rename = "chatId")]
        chat_id: ChatId,
        online: bool,
        #[serde(rename = "lastSeen")]
        last_seen: Option<Millis>,
    },
}

read_by_type!(LiveKind in "data" {
    "typing" => Typing { chat_id: "chatId", sender_name: "senderName", from: "from", state: "state" },
    "presence" => Presence { chat_id: "chatId", online: "online", last_seen: "lastSeen" },
});

impl<'de> Deserialize<'de> for LiveEvent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = fields(from)?;
        Ok(Self {
            at: take(&mut fields, "at")?,
            device_id: take(&mut fields, "deviceId")?,
            kind: LiveKind::from_fields(fields)?,
        })
    }
}
