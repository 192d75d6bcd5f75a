//! How what happens changes what a client believes.

use super::attach::shown_as;
use super::chats::{ChatKey, ChatState, EchoPreview, TYPING_LIFE, Typing};
use super::detail::DetailInput;
use super::devices::DeviceState;
use super::log::{Inserted, Progress};
use super::row::{Body, Echo, Position, RowKey};
use super::state::Model;
use super::text;
use super::thread::Hold;
use crate::protocol::{
    Chat, ChatId, CommandId, CommandResult, Cursor, Device, DeviceId, Event, EventKind, Extras, Label,
    LiveEvent, LiveKind, MediaInfo, Message, MessageId, MessageKind, MessageStatus, Millis, NewMessage, Page,
    PairingCode, Problem, Snapshot, ThreadPage, ThreadRun, TypingState,
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
    /// The messages before those that are held.
    Older(ThreadPage),
    /// The messages after those that are held.
    Newer(ThreadRun),
    /// Messages from anywhere in a thread, to jump to.
    Around(ThreadRun),
    /// A further page of the chat list, or its first one again.
    Chats(Page<Chat>),
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
    /// What stands in a chat's composer; empty for nothing.
    Draft {
        chat_id: ChatId,
        text: String,
    },
    /// What is asked for and told of the details beside a thread.
    Detail(Box<DetailInput>),
    /// Time has passed.
    Clock(Millis),
}

/// A message of somebody else that came just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub id: MessageId,
    pub chat: ChatKey,
    /// Who wrote it.
    pub name: String,
    /// Without marks; empty where the kind says more.
    pub text: String,
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
}

impl Model {
    /// Takes one input in and says what it changed. An event that was taken in before changes nothing.
    pub fn apply(&mut self, input: Input) -> Changes {
        let mut changes = Changes::default();
        match input {
            Input::Snapshot(snapshot) => {
                self.take_snapshot(*snapshot);
                changes.all = true;
            }
            Input::Event(event) => {
                if self.advance(&event.cursor) {
                    self.take_event(*event, &mut changes);
                }
            }
            Input::Live(live) => self.take_live(*live, &mut changes),
            Input::Reached(cursor) => {
                self.advance(&cursor);
            }
            Input::Newest(page) => self.take_newest(page, &mut changes),
            Input::Older(page) => self.take_older(page, &mut changes),
            Input::Newer(run) => self.take_newer(run, &mut changes),
            Input::Around(run) => self.take_around(run, &mut changes),
            Input::Chats(page) => self.take_chats(page, &mut changes),
            Input::ChatsOf { list, page } => {
                self.next_of.insert(list, page.next);
                self.take_known(page.items, &mut changes);
            }
            Input::Known(chats) => self.take_known(chats, &mut changes),
            Input::Labels { device_id, labels } => {
                self.labels.insert(device_id, labels);
                changes.labels = true;
            }
            Input::Wrote { command_id, chat_id, text, at } => {
                let (kind, details) = (MessageKind::Text, Extras::default());
                let echo = Echo { command_id, kind, text, details, at, refused: None };
                self.wrote(&chat_id, echo, &mut changes);
            }
            Input::Posted { command_id, chat_id, message, media, at } => {
                let (kind, text, details) = shown_as(&message, media.as_deref());
                let echo = Echo { command_id, kind, text, details, at, refused: None };
                self.wrote(&chat_id, echo, &mut changes);
            }
            Input::Done(result) => self.done(*result, &mut changes),
            Input::PairingCode { device_id, pairing_code } => {
                if let Some(state) = self.device_mut(&device_id) {
                    state.pairing_code = Some(pairing_code);
                    changes.devices = true;
                }
            }
            Input::Refused { command_id, chat_id, problem } => {
                self.with_log(&chat_id, &mut changes, |log| log.refuse(&command_id, problem));
            }
            Input::Resent { chat_id, row, command_id, at } => {
                self.with_log(&chat_id, &mut changes, |log| log.resend(row, command_id, at).then_some(row));
            }
            Input::Discarded { chat_id, row } => {
                self.with_log(&chat_id, &mut changes, |log| log.discard(row).then_some(row));
            }
            Input::Read(chat_id) => {
                if let Some(key) = self.chats.key(&chat_id)
                    && self.chats.read(key)
                {
                    changes.chats.insert(key);
                    changes.order = true;
                }
            }
            Input::Draft { chat_id, text } => self.draft(&chat_id, text, &mut changes),
            Input::Detail(input) => self.take_detail(*input, &mut changes),
            Input::Clock(now) => changes.chats.extend(self.chats.expire_typing(now)),
        }
        changes
    }

    /// Moves on to this position; `false` if it was passed before, or belongs to another life of the log.
    fn advance(&mut self, cursor: &Cursor) -> bool {
        let ahead = cursor.epoch == self.cursor.epoch && cursor.seq > self.cursor.seq;
        if ahead {
            self.cursor.seq = cursor.seq;
        }
        ahead
    }

    pub(super) fn take_snapshot(&mut self, snapshot: Snapshot) {
        self.cursor = snapshot.cursor;
        self.me = snapshot.me;
        self.network = snapshot.network;
        self.devices = snapshot.devices.into_iter().map(DeviceState::new).collect();
        for (id, qr) in snapshot.qrs {
            if let Some(state) = self.device_mut(&id) {
                state.qr = Some(qr);
            }
        }
        for (id, code) in snapshot.pairing_codes {
            if let Some(state) = self.device_mut(&id) {
                state.pairing_code = Some(code);
            }
        }
        // Collected at once they would be sorted, by code that nothing else needs.
        let mut named: BTreeSet<&ChatId> = BTreeSet::new();
        named.extend(snapshot.chats.iter().map(|chat| &chat.id));
        self.chats.remove_where(|chat| !named.contains(&chat.id));
        for chat in snapshot.chats {
            self.chats.put(chat);
        }
        self.next_chats = snapshot.next_chats;
        self.doubt_details();
        self.next_of.clear();
        // A thread that is not in the snapshot may have a hole now: it is loaded again when it is opened,
        // around what was written in it and not answered yet.
        for thread in self.threads.values_mut() {
            thread.loaded = false;
        }
        if let Some(page) = snapshot.thread {
            self.take_newest(page, &mut Changes::default());
        }
    }

    fn take_event(&mut self, event: Event, changes: &mut Changes) {
        self.detail_event(&event, changes);
        match event.kind {
            EventKind::DeviceCreated { device } | EventKind::DeviceUpdated { device, .. } => {
                self.put_device(device, changes);
            }
            EventKind::DeviceDeleted { id } => self.remove_device(&id, changes),
            EventKind::DeviceQr { qr } => {
                if let Some(state) = event.device_id.and_then(|id| self.device_mut(&id)) {
                    state.qr = Some(qr);
                    changes.devices = true;
                }
            }
            EventKind::DevicePairingCode { pairing_code } => {
                if let Some(state) = event.device_id.and_then(|id| self.device_mut(&id)) {
                    state.pairing_code = Some(pairing_code);
                    changes.devices = true;
                }
            }
            EventKind::MessageNew { message, chat } => self.message_new(message, chat, changes),
            EventKind::MessageStatus { chat_id, message_id, status, failure, delay } => {
                let progress = Progress { status, failure: failure.map(Box::new), delay };
                self.message_status(&chat_id, &message_id, progress, changes);
            }
            EventKind::MessageUpdated { message, chat, .. } => {
                let key = self.put_told_chat(chat, changes);
                self.change_message(key, message, changes);
            }
            EventKind::MessageDeleted { message_id, chat } => {
                let key = self.put_told_chat(chat, changes);
                if let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded)
                    && thread.log.delete(&message_id)
                {
                    let following = thread.hold == Hold::Pinned;
                    thread.window.settle(&thread.log, following);
                    changes.threads.insert(key);
                }
            }
            EventKind::ChatUpdated { chat } => {
                let cleared = chat.last_message.is_none().then(|| chat.id.clone());
                let key = self.put_told_chat(chat, changes);
                if let Some(chat_id) = cleared {
                    self.clear_thread(key, chat_id, changes);
                }
            }
            EventKind::DraftUpdated { chat_id, draft, .. } => {
                let set = |state: &mut ChatState| {
                    state.chat.draft = draft;
                    true
                };
                if let Some(key) = self.chats.key(&chat_id)
                    && self.chats.edit(key, set)
                {
                    changes.chats.insert(key);
                }
            }
            EventKind::ChatMerged { from, chat } => self.merge_chats(&from, chat, changes),
            EventKind::ContactMerged { from, contact } => self.merge_contacts(&from, &contact, changes),
            EventKind::ChatDeleted { chat_id } => self.remove_chats(|chat| chat.id == chat_id, changes),
            EventKind::LabelUpdated { label } => self.put_label(event.device_id.as_ref(), label, changes),
            EventKind::LabelDeleted { id } => self.drop_label(event.device_id.as_ref(), &id, changes),
            // Chats carry the names that are shown; contacts without a chat and members of groups are shown nowhere yet.
            EventKind::ContactUpdated { .. }
            | EventKind::GroupUpdated { .. }
            | EventKind::GroupRequest { .. } => {}
            // How far a message came is told by its status; who got it, whoever asks for it.
            EventKind::MessageReceipt { .. } => {}
            EventKind::HistorySynced { progress, chat_id, finished, .. } => {
                // Of one chat it says nothing of the whole.
                if let Some(state) =
                    event.device_id.as_ref().filter(|_| chat_id.is_none()).and_then(|id| self.device_mut(id))
                {
                    state.history = progress.filter(|_| !finished);
                    changes.devices = true;
                }
                for (key, thread) in &mut self.threads {
                    let device = self.chats.get(*key).map(|state| &state.chat.device_id);
                    if device == event.device_id.as_ref() {
                        thread.log.expect_older();
                        changes.threads.insert(*key);
                    }
                }
                changes.chats_stale = true;
            }
        }
    }

    fn take_live(&mut self, live: LiveEvent, changes: &mut Changes) {
        let (chat_id, changed) = match live.kind {
            LiveKind::Typing { chat_id, sender_name, state, .. } => {
                let until = live.at.saturating_add(TYPING_LIFE);
                let typing = (state != TypingState::Paused).then_some(Typing { state, sender_name, until });
                let edit =
                    |chat: &mut ChatState| std::mem::replace(&mut chat.typing, typing.clone()) != typing;
                let changed = self.edit_chat(&chat_id, edit);
                (chat_id, changed)
            }
            LiveKind::Presence { chat_id, online, last_seen } => {
                let presence = Some((online, last_seen));
                let edit = |chat: &mut ChatState| std::mem::replace(&mut chat.presence, presence) != presence;
                let changed = self.edit_chat(&chat_id, edit);
                (chat_id, changed)
            }
        };
        changes.chats.extend(self.chats.key(&chat_id).filter(|_| changed));
    }

    fn edit_chat(&mut self, id: &ChatId, edit: impl FnOnce(&mut ChatState) -> bool) -> bool {
        self.chats.key(id).is_some_and(|key| self.chats.edit(key, edit))
    }

    fn message_new(&mut self, message: Message, chat: Chat, changes: &mut Changes) {
        let (unread, name) = (chat.unread, chat.name.clone());
        let key = self.put_told_chat(chat, changes);
        if !message.from_me {
            self.chats.edit(key, |state| state.typing.take().is_some());
        }
        let arrival = (!message.from_me).then(|| Arrival {
            id: message.id.clone(),
            chat: key,
            name: message.sender_name.clone().unwrap_or(name),
            text: text::plain(&text::spans(&message.text)),
        });
        changes.answered.extend(message.command_id.clone());
        self.put_message(key, message, changes);
        let is_open = self.open == Some(key);
        if arrival.is_some() && is_open && !self.attending && unread > 0 {
            // The reader is away: the line waits for them above what they have not seen.
            if let Some(thread) = self.threads.get_mut(&key) {
                thread.draw_unread_line(unread);
            }
        }
        changes.arrived.extend(arrival);
    }

    /// What was done to a message is shown where it is shown; it brings no message that is not.
    fn change_message(&mut self, key: ChatKey, message: Message, changes: &mut Changes) {
        let known = self.threads.get(&key).is_some_and(|thread| thread.log.by_id(&message.id).is_some());
        if known {
            self.put_message(key, message, changes);
        }
    }

    fn put_message(&mut self, key: ChatKey, message: Message, changes: &mut Changes) {
        let theirs = !message.from_me;
        let Some(thread) = self.threads.get_mut(&key) else { return };
        if !thread.loaded {
            // The page that is on its way may have been read before this.
            return thread.log.tell_beyond(Position::of(&message));
        }
        let inserted = thread.log.insert(message, &mut self.keys);
        match inserted {
            Inserted::Added(_) => {
                if theirs && (thread.hold != Hold::Pinned || !thread.window.at_end()) {
                    thread.fresh += 1;
                }
                let following = thread.hold == Hold::Pinned;
                thread.window.settle(&thread.log, following);
                changes.threads.insert(key);
            }
            Inserted::Changed { key: row, moved } => {
                changes.rows.insert(row);
                if moved {
                    changes.threads.insert(key);
                }
            }
            Inserted::Beyond => {
                thread.fresh += u32::from(theirs);
                changes.threads.insert(key);
            }
            Inserted::Same | Inserted::Outside => {}
        }
        self.refresh_echo(key, changes);
    }

    fn message_status(
        &mut self,
        chat_id: &ChatId,
        id: &MessageId,
        progress: Progress,
        changes: &mut Changes,
    ) {
        let status = progress.status;
        let Some(key) = self.chats.key(chat_id) else { return };
        let row = self.threads.get_mut(&key).and_then(|thread| thread.log.progress(id, progress));
        changes.rows.extend(row);
        let shown = self.chats.edit(key, |state| {
            let Some(last) = state.chat.last_message.as_mut().filter(|last| last.id == *id) else {
                return false;
            };
            let again = last.status == MessageStatus::Failed && status == MessageStatus::Queued;
            let news = status > last.status || again;
            if news {
                last.status = status;
            }
            news
        });
        if shown {
            changes.chats.insert(key);
        }
    }

    fn take_newest(&mut self, page: ThreadPage, changes: &mut Changes) {
        let Some(key) = self.chats.key(&page.chat_id) else { return };
        let unread = self.chats.get(key).map_or(0, |state| state.chat.unread);
        let thread = self.threads.entry(key).or_default();
        let first_time = !thread.loaded;
        let inserted = thread.log.merge_newest(page, &mut self.keys);
        thread.loaded = true;
        // A place in a run that was dropped can no longer be held.
        let lost = match thread.hold {
            Hold::Pinned => true,
            Hold::Anchored { key, .. } => thread.log.row(key).is_none(),
        };
        if lost {
            thread.jump_to_end();
        }
        if first_time && !std::mem::take(&mut thread.to_end) {
            thread.draw_unread_line(unread);
        }
        note(inserted, key, changes);
        changes.threads.insert(key);
        self.refresh_echo(key, changes);
    }

    fn take_older(&mut self, page: ThreadPage, changes: &mut Changes) {
        let Some(key) = self.chats.key(&page.chat_id) else { return };
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        let inserted = thread.log.merge_older(page, &mut self.keys);
        let following = thread.hold == Hold::Pinned;
        thread.window.settle(&thread.log, following);
        note(inserted, key, changes);
        changes.threads.insert(key);
    }

    fn take_chats(&mut self, page: Page<Chat>, changes: &mut Changes) {
        for chat in page.items {
            self.put_chat(chat, changes);
        }
        self.next_chats = page.next;
        changes.order = true;
    }

    fn wrote(&mut self, chat_id: &ChatId, echo: Echo, changes: &mut Changes) {
        let Some(key) = self.chats.key(chat_id) else { return };
        let thread = self.threads.entry(key).or_default();
        let command = echo.command_id.clone();
        let Some(row) = thread.log.echo(echo, &mut self.keys) else {
            // The server has it already: it came with the page that this one was loaded from.
            if thread.log.by_command(&command).is_some_and(|row| matches!(row.body, Body::Settled(_))) {
                changes.answered.push(command);
            }
            return;
        };
        thread.clear_unread_line();
        thread.leave_midst();
        if thread.loaded {
            thread.jump_to_end();
        }
        changes.rows.insert(row);
        changes.threads.insert(key);
        self.refresh_echo(key, changes);
    }

    fn done(&mut self, result: CommandResult, changes: &mut Changes) {
        match result {
            // The event that brings a pairing code says for which device it is.
            CommandResult::Done | CommandResult::PairingCode(_) | CommandResult::Presence(_) => {}
            CommandResult::Device(device) => self.put_device(device, changes),
            CommandResult::Chat(chat) => {
                self.put_chat(chat, changes);
            }
            CommandResult::Message(message) => {
                if let Some(key) = self.chats.key(&message.chat_id) {
                    changes.answered.extend(message.command_id.clone());
                    self.put_message(key, message, changes);
                }
            }
        }
    }

    fn draft(&mut self, chat_id: &ChatId, text: String, changes: &mut Changes) {
        let draft = Some(text).filter(|text| !text.trim().is_empty());
        if self.edit_chat(chat_id, |state| std::mem::replace(&mut state.draft, draft.clone()) != draft) {
            changes.chats.extend(self.chats.key(chat_id));
        }
    }

    fn with_log(
        &mut self,
        chat_id: &ChatId,
        changes: &mut Changes,
        act: impl FnOnce(&mut super::MessageLog) -> Option<RowKey>,
    ) {
        let Some(key) = self.chats.key(chat_id) else { return };
        let Some(thread) = self.threads.get_mut(&key) else { return };
        if let Some(row) = act(&mut thread.log) {
            changes.rows.insert(row);
            changes.threads.insert(key);
            self.refresh_echo(key, changes);
        }
    }

    /// Shows the newest unanswered text of a thread in the chat list, or none.
    pub(super) fn refresh_echo(&mut self, key: ChatKey, changes: &mut Changes) {
        let Some(thread) = self.threads.get(&key) else { return };
        let newest = thread.log.echoes().last().and_then(|row| thread.log.row(*row));
        let echo = newest.map(|row| EchoPreview {
            kind: row.kind(),
            text: row.text().to_owned(),
            at: row.at(),
            refused: row.failure().is_some(),
        });
        if self.chats.get(key).is_some_and(|state| state.echo != echo) {
            changes.order |= self.chats.set_echo(key, echo);
            changes.chats.insert(key);
        }
    }

    /// A chat as an event tells of it: of what was begun to be written in it, only its own events tell.
    fn put_told_chat(&mut self, mut chat: Chat, changes: &mut Changes) -> ChatKey {
        let known = self.chats.key(&chat.id).and_then(|key| self.chats.get(key));
        chat.draft = known.and_then(|state| state.chat.draft.clone());
        self.put_chat(chat, changes)
    }

    pub(super) fn put_chat(&mut self, chat: Chat, changes: &mut Changes) -> ChatKey {
        let (key, moved) = self.chats.put(chat);
        changes.order |= moved;
        changes.chats.insert(key);
        key
    }

    fn device_mut(&mut self, id: &DeviceId) -> Option<&mut DeviceState> {
        self.devices.iter_mut().find(|state| state.device.id == *id)
    }

    fn put_device(&mut self, device: Device, changes: &mut Changes) {
        changes.devices = true;
        match self.device_mut(&device.id) {
            Some(state) => state.update(device),
            None => self.devices.push(DeviceState::new(device)),
        }
    }

    /// A chat has no messages any more. What was written in it here and not answered yet stays.
    fn clear_thread(&mut self, key: ChatKey, chat_id: ChatId, changes: &mut Changes) {
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        let nothing = ThreadPage { chat_id, messages: Vec::new(), has_older: false };
        thread.log.merge_newest(nothing, &mut self.keys);
        thread.clear_unread_line();
        thread.jump_to_end();
        changes.threads.insert(key);
        self.refresh_echo(key, changes);
    }

    fn remove_chats(&mut self, gone: impl Fn(&Chat) -> bool, changes: &mut Changes) {
        for key in self.chats.remove_where(gone) {
            self.threads.remove(&key);
            self.warm.retain(|other| *other != key);
            changes.chats.insert(key);
            changes.threads.insert(key);
        }
        changes.order = true;
    }

    fn remove_device(&mut self, id: &DeviceId, changes: &mut Changes) {
        self.devices.retain(|state| state.device.id != *id);
        self.remove_chats(|chat| chat.device_id == *id, changes);
        changes.devices = true;
        changes.order = true;
    }
}

pub(super) fn note(inserted: Vec<Inserted>, key: ChatKey, changes: &mut Changes) {
    for one in inserted {
        if let Inserted::Changed { key: row, .. } = one {
            changes.rows.insert(row);
        }
    }
    changes.threads.insert(key);
}
