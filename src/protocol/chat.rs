//! Conversations and the people in them.

use super::read_name;
use super::read_record;
use super::{ChatDraft, ChatId, DeviceId, MessageId, MessageKind, MessageStatus, Millis};
use serde::Serialize;

/// Whom a chat is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// One person.
    Direct,
    /// A group.
    Group,
}

read_name!(ChatKind { "direct" => Direct, "group" => Group });

/// A conversation of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    pub id: ChatId,
    pub device_id: DeviceId,
    /// WhatsApp's own address of it, such as `34600111222@s.whatsapp.net`.
    pub jid: String,
    /// The other name that WhatsApp has for a person, such as `100000012345678@lid`, where it is known.
    pub lid: Option<String>,
    pub kind: ChatKind,
    /// The name to show: the contact's or the group's, else the number.
    pub name: String,
    /// Digits only; absent for groups.
    pub phone_number: Option<String>,
    /// Where its picture is served, if there is one.
    pub picture: Option<String>,
    /// Messages of others that have not been read here.
    pub unread: u32,
    pub last_message: Option<MessagePreview>,
    /// When something last happened in it: the list's order.
    pub last_activity: Millis,
    /// Put away from the list.
    pub archived: bool,
    /// Kept at the top of the list.
    pub pinned: bool,
    /// Since when it is pinned; `null` while it is not.
    pub pinned_at: Option<Millis>,
    /// Until when nobody is notified of its messages; `null` while it is not muted, and
    /// 253402300799999 (the end of the year 9999) for always. A time that has passed mutes nothing any more.
    pub muted_until: Option<Millis>,
    /// Marked as unread by hand, whatever `unread` says.
    pub marked_unread: bool,
    /// Seconds after which new messages disappear; `null` for never.
    pub expires_in: Option<u32>,
    /// Ids of its labels.
    pub labels: Vec<String>,
    /// What whoever asks began to write in it. Events have none of it but `draft.updated`: what a client knows of a
    /// draft, another event about the chat leaves as it is.
    pub draft: Option<ChatDraft>,
}

read_record!(Chat {
    id: "id",
    device_id: "deviceId",
    jid: "jid",
    lid: "lid",
    kind: "kind",
    name: "name",
    phone_number: "phoneNumber",
    picture: "picture",
    unread: "unread",
    last_message: "lastMessage",
    last_activity: "lastActivity",
    // Events that are older than these fields have none of them.
    archived: "archived" or false,
    pinned: "pinned" or false,
    pinned_at: "pinnedAt",
    muted_until: "mutedUntil",
    marked_unread: "markedUnread" or false,
    expires_in: "expiresIn",
    labels: "labels" or Vec::new(),
    draft: "draft",
});

impl Chat {
    /// Whether it waits to be read: what is put away does not.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.archived && (self.unread > 0 || self.marked_unread)
    }
}

/// What a list shows of a chat's newest message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessagePreview {
    pub id: MessageId,
    pub from_me: bool,
    /// In groups, who wrote it.
    pub sender_name: Option<String>,
    pub kind: MessageKind,
    /// At most 200 characters.
    pub text: String,
    pub timestamp: Millis,
    pub status: MessageStatus,
    /// It was taken back for everybody: of what it was, only the kind is left.
    pub revoked: bool,
}

read_record!(MessagePreview {
    id: "id",
    from_me: "fromMe",
    sender_name: "senderName",
    kind: "kind",
    text: "text",
    timestamp: "timestamp",
    status: "status",
    // Events that are older than this field have none.
    revoked: "revoked" or false,
});

/// A person that a device knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    pub device_id: DeviceId,
    /// By number wherever that is known, else by LID.
    pub jid: String,
    /// The other name that WhatsApp has for them, such as `100000012345678@lid`, where it is known.
    pub lid: Option<String>,
    /// Digits only, where it is known.
    pub phone_number: Option<String>,
    /// The name to show: from the phone's address book, else the one that they chose, else the number.
    pub name: String,
    /// The name that they gave themselves.
    pub push_name: Option<String>,
    /// Where their picture is served, if there is one.
    pub picture: Option<String>,
    /// What they say about themselves, as far as it was heard.
    pub about: Option<String>,
    /// The account has blocked them.
    pub blocked: bool,
}

read_record!(Contact {
    device_id: "deviceId",
    jid: "jid",
    lid: "lid",
    phone_number: "phoneNumber",
    name: "name",
    push_name: "pushName",
    picture: "picture",
    about: "about",
    blocked: "blocked" or false,
});
