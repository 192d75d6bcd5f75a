//! Messages between a session and the rest of the server, and what is done to them.

use super::media::{InboundMedia, OutboundMedia};
use crate::protocol::{ChatKind, Details, MessageKind, Millis};
use serde::{Deserialize, Serialize};

/// What a session got: a message, or something that was done to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    Message(Box<InboundMessage>),
    Change(InboundChange),
    Timer(InboundTimer),
    /// Who the sender, or the other side, of what follows is: it is kept together with that, since nobody tells it
    /// again.
    Identity(Identity),
}

/// The two names that WhatsApp has for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// As a JID.
    pub lid: String,
    /// Digits only.
    pub number: String,
    /// When that was learned, in seconds; `None` for what is learned now.
    pub at: Option<i64>,
}

impl Identity {
    /// What is learned now.
    #[must_use]
    pub fn new(lid: String, number: String) -> Self {
        Self { lid, number, at: None }
    }
}

/// Somebody set after how many seconds new messages of a chat disappear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundTimer {
    pub chat: String,
    pub chat_kind: ChatKind,
    /// Who did it, without a device.
    pub sender: String,
    pub from_me: bool,
    pub timestamp: Millis,
    /// 0 for never.
    pub seconds: u32,
}

/// A message as a session got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundMessage {
    pub whatsapp_id: String,
    /// The chat's JID: a person's (by number wherever that is known) or a group's, without a device.
    pub chat: String,
    pub chat_kind: ChatKind,
    /// Who wrote it, without a device; our own JID for what another device of ours sent.
    pub sender: String,
    pub from_me: bool,
    /// The name that the sender gave themselves.
    pub push_name: Option<String>,
    /// WhatsApp's own time, which counts whole seconds.
    pub timestamp: Millis,
    pub kind: MessageKind,
    /// The text or caption; empty where there is none.
    pub text: String,
    /// What it carries beside its text.
    pub details: Box<Details>,
    /// Where its file is, if it has one that linked devices may have.
    pub media: Option<Box<InboundMedia>>,
    /// What the votes of a poll are sealed with.
    pub secret: Option<Vec<u8>>,
    /// The message in WhatsApp's own encoding, kept for kinds that we do not take apart.
    pub raw: Option<Vec<u8>>,
}

/// Something that was done to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundChange {
    /// WhatsApp's id of the change itself.
    pub whatsapp_id: String,
    pub chat: String,
    /// Who did it, without a device.
    pub sender: String,
    pub from_me: bool,
    pub timestamp: Millis,
    /// WhatsApp's id of the message that it is done to.
    pub target: String,
    pub change: Change,
}

/// What is done to a message for our account alone: its devices see it, and nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageAction {
    /// Marked with a star, or no longer.
    Star(bool),
    DeleteForMe,
}

/// What is done to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// An emoji, or nothing to take it back.
    Reaction(String),
    /// Another text, by its author.
    Edit { text: String, mentions: Vec<String> },
    /// Taken back for everybody.
    Revoke,
    /// SHA-256 of each chosen option's text; none takes the vote back.
    Vote(Vec<Vec<u8>>),
    /// Pinned in the chat until then, or no longer.
    Pin(Option<Millis>),
    /// Marked with a star on another device of ours, or no longer.
    Star(bool),
    /// How a call ended that rang.
    Notice(String),
}

/// A message on its way out, or something to be done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundMessage {
    /// Chosen before anything was sent, and kept with the message.
    pub whatsapp_id: String,
    /// The chat's JID.
    pub to: String,
    pub content: Outgoing,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// A message of its own.
    Message {
        kind: MessageKind,
        text: String,
        details: Box<Details>,
        /// What the votes of a poll are sealed with.
        secret: Option<Vec<u8>>,
        /// Of a picture, film, sound or file.
        media: Option<Box<OutboundMedia>>,
    },
    /// Something that is done to a message.
    Change { target: Target, change: OwnChange },
}

impl Outgoing {
    /// A plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Message {
            kind: MessageKind::Text,
            text: text.into(),
            details: Box::default(),
            secret: None,
            media: None,
        }
    }
}

/// The message that something is done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub whatsapp_id: String,
    pub from_me: bool,
    /// The JID of who wrote it.
    pub sender: String,
}

/// What changes of an older version are of.
fn text_kind() -> MessageKind {
    MessageKind::Text
}

/// What we do to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnChange {
    /// An emoji, or nothing to take it back.
    Reaction(String),
    Edit {
        text: String,
        mentions: Vec<String>,
        /// Of what kind the message is: a text, or what the text is the caption of.
        #[serde(default = "text_kind")]
        of: MessageKind,
    },
    Revoke,
    /// The chosen options' texts, and what the poll's votes are sealed with.
    Vote {
        options: Vec<String>,
        secret: Vec<u8>,
    },
    /// Pinned for so many seconds; 0 for no longer.
    Pin(u32),
}

impl OwnChange {
    /// What it is called on every wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reaction(_) => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke => "revoke",
            Self::Vote { .. } => "vote",
            Self::Pin(_) => "pin",
        }
    }
}
