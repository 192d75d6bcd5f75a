//! What is done to messages: reactions, edits, revocations, votes, pins. Kept with the message, in the
//! transaction that logs it.

use super::context::Context;
use super::{identity, message_state, rows};
use crate::protocol::{ChatId, Details, EventKind, Message, MessageChange, MessageId, Millis, Reaction};
use crate::server::engine::{Change, InboundChange};
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{Row, StorageError, Tx, query, read};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The most things that wait for one message which is not here.
const MAX_WAITING: i64 = 1_000;

/// Applies what somebody did to a message, or keeps it until the message comes.
pub async fn apply(tx: &mut Tx<'_>, context: &Context, mut done: InboundChange) -> Result<(), StorageError> {
    identity::number_of(tx, context, &mut done.chat).await?;
    identity::number_of(tx, context, &mut done.sender).await?;
    match find(tx, context, &done.chat, &done.target).await? {
        Some(id) => apply_to(tx, context, &id, &done).await,
        // What was deleted for this account does not come.
        None if message_state::is_deleted(tx, context, &done.chat, &done.target, done.from_me).await? => {
            Ok(())
        }
        None => wait(tx, context, &done).await,
    }
}

/// Our id of a message in the chat with this JID.
pub async fn find(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_id: &str,
) -> Result<Option<MessageId>, StorageError> {
    let select = query(
        "SELECT m.id FROM messages m JOIN chats c ON c.id = m.chat_id \
         WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND c.jid = $3 ORDER BY m.id LIMIT 1",
    );
    let row = tx.row(select.bind(&context.device).bind(whatsapp_id).bind(chat_jid)).await?;
    row.map(|row| row.parse("id")).transpose()
}

async fn wait(tx: &mut Tx<'_>, context: &Context, done: &InboundChange) -> Result<(), StorageError> {
    let count = query("SELECT count(*) AS count FROM message_changes WHERE device_id = $1 AND chat_jid = $2 AND whatsapp_id = $3")
        .bind(&context.device)
        .bind(&done.chat)
        .bind(&done.target);
    let waiting = tx.row(count).await?.map(|row| row.int("count")).transpose()?.unwrap_or(0);
    if waiting >= MAX_WAITING {
        tracing::warn!(device = %context.device, "too much waits for a message that does not come");
        return Ok(());
    }
    let insert = query(
        "INSERT INTO message_changes (id, device_id, chat_jid, whatsapp_id, body, at) VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let insert = insert
        .bind(context.source.id("mch"))
        .bind(&context.device)
        .bind(&done.chat)
        .bind(&done.target)
        .bind(json(done)?)
        .bind(done.timestamp);
    tx.execute(insert).await?;
    Ok(())
}

/// Applies what waited for a message that has just come.
pub async fn catch_up(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_id: &str,
    id: &MessageId,
) -> Result<(), StorageError> {
    let delete = query(
        "DELETE FROM message_changes WHERE device_id = $1 AND chat_jid = $2 AND whatsapp_id = $3 RETURNING id, body",
    );
    let mut waited = tx.rows(delete.bind(&context.device).bind(chat_jid).bind(whatsapp_id)).await?;
    if waited.is_empty() {
        return Ok(());
    }
    let mut keyed = Vec::with_capacity(waited.len());
    for row in waited.drain(..) {
        keyed.push((row.text("id")?, row.json::<InboundChange>("body")?));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, done) in keyed {
        apply_to(tx, context, id, &done).await?;
    }
    Ok(())
}

async fn apply_to(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &MessageId,
    done: &InboundChange,
) -> Result<(), StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else { return Ok(()) };
    let author = row.text("sender")?;
    let before = read::to_message(&row)?;
    let mut after = before.clone();
    if let Some(what) = alter(&mut after, &author, done) {
        save(tx, context, &before, after, what).await?;
        if what == MessageChange::Revoke {
            forget_file(tx, &before).await?;
        }
    }
    Ok(())
}

/// Forgets the file that came with a message which was taken back, unless another message shows it.
async fn forget_file(tx: &mut Tx<'_>, message: &Message) -> Result<(), StorageError> {
    let Some(id) = message.details.media.as_ref().and_then(|media| media.id.clone()) else { return Ok(()) };
    tx.execute(query("UPDATE messages SET media_id = NULL WHERE id = $1").bind(&message.id)).await?;
    let delete = query(
        "DELETE FROM media WHERE id = $1 AND origin_message IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages WHERE media_id = $1)",
    );
    tx.execute(delete.bind(id)).await.map(drop)
}

/// Changes a message as asked; `None` if that changes nothing, or is not theirs to do.
fn alter(message: &mut Message, author: &str, done: &InboundChange) -> Option<MessageChange> {
    let theirs = message.from_me == done.from_me && (done.from_me || author == done.sender);
    let group = message.to.ends_with("@g.us");
    // What is taken back stays so.
    if message.details.revoked_at.is_some() {
        return None;
    }
    let details: &mut Details = &mut message.details;
    match &done.change {
        Change::Reaction(emoji) => react(details, done, emoji).then_some(MessageChange::Reaction),
        Change::Edit { text, mentions } => {
            let newer = details.edited_at.is_none_or(|at| done.timestamp >= at);
            if !theirs || !newer || (message.text == *text && details.mentions == *mentions) {
                return None;
            }
            message.text.clone_from(text);
            details.mentions.clone_from(mentions);
            details.link_preview = None;
            details.edited_at = Some(done.timestamp);
            Some(MessageChange::Edit)
        }
        // Of others' messages, only an admin's reach us: WhatsApp lets nobody else.
        Change::Revoke if theirs || group => {
            message.text.clear();
            *details = Details { revoked_at: Some(done.timestamp), ..Details::default() };
            Some(MessageChange::Revoke)
        }
        Change::Revoke => None,
        Change::Vote(chosen) => vote(details, done, chosen).then_some(MessageChange::Vote),
        Change::Pin(until) => {
            let changed = details.pinned_until != *until;
            details.pinned_until = *until;
            details.pinned_at = until.map(|_| done.timestamp);
            changed.then_some(MessageChange::Pin)
        }
        Change::Star(starred) => {
            let changed = details.starred != *starred;
            details.starred = *starred;
            changed.then_some(MessageChange::Star)
        }
        Change::Notice(code) => {
            // One that rang while we were away may have been taken on the phone.
            let elsewhere = code == "answered_call" || code == "rejected_call";
            let open = |now: &str| now == "incoming_call" || (now == "missed_call" && elsewhere);
            let notice = details.notice.as_mut().filter(|notice| open(&notice.code))?;
            notice.code.clone_from(code);
            Some(MessageChange::Call)
        }
    }
}

/// One person has one reaction: the newest.
fn react(details: &mut Details, done: &InboundChange, emoji: &str) -> bool {
    let from = read::address_of(&done.sender);
    let known = details.reactions.iter().position(|reaction| reaction.from == from);
    if let Some(known) = known {
        let reaction = &details.reactions[known];
        if reaction.at > done.timestamp || reaction.emoji == emoji {
            return false;
        }
        details.reactions.remove(known);
    }
    if emoji.is_empty() {
        return known.is_some();
    }
    let reaction = Reaction { from, from_me: done.from_me, emoji: emoji.to_owned(), at: done.timestamp };
    details.reactions.push(reaction);
    true
}

/// One person has one vote: what they chose last.
fn vote(details: &mut Details, done: &InboundChange, chosen: &[Vec<u8>]) -> bool {
    let Some(poll) = &mut details.poll else { return false };
    let voter = read::address_of(&done.sender);
    let mut changed = false;
    for option in &mut poll.options {
        let wanted = chosen.iter().any(|hash| hash.as_slice() == hash_of(&option.text));
        let voted = option.voters.iter().position(|known| *known == voter);
        match (wanted, voted) {
            (true, None) => option.voters.push(voter.clone()),
            (false, Some(at)) => drop(option.voters.remove(at)),
            _ => continue,
        }
        changed = true;
    }
    changed
}

/// How a vote names an option.
pub fn hash_of(option: &str) -> [u8; 32] {
    Sha256::digest(option.as_bytes()).into()
}

/// What a message said that was taken back before it was sent: the outbox has it until then.
#[derive(Serialize, Deserialize)]
pub struct Unsent {
    pub text: String,
    pub details: Box<Details>,
}

/// Keeps a changed message and logs it with its chat.
pub async fn save(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &Message,
    after: Message,
    change: MessageChange,
) -> Result<Message, StorageError> {
    if before.text != after.text && change == MessageChange::Edit {
        let last = query("SELECT max(at) AS last FROM message_edits WHERE message_id = $1").bind(&after.id);
        let last = tx.row(last).await?.map(|row| row.opt_int("last")).transpose()?.flatten();
        // WhatsApp counts whole seconds: two edits of one second keep their order.
        let at = after.details.edited_at.unwrap_or_else(|| context.source.now());
        let at = last.map_or(at, |last| at.max(last.saturating_add(1)));
        let insert = query("INSERT INTO message_edits (message_id, at, body) VALUES ($1, $2, $3)");
        tx.execute(insert.bind(&after.id).bind(at).bind(&before.text)).await?;
    }
    if after.details.revoked_at.is_some() && before.details.revoked_at.is_none() {
        // What was taken back is not kept in any other form either.
        tx.execute(query("DELETE FROM message_edits WHERE message_id = $1").bind(&after.id)).await?;
        tx.execute(query("UPDATE messages SET raw = NULL WHERE id = $1").bind(&after.id)).await?;
        // But for what still waits to be sent: only what arrived can be taken back, and whether it did may be open.
        let details = Box::new(before.details.clone().into_inner());
        let unsent = Unsent { text: before.text.clone(), details };
        let keep = query("UPDATE outbox SET body = $2 WHERE message_id = $1 AND kind = 'message'");
        tx.execute(keep.bind(&after.id).bind(json(&unsent)?)).await?;
    }
    let update = query("UPDATE messages SET body = $2, details = $3, pinned_until = $4 WHERE id = $1")
        .bind(&after.id)
        .bind(&after.text)
        .bind(details_json(&after.details)?)
        .bind(after.details.pinned_until);
    tx.execute(update).await?;
    let found = found_by(&after.text, &after.details);
    if found != found_by(&before.text, &before.details) {
        index_message(tx, &after.id, &found).await?;
    }
    identity::trace(tx, context, &after.id, None, &after.details).await?;
    let chat = rows::chat(tx, &after.chat_id).await?;
    let kind = EventKind::MessageUpdated { message: after.clone(), chat, change };
    tx.note(context.workspace.clone(), Some(context.device.clone()), kind);
    Ok(after)
}

/// As a row keeps it: nothing where there is nothing.
pub fn details_json(details: &Details) -> Result<Option<String>, StorageError> {
    if *details == Details::default() { Ok(None) } else { json(details).map(Some) }
}

fn json<T: Serialize>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::Database(error.to_string()))
}

/// What a message's quote points to, where that is here.
pub async fn resolve_quote(
    tx: &mut Tx<'_>,
    chat: &ChatId,
    details: &mut Details,
) -> Result<(), StorageError> {
    let Some(quoted) = &mut details.quoted else { return Ok(()) };
    let select = query("SELECT id FROM messages WHERE chat_id = $1 AND whatsapp_id = $2 ORDER BY id LIMIT 1");
    let row: Option<Row> = tx.row(select.bind(chat).bind(&quoted.whatsapp_id)).await?;
    quoted.message_id = row.map(|row| row.parse("id")).transpose()?;
    Ok(())
}

/// The texts that a message had before, oldest first, each with the time until which it stood.
pub async fn earlier_texts(
    store: &crate::server::storage::Store,
    id: &MessageId,
) -> Result<Vec<(Millis, String)>, StorageError> {
    let select = query("SELECT at, body FROM message_edits WHERE message_id = $1 ORDER BY at").bind(id);
    store.rows(select).await?.iter().map(|row| Ok((row.int("at")?, row.text("body")?))).collect()
}
