//! What pages say of a message beside its text, in words.

use crate::i18n::Locale;
use crate::model::text::phone;
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

/// A notice of WhatsApp, in the words of the client.
pub fn notice(message: &Message, notice: &Notice) -> String {
    let name = |address: &str| match &message.sender_name {
        Some(name) if *address == message.from => name.clone(),
        _ => phone(address),
    };
    Locale::default().messages().notice(notice, message.from_me, &name)
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
    fn sizes_are_words() {
        assert_eq!([size(5), size(12_345), size(4_560_000)], ["5 B", "12 kB", "4.5 MB"]);
    }
}
