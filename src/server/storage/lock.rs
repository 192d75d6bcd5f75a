//! One process per data folder: two would each believe to be the only writer.

use super::StorageError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held for as long as the server runs; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Creates the folder if it is missing, and takes its lock.
    ///
    /// # Errors
    /// [`StorageError::Locked`] if another process holds it, [`StorageError::Folder`] if it cannot be
    /// created or written.
    pub fn take(folder: &Path) -> Result<Self, StorageError> {
        let failed = |error: std::io::Error| StorageError::Folder {
            path: folder.display().to_string(),
            error: error.to_string(),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StorageError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
