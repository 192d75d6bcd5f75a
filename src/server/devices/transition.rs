//! A device goes from one state to another: in its row, in the history of its connections and in the log.

use super::context::Context;
use super::state::Transition;
use super::{connections, history, outbox};
use crate::protocol::{DeviceStatus, EventKind};
use crate::server::storage::{StorageError, Tx, query, read};

/// Takes the device there. One that is gone meanwhile is left alone, and what changes nothing is no news.
pub async fn apply(tx: &mut Tx<'_>, context: &Context, to: Transition) -> Result<(), StorageError> {
    let select = || query("SELECT * FROM devices WHERE id = $1").bind(&context.device);
    let Some(row) = tx.row(select()).await? else { return Ok(()) };
    let before = read::to_device(&row)?;
    let cause = to.cause.as_ref().map(serde_json::to_string).transpose();
    let cause = cause.map_err(|error| StorageError::Database(error.to_string()))?;
    let connected_at = if to.status == DeviceStatus::Connected { before.connected_at } else { None };
    let update = query(
        "UPDATE devices SET status = $2, cause = $3, connected_at = $4, wanted = COALESCE($5, wanted), linked = CASE WHEN $6 = 1 THEN 0 ELSE linked END WHERE id = $1",
    );
    let update = update.bind(&context.device).bind(to.status.as_str()).bind(cause).bind(connected_at);
    tx.execute(update.bind(to.wanted.map(i64::from)).bind(to.forget_keys)).await?;
    if to.forget_keys {
        history::forget(tx, &context.device).await?;
        outbox::fail_all(tx, context, "It was not sent: the device is no longer linked.").await?;
    }
    let Some(row) = tx.row(select()).await? else { return Ok(()) };
    let device = read::to_device(&row)?;
    let previous_status = before.status;
    // A connection made anew is news even where the words are the same.
    if device != before || device.status == DeviceStatus::Connected {
        tracing::info!(device = %context.device, from = previous_status.as_str(), to = device.status.as_str(), "device state");
        connections::record(tx, context, previous_status, &device).await?;
        let updated = EventKind::DeviceUpdated { device, previous_status };
        tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
    }
    Ok(())
}
