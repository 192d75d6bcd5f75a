//! What a live device is asked to do.

use super::compose;
use super::errors;
use super::jids::{self, by_number};
use super::session::Active;
use crate::protocol::{MAX_TEXT_LENGTH, MessageKind, TypingState};
use crate::server::crash;
use crate::server::engine::{EngineError, OutboundMessage, Outgoing, OwnChange, Picture, Target};
use crate::server::source::Source;
use std::fmt::Write as _;
use tokio::sync::oneshot;
use whatsapp_rust::Jid;
use whatsapp_rust::client::Client;
use whatsapp_rust::wacore::net::{HttpClient, HttpRequest};
use whatsapp_rust::wacore::proto_helpers::build_reaction_message;
use whatsapp_rust::wacore::types::message::AddressingMode;
use whatsapp_rust::waproto::whatsapp::{Message, MessageKey};
use whatsapp_rust::{EditOptions, SendOptions};

/// The largest picture that is taken, in bytes. The small ones of WhatsApp have a few thousand.
const MAX_PICTURE: usize = 1 << 20;

/// An id in the form of WhatsApp Web's own: `3EB0` and 18 hex digits.
pub(super) fn message_id(source: &Source) -> String {
    let mut id = "3EB0".to_owned();
    for byte in source.bytes::<9>() {
        // Writing into a String cannot fail.
        let _ = write!(id, "{byte:02X}");
    }
    id
}

/// Hands a message over and waits for WhatsApp's word that it was taken.
pub(super) async fn send(live: &Active, message: &OutboundMessage) -> Result<(), EngineError> {
    let to = jids::parse(&message.to)?;
    if message.whatsapp_id.is_empty() {
        return Err(EngineError::Refused("a message needs an id".to_owned()));
    }
    let composed = match &message.content {
        Outgoing::Message { kind, text, details, secret, media } => {
            if text.chars().count() > MAX_TEXT_LENGTH || (*kind == MessageKind::Text && text.is_empty()) {
                return Err(EngineError::Refused(format!("a text has 1 to {MAX_TEXT_LENGTH} characters")));
            }
            compose::message(*kind, text, details, secret.as_deref(), media.as_deref())?
        }
        Outgoing::Change { target, change } => match change_of(live, &to, target, change).await? {
            Composed::Message(message) => *message,
            Composed::Edit(text) => return edit(live, message, to, target, *text).await,
        },
    };
    exists(&live.client, &to).await?;
    let taken = live.link.acks.expect(&message.whatsapp_id);
    crash::point("expected");
    let options = SendOptions::default().with_message_id(&message.whatsapp_id);
    {
        let _durable = live.link.sending();
        let sent = live.client.send_message_with_options(to, composed, options);
        Box::pin(sent).await.map_err(|error| errors::sent(&error))?;
    }
    answered(live, taken).await
}

/// Waits for WhatsApp's word.
async fn answered(
    live: &Active,
    taken: oneshot::Receiver<Result<(), EngineError>>,
) -> Result<(), EngineError> {
    match tokio::time::timeout(live.link.acks.patience, taken).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => {
            Err(EngineError::NoAnswer("WhatsApp did not say that it took the message".to_owned()))
        }
    }
}

/// How something that is done to a message travels.
enum Composed {
    /// As a message under our own id.
    Message(Box<Message>),
    /// As an edit, whose id the client must be told apart from the message's.
    Edit(Box<Message>),
}

async fn change_of(
    live: &Active,
    to: &Jid,
    target: &Target,
    change: &OwnChange,
) -> Result<Composed, EngineError> {
    let client = &live.client;
    let author = compose::author(&target.sender)?;
    let author = if jids::is_group(to) { as_member(client, to, author).await } else { author };
    match change {
        OwnChange::Reaction(emoji) => {
            let key = key(client, to, target, &author).await;
            let now = whatsapp_rust::wacore::time::now_millis();
            Ok(Composed::Message(Box::new(build_reaction_message(key, emoji, now))))
        }
        OwnChange::Edit { text, mentions, of } => {
            Ok(Composed::Edit(Box::new(compose::edited(*of, text, mentions))))
        }
        OwnChange::Revoke => {
            let other = (!target.from_me).then_some(&author);
            Ok(Composed::Message(Box::new(compose::revoked(to, target, other))))
        }
        OwnChange::Pin(seconds) => {
            let key = key(client, to, target, &author).await;
            Ok(Composed::Message(Box::new(compose::pinned(key, *seconds))))
        }
        OwnChange::Vote { options, secret } => {
            let own = client.pn().map(|own| jids::bare(&own)).ok_or(EngineError::NotConnected)?;
            let creator = if target.from_me { own.clone() } else { author };
            let voter = if creator.is_lid() { client.lid().map(|lid| jids::bare(&lid)) } else { None };
            let vote = compose::vote(to, target, &creator, &voter.unwrap_or(own), options, secret)?;
            Ok(Composed::Message(Box::new(vote)))
        }
    }
}

/// How a message is named in what is done to it.
async fn key(client: &Client, chat: &Jid, target: &Target, author: &Jid) -> MessageKey {
    MessageKey {
        remote_jid: Some(as_addressed(client, chat.clone()).await.to_string()),
        from_me: Some(target.from_me),
        id: Some(target.whatsapp_id.clone()),
        participant: (jids::is_group(chat) && !target.from_me).then(|| author.to_string()),
    }
}

async fn edit(
    live: &Active,
    message: &OutboundMessage,
    to: Jid,
    target: &Target,
    text: Message,
) -> Result<(), EngineError> {
    let taken = live.link.acks.expect(&message.whatsapp_id);
    crash::point("expected");
    let options = EditOptions::default().with_stanza_id(&message.whatsapp_id);
    {
        let _durable = live.link.sending();
        let sent = live.client.edit_message_with_options(to, target.whatsapp_id.clone(), text, options);
        Box::pin(sent).await.map_err(|error| errors::sent(&error))?;
    }
    answered(live, taken).await
}

/// Refuses a number that nobody has. The client would send to it all the same, to nobody.
async fn exists(client: &Client, to: &Jid) -> Result<(), EngineError> {
    let own = client.pn().is_some_and(|own| own.user == to.user);
    if !to.is_pn() || own || is_known(client, to).await {
        return Ok(());
    }
    match look_up(client, to).await? {
        Some(_) => Ok(()),
        None => Err(EngineError::NoSuchRecipient),
    }
}

/// Whether we had to do with this number before.
async fn is_known(client: &Client, number: &Jid) -> bool {
    if matches!(client.get_lid_pn_entry(number).await, Ok(Some(_))) {
        return true;
    }
    let devices = client.persistence_manager().backend().get_devices(&number.user).await;
    matches!(devices, Ok(Some(list)) if !list.devices.is_empty())
}

async fn look_up(client: &Client, number: &Jid) -> Result<Option<Jid>, EngineError> {
    let asked = std::slice::from_ref(number);
    let found =
        Box::pin(client.contacts().is_on_whatsapp(asked)).await.map_err(|error| errors::asked(&error))?;
    let Some(found) = found.into_iter().find(|found| found.is_registered) else { return Ok(None) };
    // The number that WhatsApp knows it by, which may differ from the one that was asked for.
    let known = [Some(found.jid), found.pn_jid].into_iter().flatten().find(Jid::is_pn);
    Ok(Some(known.unwrap_or_else(|| number.clone())))
}

pub(super) async fn find(live: &Active, phone_number: &str) -> Result<Option<String>, EngineError> {
    let found = look_up(&live.client, &jids::number(phone_number)?).await?;
    Ok(found.map(|jid| jids::text(&jids::bare(&jid))))
}

pub(super) async fn mark_read(
    live: &Active,
    chat: &str,
    sender: Option<&str>,
    whatsapp_ids: &[String],
) -> Result<(), EngineError> {
    let chat = jids::parse(chat)?;
    let sender = sender.map(jids::parse).transpose()?;
    let ids = whatsapp_ids.iter().map(String::as_str).filter(|id| !id.is_empty()).collect::<Vec<_>>();
    let client = &live.client;
    let sender = match sender {
        Some(sender) if jids::is_group(&chat) => Some(as_member(client, &chat, sender).await),
        _ => None,
    };
    let chat = as_addressed(client, chat).await;
    match Box::pin(client.mark_as_read(&chat, sender.as_ref(), &ids)).await {
        Ok(()) => Ok(()),
        Err(_) if !client.is_connected() => Err(EngineError::NotConnected),
        Err(error) => Err(EngineError::NoAnswer(error.to_string())),
    }
}

pub(super) async fn mark_played(
    live: &Active,
    chat: &str,
    sender: Option<&str>,
    whatsapp_ids: &[String],
) -> Result<(), EngineError> {
    let chat = jids::parse(chat)?;
    let sender = sender.map(jids::parse).transpose()?;
    let ids = whatsapp_ids.iter().map(String::as_str).filter(|id| !id.is_empty()).collect::<Vec<_>>();
    let client = &live.client;
    let sender = match sender {
        Some(sender) if jids::is_group(&chat) => Some(as_member(client, &chat, sender).await),
        _ => None,
    };
    let chat = as_addressed(client, chat).await;
    match Box::pin(client.mark_as_played(&chat, sender.as_ref(), &ids)).await {
        Ok(()) => Ok(()),
        Err(_) if !client.is_connected() => Err(EngineError::NotConnected),
        Err(error) => Err(EngineError::NoAnswer(error.to_string())),
    }
}

pub(super) async fn follow_presence(live: &Active, jid: &str, follow: bool) -> Result<(), EngineError> {
    let jid = as_addressed(&live.client, jids::parse(jid)?).await;
    let presence = live.client.presence();
    let told = match follow {
        true => Box::pin(presence.subscribe(jid)).await,
        false => Box::pin(presence.unsubscribe(&jid)).await,
    };
    told.map_err(|error| presence_failed(live, &error))
}

pub(super) async fn set_available(live: &Active, available: bool) -> Result<(), EngineError> {
    let presence = live.client.presence();
    let told = match available {
        true => Box::pin(presence.set_available()).await,
        false => Box::pin(presence.set_unavailable()).await,
    };
    told.map_err(|error| presence_failed(live, &error))
}

fn presence_failed(live: &Active, error: &whatsapp_rust::features::PresenceError) -> EngineError {
    if live.client.is_connected() {
        EngineError::NoAnswer(error.to_string())
    } else {
        EngineError::NotConnected
    }
}

pub(super) async fn typing(live: &Active, chat: &str, state: TypingState) -> Result<(), EngineError> {
    let chat = as_addressed(&live.client, jids::parse(chat)?).await;
    let chatstate = live.client.chatstate();
    let told = match state {
        TypingState::Composing => chatstate.send_composing(&chat).await,
        TypingState::Recording => chatstate.send_recording(&chat).await,
        TypingState::Paused => chatstate.send_paused(&chat).await,
    };
    told.map_err(|error| errors::asked(&error))
}

/// A person as the account addresses people now: by LID once WhatsApp moved it there.
pub(super) async fn as_addressed(client: &Client, jid: Jid) -> Jid {
    if client.is_lid_migrated().await { lid_of(client, jid).await } else { jid }
}

/// A person as the group addresses its members.
pub(super) async fn as_member(client: &Client, group: &Jid, member: Jid) -> Jid {
    match Box::pin(client.groups().query_info(group)).await {
        Ok(info) if info.addressing_mode == AddressingMode::Lid => lid_of(client, member).await,
        Ok(_) => by_number(client, &member, None).await,
        Err(error) => {
            tracing::debug!(%error, "it is not known how the group addresses its members");
            member
        }
    }
}

async fn lid_of(client: &Client, jid: Jid) -> Jid {
    if !jid.is_pn() {
        return jid;
    }
    match client.get_lid_pn_entry(&jid).await {
        Ok(Some(entry)) => Jid::lid(&*entry.lid),
        _ => jid,
    }
}

pub(super) async fn picture(
    live: &Active,
    http: &dyn HttpClient,
    jid: &str,
) -> Result<Option<Picture>, EngineError> {
    let jid = as_addressed(&live.client, jids::parse(jid)?).await;
    let found = Box::pin(live.client.contacts().get_profile_picture(&jid, true))
        .await
        .map_err(|error| errors::asked(&error))?;
    let Some(found) = found else { return Ok(None) };
    if !found.url.starts_with("https://") {
        return Err(EngineError::Refused("the picture's address is not one to ask".to_owned()));
    }
    let answer = http
        .execute(HttpRequest::get(&found.url))
        .await
        .map_err(|error| EngineError::NoAnswer(error.to_string()))?;
    match answer.status_code {
        200 => {}
        404 | 410 => return Ok(None),
        status => return Err(EngineError::NoAnswer(format!("the picture was answered with {status}"))),
    }
    let content_type = content_type(&answer.body);
    match content_type {
        Some(content_type) if answer.body.len() <= MAX_PICTURE => {
            Ok(Some(Picture { id: found.id, content_type: content_type.to_owned(), bytes: answer.body }))
        }
        _ => Err(EngineError::Refused("that is no picture, or too large a one".to_owned())),
    }
}

/// What kind of picture it is, by its first bytes; `None` if it is none that a browser shows.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

pub(super) async fn group_subject(live: &Active, jid: &str) -> Result<String, EngineError> {
    let group = jids::parse(jid)?;
    if !jids::is_group(&group) {
        return Err(EngineError::Refused("that is not the address of a group".to_owned()));
    }
    let group =
        Box::pin(live.client.groups().get_metadata(&group)).await.map_err(|error| errors::asked(&error))?;
    Ok(super::content::clean(group.subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_whatsapp_web() {
        let source = Source::fixed(0, 1);
        let id = message_id(&source);
        assert_eq!(id.len(), 22);
        assert!(id.starts_with("3EB0"));
        assert!(id.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
        assert_ne!(id, message_id(&source));
    }

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        assert_eq!(content_type(&[0xff, 0xd8, 0xff, 0xe0]), Some("image/jpeg"));
        assert_eq!(content_type(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
        assert_eq!(content_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for no in [&b""[..], b"<html>", b"RIFF\0\0\0\0WAVE", &[0xff, 0xd8], b"GIF89a"] {
            assert_eq!(content_type(no), None);
        }
    }
}
