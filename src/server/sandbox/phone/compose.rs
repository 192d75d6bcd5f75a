//! What a phone is asked to send, as WhatsApp writes it.

use super::actor::{Chat, Phone};
use super::content::{self, Act};
use super::effect::secret;
use super::media::{self, Sealed};
use super::parts;
use crate::protocol::{
    DISAPPEAR_SECONDS, MAX_MENTIONS, MessageId, MessageKind, NewPin, NewPoll, NewReaction, NewRevoke,
    NewVote, PIN_SECONDS,
};
use crate::server::sandbox::model::NewPhoneMessage;
use crate::server::sandbox::rows::messages::{self, MessageRow};
use crate::server::sandbox::rows::timers;
use crate::server::sandbox::{SandboxError, limits};
use std::collections::BTreeSet;
use whatsapp_rust::wacore::poll::{compute_option_hash, encrypt_poll_vote_with_secret};
use whatsapp_rust::wacore::proto_helpers::{MessageExt as _, build_quote_context, build_reaction_message};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::pin_in_chat_message::Type as Pin;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// Bytes of a reaction at most: the longest emoji, families with skin tones, have about 40.
const MAX_EMOJI: usize = 64;

/// A message, ready to be encrypted.
pub struct Composed {
    pub message: wa::Message,
    /// The stanza's mark: 1 edit, 2 pin, 7 taken back by its author, 8 taken back by an admin.
    pub edit: Option<&'static str>,
    /// What it does to which message, if it is none of its own.
    pub act: Option<(String, Act)>,
    /// What is to lie on the media server first.
    pub blob: Option<Sealed>,
}

impl From<wa::Message> for Composed {
    fn from(message: wa::Message) -> Self {
        Self { message, edit: None, act: None, blob: None }
    }
}

fn invalid<T>(text: impl Into<String>) -> Result<T, SandboxError> {
    Err(SandboxError::Invalid(text.into()))
}

fn conflict<T>(text: &str) -> Result<T, SandboxError> {
    Err(SandboxError::Conflict(text.to_owned()))
}

/// The one thing that is asked for.
fn kind_asked(new: &NewPhoneMessage) -> Result<&'static str, SandboxError> {
    let there = [
        (new.media.is_some(), "media"),
        (new.location.is_some(), "location"),
        (new.contact.is_some() || !new.contacts.is_empty(), "contact"),
        (new.poll.is_some(), "poll"),
        (new.reaction.is_some(), "reaction"),
        (new.edit.is_some(), "edit"),
        (new.revoke.is_some(), "revoke"),
        (new.vote.is_some(), "vote"),
        (new.pin.is_some(), "pin"),
        (new.forward.is_some(), "forward"),
    ];
    let mut there = there.into_iter().filter(|(is, _)| *is).map(|(_, name)| name);
    let kind = match (there.next(), there.next()) {
        (Some(kind), None) => kind,
        (None, _) if new.text.is_some() => "text",
        _ => {
            return invalid(
                "send exactly one of text, media, location, contact or contacts, poll, reaction, edit, revoke, \
                 vote, pin and forward",
            );
        }
    };
    if new.text.is_some() && !matches!(kind, "text" | "media") {
        return invalid(format!("text does not go with {kind}"));
    }
    let acts = matches!(kind, "reaction" | "edit" | "revoke" | "vote" | "pin" | "forward");
    if new.quoted.is_some() && acts {
        return invalid(format!("quoted does not go with {kind}"));
    }
    if !new.mentions.is_empty() && new.text.is_none() {
        return invalid("mentions go with a text");
    }
    if new.link_preview.is_some() && kind != "text" {
        return invalid("linkPreview goes with a text alone");
    }
    if acts && new.kind.as_deref().is_some_and(|asked| asked != kind) {
        return invalid(format!("this is no {}: it is {kind}", new.kind.as_deref().unwrap_or_default()));
    }
    if new.view_once && kind != "media" {
        return invalid("viewOnce goes with media");
    }
    if new.expires_in.is_some_and(|seconds| seconds == 0 || seconds > DISAPPEAR_SECONDS[2]) {
        return invalid("a message disappears after 1 to 7776000 seconds");
    }
    if new.contact.is_some() && !new.contacts.is_empty() {
        return invalid("send contact or contacts");
    }
    Ok(kind)
}

impl Phone {
    /// Makes the message that is asked for.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] for what cannot be sent at all, [`SandboxError::NotFound`] for a message
    /// that this phone does not hold, [`SandboxError::Conflict`] for what that message does not allow.
    pub async fn compose(&self, chat: &Chat, new: &NewPhoneMessage) -> Result<Composed, SandboxError> {
        let kind = kind_asked(new)?;
        let context = self.context(chat, new).await?;
        let text = new.text.as_deref().map(limits::text).transpose()?;
        let mut blob = None;
        let mut message = if let Some(media) = &new.media {
            let caption = text.map(str::to_owned);
            let (message, sealed) = media::compose(media, caption, new.view_once, &self.net.source)?;
            blob = Some(sealed);
            message
        } else if let Some(place) = &new.location {
            parts::location(place)?
        } else if let Some(card) = &new.contact {
            parts::contacts(std::slice::from_ref(card))?
        } else if !new.contacts.is_empty() {
            parts::contacts(&new.contacts)?
        } else if let Some(poll) = &new.poll {
            self.poll(poll)?
        } else if let Some(reaction) = &new.reaction {
            return self.reaction(chat, reaction).await;
        } else if let Some(edit) = &new.edit {
            return self.edit(chat, &edit.message_id, limits::text(&edit.text)?).await;
        } else if let Some(revoke) = &new.revoke {
            return self.take_back(chat, revoke).await;
        } else if let Some(vote) = &new.vote {
            return self.vote(chat, vote).await;
        } else if let Some(pin) = &new.pin {
            return self.pin(chat, pin).await;
        } else if let Some(forward) = &new.forward {
            return self.forward(&forward.message_id).await;
        } else {
            parts::text(text.unwrap_or_default(), new.link_preview.as_ref())?
        };
        if context != wa::ContextInfo::default() {
            parts::set_context(&mut message, context);
        }
        let kept = content::read(&message);
        if let (Some(asked), content::Content::Keep { kind: made, .. }) = (new.kind.as_deref(), kept)
            && asked != kind
            && asked != made.as_str()
        {
            return invalid(format!("this is no {asked}: it is {}", made.as_str()));
        }
        if new.view_once {
            message = media::once(message);
        }
        Ok(Composed { blob, ..message.into() })
    }

    /// Whom it answers, and whom it names.
    async fn context(&self, chat: &Chat, new: &NewPhoneMessage) -> Result<wa::ContextInfo, SandboxError> {
        let mut context = wa::ContextInfo::default();
        if let Some(id) = &new.quoted {
            let row = self.held(chat, id).await?;
            let quoted = wa::Message::decode_from_slice(row.raw.as_slice()).map_err(SandboxError::crypto)?;
            let author = self.name_of(chat, &row.sender).to_string();
            context = build_quote_context(row.id, author, quoted.get_base_message());
        }
        context.expiration = match (new.expires_in, chat) {
            (Some(seconds), _) => Some(seconds),
            (None, Chat::Person(peer)) => timers::get(&self.net.store, &self.me.number, peer).await?,
            (None, Chat::Group(id)) => Some(self.group(id).await?.settings.expires_in),
        };
        context.expiration = context.expiration.filter(|seconds| *seconds > 0);
        if new.mentions.len() > MAX_MENTIONS {
            return invalid(format!("at most {MAX_MENTIONS} people may be named"));
        }
        for number in &new.mentions {
            context.mentioned_jid.push(self.name_of(chat, &limits::number(number)?).to_string());
        }
        Ok(context)
    }

    /// A message of a chat that has not been taken back.
    async fn held(&self, chat: &Chat, id: &MessageId) -> Result<MessageRow, SandboxError> {
        let row = messages::in_chat(&self.net.store, &self.me.number, &chat.key(), id.as_str()).await?;
        let Some(row) = row else {
            let me = &self.me.number;
            return Err(SandboxError::NotFound(format!(
                "the phone {me} holds no message {id} in the chat {}",
                chat.key()
            )));
        };
        if row.details.revoked_at.is_some() {
            return conflict("this message was taken back");
        }
        Ok(row)
    }

    /// How a message is named in what is done to it.
    fn key(&self, chat: &Chat, row: &MessageRow) -> MessageField<wa::MessageKey> {
        let foreign = matches!(chat, Chat::Group(_)) && !row.from_me;
        MessageField::some(wa::MessageKey {
            remote_jid: Some(self.net.directory.chat_jid(chat).to_string()),
            from_me: Some(row.from_me),
            id: Some(row.id.clone()),
            participant: foreign.then(|| self.name_of(chat, &row.sender).to_string()),
        })
    }

    fn poll(&self, poll: &NewPoll) -> Result<wa::Message, SandboxError> {
        let mut message = parts::poll(poll)?;
        parts::set_secret(&mut message, self.net.source.bytes::<32>());
        Ok(message)
    }

    async fn reaction(&self, chat: &Chat, new: &NewReaction) -> Result<Composed, SandboxError> {
        let emoji = new.emoji.as_str();
        let odd = |c: char| c.is_control() || c.is_whitespace() || c.is_ascii_alphabetic();
        if emoji.len() > MAX_EMOJI || emoji.contains(odd) {
            return invalid("a reaction is one emoji, or nothing");
        }
        let row = self.held(chat, &new.message_id).await?;
        let key = self.key(chat, &row).into_option().unwrap_or_default();
        let message = build_reaction_message(key, emoji, self.net.source.now());
        let act = Some((row.id, Act::React(emoji.to_owned())));
        Ok(Composed { act, ..message.into() })
    }

    async fn edit(&self, chat: &Chat, id: &MessageId, text: &str) -> Result<Composed, SandboxError> {
        let row = self.held(chat, id).await?;
        if !row.from_me {
            return conflict("only who wrote a message can edit it");
        }
        use MessageKind::{Document, Image, Text, Video};
        if !matches!(row.kind, Text | Image | Video | Document) || row.details.view_once {
            return conflict("only texts and captions can be edited");
        }
        let mut edited = wa::Message::decode_from_slice(&super::effect::with_text(&row.raw, text))
            .map_err(SandboxError::crypto)?;
        edited.message_context_info = MessageField::none();
        let message = self.protocol(chat, &row, Type::MESSAGE_EDIT, MessageField::some(edited));
        let act = Some((row.id, Act::Edit(text.to_owned())));
        Ok(Composed { edit: Some("1"), act, ..message.into() })
    }

    async fn take_back(&self, chat: &Chat, new: &NewRevoke) -> Result<Composed, SandboxError> {
        let row = self.held(chat, &new.message_id).await?;
        let edit = match chat {
            _ if row.from_me => "7",
            Chat::Group(id) => {
                let me = (self.me.number.clone(), true);
                if !self.group(id).await?.members.contains(&me) {
                    return conflict("only who wrote a message, or an admin of the group, can take it back");
                }
                "8"
            }
            Chat::Person(_) => return conflict("only who wrote a message can take it back"),
        };
        let message = self.protocol(chat, &row, Type::REVOKE, MessageField::none());
        Ok(Composed { edit: Some(edit), act: Some((row.id, Act::Revoke)), ..message.into() })
    }

    fn protocol(
        &self,
        chat: &Chat,
        row: &MessageRow,
        kind: Type,
        edited: MessageField<wa::Message, Box<wa::Message>>,
    ) -> wa::Message {
        let timed = edited.is_set().then(|| self.net.source.now());
        super::bootstrap::protocol(wa::message::ProtocolMessage {
            key: self.key(chat, row),
            r#type: Some(kind),
            edited_message: edited,
            timestamp_ms: timed,
            ..Default::default()
        })
    }

    async fn pin(&self, chat: &Chat, new: &NewPin) -> Result<Composed, SandboxError> {
        if new.seconds != 0 && !PIN_SECONDS.contains(&new.seconds) {
            return invalid("a message is pinned for 86400, 604800 or 2592000 seconds, or 0");
        }
        let row = self.held(chat, &new.message_id).await?;
        let pin = wa::message::PinInChatMessage {
            key: self.key(chat, &row),
            r#type: Some(if new.seconds > 0 { Pin::PIN_FOR_ALL } else { Pin::UNPIN_FOR_ALL }),
            sender_timestamp_ms: Some(self.net.source.now()),
        };
        let message = wa::Message {
            pin_in_chat_message: MessageField::some(pin),
            message_context_info: MessageField::some(wa::MessageContextInfo {
                message_add_on_duration_in_secs: Some(new.seconds),
                ..Default::default()
            }),
            ..Default::default()
        };
        Ok(Composed { edit: Some("2"), act: Some((row.id, Act::Pin(new.seconds))), ..message.into() })
    }

    async fn vote(&self, chat: &Chat, new: &NewVote) -> Result<Composed, SandboxError> {
        let row = self.held(chat, &new.message_id).await?;
        let (Some(poll), Some(secret)) = (&row.details.poll, secret(&row.raw)) else {
            return conflict("this message is no poll that can be voted on");
        };
        let chosen: BTreeSet<&String> = new.options.iter().collect();
        if chosen.len() != new.options.len() {
            return invalid("each option can be chosen once");
        }
        if poll.selectable > 0 && chosen.len() > poll.selectable as usize {
            return invalid(format!("this poll takes at most {} options", poll.selectable));
        }
        if let Some(option) =
            chosen.iter().find(|option| poll.options.iter().all(|known| known.text != ***option))
        {
            return invalid(format!("the poll has no option {option:?}"));
        }
        let hashes: Vec<Vec<u8>> =
            new.options.iter().map(|option| compute_option_hash(option).to_vec()).collect();
        let creator = self.name_of(chat, &row.sender).to_string();
        let voter = self.name_of(chat, &self.me.number).to_string();
        let (payload, iv) = encrypt_poll_vote_with_secret(&hashes, &secret, &row.id, &creator, &voter)
            .map_err(SandboxError::crypto)?;
        let (payload, iv) = (payload, iv.to_vec());
        let update = wa::message::PollUpdateMessage {
            poll_creation_message_key: self.key(chat, &row),
            vote: MessageField::some(wa::message::PollEncValue {
                enc_payload: Some(payload.clone()),
                enc_iv: Some(iv.clone()),
            }),
            sender_timestamp_ms: Some(self.net.source.now()),
            ..Default::default()
        };
        let message = wa::Message { poll_update_message: MessageField::some(update), ..Default::default() };
        Ok(Composed { act: Some((row.id, Act::Vote { payload, iv })), ..message.into() })
    }

    /// Passes a message on, from whichever chat it is in.
    async fn forward(&self, id: &MessageId) -> Result<Composed, SandboxError> {
        let me = &self.me.number;
        let row = messages::anywhere(&self.net.store, me, id.as_str()).await?;
        let missing = || SandboxError::NotFound(format!("the phone {me} holds no message {id}"));
        let row = row.ok_or_else(missing)?;
        if row.details.revoked_at.is_some() || row.details.view_once || row.kind == MessageKind::System {
            return conflict("this message cannot be passed on");
        }
        let message = wa::Message::decode_from_slice(row.raw.as_slice()).map_err(SandboxError::crypto)?;
        let mut message = message.get_base_message().clone();
        let before = content::context_of(&message).and_then(|context| context.forwarding_score);
        message.message_context_info = MessageField::none();
        if row.kind == MessageKind::Poll {
            parts::set_secret(&mut message, self.net.source.bytes::<32>());
        }
        let context = wa::ContextInfo {
            is_forwarded: Some(true),
            forwarding_score: Some(before.unwrap_or(0).saturating_add(1)),
            ..Default::default()
        };
        parts::set_context(&mut message, context);
        Ok(message.into())
    }
}
