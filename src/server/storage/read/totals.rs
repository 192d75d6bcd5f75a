//! Numbers of the whole server, over all workspaces: for whoever runs it.

use super::damaged;
use crate::protocol::DeviceStatus;
use crate::server::storage::{StorageError, Store, query};

/// What there is, counted when it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// How many devices are in each status; every status is named.
    pub devices: Vec<(DeviceStatus, i64)>,
    /// Messages and marks that still have to go out.
    pub outbox: i64,
    /// Events that were ever logged.
    pub events: i64,
    /// Events that the log still holds.
    pub kept_events: i64,
}

/// The numbers as they are now. Reads indexes and small tables only.
///
/// # Errors
/// [`StorageError`].
pub async fn totals(store: &Store) -> Result<Totals, StorageError> {
    let mut devices: Vec<(DeviceStatus, i64)> = DeviceStatus::ALL.iter().map(|status| (*status, 0)).collect();
    for row in store.rows(query("SELECT status, count(*) AS count FROM devices GROUP BY status")).await? {
        let status = DeviceStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?;
        let count = row.int("count")?;
        devices.iter_mut().filter(|(known, _)| *known == status).for_each(|(_, number)| *number = count);
    }
    let outbox = store.row(query("SELECT count(*) AS count FROM outbox")).await?;
    // Sums are of another type than what was summed on PostgreSQL.
    let log = query(
        "SELECT CAST(COALESCE(sum(top), 0) AS BIGINT) AS top, CAST(COALESCE(sum(top - floor), 0) AS BIGINT) AS kept FROM streams",
    );
    let log = store.row(log).await?;
    let number = |row: &Option<crate::server::storage::Row>, column: &'static str| {
        row.as_ref().map_or(Ok(0), |row| row.int(column))
    };
    Ok(Totals {
        devices,
        outbox: number(&outbox, "count")?,
        events: number(&log, "top")?,
        kept_events: number(&log, "kept")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::testing::stores;

    #[tokio::test]
    async fn an_empty_database_has_no_numbers() {
        for test in stores().await {
            let store = &test.store;
            let totals = totals(store).await.unwrap();
            assert_eq!((totals.outbox, totals.events, totals.kept_events), (0, 0, 0));
            assert_eq!(totals.devices.len(), DeviceStatus::ALL.len());
        }
    }
}
