//! Chats and messages from before the link.

use super::context::Context;
use super::rows::{self, Names};
use super::{chat_state, identity, inbound, receipts};
use crate::protocol::{ChatKind, EventKind, MessageStatus};
use crate::server::engine::{HistoryChat, HistoryMessage};
use crate::server::storage::{StorageError, Tx, query};

/// Keeps a part of the history, one transaction for each chat, so that live messages pass between.
/// What is here already stays as it is.
pub async fn keep(context: &Context, chats: Vec<HistoryChat>) -> Result<(), StorageError> {
    let (mut chat_count, mut message_count) = (0, 0);
    for chat in chats {
        let context = context.clone();
        let store = context.journal.store().clone();
        let kept =
            store.write(move |tx| Box::pin(async move { keep_chat(tx, &context, chat).await })).await?;
        chat_count += 1;
        message_count += kept;
    }
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.note(
                    context.workspace.clone(),
                    Some(context.device.clone()),
                    EventKind::HistorySynced { chats: chat_count, messages: message_count },
                );
                Ok(())
            })
        })
        .await
}

async fn keep_chat(
    tx: &mut Tx<'_>,
    context: &Context,
    mut history: HistoryChat,
) -> Result<u32, StorageError> {
    identity::number_of(tx, context, &mut history.jid).await?;
    let activity =
        history.last_activity.or_else(|| history.messages.last().map(|last| last.message.timestamp));
    let chat = rows::ensure_chat(tx, context, &history.jid, history.kind, activity.unwrap_or(0)).await?;
    match (history.kind, history.name) {
        (ChatKind::Group, Some(subject)) => {
            tx.execute(query("UPDATE chats SET subject = $2 WHERE id = $1").bind(&chat).bind(subject))
                .await?;
        }
        (ChatKind::Direct, Some(name)) => {
            rows::learn_contact(tx, context, &history.jid, Names { saved: Some(name), push: None }).await?
        }
        (_, None) => {}
    }
    // The phone's count says how many of the newest are unread; the rest was read there.
    let others = history.messages.iter().filter(|past| !past.message.from_me).count();
    let mut read = others.saturating_sub(usize::try_from(history.unread).unwrap_or(usize::MAX));
    // Several messages of one second come in order: each gets its own millisecond of it.
    let (mut kept, mut last) = (0, i64::MIN);
    for HistoryMessage { mut message, status } in history.messages {
        identity::number_of(tx, context, &mut message.sender).await?;
        let mut status = status;
        if !message.from_me {
            status = if read > 0 { MessageStatus::Read } else { MessageStatus::Delivered };
            read = read.saturating_sub(1);
            if let Some(name) = &message.push_name {
                rows::learn_contact(
                    tx,
                    context,
                    &message.sender,
                    Names { saved: None, push: Some(name.clone()) },
                )
                .await?;
            }
        }
        let timestamp =
            message.timestamp.max(last.saturating_add(1)).min(message.timestamp.saturating_add(999));
        last = timestamp;
        if inbound::insert(tx, context, &chat, message, timestamp, status).await?.is_some() {
            kept += 1;
        }
    }
    if kept > 0 {
        rows::refresh_chat(tx, &chat).await?;
    }
    for (change, at) in history.state {
        chat_state::take_in(tx, context, &chat, change, at).await?;
    }
    receipts::recount(tx, context, &chat).await?;
    Ok(kept)
}
