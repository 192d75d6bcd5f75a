//! What somebody wants to send, checked before anything is kept.

use super::chats::digits;
use super::error::DeviceError;
use super::outbox::check_text;
use super::wanted_media::{self, WantedMedia};
use crate::protocol::{
    ContactCard, Details, LinkPreview, Location, MAX_CONTACTS, MAX_MENTIONS, MAX_POLL_OPTION,
    MAX_POLL_OPTIONS, MAX_POLL_QUESTION, MediaKind, MessageId, MessageKind, NewMessage, NewPoll, PIN_SECONDS,
};

/// The longest name of a place or person, and the longest address, in characters.
const MAX_NAME: usize = 1_000;
/// The longest card, in bytes.
const MAX_VCARD: usize = 64 * 1024;
/// The longest link, in bytes.
const MAX_LINK: usize = 4_096;
/// The longest emoji, in bytes: the family of four with skin tones has 41.
const MAX_EMOJI: usize = 64;

/// What is to be done, in its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// A message of its own.
    Message { kind: MessageKind, text: String, details: Box<Details>, quoted: Option<MessageId> },
    /// A message with a file, which is not looked at yet.
    Media { media: WantedMedia, text: String, details: Box<Details>, quoted: Option<MessageId> },
    /// Something that is done to a message.
    Change { target: MessageId, change: Wanted },
    /// A message that is passed on.
    Forward(MessageId),
}

/// What is wanted of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Reaction(String),
    Edit {
        text: String,
        mentions: Vec<String>,
    },
    Revoke,
    Vote(Vec<String>),
    /// Seconds; 0 to pin it no longer.
    Pin(u32),
}

pub(super) fn invalid(text: impl Into<String>) -> DeviceError {
    DeviceError::Invalid(text.into())
}

/// Checks a message to send.
///
/// # Errors
/// [`DeviceError::Invalid`] for what is nothing, several things at once, or out of its limits.
pub fn prepare(new: NewMessage) -> Result<Prepared, DeviceError> {
    let kind = which(&new)?;
    if let Some(meant) = &new.kind
        && meant != kind
        && !(kind == "media" && MediaKind::parse(meant).is_some())
    {
        return Err(invalid(format!("the kind says \"{meant}\", and what is there is \"{kind}\"")));
    }
    let mentions = mentions(new.mentions)?;
    match kind {
        "reaction" => {
            let reaction = new.reaction.ok_or_else(|| invalid("there is no reaction"))?;
            if reaction.emoji.len() > MAX_EMOJI || reaction.emoji.chars().any(char::is_control) {
                return Err(invalid("a reaction is one emoji, or nothing to take it back"));
            }
            return Ok(Prepared::Change {
                target: reaction.message_id,
                change: Wanted::Reaction(reaction.emoji),
            });
        }
        "edit" => {
            let edit = new.edit.ok_or_else(|| invalid("there is no edit"))?;
            check_text(&edit.text)?;
            let change = Wanted::Edit { text: edit.text, mentions };
            return Ok(Prepared::Change { target: edit.message_id, change });
        }
        "revoke" => {
            let revoke = new.revoke.ok_or_else(|| invalid("there is nothing to revoke"))?;
            return Ok(Prepared::Change { target: revoke.message_id, change: Wanted::Revoke });
        }
        "vote" => {
            let vote = new.vote.ok_or_else(|| invalid("there is no vote"))?;
            if vote.options.len() > MAX_POLL_OPTIONS {
                return Err(invalid(format!("a poll has at most {MAX_POLL_OPTIONS} options")));
            }
            return Ok(Prepared::Change { target: vote.message_id, change: Wanted::Vote(vote.options) });
        }
        "pin" => {
            let pin = new.pin.ok_or_else(|| invalid("there is nothing to pin"))?;
            if pin.seconds != 0 && !PIN_SECONDS.contains(&pin.seconds) {
                return Err(invalid("a message is pinned for 86400, 604800 or 2592000 seconds, or 0"));
            }
            return Ok(Prepared::Change { target: pin.message_id, change: Wanted::Pin(pin.seconds) });
        }
        "forward" => {
            let forward = new.forward.ok_or_else(|| invalid("there is nothing to forward"))?;
            return Ok(Prepared::Forward(forward.message_id));
        }
        _ => {}
    }
    let mut details = Details { mentions, ..Details::default() };
    let (kind, text) = match kind {
        "location" => {
            let place = new.location.ok_or_else(|| invalid("there is no location"))?;
            details.location = Some(location(place)?);
            let name = details.location.as_ref().and_then(|place| place.name.clone());
            (MessageKind::Location, name.unwrap_or_default())
        }
        "contact" => {
            details.contacts = contacts(new.contact, new.contacts)?;
            let names: Vec<_> = details.contacts.iter().map(|contact| contact.name.as_str()).collect();
            (MessageKind::Contact, names.join(", "))
        }
        "poll" => {
            let wanted = new.poll.ok_or_else(|| invalid("there is no poll"))?;
            poll(&wanted)?;
            details.poll = Some(wanted.open());
            (MessageKind::Poll, wanted.name)
        }
        "media" => {
            let meant = new.kind.as_deref().and_then(MediaKind::parse);
            let (media, text) = wanted_media::wanted(
                new.media.ok_or_else(|| invalid("there is no media"))?,
                new.text,
                meant,
            )?;
            return Ok(Prepared::Media { media, text, details: Box::new(details), quoted: new.quoted });
        }
        _ => {
            let text = new.text.unwrap_or_default();
            check_text(&text)?;
            details.link_preview = new.link_preview.map(link_preview).transpose()?;
            (MessageKind::Text, text)
        }
    };
    Ok(Prepared::Message { kind, text, details: Box::new(details), quoted: new.quoted })
}

/// What of all that may be there is there.
fn which(new: &NewMessage) -> Result<&'static str, DeviceError> {
    let there = [
        ("media", new.media.is_some()),
        ("location", new.location.is_some()),
        ("contact", new.contact.is_some() || !new.contacts.is_empty()),
        ("poll", new.poll.is_some()),
        ("reaction", new.reaction.is_some()),
        ("edit", new.edit.is_some()),
        ("revoke", new.revoke.is_some()),
        ("vote", new.vote.is_some()),
        ("pin", new.pin.is_some()),
        ("forward", new.forward.is_some()),
    ];
    let mut kinds = there.iter().filter(|(_, is)| *is).map(|(kind, _)| *kind);
    match (kinds.next(), kinds.next()) {
        (Some(one), Some(other)) => {
            Err(invalid(format!("one request sends one thing: there is \"{one}\" and \"{other}\"")))
        }
        (Some("media"), None) => Ok("media"),
        (Some(one), None) if new.text.is_some() => {
            Err(invalid(format!("a text stands alone or with media, not with \"{one}\"")))
        }
        (Some(one), None) => Ok(one),
        (None, _) if new.text.is_some() => Ok("text"),
        (None, _) => Err(invalid("there is nothing to send: give a text, or one of the other kinds")),
    }
}

fn mentions(people: Vec<String>) -> Result<Vec<String>, DeviceError> {
    if people.len() > MAX_MENTIONS {
        return Err(invalid(format!("a text names at most {MAX_MENTIONS} people")));
    }
    let mut named = Vec::with_capacity(people.len());
    for person in people {
        let bare = person.strip_suffix("@s.whatsapp.net").unwrap_or(&person);
        let known = if bare.ends_with("@lid") { super::chats::address(bare)? } else { digits(bare)? };
        if !named.contains(&known) {
            named.push(known);
        }
    }
    Ok(named)
}

fn short(what: &str, text: &Option<String>, most: usize) -> Result<(), DeviceError> {
    match text {
        Some(text) if text.chars().count() > most => {
            Err(invalid(format!("the {what} is longer than {most} characters")))
        }
        Some(text) if text.contains('\0') => Err(invalid(format!("the {what} has a NUL character"))),
        _ => Ok(()),
    }
}

fn location(place: Location) -> Result<Location, DeviceError> {
    let within = |value: f64, most: f64| value.is_finite() && value.abs() <= most;
    if !within(place.latitude.get(), 90.0) || !within(place.longitude.get(), 180.0) {
        return Err(invalid("a latitude is -90 to 90 degrees, a longitude -180 to 180"));
    }
    short("place's name", &place.name, MAX_NAME)?;
    short("address", &place.address, MAX_NAME)?;
    if place.live {
        return Err(invalid("where somebody goes can be shared from a phone only"));
    }
    Ok(place)
}

fn contacts(one: Option<ContactCard>, more: Vec<ContactCard>) -> Result<Vec<ContactCard>, DeviceError> {
    let all: Vec<ContactCard> = one.into_iter().chain(more).collect();
    if all.len() > MAX_CONTACTS {
        return Err(invalid(format!("one message has at most {MAX_CONTACTS} contacts")));
    }
    all.into_iter().map(card).collect()
}

/// A card with its numbers as digits, written out where it came without.
fn card(mut card: ContactCard) -> Result<ContactCard, DeviceError> {
    if card.name.trim().is_empty() {
        return Err(invalid("a contact needs a name"));
    }
    short("contact's name", &Some(card.name.clone()), MAX_NAME)?;
    if card.vcard.len() > MAX_VCARD || card.vcard.contains('\0') {
        return Err(invalid(format!("a card has at most {MAX_VCARD} bytes")));
    }
    card.phone_numbers = card.phone_numbers.iter().map(|number| digits(number)).collect::<Result<_, _>>()?;
    if card.vcard.is_empty() {
        if card.phone_numbers.is_empty() {
            return Err(invalid("a contact needs a phone number, or its card"));
        }
        card.vcard = vcard(&card);
    } else if !card.vcard.trim_start().get(..11).is_some_and(|head| head.eq_ignore_ascii_case("BEGIN:VCARD"))
    {
        return Err(invalid("a card begins with BEGIN:VCARD"));
    }
    Ok(card)
}

/// A vCard 3.0 (RFC 2426) with WhatsApp's own `waid`, by which its clients offer to write to the number.
fn vcard(card: &ContactCard) -> String {
    let mut name = String::with_capacity(card.name.len());
    for c in card.name.chars() {
        match c {
            '\\' | ',' | ';' => {
                name.push('\\');
                name.push(c);
            }
            '\n' => name.push_str("\\n"),
            '\r' => {}
            other => name.push(other),
        }
    }
    let numbers: String = card
        .phone_numbers
        .iter()
        .map(|digits| format!("TEL;type=CELL;type=VOICE;waid={digits}:+{digits}\n"))
        .collect();
    format!("BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n{numbers}END:VCARD")
}

fn poll(poll: &NewPoll) -> Result<(), DeviceError> {
    let fits = |text: &str, most: usize| {
        !text.trim().is_empty() && text.chars().count() <= most && !text.contains('\0')
    };
    if !fits(&poll.name, MAX_POLL_QUESTION) {
        return Err(invalid(format!("a poll's question has 1 to {MAX_POLL_QUESTION} characters")));
    }
    if !(2..=MAX_POLL_OPTIONS).contains(&poll.options.len()) {
        return Err(invalid(format!("a poll has 2 to {MAX_POLL_OPTIONS} options")));
    }
    if !poll.options.iter().all(|option| fits(option, MAX_POLL_OPTION)) {
        return Err(invalid(format!("a poll's option has 1 to {MAX_POLL_OPTION} characters")));
    }
    let again = |(n, option): (usize, &String)| poll.options[..n].contains(option);
    if poll.options.iter().enumerate().any(again) {
        return Err(invalid("a poll's options are each another"));
    }
    if usize::try_from(poll.selectable).map_or(true, |most| most > poll.options.len()) {
        return Err(invalid("nobody can choose more options than there are"));
    }
    Ok(())
}

fn link_preview(preview: LinkPreview) -> Result<LinkPreview, DeviceError> {
    let web = preview.url.starts_with("https://") || preview.url.starts_with("http://");
    if !web || preview.url.len() > MAX_LINK || preview.url.chars().any(|c| c.is_control() || c == ' ') {
        return Err(invalid(format!("a link is an http(s) address of at most {MAX_LINK} bytes")));
    }
    short("link's title", &preview.title, MAX_NAME)?;
    short("link's description", &preview.description, MAX_NAME)?;
    Ok(preview)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(body: Value) -> Result<Prepared, DeviceError> {
        prepare(serde_json::from_value(body).unwrap())
    }

    fn refused(body: Value) -> String {
        match of(body) {
            Err(DeviceError::Invalid(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_request_sends_one_thing() {
        assert!(refused(json!({})).contains("nothing to send"));
        assert!(refused(json!({"text": " "})).contains("empty"));
        assert!(refused(json!({"kind": "poll", "text": "x"})).contains("the kind says"));
        let place = json!({"latitude": 1, "longitude": 2});
        assert!(refused(json!({"text": "x", "location": place})).contains("stands alone"));
        let contact = json!({"name": "A", "phoneNumbers": ["34600111222"]});
        assert!(refused(json!({"contact": contact, "location": place})).contains("one thing"));
    }

    #[test]
    fn places_cards_polls_and_links_have_limits() {
        for (latitude, longitude) in [(90.1, 0.0), (0.0, -180.1)] {
            let place = json!({"latitude": latitude, "longitude": longitude});
            assert!(refused(json!({"location": place})).contains("latitude"));
        }
        let name = "x".repeat(MAX_NAME + 1);
        let place = json!({"latitude": 1, "longitude": 2, "name": name});
        assert!(refused(json!({"location": place})).contains("longer"));
        for card in [
            json!({"name": " ", "phoneNumbers": ["34600111222"]}),
            json!({"name": "A"}),
            json!({"name": "A", "phoneNumbers": ["12"]}),
            json!({"name": "A", "vcard": "<html>"}),
            json!({"name": "A", "vcard": "é".repeat(MAX_VCARD)}),
        ] {
            refused(json!({"contact": card}));
        }
        let options = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        for poll in [
            json!({"name": "", "options": ["a", "b"]}),
            json!({"name": "x", "options": ["a"]}),
            json!({"name": "x", "options": options(MAX_POLL_OPTIONS + 1)}),
            json!({"name": "x", "options": ["a", "a"]}),
            json!({"name": "x", "options": ["a", " "]}),
            json!({"name": "x", "options": ["a", "b".repeat(MAX_POLL_OPTION + 1)]}),
            json!({"name": "x".repeat(MAX_POLL_QUESTION + 1), "options": ["a", "b"]}),
            json!({"name": "x", "options": ["a", "b"], "selectable": 3}),
        ] {
            refused(json!({"poll": poll}));
        }
        assert!(of(json!({"poll": {"name": "x", "options": options(MAX_POLL_OPTIONS)}})).is_ok());
        for url in ["javascript:alert(1)", "https://a b", &format!("https://{}", "x".repeat(MAX_LINK))] {
            refused(json!({"text": "x", "linkPreview": {"url": url}}));
        }
        refused(json!({"text": "x", "mentions": ["nobody"]}));
        refused(json!({"reaction": {"messageId": "m", "emoji": "x".repeat(MAX_EMOJI + 1)}}));
        refused(json!({"edit": {"messageId": "m", "text": ""}}));
        assert!(refused(json!({"pin": {"messageId": "m", "seconds": 60}})).contains("86400"));
        assert!(of(json!({"pin": {"messageId": "m", "seconds": 0}})).is_ok());
    }

    #[test]
    fn a_card_is_written_out_where_it_came_without() {
        let card = json!({"name": "Ana; \"B\", Sons", "phoneNumbers": ["+34 600 111 222"]});
        let Ok(Prepared::Message { details, text, .. }) = of(json!({"contact": card})) else { panic!() };
        assert_eq!(text, "Ana; \"B\", Sons");
        assert_eq!(details.contacts[0].phone_numbers, ["34600111222"]);
        assert_eq!(
            details.contacts[0].vcard,
            "BEGIN:VCARD\nVERSION:3.0\nN:;Ana\\; \"B\"\\, Sons;;;\nFN:Ana\\; \"B\"\\, Sons\n\
             TEL;type=CELL;type=VOICE;waid=34600111222:+34600111222\nEND:VCARD"
        );
    }
}
