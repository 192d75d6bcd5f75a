//! What a message carries beside its text, out of WhatsApp's own encoding.

use super::content::{clean, unwrapped};
use super::jids::{self, Numbers};
use crate::protocol::{
    ContactCard, Degrees, Details, LinkPreview, Location, Media, MessageKind, Notice, Poll, PollOption,
    Quoted,
};
use crate::server::storage::read::address_of;
use whatsapp_rust::Jid;
use whatsapp_rust::waproto::whatsapp::{self as wa, ContextInfo, Message};

/// The longest excerpt of a quoted message, in characters.
const EXCERPT: usize = 500;
/// The most loudness values of a voice note; WhatsApp's own have 64.
const MAX_WAVEFORM: usize = 1_024;

/// Everything that stands beside the text of a message as it came.
pub(super) async fn details(numbers: &dyn Numbers, message: &Message) -> Details {
    let inner = unwrapped(message);
    let mut details = Details {
        media: media(inner),
        location: location(inner),
        contacts: contacts(inner),
        poll: poll(inner).map(opened),
        link_preview: link_preview(inner),
        view_once: is_view_once(message, inner),
        notice: call(inner),
        ..Details::default()
    };
    if let Some(context) = context(inner) {
        details.forwards =
            context.forwarding_score.unwrap_or(0).max(u32::from(context.is_forwarded == Some(true)));
        details.expires_in = context.expiration.filter(|seconds| *seconds > 0);
        details.mentions = people(numbers, &context.mentioned_jid).await;
        details.quoted = quoted(numbers, context).await;
    }
    details
}

/// The 32 bytes that a poll's votes are sealed with.
pub(super) fn secret(message: &Message) -> Option<Vec<u8>> {
    poll(unwrapped(message))?;
    [message, unwrapped(message)]
        .into_iter()
        .find_map(|message| message.message_context_info.as_option()?.message_secret.clone())
        .filter(|secret| secret.len() == 32)
}

/// Digits of numbers, or JIDs where no number is known.
pub(super) async fn people(numbers: &dyn Numbers, jids: &[String]) -> Vec<String> {
    let mut people = Vec::with_capacity(jids.len());
    for jid in jids {
        people.extend(person(numbers, jid).await);
    }
    people
}

async fn person(numbers: &dyn Numbers, jid: &str) -> Option<String> {
    let jid: Jid = jid.parse().ok()?;
    let jid = jids::by_number(numbers, &jid, None).await;
    Some(address_of(&jids::text(&jid)))
}

async fn quoted(numbers: &dyn Numbers, context: &ContextInfo) -> Option<Quoted> {
    let id = context.stanza_id.as_deref().filter(|id| !id.is_empty())?;
    let from = match &context.participant {
        Some(jid) => person(numbers, jid).await.unwrap_or_default(),
        None => String::new(),
    };
    let own = numbers.own().map(|own| jids::digits(&own));
    let shown = context.quoted_message.as_option().and_then(super::content::content);
    let (kind, text) = shown.map_or((MessageKind::Unknown, String::new()), |shown| (shown.kind, shown.text));
    Some(Quoted {
        message_id: None,
        whatsapp_id: clean(id.to_owned()),
        from_me: own.is_some_and(|own| own == from),
        from,
        kind,
        text: text.chars().take(EXCERPT).collect(),
    })
}

/// What most kinds have: whom they answer and name, and how often they were passed on.
pub(super) fn context(m: &Message) -> Option<&ContextInfo> {
    macro_rules! first_of {
        ($($field:ident),*) => {
            None$(.or_else(|| m.$field.as_option().and_then(|inner| inner.context_info.as_option())))*
        };
    }
    first_of!(
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
        buttons_message,
        list_message,
        interactive_message
    )
}

fn text(text: &Option<String>) -> Option<String> {
    text.as_deref().filter(|text| !text.is_empty()).map(|text| clean(text.to_owned()))
}

fn hash(sha256: &Option<Vec<u8>>) -> Option<String> {
    let sha256 = sha256.as_deref().filter(|hash| hash.len() == 32)?;
    Some(sha256.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn media(m: &Message) -> Option<Media> {
    let pixels = |size: Option<u32>| size.filter(|size| *size > 0);
    if let Some(image) = m.image_message.as_option() {
        return Some(Media {
            content_type: text(&image.mimetype).unwrap_or_default(),
            size: image.file_length.unwrap_or(0),
            sha256: hash(&image.file_sha256),
            width: pixels(image.width),
            height: pixels(image.height),
            ..Media::default()
        });
    }
    if let Some(video) = m.video_message.as_option().or(m.ptv_message.as_option()) {
        return Some(Media {
            content_type: text(&video.mimetype).unwrap_or_default(),
            size: video.file_length.unwrap_or(0),
            sha256: hash(&video.file_sha256),
            width: pixels(video.width),
            height: pixels(video.height),
            seconds: video.seconds,
            gif: video.gif_playback == Some(true),
            ..Media::default()
        });
    }
    if let Some(audio) = m.audio_message.as_option() {
        let waveform = audio.waveform.as_deref().unwrap_or_default();
        return Some(Media {
            content_type: text(&audio.mimetype).unwrap_or_default(),
            size: audio.file_length.unwrap_or(0),
            sha256: hash(&audio.file_sha256),
            seconds: audio.seconds,
            voice: audio.ptt == Some(true),
            waveform: waveform.iter().take(MAX_WAVEFORM).map(|loudness| (*loudness).min(100)).collect(),
            ..Media::default()
        });
    }
    if let Some(document) = m.document_message.as_option() {
        return Some(Media {
            content_type: text(&document.mimetype).unwrap_or_default(),
            size: document.file_length.unwrap_or(0),
            sha256: hash(&document.file_sha256),
            file_name: text(&document.file_name).or_else(|| text(&document.title)),
            ..Media::default()
        });
    }
    let sticker = m.sticker_message.as_option()?;
    Some(Media {
        content_type: text(&sticker.mimetype).unwrap_or_default(),
        size: sticker.file_length.unwrap_or(0),
        sha256: hash(&sticker.file_sha256),
        width: pixels(sticker.width),
        height: pixels(sticker.height),
        animated: sticker.is_animated == Some(true),
        ..Media::default()
    })
}

fn location(m: &Message) -> Option<Location> {
    let place = |latitude: Option<f64>, longitude: Option<f64>| {
        let within = |value: Option<f64>, most| Degrees::within(value.unwrap_or(0.0), most);
        Some((within(latitude, 90.0)?, within(longitude, 180.0)?))
    };
    if let Some(at) = m.location_message.as_option() {
        let (latitude, longitude) = place(at.degrees_latitude, at.degrees_longitude)?;
        let (name, address) = (text(&at.name), text(&at.address));
        return Some(Location { latitude, longitude, name, address, live: at.is_live == Some(true) });
    }
    let at = m.live_location_message.as_option()?;
    let (latitude, longitude) = place(at.degrees_latitude, at.degrees_longitude)?;
    Some(Location { latitude, longitude, name: None, address: None, live: true })
}

fn contacts(m: &Message) -> Vec<ContactCard> {
    let one = m.contact_message.as_option().into_iter();
    let more = m.contacts_array_message.as_option().map_or(&[][..], |array| &array.contacts);
    one.chain(more)
        .map(|contact| {
            let vcard = text(&contact.vcard).unwrap_or_default();
            let name = text(&contact.display_name).unwrap_or_default();
            ContactCard { name, phone_numbers: phone_numbers(&vcard), vcard }
        })
        .collect()
}

/// The numbers of a card: WhatsApp's own id of each where it is given, else the digits as written.
pub(super) fn phone_numbers(vcard: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    for line in vcard.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        // A group's name may stand before it, as in `item1.TEL`.
        let bare = name.rsplit_once('.').map_or(name, |(_, bare)| bare);
        if !bare.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("TEL")) {
            continue;
        }
        let known = name.split(';').find_map(|part| part.strip_prefix("waid="));
        let digits: String = known.unwrap_or(value).chars().filter(char::is_ascii_digit).collect();
        if !digits.is_empty() && !numbers.contains(&digits) {
            numbers.push(digits);
        }
    }
    numbers
}

pub(super) fn poll(m: &Message) -> Option<&wa::message::PollCreationMessage> {
    [
        &m.poll_creation_message,
        &m.poll_creation_message_v2,
        &m.poll_creation_message_v3,
        &m.poll_creation_message_v5,
        &m.poll_creation_message_v6,
    ]
    .into_iter()
    .find_map(|poll| poll.as_option())
}

fn opened(poll: &wa::message::PollCreationMessage) -> Poll {
    let option = |option: &wa::message::poll_creation_message::Option| PollOption {
        text: clean(option.option_name.clone().unwrap_or_default()),
        voters: Vec::new(),
    };
    Poll {
        options: poll.options.iter().map(option).collect(),
        selectable: poll.selectable_options_count.unwrap_or(0),
    }
}

fn link_preview(m: &Message) -> Option<LinkPreview> {
    let extended = m.extended_text_message.as_option()?;
    let url = text(&extended.matched_text)?;
    let (title, description) = (text(&extended.title), text(&extended.description));
    (title.is_some() || description.is_some()).then_some(LinkPreview { url, title, description })
}

fn is_view_once(outer: &Message, inner: &Message) -> bool {
    outer.view_once_message.is_set()
        || outer.view_once_message_v2.is_set()
        || outer.view_once_message_v2_extension.is_set()
        || inner.image_message.as_option().is_some_and(|media| media.view_once == Some(true))
        || inner.video_message.as_option().is_some_and(|media| media.view_once == Some(true))
        || inner.audio_message.as_option().is_some_and(|media| media.view_once == Some(true))
}

fn call(m: &Message) -> Option<Notice> {
    m.call_log_messsage.is_set().then(|| Notice {
        code: "call".to_owned(),
        by: None,
        people: Vec::new(),
        value: None,
    })
}
