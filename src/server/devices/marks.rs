//! What was read and listened to here: kept, and told to the senders.

use super::capabilities::Operation;
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use super::{chat_state, receipts, rows};
use crate::protocol::{ChatId, ChatKind, Message, MessageId, MessageKind};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query, read};

impl Devices {
    /// Keeps that a voice note, or other audio of somebody else, was listened to here, and has its sender told. To
    /// repeat it changes nothing. Answers the message.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Conflict`] for what is no audio of somebody else.
    pub async fn mark_played(&self, reach: &Reach, message: &MessageId) -> Result<Message, DeviceError> {
        self.require(Operation::MarkPlayed)?;
        let store = self.inner.journal.store();
        let found = read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))?;
        if found.from_me || found.kind != MessageKind::Audio || found.details.revoked_at.is_some() {
            return Err(DeviceError::Conflict("only audio of somebody else is listened to".to_owned()));
        }
        let context = self.context(&reach.workspace, &found.device_id);
        let id = found.id.clone();
        let write = store.write(move |tx| Box::pin(async move { played(tx, &context, &id).await }));
        let Some(played) = write.await? else { return Ok(found) };
        self.wake(&played.device_id);
        Ok(played)
    }
}

/// Keeps that a message was played and so read, and queues telling its sender; nothing if that was done before.
async fn played(tx: &mut Tx<'_>, context: &Context, id: &MessageId) -> Result<Option<Message>, StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else { return Ok(None) };
    let (sender, whatsapp_id) = (row.text("sender")?, row.text("whatsapp_id")?);
    let Some(message) = receipts::keep_played(tx, context, id, context.source.now()).await? else {
        return Ok(None);
    };
    let group = rows::chat(tx, &message.chat_id).await?.kind == ChatKind::Group;
    let mark = ReadMark { sender: group.then_some(sender), whatsapp_ids: vec![whatsapp_id] };
    enqueue(tx, context, "played", &message.chat_id, id, &[mark]).await?;
    let read = query("UPDATE messages SET status = 'read' WHERE id = $1 AND status <> 'read'").bind(id);
    if tx.execute(read).await? > 0 {
        receipts::recount(tx, context, &message.chat_id).await?;
    }
    let row = tx.row(read::message_query(id)).await?;
    row.as_ref().map(read::to_message).transpose()
}

async fn enqueue(
    tx: &mut Tx<'_>,
    context: &Context,
    kind: &str,
    chat: &ChatId,
    message: &MessageId,
    marks: &[ReadMark],
) -> Result<(), StorageError> {
    let body = serde_json::to_string(marks).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)",
    );
    let insert = insert.bind(&context.device).bind(context.source.id("out")).bind(kind).bind(chat);
    tx.execute(insert.bind(message).bind(body)).await.map(drop)
}

/// What is to be told to the senders of messages that were read here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReadMark {
    /// Set in groups.
    pub sender: Option<String>,
    pub whatsapp_ids: Vec<String>,
}

/// How many ids one receipt carries at most.
const IDS_PER_MARK: usize = 100;

/// Marks everything up to a message as read here, and queues telling the senders; a chat that was marked as unread
/// no longer is. Answers whether anything changed.
pub async fn mark_read(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    up_to: &MessageId,
) -> Result<bool, StorageError> {
    let read = read_up_to(tx, context, chat, up_to).await?;
    if !chat_state::no_longer_unread(tx, context, chat).await? && !read {
        return Ok(false);
    }
    receipts::recount(tx, context, chat).await?;
    Ok(true)
}

/// The same without the chat's mark, and without logging the chat.
pub async fn read_up_to(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    up_to: &MessageId,
) -> Result<bool, StorageError> {
    let update = "UPDATE messages SET status = 'read' WHERE chat_id = $1 AND from_me = 0 AND status <> 'read' \
        AND (timestamp, id) <= (SELECT b.timestamp, b.id FROM messages b WHERE b.id = $2 AND b.chat_id = $1) RETURNING sender, whatsapp_id";
    let read = tx.rows(query(update).bind(chat).bind(up_to)).await?;
    let beyond = receipts::read_beyond(tx, chat).await?;
    if read.is_empty() {
        if beyond {
            receipts::count(tx, chat).await?;
        }
        return Ok(beyond);
    }
    let group = rows::chat(tx, chat).await?.kind == ChatKind::Group;
    let mut marks: Vec<ReadMark> = Vec::new();
    for row in &read {
        let sender = if group { Some(row.text("sender")?) } else { None };
        let whatsapp_id = row.text("whatsapp_id")?;
        match marks.iter_mut().find(|mark| mark.sender == sender && mark.whatsapp_ids.len() < IDS_PER_MARK) {
            Some(mark) => mark.whatsapp_ids.push(whatsapp_id),
            None => marks.push(ReadMark { sender, whatsapp_ids: vec![whatsapp_id] }),
        }
    }
    enqueue(tx, context, "read", chat, up_to, &marks).await?;
    receipts::count(tx, chat).await?;
    Ok(true)
}
