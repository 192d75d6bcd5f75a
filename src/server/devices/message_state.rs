//! What is done to messages for this account alone: starring them, and deleting them here. Asked for here, or told
//! by another device of the account.
//!
//! As with chats, it is done here at once and waits in the outbox until WhatsApp has it. A message that was deleted
//! leaves a mark, so that it stays away when WhatsApp delivers it again or the history brings it.

use super::capabilities::Operation;
use super::changes;
use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use super::{identity, receipts, rows};
use crate::protocol::{ChatId, EventKind, Message, MessageChange, MessageId, MessageKind, Millis};
use crate::server::engine::{Change, InboundChange, MessageAction, Target};
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, Store, Tx, query, read};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What the kinds of these outbox rows begin with.
pub const KIND: &str = "app.";
const STAR: &str = "app.star";
const DELETE: &str = "app.delete";

/// Something to be told to WhatsApp: the outbox row's body. The message may be gone by the time that it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The chat.
    pub jid: String,
    pub target: Target,
    /// When the message was sent.
    pub timestamp: Millis,
    pub action: MessageAction,
}

impl Devices {
    /// Marks a message with a star, or no longer: here at once, and on the account's other devices as soon as this
    /// one is connected. Answers the message as it stands then; the same request acts once.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Conflict`] for a notice, for what was taken back, and if the
    /// device is linked to no account; [`DeviceError::IdempotencyMismatch`] if the request's id stands for another.
    pub async fn star_message(
        &self,
        reach: &Reach,
        request: Request,
        message: &MessageId,
        starred: bool,
    ) -> Result<Message, DeviceError> {
        self.require(Operation::Star)?;
        let store = self.inner.journal.store();
        let found = read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))?;
        let (context, id) = (self.context(&reach.workspace, &found.device_id), found.id);
        let write =
            store.write(move |tx| Box::pin(async move { star(tx, &context, &request, &id, starred).await }));
        let message = write.await??;
        self.wake(&message.device_id);
        Ok(message)
    }

    /// Deletes a message for this account alone, with what was still to be done with it: one that is still to be
    /// sent is not sent. The same request acts once.
    ///
    /// # Errors
    /// As [`Devices::star_message`].
    pub async fn delete_message(
        &self,
        reach: &Reach,
        request: Request,
        message: &MessageId,
    ) -> Result<(), DeviceError> {
        self.require(Operation::DeleteForMe)?;
        let store = self.inner.journal.store();
        let Some(found) = read::message(store, reach, message).await? else {
            // Because this very request deleted it, or because it never was.
            let write = store.write(move |tx| {
                Box::pin(async move { Ok(commands::recall::<MessageId>(tx, &request).await?.settled()) })
            });
            return write.await??.map(drop).ok_or(DeviceError::NotFound("message"));
        };
        let (context, id) = (self.context(&reach.workspace, &found.device_id), found.id);
        let write = store.write(move |tx| Box::pin(async move { delete(tx, &context, &request, &id).await }));
        write.await??;
        self.wake(&found.device_id);
        Ok(())
    }
}

type Asked<T> = Result<Result<T, DeviceError>, StorageError>;

async fn star(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    id: &MessageId,
    starred: bool,
) -> Asked<Message> {
    let done = match commands::recall::<MessageId>(tx, request).await?.settled() {
        Ok(done) => done.is_some(),
        Err(error) => return Ok(Err(error)),
    };
    let Some((row, before)) = found(tx, id).await? else { return Ok(Err(DeviceError::NotFound("message"))) };
    if done {
        return Ok(Ok(before));
    }
    if !is_linked(tx, context).await? {
        return Ok(Err(not_linked()));
    }
    if before.kind == MessageKind::System || before.details.revoked_at.is_some() {
        return Ok(Err(DeviceError::Conflict("what is no message any more is not starred".to_owned())));
    }
    commands::remember(tx, request, id, context.source.now()).await?;
    if before.details.starred == starred {
        return Ok(Ok(before));
    }
    queue(tx, context, &row, &before, MessageAction::Star(starred)).await?;
    let mut after = before.clone();
    after.details.starred = starred;
    changes::save(tx, context, &before, after, MessageChange::Star).await.map(Ok)
}

async fn delete(tx: &mut Tx<'_>, context: &Context, request: &Request, id: &MessageId) -> Asked<()> {
    match commands::recall::<MessageId>(tx, request).await?.settled() {
        Ok(None) => {}
        Ok(Some(_)) => return Ok(Ok(())),
        Err(error) => return Ok(Err(error)),
    }
    let Some((row, message)) = found(tx, id).await? else { return Ok(Err(DeviceError::NotFound("message"))) };
    if !is_linked(tx, context).await? {
        return Ok(Err(not_linked()));
    }
    commands::remember(tx, request, id, context.source.now()).await?;
    // Notices are ours: WhatsApp knows none by our ids.
    if message.kind != MessageKind::System {
        queue(tx, context, &row, &message, MessageAction::DeleteForMe).await?;
    }
    let jid = row.text("jid")?;
    mark_deleted(tx, context, &jid, &message.whatsapp_id, message.from_me).await?;
    remove(tx, context, &message.chat_id, id).await.map(Ok)
}

async fn found(tx: &mut Tx<'_>, id: &MessageId) -> Result<Option<(Row, Message)>, StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else { return Ok(None) };
    let message = read::to_message(&row)?;
    Ok(Some((row, message)))
}

async fn is_linked(tx: &mut Tx<'_>, context: &Context) -> Result<bool, StorageError> {
    let row = tx.row(query("SELECT linked FROM devices WHERE id = $1").bind(&context.device)).await?;
    Ok(row.map(|row| row.flag("linked")).transpose()?.unwrap_or(false))
}

fn not_linked() -> DeviceError {
    DeviceError::Conflict("the device is linked to no phone: link it first".to_owned())
}

async fn queue(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &Row,
    message: &Message,
    action: MessageAction,
) -> Result<(), StorageError> {
    let target = Target {
        whatsapp_id: message.whatsapp_id.clone(),
        from_me: message.from_me,
        sender: row.text("sender")?,
    };
    let body = Outgoing { jid: row.text("jid")?, target, timestamp: message.timestamp, action };
    let body = serde_json::to_string(&body).map_err(|error| StorageError::Database(error.to_string()))?;
    let kind = if action == MessageAction::DeleteForMe { DELETE } else { STAR };
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)",
    );
    let insert = insert.bind(&context.device).bind(context.source.id("out")).bind(kind);
    tx.execute(insert.bind(&message.chat_id).bind(&message.id).bind(body)).await.map(drop)
}

async fn mark_deleted(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    whatsapp_id: &str,
    from_me: bool,
) -> Result<(), StorageError> {
    let insert = query(
        "INSERT INTO deleted_messages (device_id, chat_jid, whatsapp_id, from_me, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (device_id, chat_jid, whatsapp_id, from_me) DO NOTHING",
    );
    let insert = insert.bind(&context.device).bind(jid).bind(whatsapp_id).bind(from_me);
    tx.execute(insert.bind(context.source.now())).await.map(drop)
}

/// Whether a message was deleted for this account before.
pub async fn is_deleted(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    whatsapp_id: &str,
    from_me: bool,
) -> Result<bool, StorageError> {
    let select = query(
        "SELECT 1 AS one FROM deleted_messages WHERE device_id = $1 AND chat_jid = $2 AND whatsapp_id = $3 AND from_me = $4",
    );
    let select = select.bind(&context.device).bind(jid).bind(whatsapp_id).bind(from_me);
    Ok(tx.row(select).await?.is_some())
}

/// WhatsApp's ids of the messages of a chat that were deleted for this account, each with whether it was ours.
pub async fn deleted(
    store: &Store,
    context: &Context,
    jid: &str,
) -> Result<HashSet<(String, bool)>, StorageError> {
    let select =
        query("SELECT whatsapp_id, from_me FROM deleted_messages WHERE device_id = $1 AND chat_jid = $2");
    let rows = store.rows(select.bind(&context.device).bind(jid)).await?;
    rows.iter().map(|row| Ok((row.text("whatsapp_id")?, row.flag("from_me")?))).collect()
}

/// Removes a message with what was to be done with it, and logs it with its chat.
pub async fn remove(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    id: &MessageId,
) -> Result<(), StorageError> {
    tx.execute(query("DELETE FROM messages WHERE id = $1").bind(id)).await?;
    let unsent = query(
        "DELETE FROM outbox WHERE device_id = $1 AND message_id = $2 AND kind IN ('message', 'change', 'app.star')",
    );
    tx.execute(unsent.bind(&context.device).bind(id)).await?;
    rows::refresh_chat(tx, chat).await?;
    receipts::count(tx, chat).await?;
    let deleted = EventKind::MessageDeleted { message_id: id.clone(), chat: rows::chat(tx, chat).await? };
    tx.note(context.workspace.clone(), Some(context.device.clone()), deleted);
    Ok(())
}

/// Another device of the account starred or deleted a message.
pub async fn learn(
    context: &Context,
    jid: String,
    target: Target,
    action: MessageAction,
    at: Millis,
) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store.write(move |tx| Box::pin(async move { take_in(tx, &context, jid, target, action, at).await })).await
}

async fn take_in(
    tx: &mut Tx<'_>,
    context: &Context,
    mut jid: String,
    target: Target,
    action: MessageAction,
    at: Millis,
) -> Result<(), StorageError> {
    identity::number_of(tx, context, &mut jid).await?;
    let known = query(
        "SELECT m.id, m.chat_id FROM messages m JOIN chats c ON c.id = m.chat_id \
         WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND m.from_me = $3 AND c.jid = $4 ORDER BY m.id LIMIT 1",
    );
    let known = known.bind(&context.device).bind(&target.whatsapp_id).bind(target.from_me).bind(&jid);
    let known = match tx.row(known).await? {
        Some(row) => Some((row.parse::<MessageId>("id")?, row.parse::<ChatId>("chat_id")?)),
        None => None,
    };
    match (action, known) {
        (MessageAction::DeleteForMe, known) => {
            mark_deleted(tx, context, &jid, &target.whatsapp_id, target.from_me).await?;
            match known {
                Some((id, chat)) => remove(tx, context, &chat, &id).await,
                None => Ok(()),
            }
        }
        (MessageAction::Star(starred), known) => {
            if let Some((id, _)) = known {
                let waiting = query(
                    "SELECT 1 AS one FROM outbox WHERE device_id = $1 AND message_id = $2 AND kind = $3 LIMIT 1",
                );
                // What was asked for here is newer than what WhatsApp tells.
                if tx.row(waiting.bind(&context.device).bind(&id).bind(STAR)).await?.is_some() {
                    return Ok(());
                }
            }
            let done = InboundChange {
                whatsapp_id: String::new(),
                chat: jid,
                sender: target.sender,
                from_me: target.from_me,
                timestamp: at,
                target: target.whatsapp_id,
                change: Change::Star(starred),
            };
            changes::apply(tx, context, done).await
        }
    }
}
