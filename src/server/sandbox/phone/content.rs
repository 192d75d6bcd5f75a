//! What a message says, as far as a phone shows it.

use super::media;
use crate::protocol::{
    ContactCard, Degrees, Details, LinkPreview, Location, MessageKind, PIN_SECONDS, Poll, PollOption, Quoted,
};
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::pin_in_chat_message::Type as Pin;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// Characters of a quoted text at most.
const EXCERPT: usize = 500;

/// What a phone does with a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Keeps it. People in the details are JIDs still.
    Keep { kind: MessageKind, text: String, details: Box<Details> },
    /// Does something to a message that it keeps, by WhatsApp's id.
    Act { id: String, act: Act },
    /// Sets after how many seconds messages of the chat disappear; 0 for never.
    Timer(u32),
    /// Nothing to see: keys, requests between an account's own devices.
    Hidden,
}

/// What is done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Another text.
    Edit(String),
    /// Taken back for everybody.
    Revoke,
    /// An emoji, or nothing to take it back.
    React(String),
    /// Pinned for so many seconds; 0 for no longer.
    Pin(u32),
    /// Options of a poll, sealed with its secret.
    Vote { payload: Vec<u8>, iv: Vec<u8> },
}

/// Reads a message, without what is wrapped around it.
pub fn read(message: &wa::Message) -> Content {
    let base = message.get_base_message();
    let act = |key: Option<&wa::MessageKey>, act: Act| Content::Act {
        id: key.and_then(|key| key.id.clone()).unwrap_or_default(),
        act,
    };
    if let Some(protocol) = base.protocol_message.as_option() {
        let key = protocol.key.as_option();
        return match protocol.r#type {
            Some(Type::REVOKE) => act(key, Act::Revoke),
            Some(Type::MESSAGE_EDIT) => {
                let text = protocol.edited_message.as_option().map(text_of).unwrap_or_default();
                act(key, Act::Edit(text))
            }
            Some(Type::EPHEMERAL_SETTING) => Content::Timer(protocol.ephemeral_expiration.unwrap_or(0)),
            _ => Content::Hidden,
        };
    }
    if let Some(reaction) = base.reaction_message.as_option() {
        return act(reaction.key.as_option(), Act::React(reaction.text.clone().unwrap_or_default()));
    }
    if let Some(pin) = base.pin_in_chat_message.as_option() {
        let wished = [message, base]
            .into_iter()
            .filter_map(|message| message.message_context_info.as_option()?.message_add_on_duration_in_secs)
            .find(|seconds| *seconds > 0);
        let seconds = match pin.r#type {
            Some(Pin::PIN_FOR_ALL) => wished.unwrap_or(PIN_SECONDS[1]),
            _ => 0,
        };
        return act(pin.key.as_option(), Act::Pin(seconds));
    }
    if let Some(update) = base.poll_update_message.as_option() {
        let vote = update.vote.as_option();
        let payload = vote.and_then(|vote| vote.enc_payload.clone()).unwrap_or_default();
        let iv = vote.and_then(|vote| vote.enc_iv.clone()).unwrap_or_default();
        return act(update.poll_creation_message_key.as_option(), Act::Vote { payload, iv });
    }
    match kind_of(base) {
        Some(kind) => {
            Content::Keep { kind, text: text_of(base), details: Box::new(details_of(message, base)) }
        }
        None => Content::Hidden,
    }
}

/// The poll that a message holds, in whichever of its places.
pub fn poll_of(message: &wa::Message) -> Option<&wa::message::PollCreationMessage> {
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
    ];
    polls.into_iter().find_map(|poll| poll.as_option())
}

fn text_of(message: &wa::Message) -> String {
    if let Some(text) = message.text_content().or_else(|| message.get_caption()) {
        return text.to_owned();
    }
    let poll = poll_of(message).and_then(|poll| poll.name.clone());
    let location = || message.location_message.as_option().and_then(|place| place.name.clone());
    let live = || message.live_location_message.as_option().and_then(|place| place.caption.clone());
    let contact = || message.contact_message.as_option().and_then(|contact| contact.display_name.clone());
    poll.or_else(location).or_else(live).or_else(contact).unwrap_or_default()
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
        .or(is(poll_of(message).is_some(), MessageKind::Poll))
}

/// What a message says of others: whom it answers, whom it names, how often it was passed on.
pub fn context_of(message: &wa::Message) -> Option<&wa::ContextInfo> {
    let text = || message.extended_text_message.as_option().and_then(|part| part.context_info.as_option());
    let image = || message.image_message.as_option().and_then(|part| part.context_info.as_option());
    let video = || message.video_message.as_option().and_then(|part| part.context_info.as_option());
    let audio = || message.audio_message.as_option().and_then(|part| part.context_info.as_option());
    let document = || message.document_message.as_option().and_then(|part| part.context_info.as_option());
    let sticker = || message.sticker_message.as_option().and_then(|part| part.context_info.as_option());
    let place = || message.location_message.as_option().and_then(|part| part.context_info.as_option());
    let live = || message.live_location_message.as_option().and_then(|part| part.context_info.as_option());
    let card = || message.contact_message.as_option().and_then(|part| part.context_info.as_option());
    let cards = || message.contacts_array_message.as_option().and_then(|part| part.context_info.as_option());
    let poll = || poll_of(message).and_then(|poll| poll.context_info.as_option());
    text()
        .or_else(image)
        .or_else(video)
        .or_else(audio)
        .or_else(document)
        .or_else(sticker)
        .or_else(place)
        .or_else(live)
        .or_else(card)
        .or_else(cards)
        .or_else(poll)
}

fn details_of(message: &wa::Message, base: &wa::Message) -> Details {
    let context = context_of(base);
    Details {
        quoted: context.and_then(quoted),
        mentions: context.map(|context| context.mentioned_jid.clone()).unwrap_or_default(),
        media: media::describe(base),
        location: location(base),
        contacts: contacts(base),
        poll: poll_of(base).map(poll),
        link_preview: base.extended_text_message.as_option().and_then(link_preview),
        forwards: context.map_or(0, |context| {
            let once = u32::from(context.is_forwarded == Some(true));
            context.forwarding_score.unwrap_or(0).max(once)
        }),
        view_once: message.is_view_once(),
        expires_in: message.get_ephemeral_expiration().filter(|seconds| *seconds > 0),
        ..Details::default()
    }
}

fn quoted(context: &wa::ContextInfo) -> Option<Quoted> {
    let id = context.stanza_id.clone().filter(|id| !id.is_empty())?;
    let (kind, text) = match context.quoted_message.as_option() {
        Some(message) => {
            let base = message.get_base_message();
            (kind_of(base).unwrap_or(MessageKind::Unknown), text_of(base))
        }
        None => (MessageKind::Unknown, String::new()),
    };
    Some(Quoted {
        message_id: id.parse().ok(),
        whatsapp_id: id,
        from: context.participant.clone().unwrap_or_default(),
        from_me: false,
        kind,
        text: text.chars().take(EXCERPT).collect(),
    })
}

fn location(message: &wa::Message) -> Option<Location> {
    if let Some(place) = message.location_message.as_option() {
        return Some(Location {
            latitude: Degrees::within(place.degrees_latitude?, 90.0)?,
            longitude: Degrees::within(place.degrees_longitude?, 180.0)?,
            name: place.name.clone(),
            address: place.address.clone(),
            live: place.is_live == Some(true),
        });
    }
    let place = message.live_location_message.as_option()?;
    Some(Location {
        latitude: Degrees::within(place.degrees_latitude?, 90.0)?,
        longitude: Degrees::within(place.degrees_longitude?, 180.0)?,
        name: place.caption.clone(),
        address: None,
        live: true,
    })
}

fn contacts(message: &wa::Message) -> Vec<ContactCard> {
    let card = |contact: &wa::message::ContactMessage| {
        let vcard = contact.vcard.clone().unwrap_or_default();
        ContactCard {
            name: contact.display_name.clone().unwrap_or_default(),
            phone_numbers: vcard_numbers(&vcard),
            vcard,
        }
    };
    match message.contacts_array_message.as_option() {
        Some(array) => array.contacts.iter().map(card).collect(),
        None => message.contact_message.as_option().map(card).into_iter().collect(),
    }
}

/// The numbers of a card: what WhatsApp marks as an account, else the digits of the telephone.
fn vcard_numbers(vcard: &str) -> Vec<String> {
    let telephones = vcard.lines().filter_map(|line| {
        let (name, value) = line.trim().split_once(':')?;
        // A group may stand before the property: `item1.TEL`.
        let property = name.split(';').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
        if !property.eq_ignore_ascii_case("TEL") {
            return None;
        }
        let account = name.split(';').find_map(|parameter| parameter.strip_prefix("waid="));
        let digits: String = account.unwrap_or(value).chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    });
    telephones.collect()
}

fn poll(poll: &wa::message::PollCreationMessage) -> Poll {
    let option = |option: &wa::message::poll_creation_message::Option| PollOption {
        text: option.option_name.clone().unwrap_or_default(),
        voters: Vec::new(),
    };
    Poll {
        options: poll.options.iter().map(option).collect(),
        selectable: poll.selectable_options_count.unwrap_or(0),
    }
}

fn link_preview(text: &wa::message::ExtendedTextMessage) -> Option<LinkPreview> {
    let url = text.matched_text.clone().filter(|url| !url.is_empty())?;
    Some(LinkPreview { url, title: text.title.clone(), description: text.description.clone() })
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

    fn kept(message: &wa::Message) -> (MessageKind, String) {
        match read(message) {
            Content::Keep { kind, text, .. } => (kind, text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn texts_captions_and_edits_are_read() {
        assert_eq!(kept(&text("hi")), (MessageKind::Text, "hi".into()));
        let image = wa::message::ImageMessage { caption: Some("look".into()), ..Default::default() };
        let image = wa::Message { image_message: MessageField::some(image), ..Default::default() };
        assert_eq!(kept(&image), (MessageKind::Image, "look".into()));
        let edit = wa::message::ProtocolMessage {
            r#type: Some(Type::MESSAGE_EDIT),
            key: MessageField::some(wa::MessageKey { id: Some("A".into()), ..Default::default() }),
            edited_message: MessageField::some(text("better")),
            ..Default::default()
        };
        let edit = wa::Message { protocol_message: MessageField::some(edit), ..Default::default() };
        assert_eq!(read(&edit), Content::Act { id: "A".into(), act: Act::Edit("better".into()) });
    }

    #[test]
    fn keys_alone_are_hidden() {
        assert_eq!(read(&wa::Message::default()), Content::Hidden);
    }

    #[test]
    fn cards_of_all_spellings_have_their_numbers() {
        let card =
            "BEGIN:VCARD\r\nitem1.TEL;waid=34600111222:+34 600 111 222\r\ntel;type=CELL:+1 555\r\nFN:x";
        assert_eq!(vcard_numbers(card), ["34600111222", "1555"]);
        assert!(vcard_numbers("TEL").is_empty());
    }
}
