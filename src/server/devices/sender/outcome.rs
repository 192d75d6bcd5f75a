//! What becomes of a row of the outbox that an attempt did not bring through.

use crate::protocol::{ChatId, Delay, DelayCode, Failure, FailureCode, MessageId, MessageStatus, Millis};
use crate::server::devices::context::Context;
use crate::server::devices::outbox::{Reason, fail, note_status};
use crate::server::devices::sending::{self, QueuedChange};
use crate::server::devices::silence;
use crate::server::engine::EngineError;
use crate::server::storage::{StepDetail, StepKind, StorageError, Tx, add_step, query};

/// The longest wait between two attempts.
const LONGEST_WAIT: Millis = 60_000;

/// An attempt that failed.
pub(super) struct Failed {
    pub outbox_id: String,
    /// Nothing for what no person wrote: marks of reading, and how chats are sorted.
    pub about: Option<About>,
    /// How often it was tried, this time included.
    pub attempts: i64,
    pub error: EngineError,
}

/// The message that it is about.
pub(super) struct About {
    pub message: MessageId,
    /// What was to be done to the message, unless it is the message itself.
    pub change: Option<Box<QueuedChange>>,
    /// When the engine got it, unless its answer came meanwhile.
    pub handed: Option<Millis>,
}

impl Failed {
    /// Keeps it: the row is due again later, or it ends. Answers whether that is the end.
    pub async fn keep(self, tx: &mut Tx<'_>, context: &Context) -> Result<bool, StorageError> {
        let refused =
            matches!(self.error, EngineError::Refused(_) | EngineError::NoSuchRecipient | EngineError::Gone);
        if refused || self.attempts >= context.pace.attempts {
            self.give_up(tx, context).await?;
            Ok(true)
        } else {
            self.put_off(tx, context).await?;
            Ok(false)
        }
    }

    async fn put_off(self, tx: &mut Tx<'_>, context: &Context) -> Result<(), StorageError> {
        let doublings = (self.attempts - 1).clamp(0, 10);
        let wait = (context.pace.first_wait << doublings).min(LONGEST_WAIT);
        let due = context.source.now() + wait;
        let update = query("UPDATE outbox SET attempts = $3, due_at = $4 WHERE device_id = $1 AND id = $2");
        let update = update.bind(&context.device).bind(&self.outbox_id).bind(self.attempts).bind(due);
        // It may be through meanwhile.
        if tx.execute(update).await? == 0 {
            return Ok(());
        }
        let code = match self.error {
            EngineError::NoAnswer(_) => DelayCode::NoAck,
            EngineError::RateLimited => DelayCode::RateLimited,
            _ => DelayCode::Other,
        };
        if code == DelayCode::NoAck {
            silence::noticed(tx, context, due).await?;
        }
        let Some(about) = &self.about else { return Ok(()) };
        self.note_attempt(tx, context, about, Some(due)).await?;
        if about.change.is_none() {
            let attempts = u32::try_from(self.attempts).unwrap_or(u32::MAX);
            delayed(tx, context, &about.message, Delay { code, attempts, retry_at: due }).await?;
        }
        Ok(())
    }

    async fn give_up(self, tx: &mut Tx<'_>, context: &Context) -> Result<(), StorageError> {
        let delete = query("DELETE FROM outbox WHERE device_id = $1 AND id = $2");
        if tx.execute(delete.bind(&context.device).bind(&self.outbox_id)).await? == 0 {
            return Ok(());
        }
        // Of what no person wrote nothing is lost: the other side just keeps its unread tick, the account's other
        // devices their view of the chat and its messages.
        let Some(about) = &self.about else { return Ok(()) };
        self.note_attempt(tx, context, about, None).await?;
        let failure = failure(&self.error, self.attempts);
        let Some(About { message, change, .. }) = self.about else { return Ok(()) };
        if let Some(queued) = change {
            let detail = StepDetail {
                code: Some(failure.code),
                change: Some(queued.change.name().to_owned()),
                ..StepDetail::error(&failure.text)
            };
            add_step(tx, &message, context.source.now(), StepKind::Failed, detail).await?;
            // The message stands again as it stood.
            return sending::undo(tx, context, &message, *queued).await;
        }
        let select = query("SELECT chat_id FROM messages WHERE id = $1").bind(&message);
        let Some(row) = tx.row(select).await? else { return Ok(()) };
        let chat: ChatId = row.parse("chat_id")?;
        fail(tx, context, chat, message, failure).await
    }

    async fn note_attempt(
        &self,
        tx: &mut Tx<'_>,
        context: &Context,
        about: &About,
        retry_at: Option<Millis>,
    ) -> Result<(), StorageError> {
        let change = about.change.as_ref().map(|queued| queued.change.name().to_owned());
        if let Some(at) = about.handed {
            let detail = StepDetail { change: change.clone(), ..StepDetail::default() };
            add_step(tx, &about.message, at, StepKind::Handed, detail).await?;
        }
        let detail = StepDetail {
            attempt: Some(self.attempts),
            retry_at,
            change,
            ..StepDetail::error(&self.error.to_string())
        };
        add_step(tx, &about.message, context.source.now(), StepKind::AttemptFailed, detail).await
    }
}

/// Why something is not tried any more. Silence is no proof that it did not arrive.
fn failure(error: &EngineError, attempts: i64) -> Failure {
    let (code, text) = match error {
        EngineError::Refused(_) => (FailureCode::Refused, format!("It was not sent: {error}.")),
        EngineError::NoSuchRecipient => (FailureCode::NoSuchRecipient, format!("It was not sent: {error}.")),
        EngineError::NoAnswer(_) => {
            let times = if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
            let text =
                format!("It was sent {times}, but WhatsApp did not confirm it: it may have arrived, or not.");
            (FailureCode::NoAnswer, text)
        }
        _ => (FailureCode::Other, format!("It was not sent: {error}.")),
    };
    Failure { code, text }
}

/// Keeps with a message what holds it up.
async fn delayed(
    tx: &mut Tx<'_>,
    context: &Context,
    message: &MessageId,
    delay: Delay,
) -> Result<(), StorageError> {
    let json = serde_json::to_string(&delay).map_err(|error| StorageError::Database(error.to_string()))?;
    let update =
        query("UPDATE messages SET delay = $2 WHERE id = $1 AND status = 'queued' RETURNING chat_id");
    if let Some(row) = tx.row(update.bind(message).bind(json)).await? {
        let chat = row.parse("chat_id")?;
        note_status(tx, context, chat, message.clone(), MessageStatus::Queued, Reason::Delayed(delay));
    }
    Ok(())
}
