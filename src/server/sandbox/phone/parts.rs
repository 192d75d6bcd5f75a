//! The parts of WhatsApp's messages, made of what was asked for.

use crate::protocol::{
    ContactCard, Degrees, LinkPreview, Location, MAX_CONTACTS, MAX_POLL_OPTION, MAX_POLL_OPTIONS,
    MAX_POLL_QUESTION, NewPoll,
};
use crate::server::sandbox::{SandboxError, limits};
use std::collections::BTreeSet;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;

/// Characters of a place's name, its address, and the texts of a link's preview at most.
const MAX_LINE: usize = 1_000;
/// Bytes of a card at most.
const MAX_VCARD: usize = 64 * 1024;

fn invalid<T>(text: impl Into<String>) -> Result<T, SandboxError> {
    Err(SandboxError::Invalid(text.into()))
}

fn line(text: Option<&String>) -> Result<Option<String>, SandboxError> {
    match text {
        Some(text) if text.chars().take(MAX_LINE + 1).count() > MAX_LINE => {
            invalid(format!("names, addresses and titles have at most {MAX_LINE} characters"))
        }
        text => Ok(text.cloned()),
    }
}

/// A text, with the preview of a link in it.
pub fn text(text: &str, preview: Option<&LinkPreview>) -> Result<wa::Message, SandboxError> {
    let Some(preview) = preview else { return Ok(super::content::text(text)) };
    if preview.url.is_empty() || !text.contains(&preview.url) {
        return invalid("the url of a linkPreview stands in the text");
    }
    let extended = wa::message::ExtendedTextMessage {
        text: Some(text.to_owned()),
        matched_text: Some(preview.url.clone()),
        title: line(preview.title.as_ref())?,
        description: line(preview.description.as_ref())?,
        ..Default::default()
    };
    Ok(wa::Message { extended_text_message: MessageField::some(extended), ..Default::default() })
}

/// A place, or where somebody is who shares where they go.
pub fn location(place: &Location) -> Result<wa::Message, SandboxError> {
    let latitude = Degrees::within(place.latitude.get(), 90.0);
    let longitude = Degrees::within(place.longitude.get(), 180.0);
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
        return invalid("a latitude is from -90 to 90, a longitude from -180 to 180");
    };
    let (latitude, longitude) = (Some(latitude.get()), Some(longitude.get()));
    let (name, address) = (line(place.name.as_ref())?, line(place.address.as_ref())?);
    if place.live {
        if address.is_some() {
            return invalid("a live location has no address");
        }
        let live = wa::message::LiveLocationMessage {
            degrees_latitude: latitude,
            degrees_longitude: longitude,
            caption: name,
            sequence_number: Some(1),
            ..Default::default()
        };
        return Ok(wa::Message { live_location_message: MessageField::some(live), ..Default::default() });
    }
    let place = wa::message::LocationMessage {
        degrees_latitude: latitude,
        degrees_longitude: longitude,
        name,
        address,
        ..Default::default()
    };
    Ok(wa::Message { location_message: MessageField::some(place), ..Default::default() })
}

/// One card, or several.
pub fn contacts(cards: &[ContactCard]) -> Result<wa::Message, SandboxError> {
    if cards.len() > MAX_CONTACTS {
        return invalid(format!("at most {MAX_CONTACTS} cards travel together"));
    }
    let mut made = cards.iter().map(contact).collect::<Result<Vec<_>, _>>()?;
    if made.len() == 1
        && let Some(card) = made.pop()
    {
        return Ok(wa::Message { contact_message: MessageField::some(card), ..Default::default() });
    }
    let array = wa::message::ContactsArrayMessage {
        display_name: Some(format!("{} contacts", made.len())),
        contacts: made,
        ..Default::default()
    };
    Ok(wa::Message { contacts_array_message: MessageField::some(array), ..Default::default() })
}

fn contact(card: &ContactCard) -> Result<wa::message::ContactMessage, SandboxError> {
    let name = limits::name(&card.name)?;
    let vcard = if card.vcard.is_empty() { vcard(&name, &card.phone_numbers)? } else { card.vcard.clone() };
    if vcard.len() > MAX_VCARD || !vcard.trim_start().to_ascii_uppercase().starts_with("BEGIN:VCARD") {
        return invalid(format!("a vcard begins with BEGIN:VCARD and has at most {MAX_VCARD} bytes"));
    }
    Ok(wa::message::ContactMessage { display_name: Some(name), vcard: Some(vcard), ..Default::default() })
}

/// A card as phones write it (RFC 2426; `waid` is WhatsApp's own).
fn vcard(name: &str, numbers: &[String]) -> Result<String, SandboxError> {
    if numbers.is_empty() {
        return invalid("a contact has phoneNumbers or a vcard");
    }
    let name = name.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
    let mut card = format!("BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n");
    for number in numbers {
        let digits = limits::number(number)?;
        card += &format!("TEL;type=CELL;type=VOICE;waid={digits}:+{digits}\n");
    }
    Ok(card + "END:VCARD")
}

/// A poll, still without its secret.
pub fn poll(new: &NewPoll) -> Result<wa::Message, SandboxError> {
    let fits = |text: &str, most: usize| {
        let length = text.chars().take(most + 1).count();
        !text.trim().is_empty() && length <= most
    };
    if !fits(&new.name, MAX_POLL_QUESTION) {
        return invalid(format!("a poll's question has 1 to {MAX_POLL_QUESTION} characters"));
    }
    if !(2..=MAX_POLL_OPTIONS).contains(&new.options.len()) {
        return invalid(format!("a poll has 2 to {MAX_POLL_OPTIONS} options"));
    }
    if !new.options.iter().all(|option| fits(option, MAX_POLL_OPTION)) {
        return invalid(format!("a poll's option has 1 to {MAX_POLL_OPTION} characters"));
    }
    if new.options.iter().collect::<BTreeSet<_>>().len() != new.options.len() {
        return invalid("a poll's options differ from each other");
    }
    if new.selectable as usize > new.options.len() {
        return invalid("selectable is at most the number of options");
    }
    let option = |text: &String| wa::message::poll_creation_message::Option {
        option_name: Some(text.clone()),
        ..Default::default()
    };
    let poll = MessageField::some(wa::message::PollCreationMessage {
        name: Some(new.name.clone()),
        options: new.options.iter().map(option).collect(),
        selectable_options_count: Some(new.selectable),
        ..Default::default()
    });
    // A poll with one choice has a place of its own.
    Ok(match new.selectable {
        1 => wa::Message { poll_creation_message_v3: poll, ..Default::default() },
        _ => wa::Message { poll_creation_message: poll, ..Default::default() },
    })
}

/// What a poll's votes are sealed with.
pub fn set_secret(message: &mut wa::Message, secret: [u8; 32]) {
    message.message_context_info.get_or_insert_default().message_secret = Some(secret.to_vec());
}

/// Says of a message whom it answers, whom it names, and whether it was passed on.
pub fn set_context(message: &mut wa::Message, context: wa::ContextInfo) {
    if let Some(text) = message.conversation.take() {
        // A bare text has no room for it.
        message.extended_text_message.get_or_insert_default().text = Some(text);
    }
    macro_rules! into_first {
        ($($field:ident),* $(,)?) => {
            $(if let Some(part) = message.$field.as_option_mut() {
                part.context_info = MessageField::some(context);
                return;
            })*
        };
    }
    into_first!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
    );
}
