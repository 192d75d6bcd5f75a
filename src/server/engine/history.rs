//! What was written before the link. It comes in parts of up to some megabytes, which the phone sends once: each is
//! kept as it came before anything else is done with it, and then worked through piece by piece.

use super::{EngineError, InboundMessage};
use crate::protocol::{ChatChange, ChatKind, HistoryKind, MessageStatus, Millis};
use async_trait::async_trait;

/// A part as the phone packed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPart {
    pub kind: HistoryKind,
    pub chunk: Option<u32>,
    /// How far the phone is with this part, in percent.
    pub progress: Option<u32>,
    /// WhatsApp's id of the request that it answers.
    pub request: Option<String>,
    pub payload: Vec<u8>,
    /// Of the payload once it is unpacked, in bytes.
    pub size: u64,
}

/// A part that is kept and not worked through yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPart {
    pub id: String,
    pub part: HistoryPart,
    /// How many of its chats are kept already.
    pub next_chat: u32,
}

/// Some of a part's chats, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryPiece {
    /// Whose it is: [`WaitingPart::id`].
    pub part: String,
    pub chats: Vec<HistoryChat>,
    pub names: Vec<HistoryName>,
    /// How many of the part's chats are through with this piece.
    pub next_chat: u32,
    /// Nothing more is in the part.
    pub last: bool,
}

/// What somebody is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryName {
    pub jid: String,
    pub saved: Option<String>,
    pub push: Option<String>,
}

/// A chat from before the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryChat {
    pub jid: String,
    pub kind: ChatKind,
    pub name: Option<String>,
    pub unread: u32,
    pub last_activity: Option<Millis>,
    /// What is set of it, and since when.
    pub state: Vec<(ChatChange, Millis)>,
    /// Oldest first.
    pub messages: Vec<HistoryMessage>,
    /// The phone has nothing older of it.
    pub end: bool,
}

/// A message from before the link, with how far it had come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryMessage {
    pub message: InboundMessage,
    /// For our own: delivered, read. For those of others: read here or on the phone.
    pub status: MessageStatus,
    /// Its place in the phone's own order of the chat, if the phone gave one.
    pub order: Option<i64>,
}

/// How much history a device asks its phone for when it is linked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryWishes {
    pub days: Option<u32>,
    pub megabytes: Option<u32>,
}

/// Where a session keeps the history. All of it may be asked for again after an error or a crash.
#[async_trait]
pub trait HistorySink: Send + Sync {
    /// Keeps a part for good: the phone sends it only once.
    async fn history_part(&self, part: HistoryPart) -> Result<(), EngineError>;

    /// The oldest part that is not worked through.
    async fn next_history_part(&self) -> Result<Option<WaitingPart>, EngineError>;

    /// Keeps what was read of a part, and how far that is. Live messages pass in between.
    async fn history_piece(&self, piece: HistoryPiece) -> Result<(), EngineError>;
}
