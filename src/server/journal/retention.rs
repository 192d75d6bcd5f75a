//! How long the log is kept.

use super::log::Journal;
use crate::protocol::{Millis, WorkspaceId};
use crate::server::storage::{StorageError, query};

/// How far back the log reaches: whatever is beyond either bound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub age: Millis,
    pub count: i64,
}

impl Default for Retention {
    /// Seven days, one million events.
    fn default() -> Self {
        Self { age: 7 * 24 * 3_600 * 1_000, count: 1_000_000 }
    }
}

/// How many events one transaction removes, so that no writer waits long behind it.
const CHUNK: i64 = 5_000;

/// Removes what is beyond the bounds, oldest first, and moves the floor with it, in one transaction for
/// each chunk. Answers how many events went.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn trim(
    journal: &Journal,
    workspace: &WorkspaceId,
    retention: Retention,
) -> Result<i64, StorageError> {
    let mut removed = 0;
    loop {
        let (_, top, floor) = journal.state(workspace).await?;
        let too_old =
            query("SELECT max(seq) AS seq FROM events WHERE workspace_id = $1 AND seq <= $2 AND at < $3");
        let too_old = too_old.bind(workspace).bind(floor + CHUNK).bind(journal.now() - retention.age);
        let too_old = match journal.store().row(too_old).await? {
            Some(row) => row.opt_int("seq")?.unwrap_or(floor),
            None => floor,
        };
        let target = too_old.max(top - retention.count).min(floor + CHUNK).min(top);
        if target <= floor {
            return Ok(removed);
        }
        let workspace = workspace.clone();
        journal
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.execute(
                        query("DELETE FROM events WHERE workspace_id = $1 AND seq <= $2")
                            .bind(&workspace)
                            .bind(target),
                    )
                    .await?;
                    tx.execute(
                        query("UPDATE streams SET floor = $2 WHERE workspace_id = $1 AND floor < $2")
                            .bind(&workspace)
                            .bind(target),
                    )
                    .await
                })
            })
            .await?;
        removed += target - floor;
    }
}
