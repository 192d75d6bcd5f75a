//! The chat list: every chat that is loaded, in order, with what is typed in it.

use super::chat_filter::{ChatFilter, FilterKind};
use super::drafts::as_draft;
use super::found::fold;
use super::members::Members;
use super::unread::Elsewhere;
use crate::protocol::{Chat, ChatId, DeviceId, MessageKind, Millis, TypingState};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How long somebody is shown as typing after the last sign of it: WhatsApp repeats it every 10 s.
pub const TYPING_LIFE: Millis = 15_000;

/// Names a chat for as long as the client runs, in the size of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChatKey(pub u32);

/// Somebody is typing or recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typing {
    pub state: TypingState,
    /// In groups, who.
    pub sender_name: Option<String>,
    /// When to stop believing it.
    pub until: Millis,
}

/// What was written here and has no answer yet: the list shows it before the server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EchoPreview {
    pub kind: MessageKind,
    /// Empty where the kind says more.
    pub text: String,
    pub at: Millis,
    pub refused: bool,
}

/// One chat of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatState {
    pub key: ChatKey,
    pub chat: Chat,
    pub typing: Option<Typing>,
    /// What was begun to be written here, where the server does not know all of it; empty where what the server has was
    /// given up here.
    pub draft: Option<String>,
    /// The newest text that still waits for its answer.
    pub echo: Option<EchoPreview>,
    /// Whether the other side is online, or when it last was, if that is known.
    pub presence: Option<(bool, Option<Millis>)>,
    /// Of a group, who is in it, once that was asked for.
    pub members: Option<Arc<Members>>,
    pub(super) folded_name: String,
}

impl ChatState {
    /// When something last happened in it, what was written here included: the list's order.
    #[must_use]
    pub fn activity(&self) -> Millis {
        let echoed = self.echo.as_ref().map_or(Millis::MIN, |echo| echo.at);
        self.chat.last_activity.max(echoed)
    }

    /// What was begun to be written in it, here or else on another device; empty for nothing.
    #[must_use]
    pub fn begun(&self) -> &str {
        let elsewhere = self.chat.draft.as_ref().map(|draft| draft.text.as_str());
        as_draft(self.draft.as_deref().or(elsewhere).unwrap_or_default())
    }

    /// Whether it waits to be read: what is put away does not.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.chat.waits()
    }
}

/// Where a chat stands in the list: pinned ones on top, the one pinned last first; those put away beneath all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    shelf: Shelf,
    at: Reverse<Millis>,
    key: ChatKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shelf {
    Pinned,
    Listed,
    Archived,
}

impl Place {
    /// Everything from here on was put away.
    const ARCHIVE: Self = Self { shelf: Shelf::Archived, at: Reverse(Millis::MAX), key: ChatKey(0) };

    fn of(state: &ChatState) -> Self {
        let (shelf, at) = match (state.chat.archived, state.chat.pinned_at) {
            (true, _) => (Shelf::Archived, state.activity()),
            (false, Some(at)) => (Shelf::Pinned, at),
            (false, None) => (Shelf::Listed, state.activity()),
        };
        Self { shelf, at: Reverse(at), key: state.key }
    }
}

/// Every chat that is loaded.
#[derive(Debug, Default)]
pub struct Chats {
    states: HashMap<ChatKey, ChatState>,
    keys: HashMap<ChatId, ChatKey>,
    order: BTreeSet<Place>,
    /// How many of them wait to be read, and what waits beyond them.
    unread: usize,
    /// Those that waited and no longer do, until somebody takes them.
    read: Vec<ChatId>,
    elsewhere: Elsewhere,
    minted: u32,
}

impl Chats {
    #[must_use]
    pub fn get(&self, key: ChatKey) -> Option<&ChatState> {
        self.states.get(&key)
    }

    #[must_use]
    pub fn key(&self, id: &ChatId) -> Option<ChatKey> {
        self.keys.get(id).copied()
    }

    /// How many chats have unread messages, whether they are loaded or not.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread.saturating_add(self.elsewhere.count())
    }

    /// What waits to be read beyond the chats that are loaded, as the server has it now.
    pub fn set_elsewhere(&mut self, mut elsewhere: Elsewhere) {
        elsewhere.keep(|id| self.key(id).is_none_or(|key| !self.states.contains_key(&key)));
        self.elsewhere = elsewhere;
    }

    /// A chat that may not be loaded is not there any more.
    pub fn gone(&mut self, id: &ChatId) {
        self.elsewhere.gone(id);
    }

    /// A device and all its chats are not there any more.
    pub fn device_gone(&mut self, id: &DeviceId) {
        self.elsewhere.device_gone(id);
    }

    /// The chats that waited to be read and no longer do, each time once.
    pub fn take_read(&mut self) -> Vec<ChatId> {
        std::mem::take(&mut self.read)
    }

    /// Those for which this is true go: what waits in them waits no more.
    pub fn settle_where(&mut self, gone: impl Fn(&Chat) -> bool) {
        let waiting = self.states.values().filter(|state| state.waits() && gone(&state.chat));
        self.read.extend(waiting.map(|state| state.chat.id.clone()));
    }

    /// Takes a chat as the server has it now. The second answer tells whether the list is to be laid out
    /// anew.
    pub fn put(&mut self, chat: Chat) -> (ChatKey, bool) {
        let folded_name = fold(&chat.name);
        let key = self.key(&chat.id).unwrap_or_else(|| self.mint(&chat.id));
        let Some(state) = self.states.get_mut(&key) else {
            self.elsewhere.loaded(&chat);
            let (typing, draft, echo, presence, members) = (None, None, None, None, None);
            let state = ChatState { key, chat, typing, draft, echo, presence, members, folded_name };
            self.unread += usize::from(state.waits());
            self.order.insert(Place::of(&state));
            self.states.insert(key, state);
            return (key, true);
        };
        let (before, waited) = (Place::of(state), state.waits());
        let regrouped = state.folded_name != folded_name || state.chat.labels != chat.labels;
        state.chat = chat;
        state.folded_name = folded_name;
        let waits = state.waits();
        self.read.extend((waited && !waits).then(|| state.chat.id.clone()));
        self.unread = self.unread - usize::from(waited) + usize::from(waits);
        let moved = self.reorder(key, before);
        (key, moved || regrouped || waited != waits)
    }

    /// Takes a chat that another one went into: the other's id names it from now on. Answers its key, and the other's if
    /// that was here.
    pub fn merge(&mut self, from: &ChatId, chat: Chat) -> (ChatKey, Option<ChatKey>) {
        let (key, _) = self.put(chat);
        self.elsewhere.gone(from);
        let before = self.keys.insert(from.clone(), key).filter(|before| *before != key);
        let Some(gone) = before.and_then(|before| self.states.remove(&before)) else { return (key, None) };
        self.order.remove(&Place::of(&gone));
        self.read.extend(gone.waits().then_some(gone.chat.id.clone()));
        self.unread -= usize::from(gone.waits());
        (key, Some(gone.key))
    }

    /// The newest text that waits in a chat, or none any more. `true` if the order changed.
    pub fn set_echo(&mut self, key: ChatKey, echo: Option<EchoPreview>) -> bool {
        let Some(state) = self.states.get_mut(&key) else { return false };
        let before = Place::of(state);
        state.echo = echo;
        self.reorder(key, before)
    }

    fn reorder(&mut self, key: ChatKey, before: Place) -> bool {
        let Some(after) = self.states.get(&key).map(Place::of) else { return false };
        if before != after {
            self.order.remove(&before);
            self.order.insert(after);
        }
        before != after
    }

    fn mint(&mut self, id: &ChatId) -> ChatKey {
        self.minted += 1;
        let key = ChatKey(self.minted);
        self.keys.insert(id.clone(), key);
        key
    }

    /// Changes what surrounds a chat: typing, draft, presence. `false` if there is no such chat.
    pub fn edit(&mut self, key: ChatKey, change: impl FnOnce(&mut ChatState) -> bool) -> bool {
        self.states.get_mut(&key).is_some_and(change)
    }

    /// It was read here: says so at once, before the server does.
    pub fn read(&mut self, key: ChatKey) -> bool {
        let Some(state) = self.states.get_mut(&key) else { return false };
        let waited = state.waits();
        let news = state.chat.unread > 0 || state.chat.marked_unread;
        state.chat.unread = 0;
        state.chat.marked_unread = false;
        self.read.extend(waited.then(|| state.chat.id.clone()));
        self.unread -= usize::from(waited);
        news
    }

    /// Forgets every chat for which this is true.
    pub fn remove_where(&mut self, gone: impl Fn(&Chat) -> bool) -> Vec<ChatKey> {
        let keys: Vec<ChatKey> =
            self.states.values().filter(|state| gone(&state.chat)).map(|state| state.key).collect();
        for key in &keys {
            if let Some(state) = self.states.remove(key) {
                // The id keeps its key, in case the chat comes back.
                self.order.remove(&Place::of(&state));
                self.unread -= usize::from(state.waits());
            }
        }
        keys
    }

    /// Forgets whom it was last heard from too long ago.
    pub fn expire_typing(&mut self, now: Millis) -> Vec<ChatKey> {
        let over = |state: &&mut ChatState| state.typing.as_ref().is_some_and(|typing| typing.until <= now);
        let expired = self.states.values_mut().filter(over);
        expired
            .map(|state| {
                state.typing = None;
                state.key
            })
            .collect()
    }

    /// Whether anybody is shown as typing.
    #[must_use]
    pub fn anybody_types(&self) -> bool {
        self.states.values().any(|state| state.typing.is_some())
    }

    /// Every chat, in no order.
    pub fn states(&self) -> impl Iterator<Item = &ChatState> {
        self.states.values()
    }

    /// How many chats are put away.
    #[must_use]
    pub fn archived(&self) -> usize {
        self.order.range(Place::ARCHIVE..).count()
    }

    /// The chats that pass the filter, in the list's order. What is put away is found by its name, too.
    #[must_use]
    pub fn visible(&self, filter: &ChatFilter) -> Vec<ChatKey> {
        let searched = !filter.query.trim().is_empty();
        let places = if filter.kind == FilterKind::Archived {
            self.order.range(Place::ARCHIVE..)
        } else if searched {
            self.order.range(..)
        } else {
            self.order.range(..Place::ARCHIVE)
        };
        let keys = places.map(|place| place.key);
        // The list as it mostly is: no chat has to be looked at, however many there are.
        if !searched && (filter.is_whole()) {
            return keys.collect();
        }
        let typed = filter.typed();
        let states = keys.filter_map(|key| self.states.get(&key));
        states.filter(|state| filter.shows(state, &typed)).map(|state| state.key).collect()
    }
}
