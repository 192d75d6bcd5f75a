//! A device that is connected while WhatsApp does not say that it takes what is sent: shown as its cause, until
//! WhatsApp says something again.

use super::context::Context;
use crate::protocol::{Cause, CauseCode, DeviceStatus, EventKind, Millis, NextAction};
use crate::server::storage::{StorageError, Tx, query, read};

/// An attempt was not answered; the next one is due then.
pub async fn noticed(tx: &mut Tx<'_>, context: &Context, retry_at: Millis) -> Result<(), StorageError> {
    let cause = Cause {
        code: CauseCode::NoAck,
        text: "It is connected, but WhatsApp does not confirm what is sent. It is being tried again."
            .to_owned(),
        next: NextAction::Wait,
        retry_at: Some(retry_at),
    };
    let json = serde_json::to_string(&cause).map_err(|error| StorageError::Database(error.to_string()))?;
    let update = query("UPDATE devices SET cause = $2 WHERE id = $1 AND status = 'connected'");
    if tx.execute(update.bind(&context.device).bind(json)).await? > 0 {
        tell(tx, context).await?;
    }
    Ok(())
}

/// WhatsApp confirmed something.
pub async fn broken(tx: &mut Tx<'_>, context: &Context) -> Result<(), StorageError> {
    let update =
        query("UPDATE devices SET cause = NULL WHERE id = $1 AND status = 'connected' AND cause IS NOT NULL");
    if tx.execute(update.bind(&context.device)).await? > 0 {
        tell(tx, context).await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx<'_>, context: &Context) -> Result<(), StorageError> {
    let Some(row) = tx.row(query("SELECT * FROM devices WHERE id = $1").bind(&context.device)).await? else {
        return Ok(());
    };
    let device = read::to_device(&row)?;
    let kind = EventKind::DeviceUpdated { device, previous_status: DeviceStatus::Connected };
    tx.note(context.workspace.clone(), Some(context.device.clone()), kind);
    Ok(())
}
