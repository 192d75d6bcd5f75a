//! The labels of accounts, and chats that are known beside the list.

use super::input::Changes;
use super::state::Model;
use crate::protocol::{Chat, Contact, DeviceId, Label};

impl Model {
    /// Every label that is known, with the device whose it is: in the order of devices, then of names.
    #[must_use]
    pub fn labels(&self) -> Vec<(DeviceId, Label)> {
        let of = |id: &DeviceId| self.labels.get(id).cloned().unwrap_or_default();
        let devices = self.devices.iter().map(|state| &state.device.id);
        devices.flat_map(|id| of(id).into_iter().map(|label| (id.clone(), label))).collect()
    }

    pub(super) fn put_label(&mut self, device: Option<&DeviceId>, label: Label, changes: &mut Changes) {
        // Those that were not asked for yet come in one piece when they are.
        let Some(labels) = device.and_then(|device| self.labels.get_mut(device)) else { return };
        labels.retain(|other| other.id != label.id);
        let place = labels.iter().position(|other| other.name > label.name);
        labels.insert(place.unwrap_or(labels.len()), label);
        changes.labels = true;
    }

    pub(super) fn drop_label(&mut self, device: Option<&DeviceId>, id: &str, changes: &mut Changes) {
        let Some(labels) = device.and_then(|device| self.labels.get_mut(device)) else { return };
        labels.retain(|label| label.id != id);
        changes.labels = true;
    }

    pub(super) fn take_known(&mut self, chats: Vec<Chat>, changes: &mut Changes) {
        for chat in chats {
            self.put_chat(chat, changes);
        }
        changes.order = true;
    }

    /// Of these contacts, those with whom no chat is loaded.
    #[must_use]
    pub fn without_chat(&self, mut contacts: Vec<Contact>) -> Vec<Contact> {
        for state in self.chats.states() {
            let chat = &state.chat;
            contacts.retain(|contact| contact.jid != chat.jid || contact.device_id != chat.device_id);
        }
        contacts
    }
}
