//! What a message says: its kind and its text, out of WhatsApp's own encoding.

use crate::protocol::MessageKind;
use whatsapp_rust::waproto::codec;
use whatsapp_rust::waproto::whatsapp::{Message, message::FutureProofMessage};

/// How many wrappers around a message are taken off. WhatsApp itself nests two or three.
const MAX_WRAPPERS: usize = 16;

/// What a message shows in a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub kind: MessageKind,
    /// The text or caption, or what names the thing best; empty where there is none.
    pub text: String,
    /// The whole message as it came, for kinds that are not taken apart.
    pub raw: Option<Vec<u8>>,
}

/// What a message shows, or `None` if it is nothing for a thread: keys, notices between devices,
/// reactions, edits, deletions, votes. What nobody knows yet is [`MessageKind::Unknown`].
pub(super) fn content(message: &Message) -> Option<Content> {
    let inner = unwrapped(message);
    if let Some(text) = plain(inner) {
        return Some(Content { kind: MessageKind::Text, text: clean(text.to_owned()), raw: None });
    }
    let (kind, text) = match known(inner) {
        Some(known) => known,
        None if is_control(inner) => return None,
        None => (MessageKind::Unknown, ""),
    };
    let raw = Some(codec::message_to_vec(message));
    Some(Content { kind, text: clean(text.to_owned()), raw })
}

/// Without NUL, which PostgreSQL cannot hold: a message with one could never be kept.
pub(super) fn clean(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The message inside of its wrappers: sent by another device of ours, disappearing, to be seen once,
/// a document with a caption, and the like.
pub(super) fn unwrapped(message: &Message) -> &Message {
    let mut inner = message;
    for _ in 0..MAX_WRAPPERS {
        match wrapped(inner) {
            Some(next) => inner = next,
            None => break,
        }
    }
    inner
}

fn wrapped(message: &Message) -> Option<&Message> {
    if let Some(sent) = message.device_sent_message.as_option() {
        return sent.message.as_option();
    }
    let wrappers = [
        &message.ephemeral_message,
        &message.view_once_message,
        &message.view_once_message_v2,
        &message.view_once_message_v2_extension,
        &message.document_with_caption_message,
        &message.edited_message,
        &message.group_mentioned_message,
        &message.bot_invoke_message,
        &message.bot_forwarded_message,
        &message.bot_task_message,
        &message.lottie_sticker_message,
        &message.event_cover_image,
        &message.associated_child_message,
        &message.poll_creation_message_v4,
        &message.poll_creation_option_image_message,
        &message.group_status_message,
        &message.group_status_message_v2,
        &message.group_status_mention_message,
        &message.status_mention_message,
        &message.status_add_yours,
        &message.limit_sharing_message,
        &message.question_message,
        &message.question_reply_message,
        &message.spoiler_message,
    ];
    let inner = |wrapper: &'_ FutureProofMessage| wrapper.message.is_set();
    wrappers
        .into_iter()
        .filter_map(|wrapper| wrapper.as_option())
        .find(|wrapper| inner(wrapper))
        .and_then(|wrapper| wrapper.message.as_option())
}

/// The text of a message that is nothing but text.
fn plain(message: &Message) -> Option<&str> {
    match &message.conversation {
        Some(text) if !text.is_empty() => Some(text),
        conversation => message
            .extended_text_message
            .as_option()
            .map(|extended| extended.text.as_deref().unwrap_or_default())
            .or(conversation.as_deref().filter(|_| known(message).is_none())),
    }
}

/// Kinds that we know by name, and what to show of them.
fn known(m: &Message) -> Option<(MessageKind, &str)> {
    media(m).or_else(|| things(m)).or_else(|| business(m)).or_else(|| rarities(m))
}

fn media(m: &Message) -> Option<(MessageKind, &str)> {
    if let Some(image) = m.image_message.as_option() {
        return Some((MessageKind::Image, or_empty(&image.caption)));
    }
    if let Some(video) = m.video_message.as_option().or(m.ptv_message.as_option()) {
        return Some((MessageKind::Video, or_empty(&video.caption)));
    }
    if m.audio_message.is_set() {
        return Some((MessageKind::Audio, ""));
    }
    if let Some(document) = m.document_message.as_option() {
        let named = [&document.caption, &document.file_name, &document.title];
        return Some((MessageKind::Document, first(named)));
    }
    if m.sticker_message.is_set() {
        return Some((MessageKind::Sticker, ""));
    }
    let pack = m.sticker_pack_message.as_option()?;
    Some((MessageKind::Sticker, or_empty(&pack.name)))
}

fn things(m: &Message) -> Option<(MessageKind, &str)> {
    if let Some(place) = m.location_message.as_option() {
        return Some((MessageKind::Location, first([&place.name, &place.address, &place.comment])));
    }
    if let Some(place) = m.live_location_message.as_option() {
        return Some((MessageKind::Location, or_empty(&place.caption)));
    }
    if let Some(contact) = m.contact_message.as_option() {
        return Some((MessageKind::Contact, or_empty(&contact.display_name)));
    }
    if let Some(contacts) = m.contacts_array_message.as_option() {
        return Some((MessageKind::Contact, or_empty(&contacts.display_name)));
    }
    let poll = [
        &m.poll_creation_message,
        &m.poll_creation_message_v2,
        &m.poll_creation_message_v3,
        &m.poll_creation_message_v5,
        &m.poll_creation_message_v6,
    ];
    let poll = poll.into_iter().find_map(|poll| poll.as_option())?;
    Some((MessageKind::Poll, or_empty(&poll.name)))
}

/// Texts with buttons around them, and the answers to such.
fn business(m: &Message) -> Option<(MessageKind, &str)> {
    let text = if let Some(buttons) = m.buttons_message.as_option() {
        first([&buttons.content_text, &buttons.footer_text])
    } else if let Some(list) = m.list_message.as_option() {
        first([&list.description, &list.title, &list.footer_text])
    } else if let Some(template) = m.template_message.as_option() {
        let hydrated = template.hydrated_template.as_option();
        hydrated.map_or("", |text| first([&text.hydrated_content_text, &text.hydrated_footer_text]))
    } else if let Some(interactive) = m.interactive_message.as_option() {
        interactive.body.as_option().map_or("", |body| or_empty(&body.text))
    } else if let Some(reply) = m.template_button_reply_message.as_option() {
        first([&reply.selected_display_text, &reply.selected_id])
    } else if let Some(reply) = m.list_response_message.as_option() {
        first([&reply.title, &reply.description])
    } else if let Some(reply) = m.buttons_response_message.as_option() {
        use whatsapp_rust::waproto::whatsapp::message::buttons_response_message::Response;
        match &reply.response {
            Some(Response::SelectedDisplayText(text)) => text,
            None => or_empty(&reply.selected_button_id),
        }
    } else {
        let reply = m.interactive_response_message.as_option()?;
        reply.body.as_option().map_or("", |body| or_empty(&body.text))
    };
    Some((if text.is_empty() { MessageKind::Unknown } else { MessageKind::Text }, text))
}

/// Kinds without one of our own that still have a text to show.
fn rarities(m: &Message) -> Option<(MessageKind, &str)> {
    if m.call_log_messsage.is_set() {
        return Some((MessageKind::System, ""));
    }
    if let Some(event) = m.event_message.as_option() {
        return Some((MessageKind::Unknown, first([&event.name, &event.description])));
    }
    if let Some(invite) = m.group_invite_message.as_option() {
        return Some((MessageKind::Unknown, first([&invite.caption, &invite.group_name])));
    }
    if let Some(order) = m.order_message.as_option() {
        return Some((MessageKind::Unknown, first([&order.message, &order.order_title])));
    }
    let comment = m.comment_message.as_option()?.message.as_option()?;
    Some((MessageKind::Text, plain(comment).unwrap_or_default()))
}

/// Whether the message only does something: to another message, to the chat, or between devices.
///
/// A message in which nothing of what we know is set is of a kind that came after this version.
fn is_control(m: &Message) -> bool {
    m.protocol_message.is_set()
        || m.reaction_message.is_set()
        || m.enc_reaction_message.is_set()
        || m.poll_update_message.is_set()
        || m.poll_add_option_message.is_set()
        || m.keep_in_chat_message.is_set()
        || m.pin_in_chat_message.is_set()
        || m.secret_encrypted_message.is_set()
        || m.enc_event_response_message.is_set()
        || m.scheduled_call_edit_message.is_set()
        || m.sender_key_distribution_message.is_set()
        || m.fast_ratchet_key_sender_key_distribution_message.is_set()
        || m.group_root_key_share.is_set()
        || m.root_secret_distribute_message.is_set()
        || m.sticker_sync_rmr_message.is_set()
        || m.message_history_bundle.is_set()
        || m.message_history_notice.is_set()
        || m.call.is_set()
        || m.chat.is_set()
        // The head of an album; its pictures come as messages of their own.
        || m.album_message.is_set()
}

fn or_empty(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// The first of them that says something.
fn first<const N: usize>(texts: [&Option<String>; N]) -> &str {
    texts.into_iter().map(or_empty).find(|text| !text.is_empty()).unwrap_or_default()
}
