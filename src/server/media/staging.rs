//! A file while it arrives: written to the disk, hashed and counted, and gone again unless it is kept.

use super::MediaError;
use super::blobs::Scratch;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::Read as _;
use tokio::io::AsyncWriteExt as _;

/// A file on its way in. Dropping it deletes what has arrived.
pub struct Staging {
    scratch: Scratch,
    file: tokio::fs::File,
    hash: Sha256,
    size: u64,
    limit: u64,
    /// How many may be on their way at a time.
    _turn: Option<tokio::sync::OwnedSemaphorePermit>,
}

/// A file that has arrived and is on the disk for good, but has no place yet.
pub struct Staged {
    pub scratch: Scratch,
    /// In hex.
    pub sha256: String,
    pub size: u64,
}

impl Staging {
    pub(super) async fn begin(
        scratch: Scratch,
        limit: u64,
        turn: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> Result<Self, MediaError> {
        let mut options = tokio::fs::File::options();
        let file =
            options.write(true).create_new(true).open(&scratch.path).await.map_err(MediaError::disk)?;
        Ok(Self { scratch, file, hash: Sha256::new(), size: 0, limit, _turn: turn })
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// [`MediaError::TooLarge`] with the first byte beyond the limit, [`MediaError::Disk`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > self.limit {
            return Err(MediaError::TooLarge { limit: self.limit });
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(MediaError::disk)
    }

    pub(super) async fn finish(mut self) -> Result<Staged, MediaError> {
        if self.size == 0 {
            return Err(MediaError::Empty);
        }
        self.file.flush().await.map_err(MediaError::disk)?;
        self.file.sync_all().await.map_err(MediaError::disk)?;
        Ok(Staged { scratch: self.scratch, sha256: hex(&self.hash.finalize()), size: self.size })
    }
}

/// Takes a file that somebody else wrote: flushes, hashes and counts it. Blocks.
pub(super) fn take(scratch: Scratch) -> Result<Staged, MediaError> {
    let mut file = std::fs::File::open(&scratch.path).map_err(MediaError::disk)?;
    file.sync_all().map_err(MediaError::disk)?;
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut chunk).map_err(MediaError::disk)?;
        if length == 0 {
            break;
        }
        hash.update(&chunk[..length]);
        size += length as u64;
    }
    if size == 0 {
        return Err(MediaError::Empty);
    }
    Ok(Staged { scratch, sha256: hex(&hash.finalize()), size })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
