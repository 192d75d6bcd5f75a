//! What people are called who are known by their address only.

use super::state::Model;

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
        let mut whole = text.to_owned();
        for address in mentions {
            let digits = address.split('@').next().unwrap_or_default();
            if let Some(name) = self.name_of(address).filter(|_| !digits.is_empty()) {
                whole = whole.replace(&format!("@{digits}"), &format!("@{name}"));
            }
        }
        whole
    }
}
