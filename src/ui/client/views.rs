//! Small pieces of what the pages show.

use crate::model::text::hue;
use crate::model::writing::Named;
use crate::model::{ChatFilter, ChatKey, DeviceState, Hold, Model};
use crate::protocol::{ChatId, Contact, DeviceId, Message, MessageId, Millis};

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
    /// Being asked whether it is to be taken back for everybody.
    Revoke(MessageId),
    /// Looking at who reacted to it.
    Reactions(MessageId),
    /// Choosing a reaction among all emoji.
    React(MessageId),
}

/// What the server found for what is typed into the search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// What was typed.
    pub query: String,
    /// To which chats it was narrowed, as the server is asked.
    pub narrowed: String,
    pub contacts: Vec<Contact>,
    /// Newest first.
    pub messages: Vec<Message>,
    /// Where the next page of messages starts, if there are more.
    pub next: Option<String>,
    /// How many answers are still to come.
    pub pending: u32,
    pub failed: bool,
}

/// One of several devices, as the rows of its chats name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub id: DeviceId,
    pub name: String,
    /// Two letters of its name.
    pub initials: String,
    /// Its colour, of those that people have.
    pub hue: usize,
}

impl Owner {
    /// The devices that rows have to name: all, where chats of several are shown.
    #[must_use]
    pub fn all(devices: &[DeviceState], filter: &ChatFilter) -> Vec<Self> {
        if devices.len() < 2 || filter.device.is_some() || filter.label.is_some() {
            return Vec::new();
        }
        let owner = |state: &DeviceState| Self {
            id: state.device.id.clone(),
            name: state.device.name.clone(),
            initials: state.initials(),
            hue: hue(state.device.id.as_str()),
        };
        devices.iter().map(owner).collect()
    }
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
    /// Whether the server said that there is no such chat.
    pub missing: bool,
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
    /// How many messages the unread line counts.
    pub unread_line: u32,
    pub empty: bool,
}

impl ThreadView {
    /// The view of this chat now; how loading goes is taken over from before.
    #[must_use]
    pub fn of(model: &Model, id: Option<&ChatId>, before: &Self) -> Self {
        let open = model.open_chat();
        let named = id.cloned().or_else(|| Some(model.chat(open?)?.chat.id.clone()));
        let chat = named.as_ref().and_then(|id| model.chat_key(id));
        let Self { load, older, newer, missing, .. } = *before;
        let mut view = Self { chat_id: named, chat, load, older, newer, missing, ..Self::default() };
        let Some(key) = chat else { return view };
        view.missing = false;
        // What was marked as unread by hand is read by opening it, too.
        let waits = |chat: &crate::protocol::Chat| chat.unread.max(u32::from(chat.marked_unread));
        view.unread = model.chat(key).map_or(0, |state| waits(&state.chat));
        if let Some(thread) = model.thread(key) {
            view.loaded = thread.loaded;
            view.has_older = thread.log.has_older() || !thread.window.at_start(&thread.log);
            view.has_newer = thread.log.has_newer();
            view.pinned = thread.hold == Hold::Pinned && thread.window.at_end() && !view.has_newer;
            view.fresh = thread.fresh;
            view.unread_line = thread.unread_line();
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
    /// The server is there, and what happened meanwhile has been on its way for longer than a moment.
    CatchingUp,
    /// Everything that happened is here.
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

/// How many lines there may be at once: more would hide the page.
const MOST_TOASTS: usize = 3;

/// Shows a further line. Where there are too many, the oldest gives way, and what went wrong last of all: for a mere
/// message none of that goes, since the list tells of it, too. What went wrong with one thing in the same way is said once.
pub fn show_toast(toasts: &mut Vec<Toast>, new: Toast) {
    let same = |shown: &Toast| (shown.tone, &shown.text, &shown.href) == (new.tone, &new.text, &new.href);
    if new.tone == Tone::Bad && new.href.is_some() && toasts.iter().any(same) {
        return;
    }
    if toasts.len() >= MOST_TOASTS {
        match toasts.iter().position(|shown| shown.tone != Tone::Bad) {
            Some(oldest) => drop(toasts.remove(oldest)),
            None if new.tone == Tone::News => return,
            None => drop(toasts.remove(0)),
        }
    }
    toasts.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toast(id: u32, tone: Tone) -> Toast {
        Toast { id, tone, text: format!("line {id}"), href: Some(format!("/chats/{id}")) }
    }

    fn shown(tones: &[Tone]) -> Vec<u32> {
        let mut toasts = Vec::new();
        for (id, tone) in (1..).zip(tones) {
            show_toast(&mut toasts, toast(id, *tone));
        }
        toasts.iter().map(|toast| toast.id).collect()
    }

    #[test]
    fn what_went_wrong_gives_way_last_and_never_to_a_message() {
        use Tone::{Bad, Good, News};
        assert_eq!(shown(&[News, Good, News, Bad]), [2, 3, 4]);
        assert_eq!(shown(&[Bad, News, Bad, Bad]), [1, 3, 4]);
        assert_eq!(shown(&[Bad, Bad, Bad, News]), [1, 2, 3]);
        assert_eq!(shown(&[Bad, Bad, Bad, Good]), [2, 3, 4]);
        assert_eq!(shown(&[Bad, Bad, Bad, Bad]), [2, 3, 4]);
    }

    #[test]
    fn the_same_trouble_is_said_once() {
        let mut toasts = Vec::new();
        for id in 1..=3 {
            show_toast(&mut toasts, Toast { id, ..toast(7, Tone::Bad) });
        }
        assert_eq!(toasts.iter().map(|toast| toast.id).collect::<Vec<_>>(), [1]);
        show_toast(&mut toasts, Toast { id: 4, href: None, ..toast(7, Tone::Bad) });
        show_toast(&mut toasts, Toast { id: 5, href: None, ..toast(7, Tone::Bad) });
        assert_eq!(toasts.len(), 3, "what was pressed again fails again");
    }
}
