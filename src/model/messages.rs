//! What happens to the messages of threads: those that come, those that are written here, and what becomes of them.

use super::chats::{ChatKey, EchoPreview};
use super::input::{Arrival, Changes};
use super::log::{Inserted, Progress};
use super::row::{Body, Echo, Position, RowKey};
use super::state::Model;
use super::text;
use super::thread::Hold;
use crate::protocol::{Chat, ChatId, Message, MessageId, MessageStatus, ThreadPage};

impl Model {
    pub(super) fn message_new(&mut self, message: Message, chat: Chat, changes: &mut Changes) {
        let (unread, name) = (chat.unread, chat.name.clone());
        let key = self.put_told_chat(chat, changes);
        let mut arrived = Arrival::of(&message, None, key, name);
        if let Some(arrival) = arrived.as_mut().filter(|_| !message.details.mentions.is_empty()) {
            let named = self.with_names(&message.text, &message.details.mentions);
            arrival.text = text::plain(&text::spans(&named));
        }
        changes.arrived.extend(arrived);
        if !message.from_me {
            self.chats.edit(key, |state| state.typing.take().is_some());
        }
        let theirs = !message.from_me;
        changes.answered.extend(message.command_id.clone());
        self.put_message(key, message, changes);
        let is_open = self.open == Some(key);
        if theirs && is_open && !self.attending && unread > 0 {
            // The reader is away: the line waits for them above what they have not seen.
            if let Some(thread) = self.threads.get_mut(&key) {
                thread.grow_unread_line(unread);
            }
        }
    }

    /// What was done to a message is shown where it is shown; it brings the thread no message that is not.
    pub(super) fn change_message(&mut self, key: ChatKey, message: Message, changes: &mut Changes) {
        self.tell_pins(key, &message.id, Some(&message), changes);
        let known = self.threads.get(&key).is_some_and(|thread| thread.log.by_id(&message.id).is_some());
        if known {
            self.put_message(key, message, changes);
        }
    }

    pub(super) fn put_message(&mut self, key: ChatKey, message: Message, changes: &mut Changes) {
        let theirs = !message.from_me;
        let Some(thread) = self.threads.get_mut(&key) else { return };
        if !thread.loaded {
            // What was written here is done with: its message comes with the page.
            if thread.log.settle(&message) {
                changes.threads.insert(key);
            }
            // The page that is on its way may have been read before this.
            thread.log.tell_beyond(Position::of(&message));
            return self.refresh_echo(key, changes);
        }
        let waiting = thread.log.echoes().len();
        let inserted = thread.log.insert(message, &mut self.keys);
        match inserted {
            Inserted::Added(_) => {
                if theirs && (thread.hold != Hold::Pinned || !thread.window.at_end()) {
                    thread.fresh += 1;
                }
                let following = thread.hold == Hold::Pinned;
                thread.window.settle(&thread.log, following);
                thread.let_some_go(self.open == Some(key));
                changes.threads.insert(key);
            }
            Inserted::Changed { key: row, moved } => {
                changes.rows.insert(row);
                if moved {
                    thread.let_some_go(self.open == Some(key));
                    changes.threads.insert(key);
                }
            }
            Inserted::Beyond => {
                thread.fresh += u32::from(theirs);
                changes.threads.insert(key);
            }
            Inserted::Outside if thread.log.echoes().len() < waiting => {
                changes.threads.insert(key);
            }
            Inserted::Same | Inserted::Outside => {}
        }
        self.refresh_echo(key, changes);
    }

    pub(super) fn message_status(
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

    pub(super) fn take_newest(&mut self, page: ThreadPage, changes: &mut Changes) {
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
            thread.open_at_unread_line(unread);
        }
        note(inserted, key, changes);
        changes.threads.insert(key);
        self.refresh_echo(key, changes);
    }

    /// A page that was asked for before the reader went elsewhere does not meet the run that is held now: joined to it,
    /// it would hide a hole, or make a beginning of what is none.
    pub(super) fn take_older(&mut self, before: Option<&MessageId>, page: ThreadPage, changes: &mut Changes) {
        let Some(key) = self.chats.key(&page.chat_id) else { return };
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        if thread.log.first().map(|first| &first.id) != before {
            return;
        }
        let inserted = thread.log.merge_older(page, &mut self.keys);
        thread.lift_unread_line();
        let following = thread.hold == Hold::Pinned;
        thread.window.settle(&thread.log, following);
        note(inserted, key, changes);
        changes.threads.insert(key);
    }

    pub(super) fn wrote(&mut self, chat_id: &ChatId, echo: Echo, changes: &mut Changes) {
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

    pub(super) fn with_log(
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

    /// A chat has no messages any more. What was written in it here and not answered yet stays.
    pub(super) fn clear_thread(&mut self, key: ChatKey, chat_id: ChatId, changes: &mut Changes) {
        let Some(thread) = self.threads.get_mut(&key).filter(|thread| thread.loaded) else { return };
        let nothing = ThreadPage { chat_id, messages: Vec::new(), has_older: false };
        thread.log.merge_newest(nothing, &mut self.keys);
        thread.clear_unread_line();
        thread.jump_to_end();
        changes.threads.insert(key);
        self.refresh_echo(key, changes);
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
