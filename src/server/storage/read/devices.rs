//! Devices.

use super::damaged;
use crate::protocol::{Cursor, Device, DeviceId, DeviceStatus, Epoch, Page};
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, Store, query};

/// How many devices a page has at most.
pub const DEVICES_PER_PAGE: i64 = 200;

/// All devices that are within reach, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn devices(store: &Store, reach: &Reach) -> Result<Vec<Device>, StorageError> {
    let select = query("SELECT * FROM devices WHERE workspace_id = $1").bind(&reach.workspace);
    let select = reach.within(select, " AND id IN").then(" ORDER BY created_at, id");
    store.rows(select).await?.iter().map(to_device).collect()
}

/// A page of the devices that are within reach, oldest first. `after` is the `next` of the page before; it holds when
/// the device at that place is removed.
///
/// # Errors
/// [`StorageError`]; an `after` that we never gave out is read as the start.
pub async fn device_page(
    store: &Store,
    reach: &Reach,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Device>, StorageError> {
    let limit = limit.clamp(1, DEVICES_PER_PAGE);
    let (created, id) = after.and_then(place).unwrap_or((i64::MIN, String::new()));
    let select = query("SELECT * FROM devices WHERE (created_at, id) > ($1, $2) AND workspace_id = $3")
        .bind(created)
        .bind(id)
        .bind(&reach.workspace);
    let select = reach.within(select, " AND id IN").then(" ORDER BY created_at, id LIMIT").value(limit + 1);
    let rows = store.rows(select).await?;
    let mut items = rows.iter().map(to_device).collect::<Result<Vec<_>, _>>()?;
    let mut next = None;
    if items.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        items.pop();
        next = items.last().map(|last| format!("{}.{}", last.created_at, last.id));
    }
    Ok(Page { items, next, cursor: None })
}

/// Whether a text is the `next` of a page of devices.
#[must_use]
pub fn is_device_place(after: &str) -> bool {
    place(after).is_some_and(|(_, id)| id.parse::<DeviceId>().is_ok())
}

fn place(after: &str) -> Option<(i64, String)> {
    let (created, id) = after.split_once('.')?;
    Some((created.parse().ok()?, id.to_owned()))
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

/// Whether a device is in any workspace at all.
///
/// # Errors
/// The database's.
pub async fn has_device(store: &Store, id: &DeviceId) -> Result<bool, StorageError> {
    let select = query("SELECT 1 AS one FROM devices WHERE id = $1").bind(id);
    Ok(store.row(select).await?.is_some())
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
