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

/// A workspace `w` with the device `dev_1`, its chat `cht_1`, and in it the message `msg_1`.
pub async fn furnish(store: &Store) {
    for text in [
        "INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)",
        "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ('dev_1', 'w', 'd', 'connected', 0, 0, 0)",
        "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) VALUES ('cht_1', 'w', 'dev_1', '34600222333@s.whatsapp.net', 'direct', 0, 1000)",
        "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) VALUES ('msg_1', 'cht_1', 'dev_1', 'A', 1, '34600111222@s.whatsapp.net', 'text', 'Hello', 1000, 'queued')",
    ] {
        store.execute(super::query(text)).await.unwrap();
    }
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
