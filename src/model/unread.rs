//! The chats that wait to be read and are not loaded: with those that are, they make the number that is shown.

use crate::protocol::{Chat, ChatId, DeviceId, UnreadChats};

/// Chats that wait somewhere beyond what is loaded.
///
/// Most are known by their ids, so that it is known for each chat that is loaded (because the list was scrolled, or
/// because something happened in it) whether it was one of them. Of very many the server only tells how many there are:
/// then a chat that is loaded and waits counts as one of them.
#[derive(Debug, Default)]
pub struct Elsewhere {
    named: Vec<(DeviceId, ChatId)>,
    more: Vec<(DeviceId, usize)>,
}

impl Elsewhere {
    /// What the server told together with these chats.
    #[must_use]
    pub fn of(unread: Vec<UnreadChats>, chats: &[Chat]) -> Self {
        let mut all = Self::default();
        for UnreadChats { device_id, count, elsewhere } in unread {
            let here = chats.iter().filter(|chat| chat.device_id == device_id && chat.waits()).count();
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let more = count.saturating_sub(here + elsewhere.len());
            all.named.extend(elsewhere.into_iter().map(|id| (device_id.clone(), id)));
            all.more.push((device_id, more));
        }
        all
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.more.iter().fold(self.named.len(), |all, (_, more)| all.saturating_add(*more))
    }

    /// A chat is loaded now, and counts by itself.
    pub fn loaded(&mut self, chat: &Chat) {
        let before = self.named.len();
        self.gone(&chat.id);
        if self.named.len() < before || !chat.waits() {
            return;
        }
        if let Some((_, more)) = self.more.iter_mut().find(|(device, _)| *device == chat.device_id) {
            *more = more.saturating_sub(1);
        }
    }

    /// A chat is not there any more.
    pub fn gone(&mut self, id: &ChatId) {
        self.named.retain(|(_, other)| other != id);
    }

    /// A device is not there any more.
    pub fn device_gone(&mut self, id: &DeviceId) {
        self.named.retain(|(device, _)| device != id);
        self.more.retain(|(device, _)| device != id);
    }

    /// Of those that are named, only these wait beyond what is loaded.
    pub fn keep(&mut self, beyond: impl Fn(&ChatId) -> bool) {
        self.named.retain(|(_, id)| beyond(id));
    }
}
