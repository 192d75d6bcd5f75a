//! Chats and messages from before the link. WhatsApp sends them in parts of up to some megabytes, once. Each goes to
//! the disk as it came; then it is read from there, chat by chat, away from everything that is live.

use super::attachment;
use super::content::{Content, clean, content};
use super::inbound::kind;
use super::jids::{self, Numbers};
use super::link::Link;
use super::requests;
use super::session::Active;
use super::{details, notices};
use crate::protocol::{Details, HistoryKind, MessageKind, MessageStatus, Reaction};
use crate::server::engine::{
    EngineError, EventSink, HistoryChat, HistoryMessage, HistoryName, HistoryPart, HistoryPiece,
    HistoryWishes, Identity, InboundMessage, NewestMessage, SessionEvent, WaitingPart,
};
use crate::server::storage::read::address_of;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use whatsapp_rust::Jid;
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::wacore::history_sync::HistorySyncError;
use whatsapp_rust::wacore::poll::compute_option_hash;
use whatsapp_rust::wacore::store::device::default_history_sync_config;
use whatsapp_rust::wacore::types::events::LazyHistorySync;
use whatsapp_rust::waproto::whatsapp::conversation::EndOfHistoryTransferType;
use whatsapp_rust::waproto::whatsapp::{
    Conversation, HistorySync, MessageKey, WebMessageInfo, device_props::HistorySyncConfig,
    web_message_info::Status,
};

/// Chats and messages that are kept at once: whichever is reached first.
const PIECE_CHATS: usize = 50;
const PIECE_MESSAGES: usize = 1_000;
/// Chats that are read ahead.
const AHEAD: usize = 8;
/// The pause before storage is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Puts what comes to the disk until no more is to come: WhatsApp was told already that it arrived.
pub(super) async fn keep_all(
    link: Arc<Link>,
    sink: Arc<dyn EventSink>,
    mut parts: UnboundedReceiver<LazyHistorySync>,
) {
    while let Some(part) = parts.recv().await {
        let part = HistoryPart {
            kind: kind_of(part.sync_type()),
            chunk: part.chunk_order(),
            progress: part.progress(),
            request: part.peer_data_request_session_id().map(|id| clean(id.to_owned())),
            payload: part.compressed_bytes().to_vec(),
            size: u64::try_from(part.decompressed_size()).unwrap_or(u64::MAX),
        };
        while let Err(error) = sink.history_part(part.clone()).await {
            tracing::error!(%error, "a part of the history could not be kept; it is tried again");
            tokio::time::sleep(PAUSE).await;
        }
        link.history_news.notify_one();
    }
}

/// Works through the parts that wait, those of earlier runs included, until the run is over.
pub(super) async fn read_all(link: Arc<Link>, sink: Arc<dyn EventSink>) {
    loop {
        let wait = match sink.next_history_part().await {
            Ok(Some(part)) => match read(&link, &*sink, part).await {
                Ok(()) => continue,
                Err(Stopped::Over) => return,
                Err(Stopped::Storage) => Some(PAUSE),
            },
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "the history that waits could not be looked up");
                Some(PAUSE)
            }
        };
        let pause = async {
            match wait {
                Some(pause) => tokio::time::sleep(pause).await,
                None => link.history_news.notified().await,
            }
        };
        tokio::select! {
            () = link.history_over.cancelled() => return,
            () = pause => {}
        }
    }
}

/// Why a part was not read to its end. It still waits.
enum Stopped {
    Over,
    Storage,
}

/// Reads a part from where it was left, piece by piece.
async fn read(link: &Link, sink: &dyn EventSink, waiting: WaitingPart) -> Result<(), Stopped> {
    let WaitingPart { id, part, next_chat } = waiting;
    let size = usize::try_from(part.size).unwrap_or(usize::MAX);
    let packed = Arc::new(LazyHistorySync::new(Bytes::from(part.payload), size, 0, None, None));
    let first = packed.clone();
    let preface = match tokio::task::spawn_blocking(move || Preface::read(&first)).await {
        Ok(Ok(preface)) => preface,
        Ok(Err(error)) => {
            tracing::error!(%error, "a part of the history is damaged; nothing of it can be kept");
            let piece = HistoryPiece { part: id, last: true, ..HistoryPiece::default() };
            return keep(link, sink, piece).await;
        }
        // The runtime ends.
        Err(_) => return Err(Stopped::Over),
    };
    link.mailbox.tell(SessionEvent::Identities(preface.learned()));
    let (put, mut chats) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || chats_from(&packed, next_chat, &put));
    let mut piece = HistoryPiece { part: id, next_chat, ..HistoryPiece::default() };
    let mut messages = 0;
    while let Some(chat) = chats.recv().await {
        {
            let client = link.client().ok_or(Stopped::Over)?;
            if let Some(chat) = chat_of(&preface.numbers(&*client), chat).await {
                messages += chat.messages.len();
                piece.chats.push(chat);
            }
        }
        piece.next_chat += 1;
        if piece.chats.len() >= PIECE_CHATS || messages >= PIECE_MESSAGES {
            let next = HistoryPiece {
                part: piece.part.clone(),
                next_chat: piece.next_chat,
                ..HistoryPiece::default()
            };
            keep(link, sink, std::mem::replace(&mut piece, next)).await?;
            messages = 0;
        }
    }
    {
        let client = link.client().ok_or(Stopped::Over)?;
        piece.names = preface.names(&*client).await;
    }
    piece.last = true;
    keep(link, sink, piece).await
}

/// Keeps a piece, unless the run is over.
async fn keep(link: &Link, sink: &dyn EventSink, piece: HistoryPiece) -> Result<(), Stopped> {
    if link.history_over.is_cancelled() {
        return Err(Stopped::Over);
    }
    sink.history_piece(piece).await.map_err(|error| {
        tracing::error!(%error, "a piece of the history could not be kept; it is tried again");
        Stopped::Storage
    })
}

/// What a part is, by WhatsApp's number.
fn kind_of(number: i32) -> HistoryKind {
    match number {
        0 => HistoryKind::Initial,
        2 => HistoryKind::Full,
        3 => HistoryKind::Recent,
        4 => HistoryKind::Names,
        6 => HistoryKind::OnDemand,
        _ => HistoryKind::Other,
    }
}

/// Hands over the chats of a part after the first `skip`. Ends early when nobody takes them any more.
fn chats_from(part: &LazyHistorySync, skip: u32, put: &mpsc::Sender<Conversation>) {
    let mut stream = part.stream();
    let mut at = 0;
    loop {
        match stream.next_conversation() {
            Ok(Some(mut chat)) => {
                at += 1;
                if at <= skip {
                    continue;
                }
                in_order(&mut chat);
                if put.blocking_send(chat).is_err() {
                    return;
                }
            }
            Ok(None) => return,
            // It was read to its end once before.
            Err(error) => {
                tracing::error!(%error, "a part of the history could not be read a second time");
                return;
            }
        }
    }
}

/// What has to be known of a part before its chats are read.
#[derive(Debug, Default)]
pub(super) struct Preface {
    names: Vec<Name>,
    /// By LID.
    numbers: HashMap<String, Jid>,
}

/// What somebody is called.
#[derive(Debug)]
struct Name {
    jid: Jid,
    saved: Option<String>,
    push: Option<String>,
}

/// Puts the oldest message first.
pub(super) fn in_order(chat: &mut Conversation) {
    let at = |info: &WebMessageInfo| info.message_timestamp.unwrap_or(0);
    // WhatsApp gives them newest first; of the same second, its own order decides, else the one given later is older.
    chat.messages.reverse();
    chat.messages.sort_by_key(|message| {
        (message.message.as_option().map_or(0, at), message.msg_order_id.unwrap_or(0))
    });
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

impl Preface {
    /// Reads a part to its end, one chat at a time, so that little of it is in memory at once.
    pub(super) fn read(part: &LazyHistorySync) -> Result<Self, HistorySyncError> {
        let mut stream = part.stream();
        let mut read = Self::default();
        while let Some(chat) = stream.next_conversation()? {
            let (id, lid, number) = (chat.id.parse().ok(), jid(&chat.lid_jid), jid(&chat.pn_jid));
            read.pair(lid.or(id), number);
        }
        read.rest(&stream.remainder()?);
        Ok(read)
    }

    /// The numbers behind LIDs that the part itself tells.
    fn learned(&self) -> Vec<Identity> {
        let told = self.numbers.iter();
        told.map(|(lid, number)| Identity::new(format!("{lid}@lid"), jids::digits(number))).collect()
    }

    /// The numbers behind LIDs, with those that the part itself tells.
    pub(super) fn numbers<'a>(&'a self, before: &'a dyn Numbers) -> With<'a> {
        With { before, here: &self.numbers }
    }

    /// The people whose names the part tells.
    pub(super) async fn names(&self, before: &dyn Numbers) -> Vec<HistoryName> {
        let numbers = self.numbers(before);
        let mut names = Vec::with_capacity(self.names.len());
        for Name { jid, saved, push } in &self.names {
            let jid = jids::by_number(&numbers, jid, None).await;
            if jids::is_chat(&jid) && !jids::is_group(&jid) {
                names.push(HistoryName { jid: jids::text(&jid), saved: saved.clone(), push: push.clone() });
            }
        }
        names
    }

    fn rest(&mut self, rest: &HistorySync) {
        let pairs = rest.phone_number_to_lid_mappings.iter().map(|pair| (&pair.lid_jid, &pair.pn_jid));
        let contacts = rest.inline_contacts.iter().map(|contact| (&contact.lid_jid, &contact.pn_jid));
        for (lid, number) in pairs.chain(contacts) {
            self.pair(jid(lid), jid(number));
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
    here: &'a HashMap<String, Jid>,
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
        let order = message.msg_order_id.and_then(|order| i64::try_from(order).ok());
        let Some(info) = message.message.into_option() else { continue };
        messages.extend(message_of(numbers, &id, info, order).await);
    }
    let name = named(&chat.name).or_else(|| named(&chat.display_name));
    let end = chat.end_of_history_transfer_type
        == Some(EndOfHistoryTransferType::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY);
    let jid = jids::text(&id);
    Some(HistoryChat { jid, kind: kind(&id), name, unread, last_activity, state, messages, end })
}

async fn message_of(
    numbers: &dyn Numbers,
    chat: &Jid,
    info: WebMessageInfo,
    order: Option<i64>,
) -> Option<HistoryMessage> {
    let key = info.key.as_option()?;
    let id = key.id.as_deref().filter(|id| !id.is_empty())?;
    if info.message_stub_type.is_some() && !notices::is_revoked(&info) && !info.message.is_set() {
        let by = actor(numbers, chat, &info).await;
        let notice = notices::of_stub(numbers, chat, by.as_ref(), &info).await?;
        return Some(HistoryMessage { message: notice, status: MessageStatus::Read, order });
    }
    let content = match info.message.as_option().and_then(content) {
        Some(content) => content,
        // What was taken back has nothing in it any more.
        None if notices::is_revoked(&info) => {
            Content { kind: MessageKind::Text, text: String::new(), raw: None }
        }
        None => return None,
    };
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
    Some(HistoryMessage { message, status: status(from_me, info.status), order })
}

/// What a message carries, with what had been done to it before the link.
async fn past_details(numbers: &dyn Numbers, chat: &Jid, info: &WebMessageInfo) -> Details {
    let mut details = match info.message.as_option() {
        Some(message) => details::details(numbers, message).await,
        None => Details::default(),
    };
    details.starred = info.starred == Some(true);
    if notices::is_revoked(info) {
        details.revoked_at = Some(millis(info.message_timestamp.unwrap_or(0)));
    }
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

/// Who did what a stub tells.
async fn actor(numbers: &dyn Numbers, chat: &Jid, info: &WebMessageInfo) -> Option<Jid> {
    let key = info.key.as_option()?;
    if key.from_me == Some(true) {
        return numbers.own();
    }
    match jid(&info.participant).or_else(|| jid(&key.participant)) {
        Some(who) => Some(jids::by_number(numbers, &who, None).await),
        None => (!jids::is_group(chat)).then(|| chat.clone()),
    }
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

/// Tells the phone, when it links us, how much is wanted. It may send more all the same.
pub(super) fn wishes(wishes: HistoryWishes) -> HistorySyncConfig {
    HistorySyncConfig {
        storage_quota_mb: wishes.megabytes,
        recent_sync_days_limit: wishes.days,
        ..default_history_sync_config()
    }
}

/// Asks the phone for messages that are older than this one.
pub(super) async fn ask_older(
    live: &Active,
    chat: &str,
    oldest: &NewestMessage,
    count: u32,
) -> Result<String, EngineError> {
    let chat = requests::as_addressed(&live.client, jids::parse(chat)?).await;
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let _durable = live.link.sending();
    let client = &live.client;
    let (id, from_me, at) = (&oldest.whatsapp_id, oldest.from_me, oldest.timestamp);
    match Box::pin(client.fetch_message_history(&chat, id, from_me, at, count)).await {
        Ok(request) => Ok(clean(request)),
        Err(_) if !client.is_connected() => Err(EngineError::NotConnected),
        Err(error) => Err(EngineError::NoAnswer(error.to_string())),
    }
}
