//! Clearing away: bytes that no row names any more.

use super::blobs::Listed;
use super::{Media, MediaError};
use crate::server::storage::query;
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// How long a file is left alone after it was placed, in milliseconds.
const YOUNG: i64 = 3_600_000;
/// How many files are looked up at a time.
const BATCH: usize = 500;

impl Media {
    /// Deletes files that belong to no row: those of messages and devices that were deleted, and of a server that ended between
    /// placing a file and writing its row. Answers how many.
    ///
    /// # Errors
    /// [`MediaError::Disk`], [`MediaError::Storage`].
    pub async fn sweep(&self) -> Result<u64, MediaError> {
        let mut removed = 0;
        let before = self.inner.source.now().saturating_sub(YOUNG);
        // A message that is gone takes the reference to its file along.
        let forget = query(
            "DELETE FROM media WHERE origin_message IS NOT NULL AND created_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.media_id = media.id)",
        );
        self.inner.store.execute(forget.bind(before)).await?;
        let mut batches = self.inner.blobs.list().chunks(BATCH);
        while let Some(batch) = batches.next().await {
            let batch = batch.into_iter().collect::<Result<Vec<Listed>, _>>()?;
            let mut of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for file in batch.into_iter().filter(|file| file.placed_at < before) {
                of.entry(file.workspace).or_default().insert(file.sha256);
            }
            // Nobody places a file between the look at the rows and the deleting.
            let _alone = self.inner.placing.write().await;
            for (workspace, mut files) in of {
                let named = query("SELECT DISTINCT sha256 FROM media WHERE workspace_id = $1 AND sha256 IN");
                for row in self.inner.store.rows(named.bind(&workspace).list(&files)).await? {
                    files.remove(&row.text("sha256")?);
                }
                for sha256 in files {
                    // Another server may have placed it since it was listed.
                    if !self.inner.blobs.is_older(&workspace, &sha256, before).await? {
                        continue;
                    }
                    self.inner.blobs.delete(&workspace, &sha256).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
