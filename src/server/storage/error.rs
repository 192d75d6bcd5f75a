//! What can go wrong with storage.

/// Why a read or write did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The database refused or did not answer. Text only: the driver's error cannot be shared by all
    /// callers of one group commit.
    #[error("the database failed: {0}")]
    Database(String),
    /// A row holds what we never wrote.
    #[error("stored data is damaged: column \"{column}\" {what}")]
    Row {
        /// The column's name.
        column: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The database was written by a newer version.
    #[error(
        "this database was written by a newer Switchboard (schema {found}, this one knows {known}): update Switchboard, or point it at another database"
    )]
    Newer {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration of this version.
        known: i64,
    },
    /// The database is somebody else's.
    #[error("this is not a Switchboard database ({0}): point Switchboard at another one")]
    Foreign(String),
    /// The address of the database cannot be read.
    #[error("the database address cannot be used: {0}")]
    Location(String),
    /// Another process uses the data folder.
    #[error("another Switchboard already uses the data folder {0}")]
    Locked(String),
    /// The data folder cannot be used.
    #[error("the data folder {path} cannot be used: {error}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        error: String,
    },
    /// The server is stopping.
    #[error("storage is closed")]
    Closed,
}

impl StorageError {
    pub(super) fn row(column: &str, what: &'static str) -> Self {
        Self::Row { column: column.to_owned(), what }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}
