//! Reading entities as clients see them. Nothing here changes anything.

mod chats;
mod connections;
mod contact_list;
mod contacts;
mod devices;
mod identities;
mod messages;
mod pinned;
mod stats;
mod totals;
mod unread;
mod waiting;

pub use chats::{
    CHATS_PER_PAGE, ChatsLike, chat, chat_by_jid, chat_page, chat_query, chats_by_id, chats_like,
    chats_named, is_chat_place, to_chat,
};
pub use connections::{
    CONNECTIONS_PER_PAGE, connection_analytics, connection_page, is_connection_place, last_connection_end,
};
pub use contact_list::{CONTACTS_PER_PAGE, contact, contact_page};
pub use contacts::{Acquaintance, acquaintances, to_contact};
pub use devices::{
    DEVICES_PER_PAGE, device, device_page, devices, devices_at, has_device, is_device_place, to_device,
};
pub use identities::{canonical, known_number};
pub(super) use messages::message_select;
pub use messages::{
    MESSAGES_PER_PAGE, message, message_query, thread_after, thread_at, thread_from, thread_page,
    thread_slice, to_message,
};
pub use pinned::pinned;
pub use stats::{ChatCounts, DeviceCounts, MessageCounts, Stats, Traffic, stats};
pub use totals::{Totals, totals};
pub use unread::{UnreadChats, unread_chats};
pub use waiting::{Waiting, waiting};

use super::StorageError;

/// Where a picture is served, by the hash of its bytes.
fn picture_path(hash: Option<String>) -> Option<String> {
    hash.map(|hash| format!("/api/v1/pictures/{hash}"))
}

/// The number in a JID of a person; `None` for groups and for people known by LID only.
#[must_use]
pub fn number_of(jid: &str) -> Option<&str> {
    let (user, server) = jid.split_once('@')?;
    (server == "s.whatsapp.net" && !user.is_empty() && user.bytes().all(|b| b.is_ascii_digit()))
        .then_some(user)
}

/// The JID itself, if it is the LID of a person.
#[must_use]
pub fn lid_of(jid: &str) -> Option<&str> {
    let user = jid.strip_suffix("@lid")?;
    (!user.is_empty() && user.bytes().all(|b| b.is_ascii_digit())).then_some(jid)
}

/// How a JID is shown in `from` and `to`: the digits of its number, or itself.
#[must_use]
pub fn address_of(jid: &str) -> String {
    number_of(jid).unwrap_or(jid).to_owned()
}

/// What to call somebody of whom only the JID is known: `+34600111222`, or the JID's user part.
#[must_use]
pub fn bare_name(jid: &str) -> String {
    match number_of(jid) {
        Some(number) => format!("+{number}"),
        None => jid.split('@').next().unwrap_or(jid).to_owned(),
    }
}

fn damaged(column: &str) -> StorageError {
    StorageError::row(column, "cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_numbers_from_other_addresses() {
        assert_eq!(number_of("34600111222@s.whatsapp.net"), Some("34600111222"));
        assert_eq!(number_of("120363000@g.us"), None);
        assert_eq!(number_of("1234@lid"), None);
        assert_eq!(number_of("@s.whatsapp.net"), None);
        assert_eq!(number_of("no address"), None);
        assert_eq!(bare_name("34600111222@s.whatsapp.net"), "+34600111222");
        assert_eq!(bare_name("120363000@g.us"), "120363000");
    }
}
