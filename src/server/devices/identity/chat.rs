//! Making one chat of two.

use super::twin::drop_twin;
use super::{Context, Dropped};
use crate::protocol::{ChatId, Details, MessageId};
use crate::server::devices::{changes, receipts, rows};
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{StorageError, Tx, query};

/// What became of the chats of two JIDs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chats {
    /// The first had none.
    Nothing,
    /// The first had none, but something named it: a label, or what waits for a message.
    Named,
    /// The second had none: it has the first one's now.
    Renamed(ChatId),
    /// All of the one is in the other now.
    United { from: ChatId, into: ChatId },
}

/// The chat with this very JID.
pub async fn find(tx: &mut Tx<'_>, context: &Context, jid: &str) -> Result<Option<ChatId>, StorageError> {
    let select = query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2");
    tx.row(select.bind(&context.device).bind(jid)).await?.map(|row| row.parse("id")).transpose()
}

/// Gives the chat of one JID to another. `dropped` takes the messages that were in both.
pub async fn unite(
    tx: &mut Tx<'_>,
    context: &Context,
    from: &str,
    to: &str,
    dropped: &mut Vec<Dropped>,
) -> Result<Chats, StorageError> {
    let Some(old) = find(tx, context, from).await? else {
        if !is_named(tx, context, from).await? {
            return Ok(Chats::Nothing);
        }
        move_references(tx, context, from, to).await?;
        return Ok(Chats::Named);
    };
    let other = find(tx, context, to).await?;
    let shown = other.clone().unwrap_or_else(|| old.clone());
    // One chat may have both names in itself, too.
    for chat in [Some(&old), other.as_ref()].into_iter().flatten() {
        let twins = drop_twins(tx, (&old, from), (chat, to)).await?;
        dropped.extend(twins.into_iter().map(|(id, kept)| Dropped { id, kept, chat: shown.clone() }));
    }
    let chats = match other {
        None => {
            let rename = query("UPDATE chats SET jid = $2, lid = NULL WHERE id = $1");
            tx.execute(rename.bind(&old).bind(to)).await?;
            let written = query("UPDATE messages SET sender = $3 WHERE chat_id = $1 AND sender = $2");
            tx.execute(written.bind(&old).bind(from).bind(to)).await?;
            if !dropped.is_empty() {
                rows::refresh_chat(tx, &old).await?;
                receipts::count(tx, &old).await?;
            }
            Chats::Renamed(old.clone())
        }
        Some(into) => {
            move_messages(tx, (&old, from), (&into, to)).await?;
            move_settings(tx, &old, &into).await?;
            move_names(tx, context, &old, &into).await?;
            tx.execute(query("DELETE FROM chats WHERE id = $1").bind(&old)).await?;
            rows::refresh_chat(tx, &into).await?;
            receipts::count(tx, &into).await?;
            Chats::United { from: old, into }
        }
    };
    move_references(tx, context, from, to).await?;
    Ok(chats)
}

/// Takes out of the first chat what the second has as well, and keeps the most that is known of each. Answers
/// which went, and as what they are kept.
async fn drop_twins(
    tx: &mut Tx<'_>,
    (old, from): (&ChatId, &str),
    (into, to): (&ChatId, &str),
) -> Result<Vec<(MessageId, MessageId)>, StorageError> {
    let twins = query(
        "SELECT o.id AS old_id, n.id AS new_id FROM messages o JOIN messages n ON n.chat_id = $2 \
         AND n.whatsapp_id = o.whatsapp_id AND n.sender = CASE WHEN o.sender = $3 THEN $4 ELSE o.sender END \
         AND n.id <> o.id WHERE o.chat_id = $1 ORDER BY o.id",
    );
    let mut dropped = Vec::new();
    for row in tx.rows(twins.bind(old).bind(into).bind(from).bind(to)).await? {
        let (gone, kept) = (row.parse("old_id")?, row.parse("new_id")?);
        drop_twin(tx, &gone, &kept).await?;
        dropped.push((gone, kept));
    }
    Ok(dropped)
}

async fn move_messages(
    tx: &mut Tx<'_>,
    (old, from): (&ChatId, &str),
    (into, to): (&ChatId, &str),
) -> Result<(), StorageError> {
    let mut ids: Vec<MessageId> = Vec::new();
    for row in tx.rows(query("SELECT id FROM messages WHERE chat_id = $1").bind(old)).await? {
        ids.push(row.parse("id")?);
    }
    let write = query(
        "UPDATE messages SET chat_id = $2, sender = CASE WHEN sender = $3 THEN $4 ELSE sender END WHERE chat_id = $1",
    );
    tx.execute(write.bind(old).bind(into).bind(from).bind(to)).await?;
    // The index knows of each message in which chat it is.
    for id in ids {
        if let Some(row) = tx.row(query("SELECT body, details FROM messages WHERE id = $1").bind(&id)).await?
        {
            let details: Box<Details> = row.opt_json("details")?.unwrap_or_default();
            index_message(tx, &id, &found_by(&row.text("body")?, &details)).await?;
        }
    }
    Ok(())
}

/// What is set of either is set of the one: a chat that was put away comes back if the other was not.
async fn move_settings(tx: &mut Tx<'_>, old: &ChatId, into: &ChatId) -> Result<(), StorageError> {
    let write = query(
        "UPDATE chats SET archived = CASE WHEN o.archived = 1 AND chats.archived = 1 THEN 1 ELSE 0 END, \
         pinned_at = COALESCE(chats.pinned_at, o.pinned_at), \
         muted_until = CASE WHEN COALESCE(o.muted_until, 0) > COALESCE(chats.muted_until, 0) THEN o.muted_until ELSE chats.muted_until END, \
         expires_in = CASE WHEN COALESCE(o.expires_since, 0) > COALESCE(chats.expires_since, 0) THEN o.expires_in ELSE chats.expires_in END, \
         expires_since = CASE WHEN COALESCE(o.expires_since, 0) > COALESCE(chats.expires_since, 0) THEN o.expires_since ELSE chats.expires_since END, \
         unread_beyond = CASE WHEN o.unread_beyond IS NULL THEN chats.unread_beyond ELSE o.unread_beyond + COALESCE(chats.unread_beyond, 0) END, \
         history_end = CASE WHEN o.history_end = 1 AND chats.history_end = 1 THEN 1 ELSE 0 END, \
         marked_unread = CASE WHEN o.marked_unread = 1 OR chats.marked_unread = 1 THEN 1 ELSE 0 END, \
         last_activity = CASE WHEN o.last_activity > chats.last_activity THEN o.last_activity ELSE chats.last_activity END \
         FROM chats o WHERE o.id = $1 AND chats.id = $2",
    );
    tx.execute(write.bind(old).bind(into)).await.map(drop)
}

/// Whatever names the old chat by its id names the other.
async fn move_names(
    tx: &mut Tx<'_>,
    context: &Context,
    old: &ChatId,
    into: &ChatId,
) -> Result<(), StorageError> {
    let outbox = query("UPDATE outbox SET chat_id = $3 WHERE device_id = $1 AND chat_id = $2");
    tx.execute(outbox.bind(&context.device).bind(old).bind(into)).await?;
    let asked = query("UPDATE history_requests SET chat_id = $3 WHERE device_id = $1 AND chat_id = $2");
    tx.execute(asked.bind(&context.device).bind(old).bind(into)).await?;
    tx.execute(query("UPDATE chat_aliases SET chat_id = $2 WHERE chat_id = $1").bind(old).bind(into)).await?;
    // Who writes in both keeps what stands in the one that stays.
    let drafts = query(
        "UPDATE drafts SET chat_id = $2 WHERE chat_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM drafts d WHERE d.chat_id = $2 AND d.principal = drafts.principal)",
    );
    tx.execute(drafts.bind(old).bind(into)).await?;
    let alias = query("INSERT INTO chat_aliases (id, chat_id) VALUES ($1, $2)");
    tx.execute(alias.bind(old).bind(into)).await.map(drop)
}

/// Whether anything names a JID that has no chat.
async fn is_named(tx: &mut Tx<'_>, context: &Context, jid: &str) -> Result<bool, StorageError> {
    let select = query(
        "SELECT 1 AS one WHERE EXISTS (SELECT 1 FROM chat_labels WHERE device_id = $1 AND jid = $2) \
         OR EXISTS (SELECT 1 FROM presences WHERE device_id = $1 AND jid = $2) \
         OR EXISTS (SELECT 1 FROM message_changes WHERE device_id = $1 AND chat_jid = $2) \
         OR EXISTS (SELECT 1 FROM deleted_messages WHERE device_id = $1 AND chat_jid = $2)",
    );
    Ok(tx.row(select.bind(&context.device).bind(jid)).await?.is_some())
}

/// Whatever names the first JID names the second: files, what waits for a message to come, who is followed, labels.
async fn move_references(
    tx: &mut Tx<'_>,
    context: &Context,
    from: &str,
    to: &str,
) -> Result<(), StorageError> {
    for text in [
        "UPDATE media SET origin_chat = $3 WHERE device_id = $1 AND origin_chat = $2",
        "UPDATE media SET origin_sender = $3 WHERE device_id = $1 AND origin_sender = $2",
        "UPDATE message_changes SET chat_jid = $3 WHERE device_id = $1 AND chat_jid = $2",
        "INSERT INTO deleted_messages (device_id, chat_jid, whatsapp_id, from_me, at) \
         SELECT d.device_id, $3, d.whatsapp_id, d.from_me, d.at FROM deleted_messages d \
         WHERE d.device_id = $1 AND d.chat_jid = $2 ON CONFLICT (device_id, chat_jid, whatsapp_id, from_me) DO NOTHING",
        "UPDATE presences SET jid = $3 WHERE device_id = $1 AND jid = $2 \
         AND NOT EXISTS (SELECT 1 FROM presences p WHERE p.device_id = $1 AND p.jid = $3)",
        "INSERT INTO chat_labels (device_id, jid, label_id) SELECT l.device_id, $3, l.label_id FROM chat_labels l \
         WHERE l.device_id = $1 AND l.jid = $2 ON CONFLICT (device_id, jid, label_id) DO NOTHING",
    ] {
        tx.execute(query(text).bind(&context.device).bind(from).bind(to)).await?;
    }
    for text in [
        "DELETE FROM deleted_messages WHERE device_id = $1 AND chat_jid = $2",
        "DELETE FROM presences WHERE device_id = $1 AND jid = $2",
        "DELETE FROM chat_labels WHERE device_id = $1 AND jid = $2",
    ] {
        tx.execute(query(text).bind(&context.device).bind(from)).await?;
    }
    Ok(())
}

/// Does what waited for messages under one JID that were here under the other.
pub async fn catch_up(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    jid: &str,
) -> Result<(), StorageError> {
    let waiting = query(
        "SELECT DISTINCT w.whatsapp_id AS whatsapp_id, m.id AS id FROM message_changes w \
         JOIN messages m ON m.chat_id = $3 AND m.whatsapp_id = w.whatsapp_id WHERE w.device_id = $1 AND w.chat_jid = $2",
    );
    for row in tx.rows(waiting.bind(&context.device).bind(jid).bind(chat)).await? {
        let (whatsapp_id, id) = (row.text("whatsapp_id")?, row.parse("id")?);
        changes::catch_up(tx, context, jid, &whatsapp_id, &id).await?;
    }
    Ok(())
}
