//! Chats and messages from before the link. WhatsApp sends them in parts of up to some megabytes; each
//! is read here, away from everything that is live, and told piece by piece.

use super::attachment;
use super::content::{clean, content};
use super::details;
use super::inbound::kind;
use super::jids::{self, Numbers};
use super::link::Link;
use crate::protocol::{Details, MessageStatus, Reaction};
use crate::server::engine::{HistoryChat, HistoryMessage, Identity, InboundMessage, SessionEvent};
use crate::server::storage::read::address_of;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::history_sync::HistorySyncError;
use whatsapp_rust::wacore::poll::compute_option_hash;
use whatsapp_rust::wacore::types::events::LazyHistorySync;
use whatsapp_rust::waproto::whatsapp::{
    Conversation, HistorySync, MessageKey, WebMessageInfo, web_message_info::Status,
};

/// Chats of one part at most: the ones with the newest messages.
pub(super) const MAX_CHATS: usize = 2_000;
/// Messages of one chat and part at most: the newest.
pub(super) const MAX_MESSAGES: usize = 200;
/// Chats that are told at once.
const PIECE: usize = 50;

/// Reads what comes until the run is over.
pub(super) async fn read_all(link: Arc<Link>, mut parts: UnboundedReceiver<LazyHistorySync>) {
    while let Some(part) = parts.recv().await {
        let read = tokio::task::spawn_blocking(move || read(&part)).await;
        let Some(client) = link.client() else { return };
        match read {
            Ok(Ok(part)) => tell(&link, &*client, part).await,
            Ok(Err(error)) => tracing::warn!(%error, "a part of the history could not be read"),
            Err(error) => tracing::warn!(%error, "a part of the history was not read to its end"),
        }
    }
}

/// One part, read and cut to its bounds.
#[derive(Default)]
pub(super) struct Part {
    /// Newest first.
    pub chats: Vec<Conversation>,
    pub names: Vec<Name>,
    /// By LID.
    numbers: HashMap<String, Jid>,
}

/// What somebody is called.
pub(super) struct Name {
    pub jid: Jid,
    pub saved: Option<String>,
    pub push: Option<String>,
}

/// Reads a part, one chat at a time, so that little of it is in memory at once.
pub(super) fn read(part: &LazyHistorySync) -> Result<Part, HistorySyncError> {
    let mut stream = part.stream();
    let mut read = Part::default();
    while let Some(mut chat) = stream.next_conversation()? {
        shorten(&mut chat);
        read.chats.push(chat);
        // Now and then, so that it costs little.
        if read.chats.len() >= MAX_CHATS * 2 {
            newest_chats(&mut read.chats);
        }
    }
    newest_chats(&mut read.chats);
    read.rest(stream.remainder()?);
    Ok(read)
}

/// Leaves the newest messages, oldest first.
fn shorten(chat: &mut Conversation) {
    let at = |info: &WebMessageInfo| info.message_timestamp.unwrap_or(0);
    // WhatsApp gives them newest first; of the same second, the one given later is the older one.
    chat.messages.reverse();
    chat.messages.sort_by_key(|message| message.message.as_option().map_or(0, at));
    let older = chat.messages.len().saturating_sub(MAX_MESSAGES);
    chat.messages.drain(..older);
    chat.messages.shrink_to_fit();
}

fn newest_chats(chats: &mut Vec<Conversation>) {
    chats.sort_by_key(|chat| std::cmp::Reverse(last_activity(chat)));
    chats.truncate(MAX_CHATS);
}

/// In seconds; 0 if it is not known.
fn last_activity(chat: &Conversation) -> u64 {
    let newest = chat.messages.last().and_then(|message| message.message.as_option());
    let newest = newest.and_then(|message| message.message_timestamp);
    [chat.conversation_timestamp, chat.last_msg_timestamp, newest].into_iter().flatten().max().unwrap_or(0)
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)
}

fn named(name: &Option<String>) -> Option<String> {
    name.as_deref().filter(|name| !name.is_empty()).map(|name| clean(name.to_owned()))
}

fn jid(text: &Option<String>) -> Option<Jid> {
    text.as_deref()?.parse().ok()
}

impl Part {
    /// The numbers behind LIDs, with those that the part itself tells.
    pub(super) fn numbers<'a>(&self, before: &'a dyn Numbers) -> With<'a> {
        With { before, here: self.numbers.clone() }
    }

    fn rest(&mut self, rest: HistorySync) {
        let pairs = rest.phone_number_to_lid_mappings.iter().map(|pair| (&pair.lid_jid, &pair.pn_jid));
        let contacts = rest.inline_contacts.iter().map(|contact| (&contact.lid_jid, &contact.pn_jid));
        for (lid, number) in pairs.chain(contacts) {
            self.pair(jid(lid), jid(number));
        }
        for chat in &self.chats {
            let (id, lid, number) = (chat.id.parse().ok(), jid(&chat.lid_jid), jid(&chat.pn_jid));
            if let (Some(lid), Some(number)) = (lid.or(id).filter(Jid::is_lid), number.filter(Jid::is_pn)) {
                self.numbers.insert(lid.user.to_string(), number.to_non_ad());
            }
        }
        for name in &rest.pushnames {
            // A dash stands for a name that is hidden.
            let push = named(&name.pushname).filter(|name| name != "-");
            if let (Some(jid), Some(push)) = (jid(&name.id), push) {
                self.names.push(Name { jid, saved: None, push: Some(push) });
            }
        }
        for contact in &rest.inline_contacts {
            let saved = named(&contact.full_name).or_else(|| named(&contact.first_name));
            if let (Some(jid), Some(saved)) = (jid(&contact.pn_jid).or(jid(&contact.lid_jid)), saved) {
                self.names.push(Name { jid, saved: Some(saved), push: None });
            }
        }
    }

    fn pair(&mut self, lid: Option<Jid>, number: Option<Jid>) {
        if let (Some(lid), Some(number)) = (lid.filter(Jid::is_lid), number.filter(Jid::is_pn)) {
            self.numbers.insert(lid.user.to_string(), number.to_non_ad());
        }
    }
}

/// The numbers of a part beside those that were known before.
pub(super) struct With<'a> {
    before: &'a dyn Numbers,
    here: HashMap<String, Jid>,
}

impl With<'_> {
    /// What the part itself told.
    fn learned(&self) -> Vec<Identity> {
        let here = self.here.iter();
        here.map(|(lid, number)| Identity { lid: format!("{lid}@lid"), number: jids::digits(number) })
            .collect()
    }
}

#[async_trait]
impl Numbers for With<'_> {
    async fn number_of(&self, lid: &Jid) -> Option<Jid> {
        match self.here.get(lid.user.as_str()) {
            Some(number) => Some(number.clone()),
            None => self.before.number_of(lid).await,
        }
    }

    fn own(&self) -> Option<Jid> {
        self.before.own()
    }
}

async fn tell(link: &Link, before: &dyn Numbers, part: Part) {
    let numbers = part.numbers(before);
    tell_piece(link, SessionEvent::Identities(numbers.learned())).await;
    let mut piece = Vec::with_capacity(PIECE);
    for chat in part.chats {
        piece.extend(chat_of(&numbers, chat).await);
        if piece.len() == PIECE {
            tell_piece(link, SessionEvent::History(std::mem::take(&mut piece))).await;
        }
    }
    if !piece.is_empty() {
        tell_piece(link, SessionEvent::History(piece)).await;
    }
    for name in part.names {
        let jid = jids::by_number(&numbers, &name.jid, None).await;
        if jids::is_chat(&jid) && !jids::is_group(&jid) {
            let (saved_name, push_name) = (name.saved, name.push);
            tell_piece(link, SessionEvent::Contact { jid: jids::text(&jid), saved_name, push_name }).await;
        }
    }
}

/// Tells a piece and waits until it was taken, so that what is live gets in between.
async fn tell_piece(link: &Link, event: SessionEvent) {
    link.mailbox.tell(event);
    link.mailbox.told().await;
}

/// A chat as we keep it, or `None` for what is no conversation.
pub(super) async fn chat_of(numbers: &dyn Numbers, chat: Conversation) -> Option<HistoryChat> {
    let last_activity = Some(last_activity(&chat)).filter(|at| *at > 0).map(millis);
    let id = jids::by_number(numbers, &chat.id.parse().ok()?, jid(&chat.pn_jid).as_ref()).await;
    if !jids::is_chat(&id) {
        return None;
    }
    let unread = chat.unread_count.unwrap_or(0);
    let state = super::chat_state::of_history(&chat, last_activity.unwrap_or(0));
    let mut messages = Vec::with_capacity(chat.messages.len());
    for message in chat.messages {
        let Some(info) = message.message.into_option() else { continue };
        messages.extend(message_of(numbers, &id, info).await);
    }
    mark_unread(&mut messages, unread);
    let name = named(&chat.name).or_else(|| named(&chat.display_name));
    Some(HistoryChat { jid: jids::text(&id), kind: kind(&id), name, unread, last_activity, state, messages })
}

async fn message_of(numbers: &dyn Numbers, chat: &Jid, info: WebMessageInfo) -> Option<HistoryMessage> {
    let key = info.key.as_option()?;
    let id = key.id.as_deref().filter(|id| !id.is_empty())?;
    let content = content(info.message.as_option()?)?;
    let from_me = key.from_me.unwrap_or(false);
    let sender = if from_me {
        numbers.own()?
    } else if jids::is_group(chat) {
        let sender = jid(&info.participant).or_else(|| jid(&key.participant))?;
        jids::by_number(numbers, &sender, None).await
    } else {
        chat.clone()
    };
    let details = past_details(numbers, chat, &info).await;
    let message = InboundMessage {
        whatsapp_id: clean(id.to_owned()),
        chat: jids::text(chat),
        chat_kind: kind(chat),
        sender: jids::text(&sender),
        from_me,
        push_name: named(&info.push_name).filter(|_| !from_me),
        timestamp: millis(info.message_timestamp.unwrap_or(0)),
        kind: content.kind,
        text: content.text,
        media: info.message.as_option().and_then(|message| attachment::of(message, &details)),
        details: Box::new(details),
        secret: info.message_secret.clone().or_else(|| info.message.as_option().and_then(details::secret)),
        raw: content.raw,
    };
    Some(HistoryMessage { message, status: status(from_me, info.status) })
}

/// What a message carries, with what had been done to it before the link.
async fn past_details(numbers: &dyn Numbers, chat: &Jid, info: &WebMessageInfo) -> Details {
    let mut details = match info.message.as_option() {
        Some(message) => details::details(numbers, message).await,
        None => Details::default(),
    };
    details.starred = info.starred == Some(true);
    for reaction in &info.reactions {
        let Some(key) = reaction.key.as_option() else { continue };
        let Some(who) = doer(numbers, chat, key).await else { continue };
        let emoji = clean(reaction.text.clone().unwrap_or_default());
        if !emoji.is_empty() {
            let at = reaction.sender_timestamp_ms.unwrap_or(0);
            let from_me = key.from_me == Some(true);
            details.reactions.push(Reaction { from: address_of(&jids::text(&who)), from_me, emoji, at });
        }
    }
    if let Some(poll) = &mut details.poll {
        for update in &info.poll_updates {
            let key = update.poll_update_message_key.as_option();
            let (Some(key), Some(vote)) = (key, update.vote.as_option()) else { continue };
            let Some(who) = doer(numbers, chat, key).await else { continue };
            let voter = address_of(&jids::text(&who));
            for option in &mut poll.options {
                option.voters.retain(|known| *known != voter);
                let hash = compute_option_hash(&option.text);
                if vote.selected_options.iter().any(|chosen| chosen.as_slice() == hash) {
                    option.voters.push(voter.clone());
                }
            }
        }
    }
    details
}

/// Who did something to a message of the past.
async fn doer(numbers: &dyn Numbers, chat: &Jid, key: &MessageKey) -> Option<Jid> {
    if key.from_me == Some(true) {
        return numbers.own();
    }
    match jid(&key.participant) {
        Some(participant) => Some(jids::by_number(numbers, &participant, None).await),
        None => (!jids::is_group(chat)).then(|| chat.clone()),
    }
}

/// How far a message had come. One of ours that the phone was still sending is on its way: it is not
/// ours to send again.
pub(super) fn status(from_me: bool, status: Option<Status>) -> MessageStatus {
    match status {
        _ if !from_me => MessageStatus::Read,
        Some(Status::ERROR) => MessageStatus::Failed,
        Some(Status::DELIVERY_ACK) => MessageStatus::Delivered,
        Some(Status::READ | Status::PLAYED) => MessageStatus::Read,
        Some(Status::PENDING | Status::SERVER_ACK) | None => MessageStatus::Sent,
    }
}

/// The newest of the others' are those that are unread.
fn mark_unread(messages: &mut [HistoryMessage], unread: u32) {
    let unread = usize::try_from(unread).unwrap_or(usize::MAX);
    let theirs = messages.iter_mut().rev().filter(|message| !message.message.from_me);
    for message in theirs.take(unread) {
        message.status = MessageStatus::Delivered;
    }
}
