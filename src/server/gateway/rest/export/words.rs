//! What pages say of a message beside its text, in words.

use crate::protocol::{Media, MediaState, Message, MessageKind, Notice};

/// What kind of message it is; nothing for texts, and for what says so itself.
pub fn kind(message: &Message) -> Option<&'static str> {
    if message.details.revoked_at.is_some() {
        return None;
    }
    Some(match message.kind {
        MessageKind::Text => return None,
        MessageKind::Image => "Picture",
        MessageKind::Video => "Video",
        MessageKind::Audio => "Audio",
        MessageKind::Document => "Document",
        MessageKind::Sticker => "Sticker",
        MessageKind::Location => "Place",
        MessageKind::Contact => "Contact",
        MessageKind::Poll => "Poll",
        MessageKind::System => return message.details.notice.is_none().then_some("Notice"),
        MessageKind::Unknown => "A message of a kind that this version does not know",
    })
}

/// A notice of WhatsApp.
pub fn notice(notice: &Notice) -> String {
    let what = match notice.code.as_str() {
        "missed_call" => "Missed call",
        "incoming_call" => "Incoming call",
        "rejected_call" => "Rejected call",
        "call" => "Call",
        other => return with(notice, capital(&other.replace('_', " "))),
    };
    with(notice, what.to_owned())
}

fn with(notice: &Notice, mut words: String) -> String {
    if let Some(by) = &notice.by {
        words += &format!(" by {by}");
    }
    if !notice.people.is_empty() {
        words += &format!(": {}", notice.people.join(", "));
    }
    if let Some(value) = &notice.value {
        words += &format!(" ({value})");
    }
    words
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Why a file is not in an export.
pub fn absent(media: &Media) -> String {
    match media.state {
        Some(MediaState::Expired) => "WhatsApp no longer has this file.".to_owned(),
        Some(MediaState::Refused) => match &media.cause {
            Some(cause) => format!("This file was refused: {cause}"),
            None => "This file was refused.".to_owned(),
        },
        _ => "This file was not fetched, so it is not in this export.".to_owned(),
    }
}

/// What a file is called, or else what it is.
pub fn file_name(media: &Media) -> &str {
    media.file_name.as_deref().unwrap_or(&media.content_type)
}

/// A size as people say it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} B"),
        1_000..=999_999 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_and_sizes_are_words() {
        let of = |code: &str, by: Option<&str>, people: &[&str], value: Option<&str>| {
            let people = people.iter().map(|one| (*one).to_owned()).collect();
            notice(&Notice {
                code: code.to_owned(),
                by: by.map(str::to_owned),
                people,
                value: value.map(str::to_owned),
            })
        };
        assert_eq!(of("missed_call", Some("34600111222"), &[], None), "Missed call by 34600111222");
        assert_eq!(of("members_added", None, &["1", "2"], None), "Members added: 1, 2");
        assert_eq!(of("subject_changed", Some("1"), &[], Some("Lunch")), "Subject changed by 1 (Lunch)");
        assert_eq!([size(5), size(12_345), size(4_560_000)], ["5 B", "12 kB", "4.5 MB"]);
    }
}
