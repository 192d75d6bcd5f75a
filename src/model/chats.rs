//! The chat list: every chat that is loaded, in order, with what is typed in it.

use crate::protocol::{Chat, ChatId, ChatKind, DeviceId, MessageKind, Millis, TypingState};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

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
    /// What stands in its composer, unsent.
    pub draft: Option<String>,
    /// The newest text that still waits for its answer.
    pub echo: Option<EchoPreview>,
    /// Whether the other side is online, or when it last was, if that is known.
    pub presence: Option<(bool, Option<Millis>)>,
    folded_name: String,
}

impl ChatState {
    /// When something last happened in it, what was written here included: the list's order.
    #[must_use]
    pub fn activity(&self) -> Millis {
        let echoed = self.echo.as_ref().map_or(Millis::MIN, |echo| echo.at);
        self.chat.last_activity.max(echoed)
    }
}

/// Which chats to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FilterKind {
    #[default]
    All,
    Unread,
    Groups,
}

/// Which chats to show, as the list's head is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatFilter {
    pub kind: FilterKind,
    pub device: Option<DeviceId>,
    /// Part of a name or number, as typed.
    pub query: String,
    /// Shown whatever the kind says: the open chat does not vanish under the reader when it is read.
    pub keep: Option<ChatKey>,
}

/// Every chat that is loaded.
#[derive(Debug, Default)]
pub struct Chats {
    states: HashMap<ChatKey, ChatState>,
    keys: HashMap<ChatId, ChatKey>,
    order: BTreeSet<(Reverse<Millis>, ChatKey)>,
    unread: usize,
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

    /// How many chats have unread messages.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Takes a chat as the server has it now. The second answer tells whether the list is to be laid out
    /// anew.
    pub fn put(&mut self, chat: Chat) -> (ChatKey, bool) {
        let folded_name = fold(&chat.name);
        let key = self.key(&chat.id).unwrap_or_else(|| self.mint(&chat.id));
        let Some(state) = self.states.get_mut(&key) else {
            let echo = None;
            self.unread += usize::from(chat.unread > 0);
            self.order.insert((Reverse(chat.last_activity), key));
            let state = ChatState { key, chat, typing: None, draft: None, echo, presence: None, folded_name };
            self.states.insert(key, state);
            return (key, true);
        };
        let before = state.activity();
        let regrouped = (state.chat.unread > 0) != (chat.unread > 0) || state.folded_name != folded_name;
        self.unread = self.unread - usize::from(state.chat.unread > 0) + usize::from(chat.unread > 0);
        state.chat = chat;
        state.folded_name = folded_name;
        let moved = self.reorder(key, before);
        (key, moved || regrouped)
    }

    /// Takes a chat that another one went into: the other's id names it from now on, and what stood in its composer
    /// stands in this one's. Answers its key, and the other's if that was here.
    pub fn merge(&mut self, from: &ChatId, chat: Chat) -> (ChatKey, Option<ChatKey>) {
        let (key, _) = self.put(chat);
        let before = self.keys.insert(from.clone(), key).filter(|before| *before != key);
        let Some(gone) = before.and_then(|before| self.states.remove(&before)) else { return (key, None) };
        self.order.remove(&(Reverse(gone.activity()), gone.key));
        self.unread -= usize::from(gone.chat.unread > 0);
        if let Some(state) = self.states.get_mut(&key)
            && state.draft.is_none()
        {
            state.draft = gone.draft;
        }
        (key, Some(gone.key))
    }

    /// The newest text that waits in a chat, or none any more. `true` if the order changed.
    pub fn set_echo(&mut self, key: ChatKey, echo: Option<EchoPreview>) -> bool {
        let Some(state) = self.states.get_mut(&key) else { return false };
        let before = state.activity();
        state.echo = echo;
        self.reorder(key, before)
    }

    fn reorder(&mut self, key: ChatKey, before: Millis) -> bool {
        let Some(after) = self.states.get(&key).map(ChatState::activity) else { return false };
        if before != after {
            self.order.remove(&(Reverse(before), key));
            self.order.insert((Reverse(after), key));
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
        if state.chat.unread == 0 {
            return false;
        }
        state.chat.unread = 0;
        self.unread -= 1;
        true
    }

    /// Forgets every chat for which this is true.
    pub fn remove_where(&mut self, gone: impl Fn(&Chat) -> bool) -> Vec<ChatKey> {
        let keys: Vec<ChatKey> =
            self.states.values().filter(|state| gone(&state.chat)).map(|state| state.key).collect();
        for key in &keys {
            if let Some(state) = self.states.remove(key) {
                // The id keeps its key, in case the chat comes back.
                self.order.remove(&(Reverse(state.activity()), *key));
                self.unread -= usize::from(state.chat.unread > 0);
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

    /// The chats that pass the filter, newest activity first.
    #[must_use]
    pub fn visible(&self, filter: &ChatFilter) -> Vec<ChatKey> {
        let query = fold(filter.query.trim());
        let digits: String = query.chars().filter(char::is_ascii_digit).collect();
        let shown = |state: &ChatState| {
            let chat = &state.chat;
            let kind = match filter.kind {
                FilterKind::All => true,
                FilterKind::Unread => chat.unread > 0 || filter.keep == Some(state.key),
                FilterKind::Groups => chat.kind == ChatKind::Group,
            };
            let number = || chat.phone_number.as_ref().is_some_and(|number| number.contains(&digits));
            let named = query.is_empty()
                || state.folded_name.contains(&query)
                || (!digits.is_empty() && digits.len() + 4 >= query.len() && number());
            kind && named && filter.device.as_ref().is_none_or(|device| *device == chat.device_id)
        };
        let states = self.order.iter().filter_map(|(_, key)| self.states.get(key));
        states.filter(|state| shown(state)).map(|state| state.key).collect()
    }
}

/// Lower case without the marks of the Latin letters, so that 'sofia' finds 'Sofía'.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(bare).collect()
}

fn bare(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ł' => 'l',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}
