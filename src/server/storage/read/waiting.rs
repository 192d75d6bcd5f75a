//! What a message that is still in the outbox waits for.

use super::damaged;
use crate::protocol::{Cause, DeviceId, DeviceStatus, MessageId, Millis};
use crate::server::storage::{StorageError, Store, query};

/// A message's place in the outbox, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How often it was tried.
    pub attempts: i64,
    /// Not before when it is tried again; in the past where nothing is to be waited for.
    pub due_at: Millis,
    /// How many rows of the device's outbox go out before it.
    pub ahead: i64,
    pub device: DeviceStatus,
    /// Why the device is in that status.
    pub cause: Option<Cause>,
}

/// What a message waits for; `None` if it is not in the outbox. Ask only for messages that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn waiting(
    store: &Store,
    device: &DeviceId,
    message: &MessageId,
) -> Result<Option<Waiting>, StorageError> {
    let select = query(
        "SELECT o.attempts, o.due_at, d.status, d.cause, \
         (SELECT count(*) FROM outbox p WHERE p.device_id = o.device_id AND p.id < o.id) AS ahead \
         FROM outbox o JOIN devices d ON d.id = o.device_id \
         WHERE o.device_id = $1 AND o.message_id = $2 AND o.kind = 'message'",
    );
    let Some(row) = store.row(select.bind(device).bind(message)).await? else { return Ok(None) };
    Ok(Some(Waiting {
        attempts: row.int("attempts")?,
        due_at: row.int("due_at")?,
        ahead: row.int("ahead")?,
        device: DeviceStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?,
        cause: row.opt_json("cause")?,
    }))
}
