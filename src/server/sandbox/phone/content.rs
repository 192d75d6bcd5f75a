//! What a message says, as far as a phone shows it.

use crate::protocol::MessageKind;
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// What a phone does with a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Keeps it.
    Keep { kind: MessageKind, text: String },
    /// Changes the text of a message that it keeps.
    Edit { id: String, text: String },
    /// Takes a message back.
    Revoke { id: String },
    /// Nothing to see: keys, requests between an account's own devices.
    Hidden,
}

/// Reads a message, without what is wrapped around it.
pub fn read(message: &wa::Message) -> Content {
    let base = message.get_base_message();
    if let Some(edit) = message.edited_message.as_option()
        && let Some(inner) = edit.message.as_option()
    {
        return read(inner);
    }
    if let Some(protocol) = base.protocol_message.as_option() {
        let id = protocol.key.as_option().and_then(|key| key.id.clone()).unwrap_or_default();
        return match protocol.r#type {
            Some(Type::REVOKE) => Content::Revoke { id },
            Some(Type::MESSAGE_EDIT) => {
                let text = protocol.edited_message.as_option().map(text_of).unwrap_or_default();
                Content::Edit { id, text }
            }
            _ => Content::Hidden,
        };
    }
    if let Some(reaction) = base.reaction_message.as_option() {
        // A phone shows it at its message; here it is a line of its own, so that nothing is invisible.
        return Content::Keep { kind: MessageKind::Unknown, text: reaction.text.clone().unwrap_or_default() };
    }
    let kind = kind_of(base);
    match kind {
        Some(kind) => Content::Keep { kind, text: text_of(base) },
        None => Content::Hidden,
    }
}

fn text_of(message: &wa::Message) -> String {
    if let Some(text) = message.text_content().or_else(|| message.get_caption()) {
        return text.to_owned();
    }
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
    ];
    let poll = polls.into_iter().find_map(|poll| poll.as_option().and_then(|poll| poll.name.clone()));
    let location = || message.location_message.as_option().and_then(|place| place.name.clone());
    let contact = || message.contact_message.as_option().and_then(|contact| contact.display_name.clone());
    poll.or_else(location).or_else(contact).unwrap_or_default()
}

fn kind_of(message: &wa::Message) -> Option<MessageKind> {
    let is = |set: bool, kind: MessageKind| set.then_some(kind);
    is(message.conversation.is_some() || message.extended_text_message.is_set(), MessageKind::Text)
        .or(is(message.image_message.is_set(), MessageKind::Image))
        .or(is(message.video_message.is_set() || message.ptv_message.is_set(), MessageKind::Video))
        .or(is(message.audio_message.is_set(), MessageKind::Audio))
        .or(is(message.document_message.is_set(), MessageKind::Document))
        .or(is(message.sticker_message.is_set(), MessageKind::Sticker))
        .or(is(
            message.location_message.is_set() || message.live_location_message.is_set(),
            MessageKind::Location,
        ))
        .or(is(
            message.contact_message.is_set() || message.contacts_array_message.is_set(),
            MessageKind::Contact,
        ))
        .or(is(
            message.poll_creation_message.is_set()
                || message.poll_creation_message_v2.is_set()
                || message.poll_creation_message_v3.is_set(),
            MessageKind::Poll,
        ))
}

/// A plain text.
#[must_use]
pub fn text(text: &str) -> wa::Message {
    wa::Message { conversation: Some(text.to_owned()), ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use whatsapp_rust::waproto::buffa::MessageField;

    #[test]
    fn texts_captions_and_edits_are_read() {
        assert_eq!(read(&text("hi")), Content::Keep { kind: MessageKind::Text, text: "hi".into() });
        let image = wa::message::ImageMessage { caption: Some("look".into()), ..Default::default() };
        let image = wa::Message { image_message: MessageField::some(image), ..Default::default() };
        assert_eq!(read(&image), Content::Keep { kind: MessageKind::Image, text: "look".into() });
        let edit = wa::message::ProtocolMessage {
            r#type: Some(Type::MESSAGE_EDIT),
            key: MessageField::some(wa::MessageKey { id: Some("A".into()), ..Default::default() }),
            edited_message: MessageField::some(text("better")),
            ..Default::default()
        };
        let edit = wa::Message { protocol_message: MessageField::some(edit), ..Default::default() };
        assert_eq!(read(&edit), Content::Edit { id: "A".into(), text: "better".into() });
    }

    #[test]
    fn keys_alone_are_hidden() {
        assert_eq!(read(&wa::Message::default()), Content::Hidden);
    }
}
