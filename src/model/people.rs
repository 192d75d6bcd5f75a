//! What people are called who are known by their address only.

use super::state::Model;
use super::writing::{Named, digits_of, renamed};
use crate::protocol::{Chat, ChatId, ChatKind};

/// The fewest digits of a number that a text may name somebody by.
const SHORTEST: usize = 6;

impl Model {
    /// The name of whom this address (digits of a number, or a JID) names: of their chat, of the account that it is,
    /// else as they wrote in a thread that is here.
    #[must_use]
    pub fn name_of(&self, address: &str) -> Option<String> {
        let mut of_chat = self.chats.states().map(|state| &state.chat).filter(|chat| is(chat, address));
        if let Some(name) = of_chat.find_map(named) {
            return Some(name);
        }
        let own = self.devices.iter().find(|state| state.device.phone_number.as_deref() == Some(address));
        if let Some(name) = own.and_then(|state| state.device.display_name.clone()) {
            return Some(name);
        }
        // The open thread first: whoever is named there mostly writes there, too.
        let open = self.open_chat().and_then(|key| self.thread(key));
        open.into_iter().chain(self.threads.values()).find_map(|thread| {
            let rows = thread.log.settled().values().rev().filter_map(|key| thread.log.row(*key));
            rows.filter(|row| row.from() == address).find_map(|row| row.sender_name().map(ToOwned::to_owned))
        })
    }

    /// The same of somebody in this chat: in one with one person, it is them.
    #[must_use]
    pub fn name_in(&self, chat: &ChatId, address: &str) -> Option<String> {
        let chat = self.chat_key(chat).and_then(|key| self.chat(key)).map(|state| &state.chat);
        let other = chat.filter(|chat| chat.kind == ChatKind::Direct).and_then(named);
        other.or_else(|| self.name_of(address))
    }

    /// A text with the names of those whom it names by number.
    #[must_use]
    pub fn with_names(&self, text: &str, mentions: &[String]) -> String {
        self.named_in(text, mentions).0
    }

    /// The same, and how each of them stands in it: what [`with_numbers`](super::writing::with_numbers) makes the first
    /// text of again. Who has no name here stays a number.
    #[must_use]
    pub fn named_in(&self, text: &str, mentions: &[String]) -> (String, Vec<Named>) {
        let called: Vec<Option<String>> = mentions.iter().map(|address| self.name_of(address)).collect();
        let mut whole = text.to_owned();
        let mut all: Vec<Named> = Vec::new();
        for (address, name) in mentions.iter().zip(&called) {
            let digits = digits_of(address);
            if all.iter().any(|one| one.address == *address) {
                continue;
            }
            let mut others = mentions.iter().zip(&called);
            let alike = others.any(|(other, theirs)| other != address && theirs == name);
            let one = match name {
                Some(name) => Named::new(name, address, alike),
                None => Named::new(digits, address, false),
            };
            if let Some(text) = renamed(&whole, digits, &one.name) {
                whole = text;
                all.push(one);
            }
        }
        (whole, all)
    }

    /// The same of an excerpt, which does not say whom it names: every number behind an `@` is looked for.
    #[must_use]
    pub fn with_known_names(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('@') {
            let length = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
            let (digits, behind) = after.split_at(length);
            whole.push_str(before);
            whole.push('@');
            let name = (length >= SHORTEST).then(|| self.name_of(digits)).flatten();
            whole.push_str(name.as_deref().unwrap_or(digits));
            rest = behind;
        }
        whole.push_str(rest);
        whole
    }
}

/// Whether this is the chat with whom the address names. A text names by LID without its server.
fn is(chat: &Chat, address: &str) -> bool {
    let lid = chat.lid.as_deref();
    chat.phone_number.as_deref() == Some(address)
        || lid == Some(address)
        || lid.and_then(|lid| lid.strip_suffix("@lid")) == Some(address)
}

/// The chat's name, if it is more than its number.
fn named(chat: &Chat) -> Option<String> {
    (Some(&chat.name) != chat.phone_number.as_ref()).then(|| chat.name.clone())
}
