//! A consistent copy of the embedded database, also while the server runs.

use super::{Location, StorageError};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use std::path::Path;

/// Writes a consistent, compact copy of the database to `target`, which must not exist yet.
///
/// It runs beside a working server: it reads one snapshot and blocks no writer. The copy is complete
/// or absent: it is written under another name first and flushed to the disk before it gets its own.
///
/// # Errors
/// [`StorageError::Location`] for PostgreSQL (use `pg_dump`) and for a target that exists,
/// [`StorageError::Folder`] if the target cannot be written, [`StorageError::Database`] if the
/// database cannot be read.
pub async fn backup(location: &Location, target: &Path) -> Result<(), StorageError> {
    let Location::Sqlite(path) = location else {
        return Err(StorageError::Location("this one is PostgreSQL: back it up with pg_dump".to_owned()));
    };
    let failed = |error: std::io::Error| StorageError::Folder {
        path: target.display().to_string(),
        error: error.to_string(),
    };
    if target.exists() {
        return Err(StorageError::Location(format!(
            "{} exists already; a backup overwrites nothing",
            target.display()
        )));
    }
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(std::time::Duration::from_secs(30))
        .connect()
        .await?;
    sqlx::query("VACUUM INTO $1").bind(part.display().to_string()).execute(&mut connection).await?;
    std::fs::File::open(part).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(part, target).map_err(failed)?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    Ok(())
}
