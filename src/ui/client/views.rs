//! Small pieces of what the pages show.

use crate::model::writing::Named;
use crate::model::{ChatKey, Hold, Model};
use crate::protocol::{ChatId, Contact, Message, MessageId, Millis};

/// How loading something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Load {
    #[default]
    Idle,
    Loading,
    Failed,
}

/// A message that the composer is about: it is answered, or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composing {
    pub message_id: MessageId,
    /// Whether its text is changed; else it is answered.
    pub edits: bool,
    /// Who wrote it, for people.
    pub who: String,
    /// With the names of those whom it names.
    pub text: String,
    pub named: Vec<Named>,
}

/// What is done with a message in a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Choosing to whom it is passed on.
    Forward(MessageId),
    /// Choosing for how long it is pinned.
    Pin(MessageId),
    /// Looking at whom it reached.
    Info(MessageId),
    /// Being asked whether it is to be deleted here.
    Delete(MessageId),
}

/// What the server found for what is typed into the search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// What was typed.
    pub query: String,
    pub contacts: Vec<Contact>,
    /// Newest first.
    pub messages: Vec<Message>,
    /// Where the next page of messages starts, if there are more.
    pub next: Option<String>,
    /// How many answers are still to come.
    pub pending: u32,
    pub failed: bool,
}

/// What surrounds a thread's rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadView {
    /// The chat of the address; absent where none is named.
    pub chat_id: Option<ChatId>,
    /// Its key, if it is loaded.
    pub chat: Option<ChatKey>,
    /// Whether its newest messages are there.
    pub loaded: bool,
    pub load: Load,
    pub older: Load,
    /// Whether there may be something above the first row.
    pub has_older: bool,
    pub newer: Load,
    /// Whether the server has something beneath the last row.
    pub has_newer: bool,
    /// Whether the reader is at the end.
    pub pinned: bool,
    /// Messages that came while the reader was elsewhere.
    pub fresh: u32,
    pub unread: u32,
    pub empty: bool,
}

impl ThreadView {
    /// The view of this chat now; how loading goes is taken over from before.
    #[must_use]
    pub fn of(model: &Model, id: Option<&ChatId>, before: &Self) -> Self {
        let open = model.open_chat();
        let named = id.cloned().or_else(|| Some(model.chat(open?)?.chat.id.clone()));
        let chat = named.as_ref().and_then(|id| model.chat_key(id));
        let Self { load, older, newer, .. } = *before;
        let mut view = Self { chat_id: named, chat, load, older, newer, ..Self::default() };
        let Some(key) = chat else { return view };
        // What was marked as unread by hand is read by opening it, too.
        let waits = |chat: &crate::protocol::Chat| chat.unread.max(u32::from(chat.marked_unread));
        view.unread = model.chat(key).map_or(0, |state| waits(&state.chat));
        if let Some(thread) = model.thread(key) {
            view.loaded = thread.loaded;
            view.has_older = thread.log.has_older() || !thread.window.at_start(&thread.log);
            view.has_newer = thread.log.has_newer();
            view.pinned = thread.hold == Hold::Pinned && thread.window.at_end() && !view.has_newer;
            view.fresh = thread.fresh;
            view.empty = thread.log.is_empty();
        }
        view
    }
}

/// The connection to the server, as the banner shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The first connection is under way: nothing to say yet.
    Starting,
    Live,
    /// It was lost, or never came about.
    Down {
        /// When the next attempt is due; absent while one is under way.
        until: Option<Millis>,
        /// The machine says that it has no network.
        offline: bool,
    },
}

/// How a passing line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    /// A message in another chat: it is not read out, since the list tells of it.
    News,
}

/// A line that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub id: u32,
    pub tone: Tone,
    pub text: String,
    /// Where a press on it leads.
    pub href: Option<String>,
}
