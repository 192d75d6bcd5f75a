//! Messages that disappear: each has its time from the timer of its chat when it was sent.

use super::message_state;
use super::registry::Devices;
use crate::protocol::{ChatId, Details, DeviceId, MessageId, Millis, WorkspaceId};
use crate::server::storage::{StorageError, query};

/// How many are removed in one transaction, so that live messages pass between.
const AT_ONCE: i64 = 100;

/// When a message of this time disappears, if it does.
#[must_use]
pub fn at(details: &Details, timestamp: Millis) -> Option<Millis> {
    details.expires_in.map(|seconds| timestamp.saturating_add(i64::from(seconds).saturating_mul(1_000)))
}

impl Devices {
    /// Removes every message whose time is over, and logs each. Answers how many there were.
    ///
    /// # Errors
    /// [`StorageError`]; what was not removed is removed the next time.
    pub async fn remove_expired(&self) -> Result<usize, StorageError> {
        let mut removed = 0;
        loop {
            let some = self.remove_some_expired().await?;
            if some == 0 {
                return Ok(removed);
            }
            removed += some;
        }
    }

    async fn remove_some_expired(&self) -> Result<usize, StorageError> {
        let store = self.inner.journal.store();
        let select = query(
            "SELECT m.id, m.chat_id, m.device_id, c.workspace_id FROM messages m JOIN chats c ON c.id = m.chat_id \
             WHERE m.expires_at IS NOT NULL AND m.expires_at <= $1 ORDER BY m.expires_at LIMIT $2",
        );
        let rows = store.rows(select.bind(self.inner.source.now()).bind(AT_ONCE)).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut over = Vec::with_capacity(rows.len());
        for row in &rows {
            let workspace: WorkspaceId = row.parse("workspace_id")?;
            let device: DeviceId = row.parse("device_id")?;
            let context = self.context(&workspace, &device);
            over.push((context, row.parse::<ChatId>("chat_id")?, row.parse::<MessageId>("id")?));
        }
        let count = over.len();
        let write = store.write(move |tx| {
            Box::pin(async move {
                for (context, chat, id) in &over {
                    // Somebody may have deleted it, or its chat, meanwhile.
                    let there = query("SELECT 1 AS one FROM messages WHERE id = $1").bind(id);
                    if tx.row(there).await?.is_some() {
                        message_state::remove(tx, context, chat, id).await?;
                    }
                }
                Ok(())
            })
        });
        write.await?;
        Ok(count)
    }
}
