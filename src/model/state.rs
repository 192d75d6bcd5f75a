//! Everything that a client believes, in one piece.

use super::chat_filter::ChatFilter;
use super::chats::{ChatKey, ChatState, Chats};
use super::detail::{Pane, Watched};
use super::devices::DeviceState;
use super::drafts::Draft;
use super::input::Changes;
use super::log::Keys;
use super::row::{Row, RowKey};
use super::thread::{Hold, Slot, Thread};
use super::window::fresh_rows;
use crate::protocol::{ChatId, Cursor, DeviceId, Label, Me, Millis, Network, Snapshot};
use std::collections::HashMap;

/// How many threads are kept loaded.
pub(super) const WARM_THREADS: usize = 48;
/// How many messages of a thread are kept once it is closed.
pub(super) const COLD_MESSAGES: usize = 200;
/// How many messages of the open thread are kept on either side of what its reader looks at, as more and more come.
pub(super) const OPEN_MESSAGES: usize = 400;
/// How many more may be there before they are let go, so that it is not done for each.
pub(super) const SPARE_MESSAGES: usize = 100;
/// How many are let go at once: what takes no time that could be seen.
pub(super) const LET_GO: usize = 500;

/// What a client believes. It is changed by [`Model::apply`] and by what the reader looks at.
#[derive(Debug)]
pub struct Model {
    pub(super) cursor: Cursor,
    pub(super) me: Me,
    pub(super) network: Network,
    pub(super) devices: Vec<DeviceState>,
    pub(super) chats: Chats,
    pub(super) next_chats: Option<String>,
    /// The same of the lists that are narrower, by their addresses.
    pub(super) next_of: HashMap<String, Option<String>>,
    /// The labels of the accounts that they were asked of.
    pub(super) labels: HashMap<DeviceId, Vec<Label>>,
    /// What was begun to be written here, of chats that are not loaded, too.
    pub(super) drafts: Vec<Draft>,
    pub(super) threads: HashMap<ChatKey, Thread>,
    pub(super) keys: Keys,
    /// The chat on the page.
    pub(super) open: Option<ChatKey>,
    /// The threads that are loaded, the one used last at the end.
    pub(super) warm: Vec<ChatKey>,
    /// Whether the reader is looking: the page is visible and has the focus.
    pub(super) attending: bool,
    /// How many rows of a thread fill the screen, where that is known.
    pub(super) fresh_rows: Option<usize>,
    /// The details on the page.
    pub(super) pane: Option<Pane>,
    /// The receipts on the page.
    pub(super) watched: Option<Watched>,
}

impl Model {
    /// A client that starts from this state.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let mut model = Self {
            cursor: snapshot.cursor.clone(),
            me: snapshot.me.clone(),
            network: snapshot.network,
            devices: Vec::new(),
            chats: Chats::default(),
            next_chats: None,
            next_of: HashMap::new(),
            labels: HashMap::new(),
            drafts: Vec::new(),
            threads: HashMap::new(),
            keys: Keys::default(),
            open: None,
            warm: Vec::new(),
            attending: true,
            fresh_rows: None,
            pane: None,
            watched: None,
        };
        let open = snapshot.thread.as_ref().map(|thread| thread.chat_id.clone());
        model.take_snapshot(snapshot, &mut Changes::default());
        if let Some(id) = open {
            model.open(&id);
            // Nobody widens what a server renders: it fills large screens, too.
            model.slide(true);
        }
        model
    }

    /// Up to where the log has been taken in: where to resume.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    #[must_use]
    pub fn me(&self) -> &Me {
        &self.me
    }

    #[must_use]
    pub fn network(&self) -> Network {
        self.network
    }

    #[must_use]
    pub fn devices(&self) -> &[DeviceState] {
        &self.devices
    }

    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&DeviceState> {
        self.devices.iter().find(|state| state.device.id == *id)
    }

    #[must_use]
    pub fn chat(&self, key: ChatKey) -> Option<&ChatState> {
        self.chats.get(key)
    }

    /// The key of this chat, if it is loaded.
    #[must_use]
    pub fn chat_key(&self, id: &ChatId) -> Option<ChatKey> {
        self.chats.key(id).filter(|key| self.chats.get(*key).is_some())
    }

    /// The chats that pass the filter, newest activity first.
    #[must_use]
    pub fn visible_chats(&self, filter: &ChatFilter) -> Vec<ChatKey> {
        self.chats.visible(filter)
    }

    /// How many chats have unread messages, whether they are loaded or not.
    #[must_use]
    pub fn unread_chats(&self) -> usize {
        self.chats.unread()
    }

    /// The chats that waited to be read and no longer do since this was last asked: whatever was told of them has had
    /// its time.
    pub fn take_read(&mut self) -> Vec<ChatId> {
        self.chats.take_read()
    }

    /// How many of the chats that are loaded are put away.
    #[must_use]
    pub fn archived_chats(&self) -> usize {
        self.chats.archived()
    }

    /// Whether the server may have chats that pass the filter and are not loaded.
    #[must_use]
    pub fn has_more(&self, filter: &ChatFilter) -> bool {
        let ended = || matches!(self.next_of.get(&filter.address()), Some(None));
        self.next_chats.is_some() && (filter.is_plain() || !ended())
    }

    /// Where the next page of the chats that pass the filter starts; the first one begins without.
    #[must_use]
    pub fn next_of(&self, filter: &ChatFilter) -> Option<&str> {
        if filter.is_plain() {
            return self.next_chats();
        }
        self.next_of.get(&filter.address())?.as_deref()
    }

    /// Where the next page of chats starts, if there are more than are loaded.
    #[must_use]
    pub fn next_chats(&self) -> Option<&str> {
        self.next_chats.as_deref()
    }

    /// Whether anybody is shown as typing: then time has to be told.
    #[must_use]
    pub fn anybody_types(&self) -> bool {
        self.chats.anybody_types()
    }

    /// The chat on the page.
    #[must_use]
    pub fn open_chat(&self) -> Option<ChatKey> {
        self.open
    }

    /// The thread of this chat, if it has been opened.
    #[must_use]
    pub fn thread(&self, key: ChatKey) -> Option<&Thread> {
        self.threads.get(&key)
    }

    /// A row of this chat.
    #[must_use]
    pub fn row(&self, chat: ChatKey, row: RowKey) -> Option<&Row> {
        self.threads.get(&chat)?.log.row(row)
    }

    /// The open thread as it is laid out; empty without one.
    #[must_use]
    pub fn slots(&self, day_of: impl Fn(Millis) -> i64) -> Vec<Slot> {
        let thread = self.open.and_then(|key| self.threads.get(&key));
        thread.map(|thread| thread.slots(day_of)).unwrap_or_default()
    }

    /// Opens a chat: its unread line is drawn, and threads that were not looked at for long are let go.
    /// The answer is its key, if the chat is loaded.
    pub fn open(&mut self, id: &ChatId) -> Option<ChatKey> {
        let key = self.chat_key(id)?;
        let newly = self.open != Some(key);
        if newly {
            self.close();
        }
        self.open = Some(key);
        self.keep_warm(key);
        let unread = self.chats.get(key).map_or(0, |state| state.chat.unread);
        let thread = self.threads.entry(key).or_default();
        thread.fresh_rows = self.fresh_rows;
        if newly && thread.loaded && (unread > 0 || thread.hold == Hold::Pinned) {
            thread.open_at_unread_line(unread);
        }
        Some(key)
    }

    /// The screen is of this height, in pixels: threads that are opened from now on fill it at once.
    pub fn fit(&mut self, height: usize) {
        self.fresh_rows = Some(fresh_rows(height));
    }

    /// A chat is likely to be opened next: what comes for it from now on is not missed by the page of messages that is
    /// asked for. `true` if that page is not here.
    pub fn expect(&mut self, key: ChatKey) -> bool {
        if self.chats.get(key).is_none() || self.threads.get(&key).is_some_and(|thread| thread.loaded) {
            return false;
        }
        self.threads.entry(key).or_default();
        self.keep_warm(key);
        true
    }

    /// Lets threads go that were not looked at for long.
    fn keep_warm(&mut self, key: ChatKey) {
        self.warm.retain(|other| *other != key);
        self.warm.push(key);
        while self.warm.len() > WARM_THREADS {
            // What was written in one and is not answered yet would be shown by the list for good.
            let waits =
                |key: &ChatKey| self.threads.get(key).is_some_and(|thread| !thread.log.echoes().is_empty());
            let cold = self.warm.iter().position(|other| Some(*other) != self.open && !waits(other));
            let Some(cold) = cold else { return };
            let cold = self.warm.remove(cold);
            self.threads.remove(&cold);
            self.chats.edit(cold, |state| state.members.take().is_some());
        }
    }

    /// No chat is on the page any more.
    pub fn close(&mut self) {
        let Some(key) = self.open.take() else { return };
        let Some(thread) = self.threads.get_mut(&key) else { return };
        // Who comes back to a chat finds its end, not what was looked up in it once.
        let midst = thread.log.has_newer();
        thread.leave_midst();
        thread.to_end = false;
        if midst || thread.hold == Hold::Pinned {
            thread.log.forget_older_than_last(COLD_MESSAGES);
            thread.jump_to_end();
        }
    }

    /// Says whether the reader is looking.
    pub fn attend(&mut self, attending: bool) {
        self.attending = attending;
    }

    /// The reader looks at this part of the open thread.
    pub fn hold(&mut self, hold: Hold) {
        if let Some(thread) = self.open_thread() {
            thread.hold(hold);
        }
    }

    /// Slides the open thread's window towards older or newer rows. `true` if it moved.
    pub fn slide(&mut self, older: bool) -> bool {
        let Some(thread) = self.open_thread() else { return false };
        if older { thread.window.slide_up(&thread.log) } else { thread.window.slide_down(&thread.log) }
    }

    /// Shows the newest messages of the open thread.
    pub fn jump_to_end(&mut self) {
        if let Some(thread) = self.open_thread() {
            thread.leave_midst();
            thread.jump_to_end();
        }
    }

    pub(super) fn open_thread(&mut self) -> Option<&mut Thread> {
        self.threads.get_mut(&self.open?)
    }
}
