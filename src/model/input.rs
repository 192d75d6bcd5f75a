//! What a client is told, and what that changes.

use super::chats::ChatKey;
use super::detail::DetailInput;
use super::drafts::DraftInput;
use super::news;
use super::pins::PinInput;
use super::row::RowKey;
use crate::protocol::{
    Chat, ChatId, CommandId, CommandResult, Cursor, DeviceId, Event, Label, LiveEvent, MediaInfo, Message,
    MessageChange, MessageId, MessageKind, Millis, NewMessage, Notice, Page, PairingCode, Problem, Snapshot,
    ThreadPage, ThreadRun,
};
use std::collections::BTreeSet;

/// What a client is told.
#[derive(Debug, Clone)]
pub enum Input {
    /// The state anew: replaces everything but what was written here.
    Snapshot(Box<Snapshot>),
    Event(Box<Event>),
    Live(Box<LiveEvent>),
    /// Nothing for this client happened up to here.
    Reached(Cursor),
    /// The newest messages of a chat.
    Newest(ThreadPage),
    /// The messages before the first that was held when they were asked for.
    Older {
        before: Option<MessageId>,
        page: ThreadPage,
    },
    /// The messages after those that are held.
    Newer(ThreadRun),
    /// Messages from anywhere in a thread, to jump to.
    Around(ThreadRun),
    /// A further page of the chat list, or its first one again.
    Chats(Page<Chat>),
    /// The same with all that waits to be read beside it, of a state that was read anew. The position stays.
    Reloaded(Box<Snapshot>),
    /// A page of a narrower list of chats, by the list's address.
    ChatsOf {
        list: String,
        page: Page<Chat>,
    },
    /// Chats as the server told of them beside any list, or as they are to be shown until it does.
    Known(Vec<Chat>),
    /// The labels of a device's account.
    Labels {
        device_id: DeviceId,
        labels: Vec<Label>,
    },
    /// A text was written here.
    Wrote {
        command_id: CommandId,
        chat_id: ChatId,
        text: String,
        at: Millis,
    },
    /// Something else than a plain text was sent from here; `media` says what its file is.
    Posted {
        command_id: CommandId,
        chat_id: ChatId,
        message: Box<NewMessage>,
        media: Option<Box<MediaInfo>>,
        at: Millis,
    },
    /// The server did what a command asked for.
    Done(Box<CommandResult>),
    /// The code to be typed into a phone that was asked for here.
    PairingCode {
        device_id: DeviceId,
        pairing_code: PairingCode,
    },
    /// The server refused a text that was written here.
    Refused {
        command_id: CommandId,
        chat_id: ChatId,
        problem: Problem,
    },
    /// A refused text is sent again under a new command.
    Resent {
        chat_id: ChatId,
        row: RowKey,
        command_id: CommandId,
        at: Millis,
    },
    /// A refused text is given up.
    Discarded {
        chat_id: ChatId,
        row: RowKey,
    },
    /// Everything in this chat was read here.
    Read(ChatId),
    /// What was begun to be written here, and what the server was told of it.
    Draft(Box<DraftInput>),
    /// What is asked for and told of the details beside a thread.
    Detail(Box<DetailInput>),
    /// What is asked for and told of what is pinned in a chat.
    Pins(PinInput),
    /// Time has passed.
    Clock(Millis),
}

/// A message of somebody else that came just now, or a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub id: MessageId,
    pub chat: ChatKey,
    /// Who wrote it.
    pub name: String,
    pub kind: MessageKind,
    /// Without marks; empty where the kind says more.
    pub text: String,
    /// Of a call: whether it rings or was missed.
    pub call: Option<Box<Notice>>,
}

impl Arrival {
    /// What is news of a message that came, or that something was done to; `name` is its chat's.
    pub(super) fn of(
        message: &Message,
        change: Option<MessageChange>,
        chat: ChatKey,
        name: String,
    ) -> Option<Self> {
        news::is_news(message, change).then(|| Self {
            id: message.id.clone(),
            chat,
            name: message.sender_name.clone().unwrap_or(name),
            kind: message.kind,
            text: news::plain(message),
            call: news::call(message).cloned().map(Box::new),
        })
    }
}

/// What an input changed, so that only that is shown anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Everything may have changed.
    pub all: bool,
    pub devices: bool,
    /// What stands beside the thread.
    pub details: bool,
    pub labels: bool,
    /// What is pinned in some chat.
    pub pins: bool,
    /// The chat list's order, members or groups.
    pub order: bool,
    /// Chats whose content changed.
    pub chats: BTreeSet<ChatKey>,
    /// Chats whose run of rows changed.
    pub threads: BTreeSet<ChatKey>,
    /// Rows whose content changed.
    pub rows: BTreeSet<RowKey>,
    pub arrived: Vec<Arrival>,
    /// Commands whose messages the server has: nothing more to send for them.
    pub answered: Vec<CommandId>,
    /// The phone brought old chats: the list has to be asked for again.
    pub chats_stale: bool,
    /// Chats of which something else is to be kept on this computer as what was begun to be written in them.
    pub drafts: Vec<ChatId>,
}
