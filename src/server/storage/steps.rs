//! What happened to a message, step by step: so that somebody can be told why it did not arrive.
//!
//! Whoever changes how far a message has come adds the step in the same transaction. Steps go with their message.

use super::{StorageError, Store, Tx, query};
use crate::protocol::{CommandId, FailureCode, MessageId, Millis};
use serde::{Deserialize, Serialize};

/// How many steps of one message are kept; of more, the first and the newest.
pub const KEPT_STEPS: i64 = 200;
/// The longest error that a step keeps, in characters.
const ERROR_LENGTH: usize = 500;

/// One thing that happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// It was put into the outbox, or put there again.
    Queued,
    /// It was given to the engine.
    Handed,
    /// The engine or WhatsApp did not take it this time.
    AttemptFailed,
    /// WhatsApp took it.
    Accepted,
    Delivered,
    Read,
    /// Somebody listened to it.
    Played,
    /// It is not tried any more.
    Failed,
    /// It came in.
    Received,
}

impl StepKind {
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Handed,
        Self::AttemptFailed,
        Self::Accepted,
        Self::Delivered,
        Self::Read,
        Self::Played,
        Self::Failed,
        Self::Received,
    ];

    /// The spelling in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Handed => "handed",
            Self::AttemptFailed => "attempt_failed",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }

    /// The kind that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a step has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StepDetail {
    /// The command that queued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<CommandId>,
    /// 1 for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<FailureCode>,
    /// Not before when it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Millis>,
    /// What was being done to the message, unless the step is of the message itself: `edit`, `reaction`, `revoke`,
    /// `vote` or `pin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

impl StepDetail {
    /// A step of something that is done to the message.
    #[must_use]
    pub fn of(change: &str) -> Self {
        Self { change: Some(change.to_owned()), ..Self::default() }
    }

    /// What went wrong, in one sentence.
    #[must_use]
    pub fn error(text: &str) -> Self {
        Self { error: Some(text.chars().take(ERROR_LENGTH).collect()), ..Self::default() }
    }
}

/// One step as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: Millis,
    pub kind: StepKind,
    pub detail: StepDetail,
}

/// Adds a step to a message that is there.
///
/// # Errors
/// [`StorageError`].
pub async fn add_step(
    tx: &mut Tx<'_>,
    message: &MessageId,
    at: Millis,
    kind: StepKind,
    detail: StepDetail,
) -> Result<(), StorageError> {
    let json = serde_json::to_string(&detail).map_err(|error| StorageError::Database(error.to_string()))?;
    let detail = (detail != StepDetail::default()).then_some(json);
    let insert = query(
        "INSERT INTO message_steps (message_id, seq, at, step, detail) \
         SELECT $1, COALESCE(max(seq), 0) + 1, $2, $3, $4 FROM message_steps WHERE message_id = $1 RETURNING seq",
    );
    let row = tx.row(insert.bind(message).bind(at).bind(kind.as_str()).bind(detail)).await?;
    let seq = row.map_or(Ok(0), |row| row.int("seq"))?;
    if seq > KEPT_STEPS {
        let delete = query("DELETE FROM message_steps WHERE message_id = $1 AND seq > 1 AND seq <= $2");
        tx.execute(delete.bind(message).bind(seq - KEPT_STEPS + 1)).await?;
    }
    Ok(())
}

/// The steps of a message, oldest first. Ask only for messages that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn steps(store: &Store, message: &MessageId) -> Result<Vec<Step>, StorageError> {
    let select = query("SELECT at, step, detail FROM message_steps WHERE message_id = $1 ORDER BY seq");
    let rows = store.rows(select.bind(message)).await?;
    rows.iter()
        .map(|row| {
            let kind = StepKind::parse(&row.text("step")?);
            Ok(Step {
                at: row.int("at")?,
                kind: kind.ok_or_else(|| StorageError::row("step", "cannot be read"))?,
                detail: row.opt_json("detail")?.unwrap_or_default(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::testing::{furnish, stores};

    #[tokio::test(flavor = "multi_thread")]
    async fn the_first_and_the_newest_steps_are_kept_and_go_with_the_message() {
        for test in stores().await {
            let store = &test.store;
            furnish(store).await;
            let id: MessageId = "msg_1".parse().unwrap();
            let message = id.clone();
            store
                .write(move |tx| {
                    Box::pin(async move {
                        add_step(tx, &message, 0, StepKind::Queued, StepDetail::default()).await?;
                        for n in 1..=KEPT_STEPS + 5 {
                            let detail =
                                StepDetail { attempt: Some(n), ..StepDetail::error(&"x".repeat(900)) };
                            add_step(tx, &message, n, StepKind::AttemptFailed, detail).await?;
                        }
                        Ok(())
                    })
                })
                .await
                .unwrap();
            let kept = steps(store, &id).await.unwrap();
            assert_eq!(i64::try_from(kept.len()).unwrap(), KEPT_STEPS);
            assert_eq!((kept[0].kind, kept[0].at), (StepKind::Queued, 0));
            assert_eq!((kept[1].at, kept[1].detail.attempt), (7, Some(7)));
            assert_eq!(kept.last().unwrap().at, KEPT_STEPS + 5);
            assert_eq!(kept[1].detail.error.as_ref().unwrap().len(), ERROR_LENGTH);
            store.execute(query("DELETE FROM messages WHERE id = 'msg_1'")).await.unwrap();
            assert!(steps(store, &id).await.unwrap().is_empty());
        }
    }
}
