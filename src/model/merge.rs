//! Two chats, or two people, that turned out to be one.

use super::input::Changes;
use super::log::MessageLog;
use super::row::{Body, Echo, RowKey};
use super::state::Model;
use crate::protocol::{Chat, ChatId, Contact};

impl Model {
    /// A chat went into another: what was written in it and not answered yet goes along, and whoever has it open has
    /// the other open. The messages of both are loaded again, because they stand in each other's order now.
    pub(super) fn merge_chats(&mut self, from: &ChatId, mut chat: Chat, changes: &mut Changes) {
        let into = chat.id.clone();
        // Of what was begun to be written, only its own events tell; on the server it went along, too.
        let begun = |id: &ChatId| self.chats.get(self.chats.key(id)?)?.chat.draft.clone();
        chat.draft = begun(&into).or_else(|| begun(from));
        self.move_draft(from, &into, changes);
        self.hear_chats_draft(&chat, changes);
        let (key, gone) = self.chats.merge(from, chat);
        self.show_draft(&into, changes);
        changes.order = true;
        changes.pins = true;
        changes.chats.insert(key);
        changes.threads.insert(key);
        let Some(gone) = gone else {
            if let Some(thread) = self.threads.get_mut(&key) {
                thread.doubt();
            }
            return;
        };
        changes.chats.insert(gone);
        changes.threads.insert(gone);
        self.warm.retain(|other| *other != gone);
        if self.open == Some(gone) {
            self.open = Some(key);
            self.warm.retain(|other| *other != key);
            self.warm.push(key);
        }
        let waiting = self.threads.remove(&gone).map(|thread| thread.log.waiting()).unwrap_or_default();
        if self.threads.contains_key(&key) || !waiting.is_empty() || self.open == Some(key) {
            let thread = self.threads.entry(key).or_default();
            thread.doubt();
            for echo in waiting {
                thread.log.echo(echo, &mut self.keys);
            }
            self.refresh_echo(key, changes);
        }
    }

    /// Whatever is shown as from the old JID is from this contact.
    pub(super) fn merge_contacts(&mut self, from: &str, contact: &Contact, changes: &mut Changes) {
        let now = contact.phone_number.as_deref().unwrap_or(&contact.jid);
        for (key, thread) in &mut self.threads {
            let of_device =
                self.chats.get(*key).is_some_and(|state| state.chat.device_id == contact.device_id);
            if of_device {
                changes.rows.extend(thread.log.rename(from, now, &contact.name));
            }
        }
    }
}

impl MessageLog {
    /// What was written here and has no answer yet, in the order in which it was written.
    fn waiting(&self) -> Vec<Echo> {
        let rows = self.echoes().iter().filter_map(|key| self.row(*key));
        rows.filter_map(|row| match &row.body {
            Body::Echo(echo) => Some(echo.clone()),
            Body::Settled(_) => None,
        })
        .collect()
    }

    /// Gives the messages of somebody another sender; answers which rows that changed.
    fn rename(&mut self, from: &str, now: &str, name: &str) -> Vec<RowKey> {
        let mut renamed = Vec::new();
        for row in self.rows_mut() {
            let key = row.key;
            if let Body::Settled(message) = &mut row.body
                && message.from == from
            {
                now.clone_into(&mut message.from);
                if let Some(shown) = &mut message.sender_name {
                    name.clone_into(shown);
                }
                renamed.push(key);
            }
        }
        renamed
    }
}
