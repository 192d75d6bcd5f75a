//! The same tests on every database.

use super::testing::{postgres_url, stores};
use super::{DataLock, Database, Location, NoRecorder, Query, StorageError, Store, backup, query};
use crate::server::source::Source;
use futures_util::future::join_all;
use std::path::PathBuf;
use std::sync::Arc;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("switchboard_test_{}", Source::system().token(16)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn workspace(id: &str, name: &str) -> Query {
    query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, 1)").bind(id).bind(name)
}

async fn count(store: &Store) -> i64 {
    store.row(query("SELECT count(*) AS n FROM workspaces")).await.unwrap().unwrap().int("n").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_as_they_went_in() {
    for test in stores().await {
        let store = &test.store;
        store.execute(workspace("w", "ñ 🍷 'quoted'")).await.unwrap();
        let user = query(
            "INSERT INTO users (id, workspace_id, email, name, password_hash, created_at) VALUES ($1, 'w', $2, $3, $4, $5)",
        );
        store
            .execute(user.bind("u").bind("a@b.c").bind("").bind(None::<String>).bind(i64::MAX))
            .await
            .unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        let link = query("INSERT INTO sign_in_links (token_hash, user_id, expires_at) VALUES ($1, 'u', $2)");
        store.execute(link.bind(bytes.clone()).bind(i64::MIN)).await.unwrap();
        let row = store.row(query("SELECT u.*, w.name AS workspace, l.token_hash, l.expires_at FROM users u JOIN workspaces w ON w.id = u.workspace_id JOIN sign_in_links l ON l.user_id = u.id")).await.unwrap().unwrap();
        assert_eq!(row.text("workspace").unwrap(), "ñ 🍷 'quoted'");
        assert_eq!(row.text("name").unwrap(), "");
        assert_eq!(row.opt_text("password_hash").unwrap(), None);
        assert_eq!(row.int("created_at").unwrap(), i64::MAX);
        assert_eq!(row.int("expires_at").unwrap(), i64::MIN);
        assert_eq!(row.blob("token_hash").unwrap(), bytes);
        assert!(matches!(row.int("name"), Err(StorageError::Row { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_takes_only_itself_back() {
    for test in stores().await {
        let store = &test.store;
        // Sent at once, so that they share transactions.
        let writes = (0..200).map(|n| {
            let id = n.to_string();
            store.write(move |tx| {
                Box::pin(async move {
                    tx.execute(workspace(&id, "kept unless it is odd")).await?;
                    if n % 2 == 1 { Err(StorageError::Database("odd".to_owned())) } else { Ok(n) }
                })
            })
        });
        for (n, result) in join_all(writes).await.into_iter().enumerate() {
            assert_eq!(result.is_ok(), n % 2 == 0, "{n}");
        }
        assert_eq!(count(store).await, 100);
        // Also one whose statement itself fails.
        let twice = join_all([
            store.execute(workspace("0", "is there already")),
            store.execute(workspace("new", "is not")),
        ])
        .await;
        assert!(twice[0].is_err());
        assert!(twice[1].is_ok());
        assert_eq!(count(store).await, 101);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_go_in_one_statement() {
    for test in stores().await {
        let store = &test.store;
        let rows = (0..5_000_i64).map(|n| vec![n.to_string().into(), "w".into(), n.into()]).collect();
        store
            .execute(Query::insert(
                "INSERT INTO workspaces (id, name, created_at)",
                rows,
                "ON CONFLICT DO NOTHING",
            ))
            .await
            .unwrap();
        let found = store
            .rows(
                query("SELECT id FROM workspaces WHERE id IN")
                    .list((0..3_000_i64).map(|n| n.to_string()))
                    .then(" ORDER BY created_at"),
            )
            .await
            .unwrap();
        assert_eq!(found.len(), 3_000);
        assert_eq!(found[2_999].text("id").unwrap(), "2999");
        // Every value is in its own row and column.
        let found =
            store.row(query("SELECT * FROM workspaces WHERE id = $1").bind("4321")).await.unwrap().unwrap();
        assert_eq!((found.text("name").unwrap().as_str(), found.int("created_at").unwrap()), ("w", 4_321));
        // Also with an argument that is said twice, and one that is not in its turn.
        let twice =
            query("SELECT id FROM workspaces WHERE created_at < $2 AND (name = $1 OR id = $1) AND id IN");
        let twice = twice.bind("w").bind(2_i64).list(["1", "2", "3"]).then(" ORDER BY id");
        let found = store.rows(twice).await.unwrap();
        assert_eq!(found.iter().map(|row| row.text("id").unwrap()).collect::<Vec<_>>(), ["1"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused() {
    let folder = Folder::new();
    let mut places = vec![Location::Sqlite(folder.0.join("db"))];
    if let Some(url) = postgres_url("newer").await {
        places.push(Location::Postgres(url));
    }
    for place in places {
        let store = Store::start(Database::open(&place).await.unwrap(), Arc::new(NoRecorder)).await.unwrap();
        // What a newer version leaves behind.
        let newer = query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) SELECT 9999, 'newer', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        );
        store.execute(newer).await.unwrap();
        drop(store);
        let error = Database::open(&place).await.unwrap_err();
        assert!(matches!(error, StorageError::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("update Switchboard"), "{error}");
    }
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_alone() {
    let folder = Folder::new();
    let text = folder.0.join("notes.txt");
    std::fs::write(
        &text,
        "these are my notes, not a database, and there are more than sixteen bytes of them",
    )
    .unwrap();
    let error = Database::open(&Location::Sqlite(text.clone())).await.unwrap_err();
    assert!(matches!(error, StorageError::Foreign(_)), "{error}");
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("these are my notes"));

    let other = folder.0.join("other.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&other).create_if_missing(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("CREATE TABLE photos (id INTEGER)").execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let error = Database::open(&Location::Sqlite(other)).await.unwrap_err();
    assert!(error.to_string().contains("belongs to another program"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_schema_is_refused() {
    let Some(url) = postgres_url("foreign").await else { return };
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE photos (id BIGINT)").execute(&pool).await.unwrap();
    let error = Database::open(&Location::Postgres(url)).await.unwrap_err();
    assert!(error.to_string().contains("another program's tables"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_complete_also_while_others_write() {
    let folder = Folder::new();
    let place = Location::Sqlite(folder.0.join("db"));
    let store = Store::start(Database::open(&place).await.unwrap(), Arc::new(NoRecorder)).await.unwrap();
    for n in 0..50 {
        store.execute(workspace(&n.to_string(), "before")).await.unwrap();
    }
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 50..400 {
                store.execute(workspace(&n.to_string(), "meanwhile")).await.unwrap();
            }
        })
    };
    let copy = folder.0.join("copy");
    backup(&place, &copy).await.unwrap();
    writing.await.unwrap();
    let restored =
        Store::start(Database::open(&Location::Sqlite(copy.clone())).await.unwrap(), Arc::new(NoRecorder))
            .await
            .unwrap();
    let ids = restored.rows(query("SELECT id FROM workspaces")).await.unwrap().len();
    assert!((50..=400).contains(&ids), "{ids}");
    assert_eq!(count(&store).await, 400);
    // It overwrites nothing.
    assert!(backup(&place, &copy).await.unwrap_err().to_string().contains("exists already"));
    let nowhere = folder.0.join("no such folder/copy");
    assert!(backup(&place, &nowhere).await.is_err());
}

#[tokio::test]
async fn one_process_for_each_data_folder() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    let lock = DataLock::take(&data).unwrap();
    assert!(matches!(DataLock::take(&data), Err(StorageError::Locked(_))));
    drop(lock);
    DataLock::take(&data).unwrap();
    std::fs::write(folder.0.join("file"), "").unwrap();
    assert!(matches!(DataLock::take(&folder.0.join("file")), Err(StorageError::Folder { .. })));
}

#[test]
fn addresses_of_databases() {
    let data = std::path::Path::new("/data");
    let at = |text: &str| Location::parse(text, data);
    assert_eq!(at("sqlite:a.db").unwrap(), Location::Sqlite("/data/a.db".into()));
    assert_eq!(at("sqlite:///srv/a.db").unwrap(), Location::Sqlite("/srv/a.db".into()));
    assert!(matches!(at("postgres://u@h/d").unwrap(), Location::Postgres(_)));
    for text in ["", "a.db", "mysql://h/d", "sqlite:", "sqlite::memory:", "sqlite:a?mode=ro"] {
        assert!(matches!(at(text), Err(StorageError::Location(_))), "{text}");
    }
}
