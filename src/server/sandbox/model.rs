//! What the control surface speaks of: phones, their messages, links, groups.

use super::addressing::Addressing;
use super::directory::Account;
use super::rows::messages::MessageRow;
use crate::protocol::{
    ContactCard, Details, DeviceId, LinkPreview, Location, MessageId, MessageKind, MessageStatus, Millis,
    NewEdit, NewForward, NewPin, NewPoll, NewReaction, NewRevoke, NewVote,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A phone of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Phone {
    /// Digits only.
    pub number: String,
    pub name: String,
    /// The hash of its profile picture, for [`crate::server::sandbox::Sandbox::picture`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Whether it answers by itself.
    pub answers: bool,
    /// Whether it shows as online.
    pub online: bool,
    /// The other name of its account, as a JID.
    pub lid: String,
    /// By which of the two it comes to others.
    pub addressing: Addressing,
}

/// A message on one phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneMessage {
    /// WhatsApp's id.
    pub id: String,
    /// Digits of who wrote it.
    pub from: String,
    /// Digits of whom it was written to, or the group's JID.
    pub to: String,
    pub from_me: bool,
    pub kind: MessageKind,
    /// The text or caption; empty where there is none.
    pub text: String,
    pub timestamp: Millis,
    /// Of its own messages: how far they came. Of those of others: `delivered`, or `read` on this phone
    /// or on a device that is linked to it.
    pub status: MessageStatus,
    /// What it carries beside its text, and what was done to it.
    #[serde(flatten)]
    pub details: Details,
}

/// What a phone sends. Exactly one of `text` alone, `media`, `location`, `contact`, `contacts`, `poll`,
/// `reaction`, `edit`, `revoke`, `vote`, `pin` and `forward` says what it is; `text` beside `media` is its caption.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NewPhoneMessage {
    /// A number or a group's JID.
    pub to: String,
    /// What is meant to be sent; checked against what is there.
    pub kind: Option<String>,
    /// 1 to 65,536 characters.
    pub text: Option<String>,
    /// WhatsApp's id of the message in this chat that is answered.
    pub quoted: Option<MessageId>,
    /// Numbers of those who are named in the text as `@34600111222`.
    pub mentions: Vec<String>,
    pub link_preview: Option<LinkPreview>,
    pub media: Option<NewPhoneMedia>,
    /// Seconds after which it disappears, whatever is set of the chat; at most 7,776,000.
    pub expires_in: Option<u32>,
    /// The media is to be seen once: linked devices get a notice instead of it.
    pub view_once: bool,
    pub location: Option<Location>,
    /// Its vCard is written if it has none.
    pub contact: Option<ContactCard>,
    pub contacts: Vec<ContactCard>,
    pub poll: Option<NewPoll>,
    /// The empty emoji takes it back.
    pub reaction: Option<NewReaction>,
    pub edit: Option<NewEdit>,
    pub revoke: Option<NewRevoke>,
    pub vote: Option<NewVote>,
    pub pin: Option<NewPin>,
    /// A message that this phone holds, in whichever chat.
    pub forward: Option<NewForward>,
}

impl NewPhoneMessage {
    /// A text.
    #[must_use]
    pub fn text(to: &str, text: &str) -> Self {
        Self { to: to.to_owned(), text: Some(text.to_owned()), ..Self::default() }
    }
}

/// Media that a phone sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPhoneMedia {
    /// The bytes, in base64.
    pub content: String,
    /// Such as `image/jpeg`.
    pub content_type: String,
    /// Of a document.
    #[serde(default)]
    pub file_name: Option<String>,
    /// Told by its `contentType` if it is absent.
    #[serde(default)]
    pub kind: Option<PhoneMediaKind>,
    /// A voice note.
    #[serde(default)]
    pub voice: bool,
    /// A film that plays by itself.
    #[serde(default)]
    pub gif: bool,
    /// Pixels.
    #[serde(default)]
    pub width: Option<u32>,
    #[serde(default)]
    pub height: Option<u32>,
    #[serde(default)]
    pub seconds: Option<u32>,
    /// Of a voice note: how loud it is from its start to its end, values from 0 to 100.
    #[serde(default)]
    pub waveform: Vec<u8>,
    /// A small JPEG of it that goes along with the message, in base64.
    #[serde(default)]
    pub preview: Option<String>,
}

/// As what media is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhoneMediaKind {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

impl PhoneMediaKind {
    /// As what a phone sends media of this type.
    #[must_use]
    pub fn of(content_type: &str) -> Self {
        match content_type.split('/').next() {
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            Some("audio") => Self::Audio,
            _ => Self::Document,
        }
    }
}

/// Media that a phone holds, opened.
pub struct PhoneMedia {
    pub content_type: String,
    pub file_name: Option<String>,
    pub bytes: Vec<u8>,
}

impl PhoneMessage {
    pub(super) fn of(number: &str, row: &MessageRow) -> Self {
        let to = if row.from_me || row.chat.contains('@') { row.chat.clone() } else { number.to_owned() };
        Self {
            id: row.id.clone(),
            from: row.sender.clone(),
            to,
            from_me: row.from_me,
            kind: row.kind,
            text: row.text.clone(),
            timestamp: row.timestamp,
            status: row.status,
            details: row.details.clone(),
        }
    }
}

/// What is set of a phone's chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatSettings {
    pub archived: bool,
    /// Since when it is pinned, if it is.
    pub pinned_at: Option<Millis>,
    /// Until when it is muted, if it is.
    pub muted_until: Option<Millis>,
    pub marked_unread: bool,
    /// Seconds after which new messages disappear.
    pub expires_in: Option<u32>,
    /// WhatsApp's ids of its messages that have a star.
    pub starred: BTreeSet<String>,
    /// WhatsApp's ids of messages that were deleted for this account.
    pub deleted: BTreeSet<String>,
    /// The messages up to here were cleared, or deleted with their chat.
    pub gone_until: Option<Millis>,
    /// Names of its labels, sorted.
    pub labels: Vec<String>,
}

/// How a person links a device: what they hold against the phone's camera, or type into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanTarget {
    /// The text of a QR code.
    Qr(String),
    /// Eight characters, with or without a dash.
    Code(String),
}

/// A device that is linked to a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub device: DeviceId,
    pub linked_at: Millis,
    /// Whether it is connected now.
    pub connected: bool,
}

impl Link {
    pub(super) fn of(account: &Account, row: &super::rows::links::LinkRow) -> Self {
        Self {
            device: row.device_id.clone(),
            linked_at: row.linked_at,
            connected: account.connection(row.address.device).is_some(),
        }
    }
}

/// A group of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub jid: String,
    pub subject: String,
    /// Numbers of its members.
    pub members: Vec<String>,
    pub created_at: Millis,
}
