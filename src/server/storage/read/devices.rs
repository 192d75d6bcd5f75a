//! Devices.

use super::damaged;
use crate::protocol::{Device, DeviceId, DeviceStatus, WorkspaceId};
use crate::server::storage::{Row, StorageError, Store, query};

/// All devices of a workspace, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn devices(store: &Store, workspace: &WorkspaceId) -> Result<Vec<Device>, StorageError> {
    let select =
        query("SELECT * FROM devices WHERE workspace_id = $1 ORDER BY created_at, id").bind(workspace);
    store.rows(select).await?.iter().map(to_device).collect()
}

/// One device of a workspace.
///
/// # Errors
/// [`StorageError`].
pub async fn device(
    store: &Store,
    workspace: &WorkspaceId,
    id: &DeviceId,
) -> Result<Option<Device>, StorageError> {
    let select = query("SELECT * FROM devices WHERE workspace_id = $1 AND id = $2").bind(workspace).bind(id);
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
