//! Messages on their way in: kept for good before WhatsApp is told that they arrived.

use super::context::Context;
use super::identity;
use super::rows::{self, Names};
use super::{attaching, changes, chat_state, expiry, message_state, notices};
use crate::protocol::{ChatId, ChatKind, EventKind, MessageId, MessageKind, MessageStatus, Millis};
use crate::server::engine::{Inbound, InboundMessage, MediaOrigin};
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{StepDetail, StepKind, StorageError, Tx, add_step, query, read};

/// Keeps a batch in one transaction, in order. A message that is here already is left as it is: WhatsApp
/// delivers again whatever it does not know to have arrived.
pub async fn commit(context: &Context, batch: Vec<Inbound>) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                for inbound in batch {
                    match inbound {
                        Inbound::Message(message) => keep(tx, &context, *message).await?,
                        Inbound::Change(done) => changes::apply(tx, &context, done).await?,
                        Inbound::Timer(timer) => chat_state::set_timer(tx, &context, timer).await?,
                        Inbound::Identity(identity) => {
                            identity::take_in(tx, &context, &[identity]).await?;
                        }
                    }
                }
                Ok(())
            })
        })
        .await
}

/// Keeps one message, with its chat and its sender, and logs it.
pub async fn keep(
    tx: &mut Tx<'_>,
    context: &Context,
    mut message: InboundMessage,
) -> Result<(), StorageError> {
    identity::number_of(tx, context, &mut message.chat).await?;
    identity::number_of(tx, context, &mut message.sender).await?;
    let chat = rows::ensure_chat(tx, context, &message.chat, message.chat_kind, message.timestamp).await?;
    // A notice may be nobody's: it stands under its group then.
    if !message.from_me && !message.sender.ends_with("@g.us") {
        let names = Names { saved: None, push: message.push_name.clone() };
        rows::learn_contact(tx, context, &message.sender, names).await?;
    }
    let timestamp = place(tx, context, &chat, message.timestamp).await?;
    // What another device of ours sent is on WhatsApp's servers already.
    // A notice is nobody's message: it is not unread, and nobody hears that it was read.
    let notice = message.kind == MessageKind::System;
    let status = match message.from_me {
        true => MessageStatus::Sent,
        false if notice => MessageStatus::Read,
        false => MessageStatus::Delivered,
    };
    let jid = message.chat.clone();
    let (whatsapp_id, from_me) = (message.whatsapp_id.clone(), message.from_me);
    let Some(id) = insert(tx, context, &chat, message, timestamp, status).await? else { return Ok(()) };
    add_step(tx, &id, context.source.now(), StepKind::Received, StepDetail::default()).await?;
    if !from_me && !notice {
        tx.execute(query("UPDATE chats SET unread = unread + 1 WHERE id = $1").bind(&chat)).await?;
    }
    rows::refresh_chat(tx, &chat).await?;
    note_new(tx, context, &id, &chat).await?;
    changes::catch_up(tx, context, &jid, &whatsapp_id, &id).await
}

/// Inserts a message; `None` if it is here already, was deleted for this account, or has disappeared meanwhile.
pub async fn insert(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    mut message: InboundMessage,
    timestamp: Millis,
    status: MessageStatus,
) -> Result<Option<MessageId>, StorageError> {
    let id = context.source.id("msg");
    if message_state::is_deleted(tx, context, &message.chat, &message.whatsapp_id, message.from_me).await? {
        return Ok(None);
    }
    if notices::is_repeated(tx, chat, &message.whatsapp_id, timestamp).await? {
        return Ok(None);
    }
    let expires_at = expiry::at(&message.details, timestamp);
    if expires_at.is_some_and(|at| at <= context.source.now()) {
        return Ok(None);
    }
    changes::resolve_quote(tx, chat, &mut message.details).await?;
    attaching::refuse_once(&mut message.details);
    identity::settle(tx, context, &mut message.details).await?;
    // Nobody has to read a notice, and nobody is told that it was read.
    let notice = message.kind == MessageKind::System && !message.from_me;
    let status = if notice { MessageStatus::Read } else { status };
    let insert = query(
        "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status, raw, details, secret, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (chat_id, sender, whatsapp_id) DO NOTHING",
    )
    .bind(&id)
    .bind(chat)
    .bind(&context.device)
    .bind(&message.whatsapp_id)
    .bind(message.from_me)
    .bind(&message.sender)
    .bind(message.kind.as_str())
    // PostgreSQL's TEXT holds no NUL; neither does any message that a person can read.
    .bind(message.text.replace('\0', ""))
    .bind(timestamp)
    .bind(status.as_str())
    .bind(message.raw)
    .bind(changes::details_json(&message.details)?)
    .bind(message.secret)
    .bind(expires_at);
    if tx.execute(insert).await? == 0 {
        return Ok(None);
    }
    let id: MessageId =
        id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
    index_message(tx, &id, &found_by(&message.text, &message.details)).await?;
    identity::trace(tx, context, &id, Some(&message.sender), &message.details).await?;
    if let Some(came) = message.media {
        let origin = MediaOrigin {
            sender: (message.chat_kind == ChatKind::Group).then_some(message.sender),
            chat: message.chat,
            whatsapp_id: message.whatsapp_id,
            from_me: message.from_me,
        };
        attaching::remember(tx, context, &id, origin, *came, &mut message.details).await?;
    }
    Ok(Some(id))
}

/// Logs a message that was just inserted, with its chat.
pub async fn note_new(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &MessageId,
    chat: &ChatId,
) -> Result<(), StorageError> {
    let row = tx.row(read::message_query(id)).await?;
    let message =
        read::to_message(&row.ok_or_else(|| StorageError::Database("a message vanished".to_owned()))?)?;
    let chat = rows::chat(tx, chat).await?;
    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::MessageNew { message, chat });
    Ok(())
}

/// Where in its second a message belongs. WhatsApp counts whole seconds; within one, messages stand in
/// the order in which they came, ours among them.
async fn place(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    second: Millis,
) -> Result<Millis, StorageError> {
    let end = second.saturating_add(999);
    let select = query(
        "SELECT max(timestamp) AS last FROM messages WHERE chat_id = $1 AND timestamp >= $2 AND timestamp <= $3",
    );
    let last = match tx.row(select.bind(chat).bind(second).bind(end)).await? {
        Some(row) => row.opt_int("last")?,
        None => None,
    };
    Ok(within_second(second, last, context.source.now()))
}

fn within_second(second: Millis, last: Option<Millis>, now: Millis) -> Millis {
    let end = second.saturating_add(999);
    let after_last = last.map_or(second, |last| last.saturating_add(1));
    let live = if now <= end { now } else { second };
    after_last.max(live).clamp(second, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_second_keep_their_order() {
        // Alone, from the past: at the second's start.
        assert_eq!(within_second(10_000, None, 99_000), 10_000);
        // Live within the second: now.
        assert_eq!(within_second(10_000, None, 10_400), 10_400);
        // After one that is already there.
        assert_eq!(within_second(10_000, Some(10_400), 10_400), 10_401);
        assert_eq!(within_second(10_000, Some(10_700), 99_000), 10_701);
        // Never out of its second; ids decide then.
        assert_eq!(within_second(10_000, Some(10_999), 99_000), 10_999);
        // A clock behind WhatsApp's does not take it back.
        assert_eq!(within_second(10_000, None, 8_000), 10_000);
        assert_eq!(within_second(i64::MAX, None, 0), i64::MAX);
    }
}
