//! The history of a device's connection: what happened to it, written with the change of state itself, and
//! who watched it.

use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use crate::protocol::{Cause, ConnectionAnalytics, ConnectionEntry, ConnectionKind, Device, DeviceId};
use crate::protocol::{DeviceStatus, Millis, Page};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{Query, StorageError, Store, Tx, Value, query, read};

/// How long entries are kept: 90 days.
const KEPT_FOR: Millis = 90 * 24 * 3_600 * 1_000;
/// How many entries a device keeps of what happened, and as many of who watched.
const KEPT: i64 = 1_000;

/// How somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    WebSocket,
    Sse,
}

impl Wire {
    fn as_str(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Sse => "sse",
        }
    }
}

/// Keeps what it means for the connection that a device came from `previous` to what it is now.
///
/// # Errors
/// [`StorageError`].
pub async fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    previous: DeviceStatus,
    device: &Device,
) -> Result<(), StorageError> {
    let Some(kind) = ConnectionKind::of(previous, device) else { return Ok(()) };
    let now = context.source.now();
    let mut entry = Entry::new(kind, now);
    match kind {
        ConnectionKind::Connected => {
            close_connection(tx, &context.device, now).await?;
            (entry.took, entry.after_scan) = pace(tx, &context.device, now).await?;
            entry.seen_at = Some(now);
        }
        ConnectionKind::Disconnected | ConnectionKind::Failed => {
            close_connection(tx, &context.device, now).await?;
            (entry.code, entry.reason) = why(device);
        }
        _ => {}
    }
    insert(tx, context, entry).await?;
    // A restart ends a connection and begins an attempt in one step.
    if kind == ConnectionKind::Disconnected && device.status == DeviceStatus::Starting {
        insert(tx, context, Entry::new(ConnectionKind::Started, now)).await?;
    }
    Ok(())
}

/// Keeps that a code was shown.
///
/// # Errors
/// [`StorageError`].
pub async fn record_qr(tx: &mut Tx<'_>, context: &Context) -> Result<(), StorageError> {
    insert(tx, context, Entry::new(ConnectionKind::QrShown, context.source.now())).await
}

fn why(device: &Device) -> (Option<String>, Option<String>) {
    let code = |cause: &Cause| match serde_json::to_value(cause.code) {
        Ok(serde_json::Value::String(code)) => Some(code),
        _ => None,
    };
    match &device.cause {
        Some(cause) => (code(cause), Some(cause.text.clone())),
        None if device.status == DeviceStatus::Starting => (Some("restarted".to_owned()), None),
        None => (None, None),
    }
}

/// How long it took to connect, since the attempt began and since its code was scanned.
async fn pace(
    tx: &mut Tx<'_>,
    device: &DeviceId,
    now: Millis,
) -> Result<(Option<i64>, Option<i64>), StorageError> {
    let select = query(
        "SELECT kind, at FROM device_connections WHERE device_id = $1 \
         AND kind IN ('started', 'scanned', 'connected', 'disconnected') ORDER BY id DESC LIMIT 4",
    );
    let mut scanned = None;
    for row in tx.rows(select.bind(device)).await? {
        let past = now - row.int("at")?;
        match row.text("kind")?.as_str() {
            "scanned" => scanned = scanned.or(Some(past)),
            "started" | "disconnected" => return Ok((Some(past), scanned)),
            _ => break,
        }
    }
    Ok((None, scanned))
}

async fn close_connection(tx: &mut Tx<'_>, device: &DeviceId, now: Millis) -> Result<(), StorageError> {
    let update = query(
        "UPDATE device_connections SET until_at = $2 WHERE device_id = $1 AND kind = 'connected' AND until_at IS NULL",
    );
    tx.execute(update.bind(device).bind(now)).await?;
    Ok(())
}

struct Entry {
    kind: ConnectionKind,
    at: Millis,
    code: Option<String>,
    reason: Option<String>,
    took: Option<i64>,
    after_scan: Option<i64>,
    watcher: Option<String>,
    wire: Option<&'static str>,
    seen_at: Option<Millis>,
}

impl Entry {
    fn new(kind: ConnectionKind, at: Millis) -> Self {
        Self {
            kind,
            at,
            code: None,
            reason: None,
            took: None,
            after_scan: None,
            watcher: None,
            wire: None,
            seen_at: None,
        }
    }

    fn into_row(self, device: &DeviceId, id: &str) -> Vec<Value> {
        vec![
            device.into(),
            id.into(),
            self.at.into(),
            self.kind.as_str().into(),
            self.code.into(),
            self.reason.into(),
            self.took.into(),
            self.after_scan.into(),
            self.watcher.into(),
            self.wire.into(),
            self.seen_at.into(),
        ]
    }
}

async fn insert(tx: &mut Tx<'_>, context: &Context, entry: Entry) -> Result<(), StorageError> {
    write(tx, &context.device, &context.source.id("con"), entry).await
}

/// Writes an entry, and lets the oldest of its sort go where there are too many.
async fn write(tx: &mut Tx<'_>, device: &DeviceId, id: &str, entry: Entry) -> Result<(), StorageError> {
    let prune = if entry.kind == ConnectionKind::Watched {
        // Whoever still watches stays in the list.
        query(
            "DELETE FROM device_connections WHERE device_id = $1 AND kind = 'watched' AND until_at IS NOT NULL AND id < \
             (SELECT id FROM device_connections WHERE device_id = $1 AND kind = 'watched' ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
    } else {
        query(
            "DELETE FROM device_connections WHERE device_id = $1 AND kind <> 'watched' AND id < \
             (SELECT id FROM device_connections WHERE device_id = $1 AND kind <> 'watched' ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
    };
    tx.execute(Query::insert(
        "INSERT INTO device_connections (device_id, id, at, kind, code, reason, took, after_scan, watcher, wire, seen_at)",
        vec![entry.into_row(device, id)],
        "",
    ))
    .await?;
    tx.execute(prune.bind(device).bind(KEPT - 1)).await?;
    Ok(())
}

/// Closes what the last run of the server left open: as of when it was last seen.
///
/// # Errors
/// [`StorageError`].
pub async fn close_left_open(store: &Store) -> Result<(), StorageError> {
    let update = query(
        "UPDATE device_connections SET until_at = COALESCE(seen_at, at) WHERE until_at IS NULL AND kind IN ('connected', 'watched')",
    );
    store.execute(update).await.map(drop)
}

/// Notes that what is open still is.
///
/// # Errors
/// [`StorageError`].
pub async fn mark_seen(store: &Store, now: Millis) -> Result<(), StorageError> {
    let update = query(
        "UPDATE device_connections SET seen_at = $1 WHERE until_at IS NULL AND kind IN ('connected', 'watched')",
    );
    store.execute(update.bind(now)).await.map(drop)
}

/// Forgets what is too old. What is still open stays.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_old_connections(store: &Store, now: Millis) -> Result<u64, StorageError> {
    let delete = query(
        "DELETE FROM device_connections WHERE at < $1 AND (until_at IS NOT NULL OR kind NOT IN ('connected', 'watched'))",
    );
    store.execute(delete.bind(now - KEPT_FOR)).await
}

/// Somebody watches a device's connection, until this is dropped.
pub struct Watch {
    store: Store,
    source: Source,
    device: DeviceId,
    id: String,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let update = query("UPDATE device_connections SET until_at = $3 WHERE device_id = $1 AND id = $2");
        let update = update.bind(&self.device).bind(&self.id).bind(self.source.now());
        let store = self.store.clone();
        // Without a runtime the server is over; its next start closes what is open.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = store.execute(update).await {
                    tracing::debug!(%error, "the end of a watch was not kept");
                }
            });
        }
    }
}

impl Devices {
    /// Keeps that somebody (a principal's name) watches a device's connection, until the answer is dropped.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn watch(
        &self,
        reach: &Reach,
        device: &DeviceId,
        watcher: &str,
        wire: Wire,
    ) -> Result<Watch, DeviceError> {
        self.get(reach, device).await?;
        let source = self.inner.source.clone();
        let (id, now) = (source.id("con"), source.now());
        let mut entry = Entry::new(ConnectionKind::Watched, now);
        entry.watcher = Some(watcher.to_owned());
        entry.wire = Some(wire.as_str());
        entry.seen_at = Some(now);
        let store = self.inner.journal.store().clone();
        let watch = Watch { store: store.clone(), source, device: device.clone(), id: id.clone() };
        let device = device.clone();
        store.write(move |tx| Box::pin(async move { write(tx, &device, &id, entry).await })).await?;
        Ok(watch)
    }

    /// A page of a device's connection history, newest first, behind the entry with the id `after`.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn connections(
        &self,
        reach: &Reach,
        device: &DeviceId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<ConnectionEntry>, DeviceError> {
        let device = self.get(reach, device).await?;
        Ok(read::connection_page(self.inner.journal.store(), &device.id, after, limit).await?)
    }

    /// A device's connection in numbers.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn connection_analytics(
        &self,
        reach: &Reach,
        device: &DeviceId,
    ) -> Result<ConnectionAnalytics, DeviceError> {
        let device = self.get(reach, device).await?;
        let now = self.inner.source.now();
        Ok(read::connection_analytics(self.inner.journal.store(), &device, now).await?)
    }

    /// The newest entry of a device's history that tells of an end.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn last_connection_end(
        &self,
        reach: &Reach,
        device: &DeviceId,
    ) -> Result<Option<ConnectionEntry>, DeviceError> {
        let device = self.get(reach, device).await?;
        Ok(read::last_connection_end(self.inner.journal.store(), &device.id).await?)
    }
}

#[cfg(test)]
mod tests;
