//! Working through a part: its chats and messages in small transactions, so that live messages pass in between.

use super::super::context::Context;
use super::super::rows::{self, Names};
use super::super::{chat_state, expiry, message_state, receipts};
use super::batch;
use super::parts::percent;
use crate::protocol::{ChatId, ChatKind, EventKind, HistoryKind, MessageKind, MessageStatus, Millis};
use crate::server::engine::{HistoryChat, HistoryMessage, HistoryName, HistoryPiece};
use crate::server::storage::{StorageError, Tx, query, read};
use std::collections::HashSet;

/// How many messages one transaction takes, so that nothing waits long behind it.
const CHUNK: usize = 250;
/// How many ids one question names.
const IDS: usize = 5_000;
/// How long a request is remembered that was not answered.
const FORGOTTEN: Millis = 24 * 3_600 * 1_000;

/// What has to be known of the part that a piece is of.
#[derive(Clone)]
struct Part {
    id: String,
    kind: HistoryKind,
    within: bool,
}

/// Keeps a piece of a part. What is here already stays as it is, so that a piece may come twice.
pub async fn keep(context: &Context, piece: HistoryPiece) -> Result<(), StorageError> {
    let store = context.journal.store().clone();
    let select = query("SELECT kind, within FROM history_parts WHERE device_id = $1 AND id = $2");
    let Some(row) = store.row(select.bind(&context.device).bind(&piece.part)).await? else {
        // Worked through, or forgotten with the keys.
        return Ok(());
    };
    let kind = HistoryKind::parse(&row.text("kind")?);
    let part = Part { id: piece.part, kind, within: row.flag("within")? };
    let mut chats = Vec::with_capacity(piece.chats.len());
    for chat in piece.chats {
        chats.push(keep_chat(context, &part, chat).await?);
    }
    for names in piece.names.chunks(CHUNK) {
        let (context, names) = (context.clone(), names.to_vec());
        store.write(move |tx| Box::pin(async move { learn(tx, &context, names).await })).await?;
    }
    let context = context.clone();
    let step = Step { part, next_chat: piece.next_chat, last: piece.last, chats };
    store.write(move |tx| Box::pin(async move { advance(tx, &context, step).await })).await
}

async fn learn(tx: &mut Tx<'_>, context: &Context, names: Vec<HistoryName>) -> Result<(), StorageError> {
    for HistoryName { jid, saved, push } in names {
        rows::learn_contact(tx, context, &jid, Names { saved, push }).await?;
    }
    Ok(())
}

/// What is to be kept of a chat's messages, and how many are not.
struct Chosen {
    messages: Vec<HistoryMessage>,
    left_out: u32,
}

async fn keep_chat(context: &Context, part: &Part, mut history: HistoryChat) -> Result<ChatId, StorageError> {
    mark_unread(&mut history);
    history.jid = read::canonical(context.journal.store(), &context.device, history.jid).await?;
    let activity =
        history.last_activity.or_else(|| history.messages.last().map(|last| last.message.timestamp));
    let messages = std::mem::take(&mut history.messages);
    let Chosen { messages, left_out } = choose(context, part, &history.jid, messages).await?;
    let store = context.journal.store().clone();
    let (owned, jid, kind) = (context.clone(), history.jid.clone(), history.kind);
    let chat = store
        .write(move |tx| {
            Box::pin(async move { rows::ensure_chat(tx, &owned, &jid, kind, activity.unwrap_or(0)).await })
        })
        .await?;
    let mut kept = 0;
    for chunk in chunks(messages) {
        let (owned, part, chat) = (context.clone(), part.clone(), chat.clone());
        kept += store
            .write(move |tx| {
                Box::pin(async move {
                    let kept = batch::insert(tx, &owned, &chat, chunk).await?;
                    if kept > 0 {
                        rows::refresh_chat(tx, &chat).await?;
                        count(tx, &owned, &part, 0, kept, 0).await?;
                    }
                    Ok(kept)
                })
            })
            .await?;
    }
    let (owned, part, id) = (context.clone(), part.clone(), chat.clone());
    store
        .write(move |tx| {
            Box::pin(async move { finish(tx, &owned, &part, &id, history, kept, left_out).await })
        })
        .await?;
    Ok(chat)
}

/// The phone's count says how many of the newest are unread; the rest was read there.
fn mark_unread(history: &mut HistoryChat) {
    let mut unread = history.unread;
    for past in history.messages.iter_mut().rev().filter(|past| !past.message.from_me) {
        if past.message.kind == MessageKind::System {
            past.status = MessageStatus::Read;
            continue;
        }
        past.status = if unread > 0 { MessageStatus::Delivered } else { MessageStatus::Read };
        unread = unread.saturating_sub(1);
    }
}

/// Leaves what is not here yet and within the limits. What was asked for has none.
async fn choose(
    context: &Context,
    part: &Part,
    jid: &str,
    mut messages: Vec<HistoryMessage>,
) -> Result<Chosen, StorageError> {
    let store = context.journal.store();
    let mut known = HashSet::new();
    for ids in messages.chunks(IDS) {
        // The chat is told by its JID beside: so the index of ids is used.
        let select = query(
            "SELECT m.whatsapp_id, m.sender, c.jid FROM messages m JOIN chats c ON c.id = m.chat_id \
             WHERE m.device_id = $1 AND m.whatsapp_id IN",
        );
        let select = select.bind(&context.device).list(ids.iter().map(|past| &past.message.whatsapp_id));
        for row in store.rows(select).await? {
            if row.text("jid")? == jid {
                known.insert((row.text("whatsapp_id")?, row.text("sender")?));
            }
        }
    }
    messages.retain(|past| !known.contains(&(past.message.whatsapp_id.clone(), past.message.sender.clone())));
    let deleted = message_state::deleted(store, context, jid).await?;
    let now = context.source.now();
    // What was deleted for this account stays away, and so does what has disappeared meanwhile.
    messages.retain(|past| {
        let message = &past.message;
        let over = expiry::at(&message.details, message.timestamp).is_some_and(|at| at <= now);
        !over && !deleted.contains(&(message.whatsapp_id.clone(), message.from_me))
    });
    let all = messages.len();
    if part.kind != HistoryKind::OnDemand && all > 0 {
        let oldest = context.history.oldest(context.source.now());
        messages.retain(|past| part.within && past.message.timestamp >= oldest);
        let select = query(
            "SELECT count(*) AS count FROM messages m JOIN chats c ON c.id = m.chat_id \
             WHERE c.device_id = $1 AND c.jid = $2 AND m.history_order IS NOT NULL",
        );
        let row = store.row(select.bind(&context.device).bind(jid)).await?;
        let here = row.map(|row| row.number("count")).transpose()?.unwrap_or(0);
        let limit = usize::try_from(context.history.messages_per_chat).unwrap_or(usize::MAX);
        let beyond = messages.len().saturating_sub(limit.saturating_sub(here));
        messages.drain(..beyond);
    }
    let left_out = u32::try_from(all - messages.len()).unwrap_or(u32::MAX);
    Ok(Chosen { messages, left_out })
}

/// Parts of about [`CHUNK`] messages that cut through no second.
fn chunks(messages: Vec<HistoryMessage>) -> Vec<Vec<HistoryMessage>> {
    let mut chunks: Vec<Vec<HistoryMessage>> = Vec::new();
    for past in messages {
        let second = past.message.timestamp;
        match chunks.last_mut() {
            Some(chunk)
                if chunk.len() < CHUNK
                    || chunk.last().is_some_and(|last| last.message.timestamp == second) =>
            {
                chunk.push(past);
            }
            _ => chunks.push(vec![past]),
        }
    }
    chunks
}

async fn finish(
    tx: &mut Tx<'_>,
    context: &Context,
    part: &Part,
    chat: &ChatId,
    history: HistoryChat,
    kept: u32,
    left_out: u32,
) -> Result<(), StorageError> {
    match (history.kind, history.name) {
        (ChatKind::Group, Some(subject)) => {
            tx.execute(query("UPDATE chats SET subject = $2 WHERE id = $1").bind(chat).bind(subject)).await?;
        }
        (ChatKind::Direct, Some(name)) => {
            rows::learn_contact(tx, context, &history.jid, Names { saved: Some(name), push: None }).await?;
        }
        (_, None) => {}
    }
    // What was left out, the phone still has.
    if history.end && left_out == 0 {
        tx.execute(query("UPDATE chats SET history_end = 1 WHERE id = $1").bind(chat)).await?;
    }
    if history.unread > 0 && kept > 0 && part.kind != HistoryKind::OnDemand {
        // Each part marked its own newest ones: those of the chat as a whole are meant.
        let newest = "UPDATE messages SET status = 'read' WHERE chat_id = $1 AND from_me = 0 AND status = 'delivered' \
            AND history_order IS NOT NULL AND id NOT IN (SELECT n.id FROM messages n WHERE n.chat_id = $1 AND n.from_me = 0 \
            AND n.history_order IS NOT NULL ORDER BY n.timestamp DESC, n.id DESC LIMIT $2)";
        tx.execute(query(newest).bind(chat).bind(history.unread)).await?;
    }
    if part.kind != HistoryKind::OnDemand {
        receipts::count_beyond(tx, chat, history.unread).await?;
    }
    for (change, at) in history.state {
        chat_state::take_in(tx, context, chat, change, at).await?;
    }
    receipts::recount(tx, context, chat).await?;
    count(tx, context, part, 1, 0, left_out).await
}

/// Adds to what is told with the next event, and to the whole.
async fn count(
    tx: &mut Tx<'_>,
    context: &Context,
    part: &Part,
    chats: u32,
    messages: u32,
    left_out: u32,
) -> Result<(), StorageError> {
    let update = query(
        "UPDATE history_parts SET chats = chats + $3, messages = messages + $4, left_out = left_out + $5 \
         WHERE device_id = $1 AND id = $2",
    );
    let update = update.bind(&context.device).bind(&part.id);
    tx.execute(update.bind(chats).bind(messages).bind(left_out)).await?;
    let update = query(
        "UPDATE history_state SET chats = chats + $2, messages = messages + $3, left_out = left_out + $4, changed_at = $5 \
         WHERE device_id = $1",
    );
    let update = update.bind(&context.device).bind(chats).bind(messages).bind(left_out);
    tx.execute(update.bind(context.source.now())).await.map(drop)
}

/// How far a part is.
struct Step {
    part: Part,
    next_chat: u32,
    last: bool,
    /// The chats of the piece.
    chats: Vec<ChatId>,
}

/// Notes how far a part is, and tells it.
async fn advance(tx: &mut Tx<'_>, context: &Context, step: Step) -> Result<(), StorageError> {
    let Step { part, next_chat, last, chats } = step;
    let select = query("SELECT * FROM history_parts WHERE device_id = $1 AND id = $2");
    let Some(row) = tx.row(select.bind(&context.device).bind(&part.id)).await? else { return Ok(()) };
    let messages: u32 = row.number("messages")?;
    let (chat_id, finished, progress) = if part.kind == HistoryKind::OnDemand {
        let asked = asked(tx, context, row.opt_text("request")?).await?.or_else(|| chats.into_iter().next());
        if let Some(chat) = asked.as_ref().filter(|_| last && messages == 0) {
            tx.execute(query("UPDATE chats SET history_end = 1 WHERE id = $1").bind(chat)).await?;
        }
        (asked, last, None)
    } else {
        let said = row.opt_int("progress")?.filter(|_| last && part.kind.is_of_the_link());
        let (finished, progress) = whole(tx, context, &part, last, said).await?;
        (None, finished, progress)
    };
    let update = if last {
        query("DELETE FROM history_parts WHERE device_id = $1 AND id = $2")
            .bind(&context.device)
            .bind(&part.id)
    } else {
        query(
            "UPDATE history_parts SET next_chat = $3, chats = 0, messages = 0, left_out = 0 WHERE device_id = $1 AND id = $2",
        )
        .bind(&context.device)
        .bind(&part.id)
        .bind(next_chat)
    };
    tx.execute(update).await?;
    let synced = EventKind::HistorySynced {
        chats: row.number("chats")?,
        messages,
        left_out: row.number("left_out")?,
        kind: Some(part.kind),
        progress,
        chat_id,
        finished,
    };
    tx.note(context.workspace.clone(), Some(context.device.clone()), synced);
    Ok(())
}

/// The chat whose older messages were asked for; the request is done with.
async fn asked(
    tx: &mut Tx<'_>,
    context: &Context,
    request: Option<String>,
) -> Result<Option<ChatId>, StorageError> {
    let delete = query(
        "DELETE FROM history_requests WHERE device_id = $1 AND (id = $2 OR at < $3) RETURNING id, chat_id",
    );
    let since = context.source.now().saturating_sub(FORGOTTEN);
    let delete = delete.bind(&context.device).bind(request.as_deref().unwrap_or_default()).bind(since);
    for row in tx.rows(delete).await? {
        if request.as_deref() == Some(row.text("id")?.as_str()) {
            return row.parse("chat_id").map(Some);
        }
    }
    Ok(None)
}

/// Notes how much of the whole is here; answers whether that is all, and how much it is.
async fn whole(
    tx: &mut Tx<'_>,
    context: &Context,
    part: &Part,
    last: bool,
    said: Option<i64>,
) -> Result<(bool, Option<u8>), StorageError> {
    let update = query(
        "UPDATE history_state SET progress = CASE WHEN progress IS NULL OR progress < $2 THEN $2 ELSE progress END \
         WHERE device_id = $1 RETURNING progress",
    );
    // Parts may come in another order than they were sent in: it never goes back.
    let row = tx.row(update.bind(&context.device).bind(said)).await?;
    let progress = row.map(|row| row.opt_int("progress")).transpose()?.flatten();
    let select = query(
        "SELECT count(*) AS count FROM history_parts WHERE device_id = $1 AND id <> $2 AND kind <> 'on_demand'",
    );
    let others = tx.row(select.bind(&context.device).bind(&part.id)).await?;
    let others = others.map(|row| row.int("count")).transpose()?.unwrap_or(0);
    let finished = last && others == 0 && progress.is_some_and(|progress| progress >= 100);
    if finished {
        let update = query("UPDATE history_state SET finished_at = $2 WHERE device_id = $1");
        tx.execute(update.bind(&context.device).bind(context.source.now())).await?;
    }
    Ok((finished, progress.map(percent)))
}
