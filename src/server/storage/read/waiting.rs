//! What a message that is still in the outbox waits for.

use super::damaged;
use crate::protocol::{Cause, DeviceId, DeviceStatus, MessageId, Millis};
use crate::server::storage::{StorageError, Store, query};

/// The place in the outbox of a message, or of something that is to be done to it, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How often it was tried.
    pub attempts: i64,
    /// Not before when it is tried again; in the past where nothing is to be waited for.
    pub due_at: Millis,
    /// How many rows of its chat go out before it.
    pub ahead: i64,
    pub device: DeviceStatus,
    /// Why the device is in that status.
    pub cause: Option<Cause>,
    /// What is to be done to the message, unless it is the message itself that waits.
    pub change: Option<String>,
}

/// What a message, and what is to be done to it, waits for; oldest first. Ask only for messages that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn waiting(
    store: &Store,
    device: &DeviceId,
    message: &MessageId,
) -> Result<Vec<Waiting>, StorageError> {
    let select = query(
        "SELECT o.kind, o.body, o.attempts, o.due_at, d.status, d.cause, \
         (SELECT count(*) FROM outbox p WHERE p.device_id = o.device_id AND p.chat_id = o.chat_id AND p.id < o.id) AS ahead \
         FROM outbox o JOIN devices d ON d.id = o.device_id \
         WHERE o.device_id = $1 AND o.message_id = $2 AND o.kind IN ('message', 'change') ORDER BY o.id",
    );
    let rows = store.rows(select.bind(device).bind(message)).await?;
    rows.iter()
        .map(|row| {
            let change = match row.text("kind")?.as_str() {
                "change" => Some(row.json::<Queued>("body")?.what),
                _ => None,
            };
            Ok(Waiting {
                attempts: row.int("attempts")?,
                due_at: row.int("due_at")?,
                ahead: row.int("ahead")?,
                device: DeviceStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?,
                cause: row.opt_json("cause")?,
                change,
            })
        })
        .collect()
}

/// What is read of a change that waits.
#[derive(serde::Deserialize)]
struct Queued {
    /// Not in rows of earlier versions.
    #[serde(default)]
    what: String,
}
