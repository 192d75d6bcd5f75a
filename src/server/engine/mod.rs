//! What a device needs from WhatsApp, whatever carries it: the traits between `devices` and an engine.
//!
//! The types here are ours alone: nothing of an engine's own vocabulary leaves its folder.

pub mod capabilities;
mod groups;
mod history;
pub mod linked;
mod media;
mod message;
mod notice;
mod people;

pub use groups::{GroupChange, GroupState, Groups, Joined, MemberChange, MemberOutcome};
pub use history::{
    HistoryChat, HistoryMessage, HistoryName, HistoryPart, HistoryPiece, HistorySink, HistoryWishes,
    WaitingPart,
};
pub use media::{InboundMedia, MAX_PREVIEW, MediaOrigin, MediaRef, MediaSource, OutboundMedia};
pub use message::{
    Change, Identity, Inbound, InboundChange, InboundMessage, InboundTimer, MessageAction, OutboundMessage,
    Outgoing, OwnChange, Target,
};
pub use notice::{notice, says};
pub use people::{People, ProfileChange};

use crate::protocol::{ChatChange, DeviceId, Millis, Network, PairingCode, TypingState};
use async_trait::async_trait;
use capabilities::EngineKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One kind of connection to WhatsApp; opens sessions.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Which network its sessions live in.
    fn network(&self) -> Network;

    /// What it is, which says what it can do.
    fn kind(&self) -> EngineKind;

    /// Prepares a device's session from its stored keys; connects nothing yet.
    async fn open(
        &self,
        device: &DeviceId,
        name: &str,
        sink: Arc<dyn EventSink>,
    ) -> Result<Arc<dyn Session>, EngineError>;

    /// Forgets the device's keys. The session must be stopped.
    async fn purge(&self, device: &DeviceId) -> Result<(), EngineError>;
}

/// Where a session puts what it learns.
#[async_trait]
pub trait EventSink: HistorySink {
    /// Keeps messages, and what was done to messages, for good. WhatsApp is told that they arrived only after this returned `Ok`; after
    /// an error, or a crash, it delivers them again, so this takes the same message more than once.
    async fn commit(&self, batch: Vec<Inbound>) -> Result<(), EngineError>;

    /// What the votes of a poll in this chat (its JID) are sealed with, if the poll is here.
    async fn poll_secret(&self, chat: &str, whatsapp_id: &str) -> Option<Vec<u8>>;

    /// Everything else, one after the other in the order in which it happened.
    async fn event(&self, event: SessionEvent);
}

/// One device's connection. All methods may be called at any time from any task.
#[async_trait]
pub trait Session: Groups + People {
    /// Connects, and keeps connecting until [`Session::stop`] or an end. Returns at once.
    async fn start(&self) -> Result<(), EngineError>;

    /// Ends the connection and keeps the keys. Returns once everything is flushed and no further event
    /// will come.
    async fn stop(&self);

    /// Tells WhatsApp to end the link (as far as it can be reached), then stops.
    async fn log_out(&self) -> Result<(), EngineError>;

    /// Asks for a code that the phone with this number (digits only) can enter.
    async fn pairing_code(&self, phone_number: &str) -> Result<PairingCode, EngineError>;

    /// Hands a message to WhatsApp. Sending the same id again is the same message.
    async fn send(&self, message: &OutboundMessage) -> Result<(), EngineError>;

    /// A new id for a message of ours, in WhatsApp's form.
    fn message_id(&self) -> String;

    /// Tells the senders that these messages were read. `sender` is set in groups.
    async fn mark_read(
        &self,
        chat: &str,
        sender: Option<&str>,
        whatsapp_ids: &[String],
    ) -> Result<(), EngineError>;

    /// Tells the sender that this voice note, or other audio, was listened to. `sender` is set in groups.
    async fn mark_played(
        &self,
        chat: &str,
        sender: Option<&str>,
        whatsapp_ids: &[String],
    ) -> Result<(), EngineError>;

    /// Changes a chat on all devices of the account. `newest` is the newest message that whoever asked for it
    /// saw: what comes after it is neither cleared nor deleted. Changing it so once more changes nothing.
    async fn change_chat(
        &self,
        chat: &str,
        change: &ChatChange,
        newest: Option<&NewestMessage>,
    ) -> Result<(), EngineError>;

    /// Declines a call that rings. Best effort: nobody says that it was.
    async fn reject_call(&self, call: &str, caller: &str) -> Result<(), EngineError>;

    /// Makes, changes or deletes a label of the account, or gives it to a chat. Doing it so once more changes nothing.
    async fn change_label(&self, change: &LabelChange) -> Result<(), EngineError>;

    /// Does something to a message for our account alone, on all of its devices. `at` is when the message was
    /// sent. Doing it once more changes nothing.
    async fn change_message(
        &self,
        chat: &str,
        target: &Target,
        at: Millis,
        action: MessageAction,
    ) -> Result<(), EngineError>;

    /// Tells the other side that we type. Best effort.
    async fn typing(&self, chat: &str, state: TypingState) -> Result<(), EngineError>;

    /// Asks to be told whether somebody is online, from now until the connection ends; or no longer.
    async fn follow_presence(&self, jid: &str, follow: bool) -> Result<(), EngineError>;

    /// Whether the account is shown as online while this session is live. It is from the beginning; kept for
    /// every connection that follows. May be called before the session is started.
    async fn set_available(&self, available: bool) -> Result<(), EngineError>;

    /// The JID of the account with this number (digits only), or `None` if WhatsApp has none.
    async fn find(&self, phone_number: &str) -> Result<Option<String>, EngineError>;

    /// Asks the phone for so many messages of a chat that are older than this one; answers WhatsApp's id of the
    /// request. They come as a part of the history that names it.
    async fn older(&self, chat: &str, oldest: &NewestMessage, count: u32) -> Result<String, EngineError>;

    /// The small profile picture of a person or group, or `None` if there is none to see.
    async fn picture(&self, jid: &str) -> Result<Option<Picture>, EngineError>;

    /// What a group is called.
    async fn group_subject(&self, jid: &str) -> Result<String, EngineError>;

    /// Encrypts a file and uploads it; answers what a message needs to refer to it. The memory that it takes does
    /// not depend on the file's size.
    async fn upload(&self, source: &MediaSource) -> Result<MediaRef, EngineError>;

    /// Downloads what a message refers to, decrypted, into a new file at `to`: at most `limit` bytes. WhatsApp's
    /// check of the whole has passed then; after an error there may be a part of it.
    ///
    /// [`EngineError::Gone`] if WhatsApp no longer has it, [`EngineError::TooLarge`] beyond the limit,
    /// [`EngineError::Refused`] if what came does not belong to the reference.
    async fn download(&self, reference: &MediaRef, to: &Path, limit: u64) -> Result<(), EngineError>;

    /// Asks the phone to upload once more what WhatsApp no longer has; answers its new path.
    /// [`EngineError::Gone`] if the phone does not have it either.
    async fn reupload(&self, reference: &MediaRef, origin: &MediaOrigin) -> Result<String, EngineError>;
}

/// One change of an account's labels.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum LabelChange {
    /// Makes it, or changes what it is called.
    Edit {
        id: String,
        name: String,
        color: u32,
    },
    Delete {
        id: String,
    },
    /// Gives it to a chat, or takes it away.
    Chat {
        id: String,
        jid: String,
        labeled: bool,
    },
}

/// The newest message of a chat when it was changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewestMessage {
    pub whatsapp_id: String,
    pub from_me: bool,
    /// In groups, the JID of who wrote it, if that is somebody else.
    pub sender: Option<String>,
    pub timestamp: Millis,
}

/// A picture's bytes, and WhatsApp's id of this very one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub id: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// How far our messages have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    Delivered,
    Read,
    /// Listened to, or looked at once.
    Played,
    /// We ourselves read it, on another device: the ids are messages of others.
    ReadByUs,
    /// The same of what we listened to.
    PlayedByUs,
}

/// What a session tells beside messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// A connection is being made.
    Connecting,
    /// A code to scan.
    Qr {
        code: String,
        life: Duration,
    },
    /// The codes ran out; the session has stopped and can be started again.
    QrExhausted,
    /// The phone accepted us; keys and history follow.
    Paired {
        phone_number: String,
        lid: Option<String>,
    },
    /// Linked and live. `push_name` is the account's own name, if it is known yet.
    Connected {
        phone_number: String,
        lid: Option<String>,
        push_name: Option<String>,
    },
    /// The connection broke or could not be made; the next attempt comes after `retry_in`.
    Disconnected {
        retry_in: Duration,
        reached: bool,
    },
    /// The session is over and will not try again by itself.
    Ended(End),
    /// WhatsApp took a message of ours, or refused it.
    Accepted {
        whatsapp_id: String,
        error: Option<String>,
    },
    Receipt {
        chat: String,
        /// Who got or read them: in groups, one of its members.
        sender: String,
        whatsapp_ids: Vec<String>,
        kind: ReceiptKind,
        at: Millis,
    },
    /// Another device of the account changed a chat at this time (or we did, which is told as well). Of a chat
    /// that was cleared or deleted, the messages up to this time are gone.
    Chat {
        jid: String,
        change: ChatChange,
        at: Millis,
    },
    /// Another device of the account changed its labels (or we did, which is told as well).
    Label(LabelChange),
    /// Another device of the account did something to a message at this time, for this account alone (or we did,
    /// which is told as well).
    Message {
        chat: String,
        target: Target,
        action: MessageAction,
        at: Millis,
    },
    Typing {
        chat: String,
        sender: String,
        state: TypingState,
    },
    Presence {
        jid: String,
        online: bool,
        last_seen: Option<Millis>,
    },
    /// Which numbers are behind LIDs, known before or not.
    Identities(Vec<Identity>),
    /// The account's own name changed.
    OwnName(String),
    /// What the address book or the person says. Only what is known is set.
    Contact {
        jid: String,
        saved_name: Option<String>,
        push_name: Option<String>,
    },
    Group {
        jid: String,
        subject: String,
    },
    /// A group as it is now, of those that we are in.
    GroupKnown(GroupState),
    /// Something in a group changed: members, settings, description, subject.
    GroupChanged {
        jid: String,
    },
    /// This account is no longer in a group.
    GroupLeft {
        jid: String,
    },
    /// These people (JIDs) ask to be let into a group, or no longer do.
    GroupRequests {
        jid: String,
        people: Vec<String>,
        pending: bool,
    },
    /// Somebody changed what they say about themselves.
    About {
        jid: String,
        text: String,
    },
    /// A picture is new or gone: fetch it again.
    PictureChanged {
        jid: String,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The phone removed us. The keys are worthless.
    Unlinked,
    /// Another program connected with the same keys.
    Replaced,
    TemporaryBan {
        until: Option<Millis>,
        text: String,
    },
    AccountLocked,
    ClientOutdated,
    /// The answer to the code did not verify, or the phone refused.
    PairingFailed {
        text: String,
    },
    Other {
        text: String,
    },
}

/// Why an engine did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Not connected now; trying again later makes sense.
    #[error("the device is not connected")]
    NotConnected,
    /// The session waits for no code now.
    #[error("the device is not waiting for a code")]
    NotPairing,
    /// The connection broke or no answer came: it is not known whether it was done.
    #[error("no answer from WhatsApp: {0}")]
    NoAnswer(String),
    /// WhatsApp (or the value itself) refuses; trying again changes nothing.
    #[error("WhatsApp refused: {0}")]
    Refused(String),
    /// Nobody has that number or group.
    #[error("there is no such number or group on WhatsApp")]
    NoSuchRecipient,
    /// WhatsApp no longer has the file.
    #[error("WhatsApp no longer has the file")]
    Gone,
    /// A file is larger than the limit.
    #[error("the file is larger than the limit")]
    TooLarge,
    /// WhatsApp asks to wait.
    #[error("WhatsApp asks to wait before trying again")]
    RateLimited,
    #[error(transparent)]
    Storage(#[from] crate::server::storage::StorageError),
}
