//! The chat that the details are of, and what is asked of the server about it.

use crate::model::sandbox::Items;
use crate::model::{ChatKey, ChatState, DetailInput, Input};
use crate::protocol::{
    ChatChange, ChatId, Command, Contact, DeviceId, DeviceStatus, GroupInfo, Label, Page, Problem,
};
use crate::ui::client::Tone;
use crate::ui::components::device_actions::act;
use crate::ui::components::picker::encoded;
use crate::ui::hooks::{Verb, host, rest};
use crate::ui::prelude::*;
use serde_json::Value;

/// The chat that the details are of.
#[derive(Clone, Copy)]
pub struct Place {
    pub client: Client,
    pub cell: RwSignal<ChatState>,
    pub group: bool,
    ids: StoredValue<(ChatId, DeviceId)>,
}

impl Place {
    /// The chat of this key, for as long as the caller's owner lives.
    pub fn new(client: Client, key: ChatKey) -> Option<Self> {
        let cell = RwSignal::from(client.chat_cell(key)?);
        let (ids, group) = cell.with_untracked(|state| {
            let chat = &state.chat;
            ((chat.id.clone(), chat.device_id.clone()), chat.kind == crate::protocol::ChatKind::Group)
        });
        Some(Self { client, cell, group, ids: StoredValue::new(ids) })
    }

    pub fn chat(&self) -> ChatId {
        self.ids.with_value(|ids| ids.0.clone())
    }

    pub fn device(&self) -> DeviceId {
        self.ids.with_value(|ids| ids.1.clone())
    }

    /// Its name now.
    pub fn name(&self) -> String {
        self.cell.with(|state| state.chat.name.clone())
    }

    /// Digits of the device's own number.
    pub fn own(&self) -> Option<String> {
        let device = self.device();
        self.client.devices.with(|all| {
            all.iter()
                .find(|state| state.device.id == device)
                .and_then(|state| state.device.phone_number.clone())
        })
    }

    /// Whether the device can be asked for something now.
    pub fn connected(&self) -> bool {
        let device = self.device();
        self.client.devices.with(|all| {
            all.iter()
                .any(|state| state.device.id == device && state.device.status == DeviceStatus::Connected)
        })
    }

    /// Where the group is asked for.
    pub fn group_path(&self, below: &str) -> String {
        self.ids.with_value(|(chat, device)| format!("/devices/{device}/groups/{chat}{below}"))
    }

    /// Changes the chat; a refusal is shown.
    pub fn change(&self, change: ChatChange) {
        act(self.client, Command::ChangeChat { chat_id: self.chat(), change });
    }

    /// The same, and tells where it was refused.
    pub fn change_or(&self, change: ChatChange, refused: impl FnOnce() + 'static) {
        let client = self.client;
        host::ask(Command::ChangeChat { chat_id: self.chat(), change }, move |result| {
            if let Err(problem) = result {
                client.toast(Tone::Bad, problem.detail);
                refused();
            }
        });
    }

    /// Asks for something, shows a refusal, and hands on what was answered.
    pub fn ask<T: serde::de::DeserializeOwned + 'static>(
        &self,
        verb: Verb,
        path: String,
        body: Option<Value>,
        then: impl FnOnce(Option<T>) + 'static,
    ) {
        let client = self.client;
        rest(verb, path, body, move |answer: Result<T, Problem>| match answer {
            Ok(answer) => then(Some(answer)),
            Err(problem) => {
                client.toast(Tone::Bad, problem.detail);
                then(None);
            }
        });
    }

    /// Changes the group, and takes in how it is then.
    pub fn change_group(&self, body: Value, then: impl FnOnce(bool) + 'static) {
        let client = self.client;
        self.ask(Verb::Patch, self.group_path(""), Some(body), move |group: Option<GroupInfo>| {
            then(group.is_some());
            if let Some(group) = group {
                client.detail(DetailInput::Group(group));
            }
        });
    }

    /// Asks for everything that the details show.
    pub fn load(&self) {
        let (client, chat) = (self.client, self.chat());
        client.detail(DetailInput::Asked);
        let device = self.device();
        let path = format!("/devices/{device}/labels");
        rest(Verb::Get, path, None, move |answer: Result<Items<Label>, Problem>| match answer {
            Ok(labels) => {
                client.apply(Input::Labels { device_id: device, labels: labels.items });
            }
            Err(_) => client.detail(DetailInput::Failed(chat)),
        });
        if self.group {
            self.load_group();
        } else {
            self.load_contact();
        }
    }

    /// Asks for the group and who is in it.
    pub fn load_group(&self) {
        let (client, chat) = (self.client, self.chat());
        rest(Verb::Get, self.group_path(""), None, move |answer: Result<GroupInfo, Problem>| match answer {
            Ok(group) => client.detail(DetailInput::Group(group)),
            Err(_) => client.detail(DetailInput::Failed(chat)),
        });
    }

    fn load_contact(&self) {
        let (client, device, chat) = (self.client, self.device(), self.chat());
        let (jid, named) = self.cell.with_untracked(|state| {
            let chat = &state.chat;
            (chat.jid.clone(), chat.phone_number.clone().unwrap_or_else(|| chat.name.clone()))
        });
        // By search: somebody who is no contact yet is none to ask for by name.
        let path = format!("/devices/{device}/contacts?limit=20&q={}", encoded(&named));
        let connected = untrack(|| self.connected());
        rest(Verb::Get, path, None, move |answer: Result<Page<Contact>, Problem>| {
            let Ok(page) = answer else { return client.detail(DetailInput::Failed(chat)) };
            let Some(contact) = page.items.into_iter().find(|one| one.jid == jid) else { return };
            client.detail(DetailInput::Contact(contact));
            if connected {
                // What they say now comes as an event.
                let path = format!("/devices/{device}/contacts/{jid}/about");
                rest(Verb::Get, path, None, |_: Result<Value, Problem>| {});
            }
        });
    }
}
