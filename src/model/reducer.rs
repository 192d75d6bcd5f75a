//! How what happens changes what a client believes.

use super::attach::shown_as;
use super::chats::{ChatKey, ChatState, TYPING_LIFE, Typing};
use super::devices::DeviceState;
use super::input::{Arrival, Changes, Input};
use super::log::Progress;
use super::row::Echo;
use super::state::Model;
use super::thread::Hold;
use super::unread::Elsewhere;
use crate::protocol::{
    Chat, ChatId, CommandResult, Cursor, Device, DeviceId, Event, EventKind, Extras, LiveEvent, LiveKind,
    MessageKind, Page, Snapshot, TypingState,
};
use std::collections::BTreeSet;

impl Model {
    /// Takes one input in and says what it changed. An event that was taken in before changes nothing.
    pub fn apply(&mut self, input: Input) -> Changes {
        let mut changes = Changes::default();
        self.take_in(input, &mut changes);
        changes
    }

    /// Takes in several, one after the other, and says what they changed together: it is shown in one go.
    pub fn apply_all(&mut self, inputs: Vec<Input>) -> Changes {
        let mut changes = Changes::default();
        for input in inputs {
            self.take_in(input, &mut changes);
        }
        changes
    }

    fn take_in(&mut self, input: Input, changes: &mut Changes) {
        match input {
            Input::Snapshot(snapshot) => {
                self.take_snapshot(*snapshot, changes);
                changes.all = true;
            }
            Input::Event(event) => {
                if self.advance(&event.cursor) {
                    self.take_event(*event, changes);
                }
            }
            Input::Live(live) => self.take_live(*live, changes),
            Input::Reached(cursor) => {
                self.advance(&cursor);
            }
            Input::Newest(page) => self.take_newest(page, changes),
            Input::Older { before, page } => self.take_older(before.as_ref(), page, changes),
            Input::Newer(run) => self.take_newer(run, changes),
            Input::Around(run) => self.take_around(run, changes),
            Input::Chats(page) => self.take_chats(page, changes),
            Input::Reloaded(snapshot) => {
                let Snapshot { chats, next_chats, unread, .. } = *snapshot;
                let elsewhere = Elsewhere::of(unread, &chats);
                self.take_chats(Page { items: chats, next: next_chats, cursor: None }, changes);
                self.chats.set_elsewhere(elsewhere);
            }
            Input::ChatsOf { list, page } => {
                self.next_of.insert(list, page.next);
                self.take_known(page.items, changes);
            }
            Input::Known(chats) => self.take_known(chats, changes),
            Input::Labels { device_id, labels } => {
                self.labels.insert(device_id, labels);
                changes.labels = true;
            }
            Input::Wrote { command_id, chat_id, text, at } => {
                let (kind, details) = (MessageKind::Text, Extras::default());
                let echo = Echo { command_id, kind, text, details, at, refused: None };
                self.wrote(&chat_id, echo, changes);
            }
            Input::Posted { command_id, chat_id, message, media, at } => {
                let (kind, text, details) = shown_as(&message, media.as_deref());
                let echo = Echo { command_id, kind, text, details, at, refused: None };
                self.wrote(&chat_id, echo, changes);
            }
            Input::Done(result) => self.done(*result, changes),
            Input::PairingCode { device_id, pairing_code } => {
                if let Some(state) = self.device_mut(&device_id) {
                    state.pairing_code = Some(pairing_code);
                    changes.devices = true;
                }
            }
            Input::Refused { command_id, chat_id, problem } => {
                self.with_log(&chat_id, changes, |log| log.refuse(&command_id, problem));
            }
            Input::Resent { chat_id, row, command_id, at } => {
                self.with_log(&chat_id, changes, |log| log.resend(row, command_id, at).then_some(row));
            }
            Input::Discarded { chat_id, row } => {
                self.with_log(&chat_id, changes, |log| log.discard(row).then_some(row));
            }
            Input::Read(chat_id) => {
                if let Some(key) = self.chats.key(&chat_id)
                    && self.chats.read(key)
                {
                    changes.chats.insert(key);
                    changes.order = true;
                }
            }
            Input::Draft(input) => self.take_draft(*input, changes),
            Input::Detail(input) => self.take_detail(*input, changes),
            Input::Pins(input) => self.take_pins(input, changes),
            Input::Clock(now) => {
                changes.chats.extend(self.chats.expire_typing(now));
                self.expire_pins(now, changes);
            }
        }
    }

    /// Moves on to this position; `false` if it was passed before, or belongs to another life of the log.
    fn advance(&mut self, cursor: &Cursor) -> bool {
        let ahead = cursor.epoch == self.cursor.epoch && cursor.seq > self.cursor.seq;
        if ahead {
            self.cursor.seq = cursor.seq;
        }
        ahead
    }

    pub(super) fn take_snapshot(&mut self, snapshot: Snapshot, changes: &mut Changes) {
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
        let elsewhere = Elsewhere::of(snapshot.unread, &snapshot.chats);
        for chat in snapshot.chats {
            self.put_chat(chat, changes);
        }
        self.chats.set_elsewhere(elsewhere);
        self.next_chats = snapshot.next_chats;
        self.doubt_details();
        self.doubt_members();
        self.next_of.clear();
        // A thread that is not in the snapshot may have a hole now: it is loaded again when it is opened,
        // around what was written in it and not answered yet.
        for thread in self.threads.values_mut() {
            thread.doubt();
        }
        if let Some(page) = snapshot.thread {
            self.take_newest(page, &mut Changes::default());
        }
    }

    fn take_event(&mut self, event: Event, changes: &mut Changes) {
        self.detail_event(&event, changes);
        self.members_event(&event.kind, changes);
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
            EventKind::MessageUpdated { message, chat, change } => {
                let name = chat.name.clone();
                let key = self.put_told_chat(chat, changes);
                changes.arrived.extend(Arrival::of(&message, Some(change), key, name));
                self.change_message(key, message, changes);
            }
            EventKind::MessageDeleted { message_id, chat } => {
                let key = self.put_told_chat(chat, changes);
                self.tell_pins(key, &message_id, None, changes);
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
                    self.clear_pins(key, changes);
                    self.clear_thread(key, chat_id, changes);
                }
            }
            EventKind::DraftUpdated { chat_id, draft, .. } => self.hear_draft(&chat_id, draft, changes),
            EventKind::ChatMerged { from, chat } => self.merge_chats(&from, chat, changes),
            EventKind::ContactMerged { from, contact } => self.merge_contacts(&from, &contact, changes),
            EventKind::ChatDeleted { chat_id } => {
                self.chats.gone(&chat_id);
                self.remove_chats(|chat| chat.id == chat_id, changes);
            }
            EventKind::LabelUpdated { label } => self.put_label(event.device_id.as_ref(), label, changes),
            EventKind::LabelDeleted { id } => self.drop_label(event.device_id.as_ref(), &id, changes),
            // Chats carry the names that are shown; whoever looks at details or members is told above.
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

    pub(super) fn edit_chat(&mut self, id: &ChatId, edit: impl FnOnce(&mut ChatState) -> bool) -> bool {
        self.chats.key(id).is_some_and(|key| self.chats.edit(key, edit))
    }

    fn take_chats(&mut self, page: Page<Chat>, changes: &mut Changes) {
        for chat in page.items {
            self.put_chat(chat, changes);
        }
        self.next_chats = page.next;
        changes.order = true;
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
                    self.tell_pins(key, &message.id, Some(&message), changes);
                    self.put_message(key, message, changes);
                }
            }
        }
    }

    /// A chat as an event tells of it: of what was begun to be written in it, only its own events tell.
    pub(super) fn put_told_chat(&mut self, mut chat: Chat, changes: &mut Changes) -> ChatKey {
        let known = self.chats.key(&chat.id).and_then(|key| self.chats.get(key));
        chat.draft = known.and_then(|state| state.chat.draft.clone());
        self.place_chat(chat, changes)
    }

    /// A chat as it was read, with what was begun to be written in it.
    pub(super) fn put_chat(&mut self, chat: Chat, changes: &mut Changes) -> ChatKey {
        self.hear_chats_draft(&chat, changes);
        self.place_chat(chat, changes)
    }

    fn place_chat(&mut self, chat: Chat, changes: &mut Changes) -> ChatKey {
        let id = chat.id.clone();
        let (key, moved) = self.chats.put(chat);
        changes.order |= moved;
        changes.chats.insert(key);
        // It may have been begun here before the chat was loaded.
        self.show_draft(&id, changes);
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

    fn remove_chats(&mut self, gone: impl Fn(&Chat) -> bool, changes: &mut Changes) {
        self.chats.settle_where(&gone);
        let begun = self.drafts.iter().map(|draft| draft.chat_id.clone());
        let is_gone = |id: &ChatId| {
            let state = self.chats.key(id).and_then(|key| self.chats.get(key));
            state.is_some_and(|state| gone(&state.chat))
        };
        for id in begun.filter(is_gone).collect::<Vec<_>>() {
            self.drop_draft(&id, changes);
        }
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
        self.chats.device_gone(id);
        self.remove_chats(|chat| chat.device_id == *id, changes);
        changes.devices = true;
        changes.order = true;
    }
}
