//! Who is in a group: asked for once somebody looks at its thread, and kept true by events for as long as that is warm.

use super::chats::ChatKey;
use super::input::Changes;
use super::state::Model;
use super::text::phone;
use super::writing::digits_of;
use crate::protocol::{Contact, EventKind, GroupInfo, GroupMember, Millis};
use std::cmp::Ordering;
use std::sync::Arc;

/// Who is in a group, as it was told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    pub all: Vec<GroupMember>,
    /// When WhatsApp told it.
    as_of: Millis,
    /// Events were missed since: it has to be asked for again.
    pub old: bool,
}

impl Model {
    /// A group as it was answered or told. An answer that is older than what was told meanwhile brings nothing new.
    pub(super) fn take_members(&mut self, group: &GroupInfo, changes: &mut Changes) {
        let Some(key) = self.chats.key(&group.chat_id).filter(|key| self.warm.contains(key)) else { return };
        let taken = self.chats.edit(key, |state| {
            let (all, as_of) = match state.members.take() {
                Some(told) if told.as_of > group.as_of => (told.all.clone(), told.as_of),
                _ => (group.members.clone(), group.as_of),
            };
            state.members = Some(Arc::new(Members { all, as_of, old: false }));
            true
        });
        changes.chats.extend(taken.then_some(key));
    }

    pub(super) fn members_event(&mut self, kind: &EventKind, changes: &mut Changes) {
        match kind {
            EventKind::GroupUpdated { group } if self.looks_at_members(group) => {
                self.take_members(group, changes);
            }
            EventKind::ContactUpdated { contact } => self.rename_members(&contact.jid, contact, changes),
            EventKind::ContactMerged { from, contact } => self.rename_members(from, contact, changes),
            _ => {}
        }
    }

    /// Events were missed: who is in the groups that are known may be somebody else by now.
    pub(super) fn doubt_members(&mut self) {
        for key in &self.warm {
            self.chats.edit(*key, |state| {
                if let Some(members) = &mut state.members {
                    Arc::make_mut(members).old = true;
                }
                true
            });
        }
    }

    /// Whether somebody looks, or looked, at who is in it.
    fn looks_at_members(&self, group: &GroupInfo) -> bool {
        self.chats.key(&group.chat_id).is_some_and(|key| {
            let known = self.chats.get(key).is_some_and(|state| state.members.is_some());
            known || self.open == Some(key)
        })
    }

    /// Whoever is in a group under this JID is this contact.
    fn rename_members(&mut self, from: &str, contact: &Contact, changes: &mut Changes) {
        let mut renamed: Vec<ChatKey> = Vec::new();
        for key in &self.warm {
            let found = self.chats.edit(*key, |state| {
                let members = state.members.as_mut().filter(|_| state.chat.device_id == contact.device_id);
                let news =
                    |members: &&mut Arc<Members>| members.all.iter().any(|one| is_news(one, from, contact));
                members
                    .filter(news)
                    .is_some_and(|members| rename(&mut Arc::make_mut(members).all, from, contact))
            });
            renamed.extend(found.then_some(*key));
        }
        changes.chats.extend(renamed);
    }
}

/// Whether this is who has that JID, and is called otherwise or looks otherwise now.
fn is_news(member: &GroupMember, from: &str, contact: &Contact) -> bool {
    let same = member.name == contact.name && member.picture == contact.picture;
    member.jid == from && !(same && member.jid == contact.jid)
}

/// Whoever among them has this JID is this contact. `true` if that is news.
pub(super) fn rename(members: &mut [GroupMember], from: &str, contact: &Contact) -> bool {
    let mut any = false;
    for member in members.iter_mut().filter(|member| is_news(member, from, contact)) {
        member.jid.clone_from(&contact.jid);
        member.phone_number.clone_from(&contact.phone_number);
        member.name.clone_from(&contact.name);
        member.picture.clone_from(&contact.picture);
        any = true;
    }
    any
}

/// Whether nothing is known of somebody but their number, or the JID that stands for it.
fn nameless(member: &GroupMember) -> bool {
    member.phone_number.as_ref() == Some(&member.name) || digits_of(&member.jid) == member.name
}

/// What somebody in a group is called; a number as people read it.
#[must_use]
pub fn member_name(member: &GroupMember) -> String {
    if member.phone_number.as_ref() == Some(&member.name) { phone(&member.name) } else { member.name.clone() }
}

/// What the members of a group are called, one after the other: those with a name in their order, then those with a
/// number alone, and at the end the account itself, by its number (`own`), as `you`.
#[must_use]
pub fn member_names(
    members: &[GroupMember],
    own: Option<&str>,
    you: &str,
    order: impl Fn(&str, &str) -> Ordering,
) -> Vec<String> {
    let ours = |member: &GroupMember| own.is_some() && member.phone_number.as_deref() == own;
    let others = members.iter().filter(|member| !ours(member));
    let mut names: Vec<(bool, String)> =
        others.map(|member| (nameless(member), member_name(member))).collect();
    names.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| order(&one.1, &other.1)));
    let us = members.iter().any(ours).then(|| you.to_owned());
    names.into_iter().map(|(_, name)| name).chain(us).collect()
}
