//! What goes out, in WhatsApp's own encoding.

use super::{attachment, jids};
use crate::protocol::{ContactCard, Details, LinkPreview, Location, MessageKind, Poll, Quoted};
use crate::server::engine::{EngineError, OutboundMedia, Target};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::poll;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp::message::pin_in_chat_message::Type as Pin;
use whatsapp_rust::waproto::whatsapp::message::{
    AudioMessage, ContactMessage, ContactsArrayMessage, DocumentMessage, ExtendedTextMessage, ImageMessage,
    LocationMessage, PinInChatMessage, PollCreationMessage, PollEncValue, PollUpdateMessage, ProtocolMessage,
    StickerMessage, VideoMessage, poll_creation_message, protocol_message,
};
use whatsapp_rust::waproto::whatsapp::{ContextInfo, Message, MessageContextInfo, MessageKey};

/// The JID of somebody whom our own types name by digits, or by JID.
fn jid_of(address: &str) -> String {
    if address.contains('@') { address.to_owned() } else { format!("{address}@s.whatsapp.net") }
}

/// A message to send; `media` is the file of one that has one.
///
/// # Errors
/// [`EngineError::Refused`] for a kind that cannot be composed from what is there.
pub(super) fn message(
    kind: MessageKind,
    text: &str,
    details: &Details,
    secret: Option<&[u8]>,
    media: Option<&OutboundMedia>,
) -> Result<Message, EngineError> {
    let context = context(details);
    let missing = |what: &str| EngineError::Refused(format!("the {what} to send is not there"));
    Ok(match kind {
        MessageKind::Text => plain(text, details.link_preview.as_ref(), context),
        MessageKind::Location => {
            place(details.location.as_ref().ok_or_else(|| missing("location"))?, context)
        }
        MessageKind::Contact => cards(&details.contacts, context)?,
        MessageKind::Poll => {
            let poll = details.poll.as_ref().ok_or_else(|| missing("poll"))?;
            asked(text, poll, secret.ok_or_else(|| missing("poll's secret"))?, context)
        }
        MessageKind::Image
        | MessageKind::Video
        | MessageKind::Audio
        | MessageKind::Document
        | MessageKind::Sticker => {
            let said = details.media.as_ref().ok_or_else(|| missing("file"))?;
            attachment::compose(kind, text, said, media.ok_or_else(|| missing("file"))?, context)?
        }
        MessageKind::System | MessageKind::Unknown => {
            return Err(EngineError::Refused(format!("a message of kind {} cannot be sent", kind.as_str())));
        }
    })
}

/// Whom a message answers and names, and how often it was passed on; nothing if it does none of it.
pub(super) fn context(details: &Details) -> MessageField<ContextInfo> {
    let mut context = ContextInfo::default();
    let mut needed = false;
    if let Some(quoted) = &details.quoted {
        context.stanza_id = Some(quoted.whatsapp_id.clone());
        context.participant = Some(jid_of(&quoted.from));
        context.quoted_message = MessageField::some(excerpt(quoted));
        needed = true;
    }
    if !details.mentions.is_empty() {
        context.mentioned_jid = details.mentions.iter().map(|person| jid_of(person)).collect();
        needed = true;
    }
    if details.forwards > 0 {
        context.is_forwarded = Some(true);
        context.forwarding_score = Some(details.forwards);
        needed = true;
    }
    if let Some(seconds) = details.expires_in {
        context.expiration = Some(seconds);
        needed = true;
    }
    if needed { MessageField::some(context) } else { MessageField::none() }
}

/// What is shown of the message that is answered, as a message of its own kind: clients show its sign beside the text.
fn excerpt(quoted: &Quoted) -> Message {
    let text = Some(quoted.text.clone()).filter(|text| !text.is_empty());
    let mut shown = Message::default();
    match quoted.kind {
        MessageKind::Image => {
            shown.image_message =
                MessageField::some(ImageMessage { caption: text, ..ImageMessage::default() });
        }
        MessageKind::Video => {
            shown.video_message =
                MessageField::some(VideoMessage { caption: text, ..VideoMessage::default() });
        }
        MessageKind::Audio => shown.audio_message = MessageField::some(AudioMessage::default()),
        MessageKind::Document => {
            shown.document_message =
                MessageField::some(DocumentMessage { caption: text, ..DocumentMessage::default() });
        }
        MessageKind::Sticker => shown.sticker_message = MessageField::some(StickerMessage::default()),
        MessageKind::Location => {
            shown.location_message =
                MessageField::some(LocationMessage { name: text, ..LocationMessage::default() });
        }
        MessageKind::Contact => {
            shown.contact_message =
                MessageField::some(ContactMessage { display_name: text, ..ContactMessage::default() });
        }
        MessageKind::Poll => {
            shown.poll_creation_message =
                MessageField::some(PollCreationMessage { name: text, ..PollCreationMessage::default() });
        }
        MessageKind::Text | MessageKind::System | MessageKind::Unknown => {
            shown.conversation = Some(quoted.text.clone());
        }
    }
    shown
}

fn plain(text: &str, preview: Option<&LinkPreview>, context: MessageField<ContextInfo>) -> Message {
    if preview.is_none() && !context.is_set() {
        return Message { conversation: Some(text.to_owned()), ..Message::default() };
    }
    let extended = ExtendedTextMessage {
        text: Some(text.to_owned()),
        matched_text: preview.map(|preview| preview.url.clone()),
        title: preview.and_then(|preview| preview.title.clone()),
        description: preview.and_then(|preview| preview.description.clone()),
        context_info: context,
        ..ExtendedTextMessage::default()
    };
    Message { extended_text_message: MessageField::some(extended), ..Message::default() }
}

/// The new text or caption of a message of this kind that was sent before.
pub(super) fn edited(kind: MessageKind, text: &str, mentions: &[String]) -> Message {
    let context = context(&Details { mentions: mentions.to_vec(), ..Details::default() });
    let caption = Some(text.to_owned());
    match kind {
        MessageKind::Image => Message {
            image_message: MessageField::some(ImageMessage {
                caption,
                context_info: context,
                ..ImageMessage::default()
            }),
            ..Message::default()
        },
        MessageKind::Video => Message {
            video_message: MessageField::some(VideoMessage {
                caption,
                context_info: context,
                ..VideoMessage::default()
            }),
            ..Message::default()
        },
        MessageKind::Document => Message {
            document_message: MessageField::some(DocumentMessage {
                caption,
                context_info: context,
                ..DocumentMessage::default()
            }),
            ..Message::default()
        },
        _ => plain(text, None, context),
    }
}

/// A message that is pinned in its chat for so many seconds; 0 for no longer.
pub(super) fn pinned(key: MessageKey, seconds: u32) -> Message {
    let pin = PinInChatMessage {
        key: MessageField::some(key),
        r#type: Some(if seconds > 0 { Pin::PIN_FOR_ALL } else { Pin::UNPIN_FOR_ALL }),
        sender_timestamp_ms: Some(whatsapp_rust::wacore::time::now_millis()),
    };
    Message {
        pin_in_chat_message: MessageField::some(pin),
        message_context_info: MessageField::some(MessageContextInfo {
            message_add_on_duration_in_secs: Some(seconds),
            ..MessageContextInfo::default()
        }),
        ..Message::default()
    }
}

/// Takes a message back for everybody. `participant` is who wrote it, if that was somebody else.
pub(super) fn revoked(chat: &Jid, target: &Target, participant: Option<&Jid>) -> Message {
    let protocol = ProtocolMessage {
        key: MessageField::some(MessageKey {
            remote_jid: Some(chat.to_string()),
            from_me: Some(target.from_me),
            id: Some(target.whatsapp_id.clone()),
            participant: participant.map(ToString::to_string),
        }),
        r#type: Some(protocol_message::Type::REVOKE),
        ..ProtocolMessage::default()
    };
    Message { protocol_message: MessageField::some(protocol), ..Message::default() }
}

/// A vote for these options of a poll, sealed for whoever has the poll. `creator` and `voter` are addressed in the
/// same way: their names are a part of the seal.
///
/// # Errors
/// [`EngineError::Refused`] for a secret that no poll has.
pub(super) fn vote(
    chat: &Jid,
    target: &Target,
    creator: &Jid,
    voter: &Jid,
    options: &[String],
    secret: &[u8],
) -> Result<Message, EngineError> {
    let chosen: Vec<Vec<u8>> =
        options.iter().map(|option| poll::compute_option_hash(option).to_vec()).collect();
    let (creator, voter) = (creator.to_string(), voter.to_string());
    let sealed = poll::encrypt_poll_vote_with_secret(&chosen, secret, &target.whatsapp_id, &creator, &voter);
    let (payload, iv) = sealed.map_err(|error| EngineError::Refused(error.to_string()))?;
    let update = PollUpdateMessage {
        poll_creation_message_key: MessageField::some(MessageKey {
            remote_jid: Some(chat.to_string()),
            from_me: Some(target.from_me),
            id: Some(target.whatsapp_id.clone()),
            participant: jids::is_group(chat).then_some(creator),
        }),
        vote: MessageField::some(PollEncValue { enc_payload: Some(payload), enc_iv: Some(iv.to_vec()) }),
        sender_timestamp_ms: Some(whatsapp_rust::wacore::time::now_millis()),
        ..PollUpdateMessage::default()
    };
    Ok(Message { poll_update_message: MessageField::some(update), ..Message::default() })
}

fn place(location: &Location, context: MessageField<ContextInfo>) -> Message {
    let place = LocationMessage {
        degrees_latitude: Some(location.latitude.get()),
        degrees_longitude: Some(location.longitude.get()),
        name: location.name.clone(),
        address: location.address.clone(),
        context_info: context,
        ..LocationMessage::default()
    };
    Message { location_message: MessageField::some(place), ..Message::default() }
}

fn cards(contacts: &[ContactCard], context: MessageField<ContextInfo>) -> Result<Message, EngineError> {
    let card = |contact: &ContactCard, context| ContactMessage {
        display_name: Some(contact.name.clone()),
        vcard: Some(contact.vcard.clone()),
        context_info: context,
        ..ContactMessage::default()
    };
    Ok(match contacts {
        [] => return Err(EngineError::Refused("there is no contact to send".to_owned())),
        [one] => Message { contact_message: MessageField::some(card(one, context)), ..Message::default() },
        several => {
            let array = ContactsArrayMessage {
                display_name: Some(format!("{} contacts", several.len())),
                contacts: several.iter().map(|contact| card(contact, MessageField::none())).collect(),
                context_info: context,
            };
            Message { contacts_array_message: MessageField::some(array), ..Message::default() }
        }
    })
}

fn asked(question: &str, poll: &Poll, secret: &[u8], context: MessageField<ContextInfo>) -> Message {
    let option = |text: &str| poll_creation_message::Option {
        option_name: Some(text.to_owned()),
        ..poll_creation_message::Option::default()
    };
    let creation = PollCreationMessage {
        name: Some(question.to_owned()),
        options: poll.options.iter().map(|choice| option(&choice.text)).collect(),
        selectable_options_count: Some(poll.selectable),
        context_info: context,
        ..PollCreationMessage::default()
    };
    let mut message = Message {
        message_context_info: MessageField::some(MessageContextInfo {
            message_secret: Some(secret.to_vec()),
            ..MessageContextInfo::default()
        }),
        ..Message::default()
    };
    // WhatsApp's own clients send polls of one choice as version 3, all others as version 1.
    if poll.selectable == 1 {
        message.poll_creation_message_v3 = MessageField::some(creation);
    } else {
        message.poll_creation_message = MessageField::some(creation);
    }
    message
}

/// The JID of an author, for what is done to their message.
///
/// # Errors
/// [`EngineError::Refused`] for what is no JID.
pub(super) fn author(sender: &str) -> Result<Jid, EngineError> {
    jids::parse(&jid_of(sender))
}
