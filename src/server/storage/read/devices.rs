//! Devices.

use super::damaged;
use crate::protocol::{Cursor, Device, DeviceId, DeviceStatus, Epoch};
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, Store, query};

/// All devices that are within reach, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn devices(store: &Store, reach: &Reach) -> Result<Vec<Device>, StorageError> {
    let select = query("SELECT * FROM devices WHERE workspace_id = $1").bind(&reach.workspace);
    let select = reach.within(select, " AND id IN").then(" ORDER BY created_at, id");
    store.rows(select).await?.iter().map(to_device).collect()
}

/// All devices that are within reach, oldest first, with the log's position: every event up to it is in them, and
/// none behind it, because one statement reads both.
///
/// # Errors
/// [`StorageError`]; also if the workspace has no log.
pub async fn devices_at(store: &Store, reach: &Reach) -> Result<(Vec<Device>, Cursor), StorageError> {
    let select = query(
        "SELECT s.epoch, s.top, d.* FROM streams s LEFT JOIN devices d ON d.workspace_id = s.workspace_id",
    );
    let select = reach.within(select, " AND d.id IN").then(" WHERE s.workspace_id =").value(&reach.workspace);
    let rows = store.rows(select.then(" ORDER BY d.created_at, d.id")).await?;
    let stream = rows.first().ok_or_else(|| StorageError::Database("the workspace has no log".to_owned()))?;
    let epoch = Epoch::try_from(stream.text("epoch")?).map_err(|_| damaged("epoch"))?;
    let cursor = Cursor { epoch, seq: stream.int("top")? };
    let mut devices = Vec::with_capacity(rows.len());
    for row in &rows {
        // Without a device the join has one row, and nothing in it.
        if row.opt_text("id")?.is_some() {
            devices.push(to_device(row)?);
        }
    }
    Ok((devices, cursor))
}

/// One device.
///
/// # Errors
/// [`StorageError`].
pub async fn device(store: &Store, reach: &Reach, id: &DeviceId) -> Result<Option<Device>, StorageError> {
    let select =
        query("SELECT * FROM devices WHERE workspace_id = $1 AND id = $2").bind(&reach.workspace).bind(id);
    let select = reach.within(select, " AND id IN");
    store.row(select).await?.as_ref().map(to_device).transpose()
}

/// A row of `devices`.
///
/// # Errors
/// [`StorageError::Row`] if it holds what we never wrote.
pub fn to_device(row: &Row) -> Result<Device, StorageError> {
    Ok(Device {
        id: row.parse("id")?,
        workspace_id: row.parse("workspace_id")?,
        name: row.text("name")?,
        status: DeviceStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?,
        cause: row.opt_json("cause")?,
        phone_number: row.opt_text("phone_number")?,
        display_name: row.opt_text("display_name")?,
        created_at: row.int("created_at")?,
        connected_at: row.opt_int("connected_at")?,
    })
}
