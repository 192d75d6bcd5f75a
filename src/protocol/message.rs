//! A message and its way from one side to the other.

use super::read_name;
use super::read_record;
use super::{ChatId, CommandId, DeviceId, Extras, MessageId, Millis};
use serde::{Deserialize, Serialize};

/// The longest text of one message, in characters: WhatsApp's own limit.
pub const MAX_TEXT_LENGTH: usize = 65_536;
/// How long after it was sent a message of ours can be edited: WhatsApp's own limit.
pub const EDIT_WITHIN: Millis = 15 * 60 * 1_000;
/// How long after it was sent a message of ours can be taken back for everybody: WhatsApp's own limit.
pub const REVOKE_WITHIN: Millis = (2 * 24 + 12) * 3_600 * 1_000;

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", from = "String")]
pub enum MessageKind {
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contact,
    Poll,
    /// A notice of WhatsApp itself.
    System,
    /// A kind that this version does not know; kept, and shown as such.
    Unknown,
}

/// A kind that this version does not know is no reason to lose the message.
impl From<String> for MessageKind {
    fn from(text: String) -> Self {
        Self::parse(&text).unwrap_or(Self::Unknown)
    }
}

impl MessageKind {
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Document,
        Self::Sticker,
        Self::Location,
        Self::Contact,
        Self::Poll,
        Self::System,
        Self::Unknown,
    ];

    /// Every kind with its name.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("image", Self::Image),
        ("video", Self::Video),
        ("audio", Self::Audio),
        ("document", Self::Document),
        ("sticker", Self::Sticker),
        ("location", Self::Location),
        ("contact", Self::Contact),
        ("poll", Self::Poll),
        ("system", Self::System),
        ("unknown", Self::Unknown),
    ];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contact => "contact",
            Self::Poll => "poll",
            Self::System => "system",
            Self::Unknown => "unknown",
        }
    }

    /// The kind that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is a text, or has a place for a caption.
    #[must_use]
    pub fn has_text(self) -> bool {
        matches!(self, Self::Text | Self::Image | Self::Video | Self::Document)
    }
}

/// How far a message has come. Ordered: a later receipt never takes a message back.
///
/// Ours climb `queued → sent → delivered → read`, or end in `failed`; those of others are
/// `delivered` when we have them and `read` when they were read here or on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// On our disk, not yet taken by WhatsApp.
    Queued,
    /// It will not be tried again by itself; `failure` says why.
    Failed,
    /// WhatsApp has it.
    Sent,
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has read it.
    Read,
}

read_name!(MessageStatus { "queued" => Queued, "failed" => Failed, "sent" => Sent, "delivered" => Delivered, "read" => Read });

impl MessageStatus {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Failed, Self::Sent, Self::Delivered, Self::Read];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Failed => "failed",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }

    /// The status that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// How far a message of ours came with one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// Their phone has it.
    Delivered,
    /// They have read it.
    Read,
    /// They have listened to it, or looked at what can be seen once.
    Played,
}

read_name!(ReceiptStatus { "delivered" => Delivered, "read" => Read, "played" => Played });

/// Why a message of ours will not be tried again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The device is logged out, banned or deleted.
    DeviceGone,
    /// WhatsApp refused it.
    Refused,
    /// There is no such number or group on WhatsApp.
    NoSuchRecipient,
    /// WhatsApp never said whether it took it: it may have arrived.
    NoAnswer,
    /// Something else; the text says what.
    Other,
}

read_name!(FailureCode { "device_gone" => DeviceGone, "refused" => Refused, "no_such_recipient" => NoSuchRecipient, "no_answer" => NoAnswer, "other" => Other });

/// Why a message of ours failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub code: FailureCode,
    /// One English sentence, for people.
    pub text: String,
}

read_record!(Failure { code: "code", text: "text" });

/// Why a message of ours that was tried is not through yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DelayCode {
    /// WhatsApp did not say that it took it.
    NoAck,
    /// WhatsApp asks to wait.
    RateLimited,
    /// Something else; the message's trace says what.
    Other,
}

read_name!(DelayCode { "no_ack" => NoAck, "rate_limited" => RateLimited, "other" => Other });

/// What holds up a message of ours that is tried again by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delay {
    pub code: DelayCode,
    /// How often it was tried so far.
    pub attempts: u32,
    /// Not before when it is tried again.
    pub retry_at: Millis,
}

read_record!(Delay { code: "code", attempts: "attempts", retry_at: "retryAt" });

/// A message of one chat. Within a chat, order is `(timestamp, id)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub device_id: DeviceId,
    pub chat_id: ChatId,
    /// Digits of the sender's number, or a JID where no number is known.
    pub from: String,
    /// Digits of the recipient's number, or the group's JID.
    pub to: String,
    pub from_me: bool,
    /// In groups, the name of who wrote it.
    pub sender_name: Option<String>,
    pub kind: MessageKind,
    /// The text, or the caption; empty where there is none.
    pub text: String,
    /// When it was written; unique order within the chat comes from `(timestamp, id)`.
    pub timestamp: Millis,
    pub status: MessageStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<Failure>>,
    /// While it is queued: what went wrong with the attempts so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Box<Delay>>,
    /// The command that sent it, if a client of ours did: joins a local echo to its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<CommandId>,
    /// WhatsApp's own id of it.
    pub whatsapp_id: String,
    /// What only some messages have.
    #[serde(flatten)]
    #[cfg_attr(feature = "ssr", schema(value_type = super::Details))]
    pub details: Extras,
}

read_record!(Message {
    id: "id",
    device_id: "deviceId",
    chat_id: "chatId",
    from: "from",
    to: "to",
    from_me: "fromMe",
    sender_name: "senderName",
    kind: "kind",
    text: "text",
    timestamp: "timestamp",
    status: "status",
    failure: "failure",
    delay: "delay",
    command_id: "commandId",
    whatsapp_id: "whatsappId";
    rest details
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_agree_with_serde() {
        for kind in MessageKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
            assert_eq!(MessageKind::parse(kind.as_str()), Some(kind));
        }
        for status in MessageStatus::ALL {
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{}\"", status.as_str()));
            assert_eq!(MessageStatus::parse(status.as_str()), Some(status));
        }
    }
}
