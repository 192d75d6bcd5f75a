//! Messages on their way out: on our disk with their WhatsApp id before anything is sent.
//!
//! A row goes when WhatsApp has accepted the message; until then it is sent again under the same id, which WhatsApp
//! and its phones take for the same message ([`super::sender`]).

use super::changes;
use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::inbound::note_new;
use super::sending::{self, Draft, QueuedChange};
use super::{drafts, expiry, identity, receipts, rows, silence};
use crate::protocol::{
    ChatId, Delay, EventKind, Failure, FailureCode, MAX_TEXT_LENGTH, MediaId, Message, MessageId,
    MessageKind, MessageStatus, Millis,
};
use crate::server::crash;
use crate::server::media::Media;
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{StepDetail, StepKind, StorageError, Tx, add_step, query, read};

/// Texts that may go out.
///
/// # Errors
/// [`DeviceError::Invalid`] for an empty text and for one above [`MAX_TEXT_LENGTH`].
pub fn check_text(text: &str) -> Result<(), DeviceError> {
    if text.trim().is_empty() {
        return Err(DeviceError::Invalid("the text is empty".to_owned()));
    }
    if text.chars().count() > MAX_TEXT_LENGTH {
        return Err(DeviceError::Invalid(format!("the text is longer than {MAX_TEXT_LENGTH} characters")));
    }
    if text.contains('\0') {
        return Err(DeviceError::Invalid("the text has a NUL character".to_owned()));
    }
    Ok(())
}

/// Queues a message in one transaction: message, outbox row, answer and event.
pub async fn queue_message(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    chat: &ChatId,
    number: &str,
    mut draft: Draft,
) -> Result<Message, StorageError> {
    let newest = query(
        "SELECT c.expires_in, (SELECT max(m.timestamp) FROM messages m WHERE m.chat_id = c.id) AS last FROM chats c WHERE c.id = $1",
    );
    let (last, expires_in) = match tx.row(newest.bind(chat)).await? {
        Some(row) => (row.opt_int("last")?, row.opt_int("expires_in")?),
        None => (None, None),
    };
    let timestamp = after(last, context.source.now());
    draft.details.expires_in = expires_in.and_then(|seconds| u32::try_from(seconds).ok());
    let id = context.source.id("msg");
    let file = draft.details.media.as_ref().and_then(|media| media.id.as_deref()?.parse::<MediaId>().ok());
    let secret = (draft.kind == MessageKind::Poll).then(|| context.source.bytes::<32>().to_vec());
    let insert = query(
        "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status, command_id, details, secret, media_id, expires_at) \
         VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, 'queued', $9, $10, $11, $12, $13)",
    )
    .bind(&id)
    .bind(chat)
    .bind(&context.device)
    .bind(whatsapp_id(context))
    .bind(format!("{number}@s.whatsapp.net"))
    .bind(draft.kind.as_str())
    .bind(&draft.text)
    .bind(timestamp)
    .bind(&request.id)
    .bind(changes::details_json(&draft.details)?)
    .bind(secret)
    .bind(file.as_ref().map(MediaId::as_str))
    .bind(expiry::at(&draft.details, timestamp));
    tx.execute(insert).await?;
    if let Some(file) = &file {
        Media::share(tx, file, &context.device).await?;
    }
    let id: MessageId =
        id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
    index_message(tx, &id, &found_by(&draft.text, &draft.details)).await?;
    identity::trace(tx, context, &id, None, &draft.details).await?;
    enqueue(tx, context, chat, &id, request).await?;
    rows::refresh_chat(tx, chat).await?;
    drafts::sent(tx, context, &request.principal, chat, &draft.text).await?;
    commands::remember(tx, request, &id, context.source.now()).await?;
    note_new(tx, context, &id, chat).await?;
    let row = tx.row(read::message_query(&id)).await?;
    read::to_message(&row.ok_or_else(|| StorageError::Database("a message vanished".to_owned()))?)
}

/// Ours stand after whatever is in the chat, unless that claims to be from the far future.
fn after(last: Option<Millis>, now: Millis) -> Millis {
    match last {
        Some(last) if last >= now && last < now + 60_000 => last + 1,
        _ => now,
    }
}

/// An id as WhatsApp's own web client makes them: `3EB0` and eighteen hex digits.
pub fn whatsapp_id(context: &Context) -> String {
    use std::fmt::Write as _;
    context.source.bytes::<9>().iter().fold("3EB0".to_owned(), |mut id, byte| {
        // Writing into a String cannot fail.
        let _ = write!(id, "{byte:02X}");
        id
    })
}

async fn enqueue(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    message: &MessageId,
    request: &Request,
) -> Result<(), StorageError> {
    let detail = StepDetail { command_id: Some(request.id.clone()), ..StepDetail::default() };
    add_step(tx, message, context.source.now(), StepKind::Queued, detail).await?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, attempts, due_at) VALUES ($1, $2, 'message', $3, $4, 0, 0)",
    );
    tx.execute(insert.bind(&context.device).bind(context.source.id("out")).bind(chat).bind(message)).await?;
    Ok(())
}

/// Queues what is to be done to a message.
pub async fn enqueue_change(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    message: &MessageId,
    request: &Request,
    queued: &QueuedChange,
) -> Result<(), StorageError> {
    let detail = StepDetail { command_id: Some(request.id.clone()), ..StepDetail::of(queued.change.name()) };
    add_step(tx, message, context.source.now(), StepKind::Queued, detail).await?;
    let body = serde_json::to_string(queued).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, 'change', $3, $4, $5, 0, 0)",
    );
    let id = context.source.id("out");
    tx.execute(insert.bind(&context.device).bind(id).bind(chat).bind(message).bind(body)).await?;
    Ok(())
}

/// Queues a failed message again, under the same WhatsApp id. The same request queues once.
pub async fn retry(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    id: &MessageId,
) -> Result<Result<Message, DeviceError>, StorageError> {
    match commands::recall::<MessageId>(tx, request).await?.settled() {
        Err(error) => return Ok(Err(error)),
        Ok(Some(id)) => {
            return Ok(match tx.row(read::message_query(&id)).await? {
                Some(row) => Ok(read::to_message(&row)?),
                None => Err(DeviceError::NotFound("message")),
            });
        }
        Ok(None) => {}
    }
    let update = query(
        "UPDATE messages SET status = 'queued', failure = NULL, delay = NULL WHERE id = $1 AND device_id = $2 AND status = 'failed' RETURNING chat_id",
    );
    let Some(row) = tx.row(update.bind(id).bind(&context.device)).await? else {
        return Ok(Err(DeviceError::Conflict("only a failed message can be sent again".to_owned())));
    };
    let chat_id: ChatId = row.parse("chat_id")?;
    enqueue(tx, context, &chat_id, id, request).await?;
    commands::remember(tx, request, id, context.source.now()).await?;
    note_status(tx, context, chat_id, id.clone(), MessageStatus::Queued, Reason::None);
    let row = tx.row(read::message_query(id)).await?;
    Ok(Ok(read::to_message(&row.ok_or_else(|| StorageError::Database("a message vanished".to_owned()))?)?))
}

/// What a status comes with.
pub(super) enum Reason {
    None,
    Failed(Failure),
    Delayed(Delay),
}

pub(super) fn note_status(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_id: ChatId,
    message_id: MessageId,
    status: MessageStatus,
    why: Reason,
) {
    let (failure, delay) = match why {
        Reason::None => (None, None),
        Reason::Failed(failure) => (Some(failure), None),
        Reason::Delayed(delay) => (None, Some(Box::new(delay))),
    };
    tx.note(
        context.workspace.clone(),
        Some(context.device.clone()),
        EventKind::MessageStatus { chat_id, message_id, status, failure, delay },
    );
}

/// Ends everything that is still queued: the device cannot send it any more. What was to be done to messages is
/// taken back, newest first: nobody else sees it.
pub async fn fail_all(tx: &mut Tx<'_>, context: &Context, text: &str) -> Result<(), StorageError> {
    let failure = Failure { code: FailureCode::DeviceGone, text: text.to_owned() };
    let queued = query(
        "DELETE FROM outbox WHERE device_id = $1 AND kind IN ('message', 'change') RETURNING id, kind, chat_id, message_id, body",
    );
    let (mut messages, mut changes) = (Vec::new(), Vec::new());
    for row in tx.rows(queued.bind(&context.device)).await? {
        let rows = if row.text("kind")? == "change" { &mut changes } else { &mut messages };
        rows.push((row.text("id")?, row));
    }
    changes.sort_by(|(a, _), (b, _)| b.cmp(a));
    for (_, row) in changes {
        let (message, queued): (MessageId, QueuedChange) = (row.parse("message_id")?, row.json("body")?);
        let detail = StepDetail {
            code: Some(failure.code),
            change: Some(queued.change.name().to_owned()),
            ..StepDetail::error(text)
        };
        add_step(tx, &message, context.source.now(), StepKind::Failed, detail).await?;
        sending::undo(tx, context, &message, queued).await?;
    }
    messages.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (_, row) in messages {
        fail(tx, context, row.parse("chat_id")?, row.parse("message_id")?, failure.clone()).await?;
    }
    tx.execute(query("DELETE FROM outbox WHERE device_id = $1").bind(&context.device)).await?;
    Ok(())
}

pub(super) async fn fail(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: ChatId,
    message: MessageId,
    failure: Failure,
) -> Result<(), StorageError> {
    let json = serde_json::to_string(&failure).map_err(|error| StorageError::Database(error.to_string()))?;
    let update =
        query("UPDATE messages SET status = 'failed', failure = $2, delay = NULL WHERE id = $1 AND status = 'queued'")
            .bind(&message)
            .bind(json);
    if tx.execute(update).await? > 0 {
        let detail = StepDetail { code: Some(failure.code), ..StepDetail::error(&failure.text) };
        add_step(tx, &message, context.source.now(), StepKind::Failed, detail).await?;
        note_status(tx, context, chat, message, MessageStatus::Failed, Reason::Failed(failure));
    }
    Ok(())
}

/// Keeps that WhatsApp took a message (or refused it), and takes it off the outbox. `handed` is when the engine got
/// it, where that is known.
pub async fn accepted(
    context: &Context,
    whatsapp_id: String,
    error: Option<String>,
    handed: Option<Millis>,
) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    crash::point("before_accepted");
    store
        .write(move |tx| {
            Box::pin(async move {
                silence::broken(tx, &context).await?;
                let select = query("SELECT id, chat_id, status FROM messages WHERE device_id = $1 AND whatsapp_id = $2 AND from_me = 1");
                let Some(row) = tx.row(select.bind(&context.device).bind(&whatsapp_id)).await? else { return Ok(()) };
                let (chat, message) = (row.parse::<ChatId>("chat_id")?, row.parse::<MessageId>("id")?);
                tx.execute(query("DELETE FROM outbox WHERE device_id = $1 AND message_id = $2 AND kind = 'message'").bind(&context.device).bind(&message)).await?;
                if let Some(at) = handed {
                    add_step(tx, &message, at, StepKind::Handed, StepDetail::default()).await?;
                }
                if let Some(error) = error {
                    let failure = Failure { code: FailureCode::Refused, text: format!("WhatsApp refused it: {error}.") };
                    return fail(tx, &context, chat, message, failure).await;
                }
                let update = query("UPDATE messages SET status = 'sent', failure = NULL, delay = NULL WHERE id = $1 AND status IN ('queued', 'failed')").bind(&message);
                receipts::keep_recipients(tx, &message).await?;
                if tx.execute(update).await? > 0 {
                    add_step(tx, &message, context.source.now(), StepKind::Accepted, StepDetail::default()).await?;
                    note_status(tx, &context, chat, message, MessageStatus::Sent, Reason::None);
                }
                Ok(())
            })
        })
        .await?;
    crash::point("after_accepted");
    Ok(())
}
