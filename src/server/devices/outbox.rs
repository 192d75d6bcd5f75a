//! Messages on their way out: on our disk with their WhatsApp id before anything is sent.
//!
//! One sender per connected device takes the rows in order. A row goes when WhatsApp has accepted the
//! message; until then it is sent again under the same id, which WhatsApp and its phones take for the
//! same message.

use super::changes;
use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::inbound::note_new;
use super::marks::ReadMark;
use super::sending::{self, Draft, QueuedChange};
use super::{attaching, chat_state, drafts, expiry, labels, message_state, receipts, rows};
use crate::protocol::{
    ChatId, Details, EventKind, Failure, FailureCode, MAX_TEXT_LENGTH, MediaId, Message, MessageId,
    MessageKind, MessageStatus, Millis,
};
use crate::server::engine::{EngineError, OutboundMessage, Outgoing, Session};
use crate::server::media::Media;
use crate::server::storage::search::{found_by, index_message};
use crate::server::storage::{Row, StepDetail, StepKind, StorageError, Tx, add_step, query, read};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// How long WhatsApp may take to accept a message before it is sent again.
const ACCEPT_WITHIN: Duration = Duration::from_secs(20);
/// How often a message is sent while the device is connected before we give up on it.
const ATTEMPTS: i64 = 8;
/// The wait before the second attempt; it doubles from there.
const FIRST_WAIT: Millis = 1_000;
const LONGEST_WAIT: Millis = 60_000;

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
    queued: &QueuedChange,
) -> Result<(), StorageError> {
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
        "UPDATE messages SET status = 'queued', failure = NULL WHERE id = $1 AND device_id = $2 AND status = 'failed' RETURNING chat_id",
    );
    let Some(row) = tx.row(update.bind(id).bind(&context.device)).await? else {
        return Ok(Err(DeviceError::Conflict("only a failed message can be sent again".to_owned())));
    };
    let chat_id: ChatId = row.parse("chat_id")?;
    enqueue(tx, context, &chat_id, id, request).await?;
    commands::remember(tx, request, id, context.source.now()).await?;
    note_status(tx, context, chat_id, id.clone(), MessageStatus::Queued, None);
    let row = tx.row(read::message_query(id)).await?;
    Ok(Ok(read::to_message(&row.ok_or_else(|| StorageError::Database("a message vanished".to_owned()))?)?))
}

fn note_status(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_id: ChatId,
    message_id: MessageId,
    status: MessageStatus,
    failure: Option<Failure>,
) {
    tx.note(
        context.workspace.clone(),
        Some(context.device.clone()),
        EventKind::MessageStatus { chat_id, message_id, status, failure },
    );
}

/// Ends everything that is still queued: the device cannot send it any more.
pub async fn fail_all(tx: &mut Tx<'_>, context: &Context, text: &str) -> Result<(), StorageError> {
    let queued = query(
        "SELECT m.id, m.chat_id FROM outbox o JOIN messages m ON m.id = o.message_id WHERE o.device_id = $1 AND o.kind = 'message' ORDER BY o.id",
    );
    for row in tx.rows(queued.bind(&context.device)).await? {
        let failure = Failure { code: FailureCode::DeviceGone, text: text.to_owned() };
        fail(tx, context, row.parse("chat_id")?, row.parse("id")?, failure).await?;
    }
    tx.execute(query("DELETE FROM outbox WHERE device_id = $1").bind(&context.device)).await?;
    Ok(())
}

async fn fail(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: ChatId,
    message: MessageId,
    failure: Failure,
) -> Result<(), StorageError> {
    let json = serde_json::to_string(&failure).map_err(|error| StorageError::Database(error.to_string()))?;
    let update =
        query("UPDATE messages SET status = 'failed', failure = $2 WHERE id = $1 AND status = 'queued'")
            .bind(&message)
            .bind(json);
    if tx.execute(update).await? > 0 {
        let detail = StepDetail { code: Some(failure.code), ..StepDetail::error(&failure.text) };
        add_step(tx, &message, context.source.now(), StepKind::Failed, detail).await?;
        note_status(tx, context, chat, message, MessageStatus::Failed, Some(failure));
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
    store
        .write(move |tx| {
            Box::pin(async move {
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
                let update = query("UPDATE messages SET status = 'sent', failure = NULL WHERE id = $1 AND status IN ('queued', 'failed')").bind(&message);
                receipts::keep_recipients(tx, &message).await?;
                if tx.execute(update).await? > 0 {
                    add_step(tx, &message, context.source.now(), StepKind::Accepted, StepDetail::default()).await?;
                    note_status(tx, &context, chat, message, MessageStatus::Sent, None);
                }
                Ok(())
            })
        })
        .await
}

/// Who waits for WhatsApp to accept which message, and since when the engine has it.
#[derive(Default)]
pub struct Acks {
    waiting: Mutex<HashMap<String, (Millis, oneshot::Sender<()>)>>,
}

impl Acks {
    /// Waits from now on. Answers with since when somebody waited for it before, and was left without an answer.
    fn wait(&self, whatsapp_id: &str, now: Millis) -> (oneshot::Receiver<()>, Option<Millis>) {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        (told, waiting.insert(whatsapp_id.to_owned(), (now, tell)).map(|(since, _)| since))
    }

    /// Since when the engine has it, while nothing was answered.
    pub fn handed(&self, whatsapp_id: &str) -> Option<Millis> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(whatsapp_id).map(|(since, _)| *since)
    }

    /// That attempt is over.
    fn forget(&self, whatsapp_id: &str) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(whatsapp_id);
    }

    /// WhatsApp answered, and the answer is on disk.
    pub fn settle(&self, whatsapp_id: &str) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(whatsapp_id);
        if let Some((_, waiting)) = waiting {
            // A sender that gave up meanwhile finds the row gone.
            let _ = waiting.send(());
        }
    }
}

/// Sends what is queued for one device, for as long as it is connected.
pub struct Sender {
    pub context: Context,
    pub session: Arc<dyn Session>,
    pub acks: Arc<Acks>,
    pub wake: Arc<Notify>,
}

impl Sender {
    /// Runs until it is dropped. It may be dropped at any point: whatever was not settled is sent again,
    /// under the same id.
    pub async fn run(self) {
        // A new connection is a new chance: nothing waits for what went wrong on the old one.
        let due = query("UPDATE outbox SET due_at = 0 WHERE device_id = $1").bind(&self.context.device);
        if let Err(error) = self.context.journal.store().execute(due).await {
            tracing::error!(device = %self.context.device, %error, "the outbox cannot be written");
        }
        loop {
            match self.step().await {
                Ok(None) => self.wake.notified().await,
                Ok(Some(wait)) => {
                    let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(0));
                    tokio::time::sleep(wait).await;
                }
                Err(error) => {
                    tracing::error!(device = %self.context.device, %error, "the outbox cannot be read");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Sends the first row. Answers how long to wait before the next, or `None` if nothing is queued.
    async fn step(&self) -> Result<Option<Millis>, StorageError> {
        let head = query(
            "SELECT o.id AS outbox_id, o.kind AS outbox_kind, o.message_id, o.body AS marks, o.attempts, o.due_at, COALESCE(c.jid, '') AS jid, m.whatsapp_id, m.body, m.kind, m.details, m.secret \
             FROM outbox o LEFT JOIN chats c ON c.id = o.chat_id LEFT JOIN messages m ON m.id = o.message_id \
             WHERE o.device_id = $1 ORDER BY o.id LIMIT 1",
        );
        let Some(row) = self.context.journal.store().row(head.bind(&self.context.device)).await? else {
            return Ok(None);
        };
        // The first row blocks those behind it: order within a chat is worth more than speed.
        let early = row.int("due_at")? - self.context.source.now();
        if early > 0 {
            return Ok(Some(early));
        }
        let kind = row.text("outbox_kind")?;
        let result = match kind.as_str() {
            "read" | "played" => self.send_read(&row, &kind).await?,
            "change" => self.send_change(&row).await?,
            kind if kind.starts_with(chat_state::KIND) => self.send_chat_change(&row).await?,
            kind if kind.starts_with(labels::KIND) => self.send_label_change(&row).await?,
            kind if kind.starts_with(message_state::KIND) => self.send_message_action(&row).await?,
            _ => self.send_message(&row).await?,
        };
        match result {
            Ok(()) => Ok(Some(0)),
            // The connection is gone: this sender is about to be dropped.
            Err(EngineError::NotConnected) => Ok(Some(FIRST_WAIT)),
            Err(error) => self.failed(&row, &error).await.map(Some),
        }
    }

    async fn send_message(&self, row: &Row) -> Result<Result<(), EngineError>, StorageError> {
        let kind = MessageKind::parse(&row.text("kind")?).unwrap_or(MessageKind::Unknown);
        let details: Box<Details> = row.opt_json("details")?.unwrap_or_default();
        let media = match attaching::outbound(&self.context, &self.session, kind, &details).await {
            Ok(media) => media,
            Err(error) => return Ok(Err(error)),
        };
        let (text, secret) = (row.text("body")?, row.opt_blob("secret")?);
        let message = OutboundMessage {
            whatsapp_id: row.text("whatsapp_id")?,
            to: row.text("jid")?,
            content: Outgoing::Message { kind, text, details, secret, media },
        };
        let (accepted, earlier) = self.acks.wait(&message.whatsapp_id, self.context.source.now());
        if let Some(since) = earlier {
            self.unanswered(row, since).await?;
        }
        if let Err(error) = self.session.send(&message).await {
            return Ok(Err(error));
        }
        // Settled only after the row is off the outbox.
        Ok(match tokio::time::timeout(ACCEPT_WITHIN, accepted).await {
            Ok(_) => Ok(()),
            Err(_) => Err(EngineError::NoAnswer("WhatsApp did not accept it in time".to_owned())),
        })
    }

    async fn send_change(&self, row: &Row) -> Result<Result<(), EngineError>, StorageError> {
        let queued: QueuedChange = row.json("marks")?;
        let message = OutboundMessage {
            whatsapp_id: queued.whatsapp_id,
            to: row.text("jid")?,
            content: Outgoing::Change { target: queued.target, change: queued.change },
        };
        if let Err(error) = self.session.send(&message).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    /// Keeps that an attempt came to no end: the connection went, and its sender with it.
    async fn unanswered(&self, row: &Row, since: Millis) -> Result<(), StorageError> {
        let (context, message) = (self.context.clone(), row.parse::<MessageId>("message_id")?);
        let outbox_id = row.text("outbox_id")?;
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                let detail = StepDetail::error("the connection ended before WhatsApp answered");
                note_attempt(tx, &context, &outbox_id, &message, Some(since), detail).await
            })
        });
        write.await
    }

    async fn send_read(&self, row: &Row, kind: &str) -> Result<Result<(), EngineError>, StorageError> {
        let chat = row.text("jid")?;
        for mark in row.json::<Vec<ReadMark>>("marks")? {
            let (sender, ids) = (mark.sender.as_deref(), &mark.whatsapp_ids);
            let told = match kind {
                "played" => self.session.mark_played(&chat, sender, ids).await,
                _ => self.session.mark_read(&chat, sender, ids).await,
            };
            if let Err(error) = told {
                return Ok(Err(error));
            }
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_chat_change(&self, row: &Row) -> Result<Result<(), EngineError>, StorageError> {
        let chat_state::Outgoing { jid, change, newest, .. } = row.json("marks")?;
        if let Err(error) = self.session.change_chat(&jid, &change, newest.as_ref()).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_label_change(&self, row: &Row) -> Result<Result<(), EngineError>, StorageError> {
        if let Err(error) = self.session.change_label(&row.json("marks")?).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn send_message_action(&self, row: &Row) -> Result<Result<(), EngineError>, StorageError> {
        let message_state::Outgoing { jid, target, timestamp, action } = row.json("marks")?;
        if let Err(error) = self.session.change_message(&jid, &target, timestamp, action).await {
            return Ok(Err(error));
        }
        self.remove(row).await?;
        Ok(Ok(()))
    }

    async fn remove(&self, row: &Row) -> Result<(), StorageError> {
        let delete = query("DELETE FROM outbox WHERE device_id = $1 AND id = $2")
            .bind(&self.context.device)
            .bind(row.text("outbox_id")?);
        self.context.journal.store().execute(delete).await?;
        Ok(())
    }

    /// Puts a row off, or ends it when trying again changes nothing.
    async fn failed(&self, row: &Row, error: &EngineError) -> Result<Millis, StorageError> {
        let attempts = row.int("attempts")? + 1;
        let outbox_id = row.text("outbox_id")?;
        tracing::warn!(device = %self.context.device, message = row.text("message_id")?, attempts, %error, "a message was not accepted");
        let hopeless =
            matches!(error, EngineError::Refused(_) | EngineError::NoSuchRecipient | EngineError::Gone)
                || attempts >= ATTEMPTS;
        let kind = row.text("outbox_kind")?;
        let of_account = [chat_state::KIND, labels::KIND, message_state::KIND];
        let of_account = of_account.iter().any(|part| kind.starts_with(part));
        if hopeless && (of_account || ["read", "played"].contains(&kind.as_str())) {
            // Nothing that a person wrote is lost: the other side just keeps its unread tick, the account's other
            // devices their view of the chat and its messages.
            self.remove(row).await?;
            if kind.starts_with(chat_state::KIND) {
                chat_state::refused(&self.context, row.json("marks")?).await?;
            }
            return Ok(0);
        }
        if hopeless && kind == "change" {
            self.undo(row).await?;
            return Ok(0);
        }
        if hopeless {
            let code = match error {
                EngineError::Refused(_) => FailureCode::Refused,
                EngineError::NoSuchRecipient => FailureCode::NoSuchRecipient,
                _ => FailureCode::Other,
            };
            let failure = Failure { code, text: format!("It was not sent: {error}.") };
            let step = StepDetail { attempt: Some(attempts), ..StepDetail::error(&error.to_string()) };
            let handed = self.handed(row)?;
            let (context, message) = (self.context.clone(), row.parse::<MessageId>("message_id")?);
            let write = self.context.journal.store().write(move |tx| {
                Box::pin(async move {
                    note_attempt(tx, &context, &outbox_id, &message, handed, step).await?;
                    tx.execute(
                        query("DELETE FROM outbox WHERE device_id = $1 AND id = $2")
                            .bind(&context.device)
                            .bind(outbox_id),
                    )
                    .await?;
                    let Some(row) =
                        tx.row(query("SELECT chat_id FROM messages WHERE id = $1").bind(&message)).await?
                    else {
                        return Ok(());
                    };
                    fail(tx, &context, row.parse("chat_id")?, message, failure).await
                })
            });
            write.await?;
            return Ok(0);
        }
        let wait = (FIRST_WAIT << (attempts - 1).min(10)).min(LONGEST_WAIT);
        let update = query("UPDATE outbox SET attempts = $3, due_at = $4 WHERE device_id = $1 AND id = $2");
        let due = self.context.source.now() + wait;
        let update = update.bind(&self.context.device).bind(&outbox_id).bind(attempts).bind(due);
        if row.text("outbox_kind")? != "message" {
            self.context.journal.store().execute(update).await?;
            return Ok(wait);
        }
        let detail = StepDetail {
            attempt: Some(attempts),
            retry_at: Some(due),
            ..StepDetail::error(&error.to_string())
        };
        let handed = self.handed(row)?;
        let (context, message) = (self.context.clone(), row.parse::<MessageId>("message_id")?);
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                tx.execute(update).await?;
                note_attempt(tx, &context, &outbox_id, &message, handed, detail).await
            })
        });
        write.await?;
        Ok(wait)
    }

    /// Ends a change that WhatsApp does not take: the message stands again as it stood.
    async fn undo(&self, row: &Row) -> Result<(), StorageError> {
        let (context, outbox_id) = (self.context.clone(), row.text("outbox_id")?);
        let (message, queued) = (row.parse::<MessageId>("message_id")?, row.json::<QueuedChange>("marks")?);
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                let delete = query("DELETE FROM outbox WHERE device_id = $1 AND id = $2");
                tx.execute(delete.bind(&context.device).bind(outbox_id)).await?;
                sending::undo(tx, &context, &message, queued).await
            })
        });
        write.await
    }

    /// When the engine got the message of this row, in an attempt that is over now.
    fn handed(&self, row: &Row) -> Result<Option<Millis>, StorageError> {
        let Some(whatsapp_id) = row.opt_text("whatsapp_id")? else { return Ok(None) };
        let handed = self.acks.handed(&whatsapp_id);
        self.acks.forget(&whatsapp_id);
        Ok(handed)
    }
}

/// Keeps that an attempt failed, unless the message is through meanwhile.
async fn note_attempt(
    tx: &mut Tx<'_>,
    context: &Context,
    outbox_id: &str,
    message: &MessageId,
    handed: Option<Millis>,
    detail: StepDetail,
) -> Result<(), StorageError> {
    let waits = query("SELECT 1 AS one FROM outbox WHERE device_id = $1 AND id = $2");
    if tx.row(waits.bind(&context.device).bind(outbox_id)).await?.is_none() {
        return Ok(());
    }
    if let Some(at) = handed {
        add_step(tx, message, at, StepKind::Handed, StepDetail::default()).await?;
    }
    add_step(tx, message, context.source.now(), StepKind::AttemptFailed, detail).await
}
