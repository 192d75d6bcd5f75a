//! The history of a device's connection.

use super::damaged;
use crate::protocol::{
    ConnectionAnalytics, ConnectionCounts, ConnectionEntry, ConnectionKind, ConnectionTimes,
    ConnectionWatcher, Device, DeviceId, Millis, Page,
};
use crate::server::storage::{Row, StorageError, Store, query};

/// The most entries of one page.
pub const CONNECTIONS_PER_PAGE: i64 = 200;
/// How many of those who watch now are named.
const NAMED: i64 = 100;

/// A page of a device's history, newest first, behind the entry with the id `after`.
///
/// # Errors
/// [`StorageError`].
pub async fn connection_page(
    store: &Store,
    device: &DeviceId,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<ConnectionEntry>, StorageError> {
    let limit = limit.clamp(1, CONNECTIONS_PER_PAGE);
    let select =
        query("SELECT * FROM device_connections WHERE device_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    // Behind every letter that ids are made of.
    let select = select.bind(device).bind(after.unwrap_or("~")).bind(limit + 1);
    let rows = store.rows(select).await?;
    let mut items = rows.iter().map(to_entry).collect::<Result<Vec<_>, _>>()?;
    let mut next = None;
    if items.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        items.pop();
        next = items.last().map(|last| last.id.clone());
    }
    Ok(Page { items, next, cursor: None })
}

/// Whether a text can be the `next` of a page: an entry's id.
#[must_use]
pub fn is_connection_place(after: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    after.len() <= 64
        && after.strip_prefix("con_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

/// The newest entry that tells of an end: `disconnected` or `failed`.
///
/// # Errors
/// [`StorageError`].
pub async fn last_connection_end(
    store: &Store,
    device: &DeviceId,
) -> Result<Option<ConnectionEntry>, StorageError> {
    let select = query(
        "SELECT * FROM device_connections WHERE device_id = $1 AND kind IN ('disconnected', 'failed') ORDER BY id DESC LIMIT 1",
    );
    store.row(select.bind(device)).await?.as_ref().map(to_entry).transpose()
}

/// A device's connection in numbers, as of `now`.
///
/// # Errors
/// [`StorageError`].
pub async fn connection_analytics(
    store: &Store,
    device: &Device,
    now: Millis,
) -> Result<ConnectionAnalytics, StorageError> {
    let id = &device.id;
    let counts = counts(
        &store
            .rows(query("SELECT kind, count(*) AS count FROM device_connections WHERE device_id = $1 GROUP BY kind").bind(id))
            .await?,
    )?;
    let sums = query(
        "SELECT CAST(COALESCE(sum(COALESCE(until_at, $2) - at), 0) AS BIGINT) AS uptime, \
         CAST(sum(took) AS BIGINT) AS took, count(took) AS tooks, \
         CAST(sum(after_scan) AS BIGINT) AS after_scan, count(after_scan) AS after_scans \
         FROM device_connections WHERE device_id = $1 AND kind = 'connected'",
    );
    let sums = store.row(sums.bind(id).bind(now)).await?;
    let sums = sums.ok_or_else(|| StorageError::Database("a sum answered nothing".to_owned()))?;
    let mean = |sum: &str, count: &str| -> Result<Option<i64>, StorageError> {
        Ok(match (sums.opt_int(sum)?, sums.int(count)?) {
            (Some(sum), count) if count > 0 => Some(sum / count),
            _ => None,
        })
    };
    let last_took = query(
        "SELECT took AS last FROM device_connections WHERE device_id = $1 AND took IS NOT NULL ORDER BY id DESC LIMIT 1",
    );
    let last_scan = query(
        "SELECT after_scan AS last FROM device_connections WHERE device_id = $1 AND after_scan IS NOT NULL ORDER BY id DESC LIMIT 1",
    );
    let first = query("SELECT min(at) AS last FROM device_connections WHERE device_id = $1");
    let number = async |select: crate::server::storage::Query| -> Result<Option<i64>, StorageError> {
        Ok(store.row(select.bind(id)).await?.map(|row| row.opt_int("last")).transpose()?.flatten())
    };
    let since = number(first).await?;
    let watching = query(
        "SELECT watcher, wire, at FROM device_connections WHERE device_id = $1 AND kind = 'watched' AND until_at IS NULL ORDER BY id DESC LIMIT $2",
    );
    let watching = store.rows(watching.bind(id).bind(NAMED)).await?;
    let count = query(
        "SELECT count(*) AS last FROM device_connections WHERE device_id = $1 AND kind = 'watched' AND until_at IS NULL",
    );
    Ok(ConnectionAnalytics {
        since,
        counts,
        connected_since: device.connected_at,
        uptime_ms: sums.int("uptime")?,
        observed_ms: since.map_or(0, |since| now - since),
        time_to_connect_ms: ConnectionTimes { last: number(last_took).await?, mean: mean("took", "tooks")? },
        scan_to_connect_ms: ConnectionTimes {
            last: number(last_scan).await?,
            mean: mean("after_scan", "after_scans")?,
        },
        watcher_count: number(count).await?.unwrap_or(0),
        watchers: watching.iter().map(to_watcher).collect::<Result<_, _>>()?,
    })
}

fn counts(rows: &[Row]) -> Result<ConnectionCounts, StorageError> {
    let mut counts = ConnectionCounts::default();
    for row in rows {
        let place = match kind(row)? {
            ConnectionKind::Started => &mut counts.started,
            ConnectionKind::QrShown => &mut counts.qr_shown,
            ConnectionKind::Scanned => &mut counts.scanned,
            ConnectionKind::Connected => &mut counts.connected,
            ConnectionKind::Disconnected => &mut counts.disconnected,
            ConnectionKind::Failed => &mut counts.failed,
            ConnectionKind::Watched => &mut counts.watched,
        };
        *place = row.int("count")?;
    }
    Ok(counts)
}

fn kind(row: &Row) -> Result<ConnectionKind, StorageError> {
    ConnectionKind::parse(&row.text("kind")?).ok_or_else(|| damaged("kind"))
}

fn to_watcher(row: &Row) -> Result<ConnectionWatcher, StorageError> {
    Ok(ConnectionWatcher { watcher: row.text("watcher")?, wire: row.text("wire")?, since: row.int("at")? })
}

fn to_entry(row: &Row) -> Result<ConnectionEntry, StorageError> {
    Ok(ConnectionEntry {
        id: row.text("id")?,
        at: row.int("at")?,
        kind: kind(row)?,
        code: row.opt_text("code")?,
        reason: row.opt_text("reason")?,
        took_ms: row.opt_int("took")?,
        after_scan_ms: row.opt_int("after_scan")?,
        watcher: row.opt_text("watcher")?,
        wire: row.opt_text("wire")?,
        until: row.opt_int("until_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::is_connection_place;

    #[test]
    fn a_place_is_an_id() {
        assert!(is_connection_place("con_01abc"));
        for text in ["", "con_", "dev_01abc", "con_0'x", "~", &format!("con_{}", "a".repeat(61))] {
            assert!(!is_connection_place(text), "{text}");
        }
    }
}
