//! What stands beside a thread: whom the chat is with, in full, and whom one message reached.
//!
//! Both are asked for when somebody looks, and kept true by events for as long as they do.

use super::input::Changes;
use super::members::rename;
use super::state::Model;
use crate::protocol::{
    ChatId, Contact, DeviceId, Event, EventKind, GroupInfo, GroupRequest, GroupRole, MessageId, Millis,
    ReceiptStatus, read_record,
};

/// The chat whose details somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    pub chat_id: ChatId,
    pub device_id: DeviceId,
    pub jid: String,
    /// Of a chat with one person.
    pub contact: Option<Contact>,
    /// Of a group.
    pub group: Option<GroupInfo>,
    /// Who waits to be let into the group.
    pub requests: Vec<GroupRequest>,
    /// It has to be asked for: nothing is here yet, or events were missed.
    pub stale: bool,
    /// Something that was asked for last did not come.
    pub failed: bool,
}

/// What an account may do in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    pub admin: bool,
    /// Subject and description.
    pub edit: bool,
    pub add: bool,
}

impl Pane {
    /// What the account with this number may do in the group.
    #[must_use]
    pub fn rights(&self, own: Option<&str>) -> Rights {
        let Some(group) = self.group.as_ref().filter(|group| !group.left) else { return Rights::default() };
        let us = group.members.iter().find(|member| own.is_some() && member.phone_number.as_deref() == own);
        let Some(us) = us else { return Rights::default() };
        let admin = us.role != GroupRole::Member;
        Rights { admin, edit: admin || !group.settings.locked, add: admin || group.settings.member_add }
    }

    /// Takes in what an event tells of it. `true` if that may have changed it.
    fn take(&mut self, kind: &EventKind) -> bool {
        match kind {
            EventKind::GroupUpdated { group } if group.chat_id == self.chat_id => {
                // Who is a member waits no longer.
                self.requests.retain(|request| group.members.iter().all(|member| member.jid != request.jid));
                self.group = Some(group.clone());
            }
            EventKind::GroupRequest { chat_id, request, pending } if *chat_id == self.chat_id => {
                self.requests.retain(|other| other.jid != request.jid);
                if *pending {
                    self.requests.push(request.clone());
                }
            }
            EventKind::ContactUpdated { contact } => return self.take_contact(&contact.jid, contact),
            EventKind::ChatMerged { from, chat } if *from == self.chat_id || chat.id == self.chat_id => {
                self.jid.clone_from(&chat.jid);
                self.stale = true;
            }
            EventKind::ContactMerged { from, contact } => return self.take_contact(from, contact),
            _ => return false,
        }
        true
    }

    /// Whoever had this JID is this contact now: whom the chat is with, or who is in the group.
    fn take_contact(&mut self, from: &str, contact: &Contact) -> bool {
        if contact.device_id != self.device_id {
            return false;
        }
        let ours = from == self.jid || contact.jid == self.jid;
        if ours {
            self.jid.clone_from(&contact.jid);
            self.contact = Some(contact.clone());
        }
        let member = self.group.as_mut().is_some_and(|group| rename(&mut group.members, from, contact));
        ours || member
    }
}

/// How far a message of ours came with one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonReceipt {
    /// Digits of the number, or a JID.
    pub person: String,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
    pub played_at: Option<Millis>,
}

read_record!(PersonReceipt {
    person: "person",
    delivered_at: "deliveredAt",
    read_at: "readAt",
    played_at: "playedAt",
});

/// A message whose receipts somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub message_id: MessageId,
    pub people: Vec<PersonReceipt>,
}

impl Watched {
    /// Somebody told how far it came with them: the first time of each step counts.
    fn take(&mut self, person: &str, status: ReceiptStatus, at: Millis) -> bool {
        let place = self.people.iter().position(|one| one.person == person).unwrap_or_else(|| {
            let person = person.to_owned();
            self.people.push(PersonReceipt { person, delivered_at: None, read_at: None, played_at: None });
            self.people.len() - 1
        });
        let Some(one) = self.people.get_mut(place) else { return false };
        let time = match status {
            ReceiptStatus::Delivered => &mut one.delivered_at,
            ReceiptStatus::Read => &mut one.read_at,
            ReceiptStatus::Played => &mut one.played_at,
        };
        let news = time.is_none();
        time.get_or_insert(at);
        news
    }
}

/// What the details are told beside events.
#[derive(Debug, Clone)]
pub enum DetailInput {
    /// Somebody looks at this chat's details.
    Open(ChatId),
    Close,
    /// It is asked for what they are.
    Asked,
    /// Something of this chat's did not come.
    Failed(ChatId),
    Contact(Contact),
    Group(GroupInfo),
    /// The same where only its members are looked at.
    Members(GroupInfo),
    Requests(ChatId, Vec<GroupRequest>),
    /// Somebody looks at this message's receipts.
    Watch(Watched),
    Unwatch,
}

impl Model {
    /// The details on the page.
    #[must_use]
    pub fn pane(&self) -> Option<&Pane> {
        self.pane.as_ref()
    }

    /// The receipts on the page.
    #[must_use]
    pub fn watched(&self) -> Option<&Watched> {
        self.watched.as_ref()
    }

    pub(super) fn take_detail(&mut self, input: DetailInput, changes: &mut Changes) {
        changes.details = true;
        if let DetailInput::Group(group) | DetailInput::Members(group) = &input {
            self.take_members(group, changes);
        }
        match input {
            DetailInput::Members(_) => {}
            DetailInput::Open(id) => {
                let chat = self.chat_key(&id).and_then(|key| self.chat(key)).map(|state| &state.chat);
                self.pane = chat.map(|chat| Pane {
                    chat_id: chat.id.clone(),
                    device_id: chat.device_id.clone(),
                    jid: chat.jid.clone(),
                    contact: None,
                    group: None,
                    requests: Vec::new(),
                    stale: true,
                    failed: false,
                });
            }
            DetailInput::Close => self.pane = None,
            DetailInput::Watch(watched) => self.watched = Some(watched),
            DetailInput::Unwatch => self.watched = None,
            DetailInput::Asked => {
                if let Some(pane) = &mut self.pane {
                    pane.failed = false;
                }
            }
            DetailInput::Failed(id) => {
                if let Some(pane) = self.pane.as_mut().filter(|pane| pane.chat_id == id) {
                    pane.failed = true;
                }
            }
            answer => {
                // What was asked for about a chat that is no longer looked at.
                let Some(pane) = &mut self.pane else { return };
                pane.stale = false;
                match answer {
                    DetailInput::Contact(contact) if contact.jid == pane.jid => pane.contact = Some(contact),
                    DetailInput::Group(group) if group.chat_id == pane.chat_id => pane.group = Some(group),
                    DetailInput::Requests(id, requests) if id == pane.chat_id => pane.requests = requests,
                    _ => {}
                }
            }
        }
    }

    pub(super) fn detail_event(&mut self, event: &Event, changes: &mut Changes) {
        if let EventKind::MessageReceipt { message_id, person, status, at, .. } = &event.kind
            && let Some(watched) = self.watched.as_mut().filter(|watched| watched.message_id == *message_id)
        {
            changes.details |= watched.take(person, *status, *at);
        }
        if let Some(pane) = &mut self.pane {
            changes.details |= pane.take(&event.kind);
        }
    }

    /// Events were missed: what is here of the details may be old.
    pub(super) fn doubt_details(&mut self) {
        if let Some(pane) = &mut self.pane {
            pane.stale = true;
        }
    }
}
