//! What people are called who are known by their address only.

use super::state::Model;
use super::writing::{Named, digits_of, renamed};

impl Model {
    /// The name of whom this address (digits of a number, or a JID) names: of their chat, else as they wrote in the
    /// open thread.
    #[must_use]
    pub fn name_of(&self, address: &str) -> Option<String> {
        let of_chat = self.chats.states().find(|state| {
            let chat = &state.chat;
            chat.phone_number.as_deref() == Some(address) || chat.lid.as_deref() == Some(address)
        });
        if let Some(state) = of_chat {
            return Some(state.chat.name.clone());
        }
        let thread = self.thread(self.open_chat()?)?;
        let rows = thread.log.settled().values().rev().filter_map(|key| thread.log.row(*key));
        rows.filter(|row| row.from() == address).find_map(|row| row.sender_name().map(ToOwned::to_owned))
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
}
