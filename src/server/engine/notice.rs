//! Notices of WhatsApp itself: who came, who went, what was set. WhatsApp's own have no ids, and tells some twice;
//! ours is made of what a notice says and when, so that the same notice is the same message, whoever tells it.

use super::InboundMessage;
use crate::protocol::{ChatKind, Details, MessageKind, Millis, Notice};
use crate::server::storage::read::address_of;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What the ids of notices begin with.
const PREFIX: &str = "notice-";

/// A notice in the chat with this JID. `by` is the JID of who did it; `from_me` that it was us.
#[must_use]
pub fn notice(
    chat: &str,
    by: Option<&str>,
    from_me: bool,
    at: Millis,
    code: &str,
    mut people: Vec<String>,
    value: Option<String>,
) -> InboundMessage {
    people.sort();
    people.dedup();
    let notice = Notice { code: code.to_owned(), by: by.map(address_of), people, value };
    InboundMessage {
        whatsapp_id: id(&notice, at),
        chat: chat.to_owned(),
        chat_kind: if chat.ends_with("@g.us") { ChatKind::Group } else { ChatKind::Direct },
        sender: by.unwrap_or(chat).to_owned(),
        from_me,
        push_name: None,
        timestamp: at.div_euclid(1_000).saturating_mul(1_000),
        kind: MessageKind::System,
        text: String::new(),
        details: Box::new(Details { notice: Some(notice), ..Details::default() }),
        secret: None,
        raw: None,
        media: None,
    }
}

fn id(notice: &Notice, at: Millis) -> String {
    let mut hash = Sha256::new();
    let parts = [Some(notice.code.as_str()), notice.by.as_deref(), notice.value.as_deref()];
    for part in parts.into_iter().chain(notice.people.iter().map(|person| Some(person.as_str()))) {
        // What is absent differs from what is empty.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        hash.update(part.unwrap_or_default());
    }
    let mut id = PREFIX.to_owned();
    for byte in hash.finalize().iter().take(10) {
        // Writing into a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    let _ = write!(id, "-{}", at.div_euclid(1_000));
    id
}

/// The part of a notice's id that says what it says, without when; nothing for what is no such id.
#[must_use]
pub fn says(id: &str) -> Option<&str> {
    let rest = id.strip_prefix(PREFIX)?;
    rest.split_once('-').map(|(says, _)| says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_notice_has_the_same_id() {
        let of = |people: &[&str], value: Option<&str>, at| {
            let people = people.iter().map(|person| (*person).to_owned()).collect();
            let by = Some("34600111222@s.whatsapp.net");
            notice("1@g.us", by, false, at, "members_added", people, value.map(str::to_owned)).whatsapp_id
        };
        assert_eq!(of(&["1", "2"], None, 5_100), of(&["2", "1", "1"], None, 5_900));
        assert_ne!(of(&["1"], None, 5_100), of(&["1"], None, 6_000), "another second");
        assert_ne!(of(&["1"], None, 5_100), of(&["1"], Some(""), 5_100));
        assert_eq!(says(&of(&["1"], None, 5_100)), says(&of(&["1"], None, 9_000)));
        assert_ne!(says(&of(&["1"], None, 5_100)), says(&of(&["2"], None, 5_100)));
        assert!(says("3EB0-1").is_none());
    }
}
