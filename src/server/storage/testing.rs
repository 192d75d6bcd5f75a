//! For tests: a fresh database of every kind there is. SQLite in a folder of its own, and PostgreSQL
//! in a schema of its own where `SWITCHBOARD_TEST_POSTGRES` holds a `postgres://…` address.

use super::{Database, Location, NoRecorder, Store};
use crate::server::source::Source;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::path::PathBuf;
use std::sync::Arc;

/// A store that goes with its test.
pub struct TestStore {
    pub store: Store,
    /// Deleted in the end.
    folder: Option<PathBuf>,
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// One empty store for each database.
pub async fn stores() -> Vec<TestStore> {
    let mut stores = Vec::new();
    for database in databases().await {
        let folder = match &database {
            Database::Sqlite { path, .. } => path.parent().map(PathBuf::from),
            Database::Postgres { .. } => None,
        };
        let store = Store::start(database, Arc::new(NoRecorder)).await.unwrap();
        stores.push(TestStore { store, folder });
    }
    stores
}

/// One empty, migrated database of each kind. Nobody deletes the folder of the SQLite file.
pub async fn databases() -> Vec<Database> {
    let folder = std::env::temp_dir().join(format!("switchboard_test_{}", Source::system().token(16)));
    let mut places = vec![Location::Sqlite(folder.join("test.sqlite"))];
    if let Some(url) = postgres_url("each").await {
        places.push(Location::Postgres(url));
    }
    let mut databases = Vec::new();
    for place in places {
        databases.push(Database::open(&place).await.unwrap());
    }
    databases
}

/// The address of a new, empty schema, where there is a PostgreSQL to test on.
pub async fn postgres_url(purpose: &str) -> Option<String> {
    let url = std::env::var("SWITCHBOARD_TEST_POSTGRES").ok()?;
    let schema = format!("switchboard_{purpose}_{}", Source::system().token(16));
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).await.unwrap();
    let and = if url.contains('?') { '&' } else { '?' };
    Some(format!("{url}{and}options[search_path]={schema}"))
}
