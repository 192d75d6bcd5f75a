//! What travels between the server and its clients: ids, entities, events, commands, frames, errors.
//!
//! This room depends on nothing of ours and is compiled for the server and for the browser, so that
//! both sides share one definition of every byte on our own wire. Field names are camelCase JSON;
//! times are milliseconds since the Unix epoch.

mod chat;
mod chat_change;
mod command;
mod connection;
mod cursor;
mod decode;
mod details;
mod device;
mod event;
mod extras;
mod frame;
mod group;
mod history;
mod id;
mod label;
mod media;
mod message;
mod outgoing;
mod permission;
mod presence;
mod problem;
mod snapshot;
#[cfg(test)]
mod tests;

pub use chat::{Chat, ChatKind, Contact, MessagePreview};
pub use chat_change::{ChatChange, DISAPPEAR_SECONDS, MUTED_ALWAYS};
pub use command::{ANSWERS_KEPT, Command, CommandResult, TypingState};
pub use connection::{
    ConnectionAnalytics, ConnectionCounts, ConnectionEntry, ConnectionKind, ConnectionTimes,
    ConnectionWatcher,
};
pub use cursor::{Cursor, CursorError, Epoch};
pub use decode::decode;
pub(crate) use decode::{fields, read_name, read_record, take, unknown};
pub use details::{
    ContactCard, Degrees, Details, LinkPreview, Location, Media, Notice, Poll, PollOption, Quoted, Reaction,
};
pub use device::{Cause, CauseCode, Device, DeviceStatus, NextAction, PairingCode, Qr};
pub use event::{Event, EventKind, LiveEvent, LiveKind, MessageChange};
pub use extras::Extras;
pub use frame::{ClientFrame, Outcome, ResyncReason, ServerFrame};
pub use group::{GroupInfo, GroupMember, GroupRequest, GroupRole, GroupSettings};
pub use history::{HistoryKind, HistoryState};
pub use id::{
    ChatId, CommandId, DeviceId, EventId, IdError, MAX_ID_LENGTH, MediaId, MessageId, UserId, WebhookId,
    WorkspaceId,
};
pub use label::{ChatDraft, Label};
pub use media::{MediaInfo, MediaKind, MediaRules, MediaState};
pub use message::{
    Delay, DelayCode, EDIT_WITHIN, Failure, FailureCode, MAX_TEXT_LENGTH, Message, MessageKind,
    MessageStatus, REVOKE_WITHIN, ReceiptStatus,
};
pub use outgoing::{
    MAX_CONTACTS, MAX_MENTIONS, MAX_POLL_OPTION, MAX_POLL_OPTIONS, MAX_POLL_QUESTION, MAX_WAVEFORM, NewEdit,
    NewForward, NewMedia, NewMessage, NewPin, NewPoll, NewReaction, NewRevoke, NewVote, PIN_SECONDS,
};
pub use permission::Permission;
pub use presence::ChatPresence;
pub use problem::{Problem, ProblemCode};
pub use snapshot::{Me, Network, Page, Snapshot, ThreadPage, ThreadRun, USER_HEADER, UnreadChats};

/// Milliseconds since the Unix epoch.
pub type Millis = i64;
