//! Opening, checking and migrating a database; running statements on either kind.

use super::migrations;
use super::sqlite::{BUSY, Sqlite};
use super::value::Cell;
use super::{Query, Row, StorageError, Value};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, Column as _, Executor as _, PgPool, Row as _, SqlitePool, TypeInfo as _, ValueRef as _,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Marks a SQLite file as ours, in its header (`PRAGMA application_id`): "SWBD".
const APPLICATION_ID: i64 = 0x5357_4244;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; created when it is missing.
    Sqlite(PathBuf),
    /// A `postgres://…` address.
    Postgres(String),
}

impl Location {
    /// Reads `sqlite:FILE` (relative to the data folder) or `postgres://…`.
    ///
    /// # Errors
    /// [`StorageError::Location`] for anything else.
    pub fn parse(text: &str, data_dir: &Path) -> Result<Self, StorageError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let Some(file) = text.strip_prefix("sqlite:") else {
            return Err(StorageError::Location("it starts with neither sqlite: nor postgres://".to_owned()));
        };
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.contains(['?', '\0']) || file == ":memory:" {
            return Err(StorageError::Location("sqlite: needs the name of a file".to_owned()));
        }
        Ok(Self::Sqlite(data_dir.join(file)))
    }
}

/// An open, checked and migrated database.
#[derive(Debug, Clone)]
pub enum Database {
    /// Readers only; the one writing connection belongs to the writer.
    Sqlite {
        path: PathBuf,
        readers: SqlitePool,
    },
    Postgres {
        pool: PgPool,
    },
}

impl Database {
    /// Opens the database, refuses one that is not ours or newer, and migrates an older one.
    ///
    /// # Errors
    /// [`StorageError::Foreign`], [`StorageError::Newer`], or what the database said.
    pub async fn open(location: &Location) -> Result<Self, StorageError> {
        match location {
            Location::Sqlite(path) => Self::open_sqlite(path).await,
            Location::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self, StorageError> {
        if let Some(folder) = path.parent() {
            let failed = |error: std::io::Error| StorageError::Folder {
                path: folder.display().to_string(),
                error: error.to_string(),
            };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut writer = connect_sqlite(path).await.map_err(|error| match error {
            // What SQLite says of a file that is none of its own.
            StorageError::Database(text) if text.contains("not a database") => {
                StorageError::Foreign("the file is not SQLite".to_owned())
            }
            other => other,
        })?;
        let marked = sqlx::query_scalar::<_, i64>("PRAGMA application_id").fetch_one(&mut writer).await?;
        let tables =
            sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sqlite_master").fetch_one(&mut writer).await?;
        if marked != APPLICATION_ID && (marked != 0 || tables > 0) {
            return Err(StorageError::Foreign("the SQLite file belongs to another program".to_owned()));
        }
        if marked == 0 {
            writer.execute(AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).await?;
        }
        if tables > 0 {
            check_version(
                sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut writer).await,
            )?;
        }
        migrations::sqlite().run(&mut writer).await.map_err(migration_error)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .min_connections(1)
            .connect_with(sqlite_options(path).pragma("query_only", "ON"))
            .await?;
        Ok(Self::Sqlite { path: path.to_owned(), readers })
    }

    async fn open_postgres(url: &str) -> Result<Self, StorageError> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|_| StorageError::Location("the postgres:// address is malformed".to_owned()))?;
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.application_name("switchboard").statement_cache_capacity(STATEMENTS))
            .await?;
        let ours: bool =
            sqlx::query_scalar("SELECT to_regclass('switchboard_mark') IS NOT NULL").fetch_one(&pool).await?;
        let tables: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()",
        )
        .fetch_one(&pool)
        .await?;
        if !ours && tables > 0 {
            return Err(StorageError::Foreign(
                "the PostgreSQL schema holds another program's tables".to_owned(),
            ));
        }
        if ours {
            check_version(
                sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&pool).await,
            )?;
        }
        migrations::postgres().run(&pool).await.map_err(migration_error)?;
        Ok(Self::Postgres { pool })
    }

    /// A connection for the writer.
    pub(super) async fn writer(&self) -> Result<Connection, StorageError> {
        Ok(match self {
            Self::Sqlite { path, .. } => Connection::Sqlite(Box::new(Sqlite::open(path, STATEMENTS)?)),
            Self::Postgres { pool } => Connection::Postgres(pool.acquire().await?),
        })
    }

    /// All rows of a statement that changes nothing.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn rows(&self, query: Query) -> Result<Vec<Row>, StorageError> {
        match self {
            Self::Sqlite { readers, .. } => rows_sqlite(readers, query).await,
            Self::Postgres { pool } => rows_postgres(pool, query).await,
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, .. } => readers.close().await,
            Self::Postgres { pool } => pool.close().await,
        }
    }
}

fn check_version(found: Result<Option<i64>, sqlx::Error>) -> Result<(), StorageError> {
    let known = migrations::known();
    match found {
        Ok(Some(found)) if found > known => Err(StorageError::Newer { found, known }),
        Ok(_) => Ok(()),
        Err(error) => Err(StorageError::Foreign(format!("its migrations cannot be read: {error}"))),
    }
}

fn migration_error(error: sqlx::migrate::MigrateError) -> StorageError {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::VersionMismatch(version) => {
            StorageError::Foreign(format!("its migration {version} is not ours"))
        }
        MigrateError::VersionMissing(version) => {
            StorageError::Foreign(format!("it has a migration {version} that we never wrote"))
        }
        other => StorageError::Database(other.to_string()),
    }
}

/// Statements that a connection keeps ready. Fewer than those in use, and each pushes out one that is needed next: of the
/// work of a busy writer a seventh was to read SQL.
const STATEMENTS: usize = 300;

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL may take committed transactions back when the power fails; FULL costs nothing in group commit.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("temp_store", "memory")
}

async fn connect_sqlite(path: &Path) -> Result<sqlx::SqliteConnection, StorageError> {
    use sqlx::ConnectOptions as _;
    Ok(sqlite_options(path).connect().await?)
}

/// Which database a statement is for, where one text does not do for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The writing connection.
pub enum Connection {
    Sqlite(Box<Sqlite>),
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

impl Connection {
    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn execute(&mut self, query: Query) -> Result<u64, StorageError> {
        Ok(match self {
            Self::Sqlite(connection) => connection.execute(query)?,
            Self::Postgres(connection) => {
                bind_postgres(query).execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// Runs a statement and answers its rows.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn rows(&mut self, query: Query) -> Result<Vec<Row>, StorageError> {
        match self {
            Self::Sqlite(connection) => connection.rows(query),
            Self::Postgres(connection) => rows_postgres(&mut **connection, query).await,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// Opens a transaction. On SQLite it takes the write lock at once, so that it never has to be
    /// taken back half-way.
    pub(super) async fn begin(&mut self) -> Result<(), StorageError> {
        self.control(match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        })
        .await
    }

    /// Runs a statement of transaction control.
    pub(super) async fn control(&mut self, text: &'static str) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(connection) => connection.control(text),
            Self::Postgres(connection) => Ok(connection.execute(text).await.map(drop)?),
        }
    }
}

type SqliteQuery = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_sqlite(query: Query) -> SqliteQuery {
    // Texts are built from fixed parts and placeholders only (see `Query`).
    let persistent = query.is_met_again();
    let text = query.sqlite_text().into_owned();
    let mut bound = sqlx::query(AssertSqlSafe(text)).persistent(persistent);
    for value in query.args {
        bound = match value {
            Value::Int(value) => bound.bind(value),
            Value::Text(value) => bound.bind(value),
            Value::Blob(value) => bound.bind(value),
        };
    }
    bound
}

fn bind_postgres(query: Query) -> PostgresQuery {
    let persistent = query.is_met_again();
    let mut bound = sqlx::query(AssertSqlSafe(query.text.into_owned())).persistent(persistent);
    for value in query.args {
        bound = match value {
            Value::Int(value) => bound.bind(value),
            Value::Text(value) => bound.bind(value),
            Value::Blob(value) => bound.bind(value),
        };
    }
    bound
}

async fn rows_sqlite<'c, E>(executor: E, query: Query) -> Result<Vec<Row>, StorageError>
where
    E: sqlx::Executor<'c, Database = sqlx::Sqlite>,
{
    let rows = bind_sqlite(query).fetch_all(executor).await?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter()
        .map(|row| {
            Ok(Row {
                columns: columns.clone(),
                cells: (0..columns.len()).map(|i| cell_sqlite(row, i)).collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

fn cell_sqlite(row: &SqliteRow, index: usize) -> Result<Cell, StorageError> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let name = raw.type_info().name().to_owned();
    Ok(match name.as_str() {
        "INTEGER" | "BOOLEAN" => Cell::Int(row.try_get_unchecked(index)?),
        "TEXT" => Cell::Text(row.try_get_unchecked(index)?),
        "BLOB" => Cell::Blob(row.try_get_unchecked(index)?),
        _ => return Err(StorageError::row(row.column(index).name(), "has a type that we never use")),
    })
}

async fn rows_postgres<'c, E>(executor: E, query: Query) -> Result<Vec<Row>, StorageError>
where
    E: sqlx::Executor<'c, Database = sqlx::Postgres>,
{
    let rows = bind_postgres(query).fetch_all(executor).await?;
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter()
        .map(|row| {
            Ok(Row {
                columns: columns.clone(),
                cells: (0..columns.len()).map(|i| cell_postgres(row, i)).collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

fn cell_postgres(row: &PgRow, index: usize) -> Result<Cell, StorageError> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let name = raw.type_info().name().to_owned();
    Ok(match name.as_str() {
        "INT8" => Cell::Int(row.try_get(index)?),
        "INT4" => Cell::Int(row.try_get::<i32, _>(index)?.into()),
        "TEXT" | "VARCHAR" | "NAME" => Cell::Text(row.try_get(index)?),
        "BYTEA" => Cell::Blob(row.try_get(index)?),
        _ => return Err(StorageError::row(row.column(index).name(), "has a type that we never use")),
    })
}
