//! The writing connection to SQLite: called on the thread of the writer, without a way to another and back for each of some
//! sixty statements that one message in takes. Readers wait less often, and have the driver's own threads.

use super::value::Cell;
use super::{Query, Row, StorageError, Value};
use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, Statement};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the connection keeps of the file, in KiB, at most. SQLite's own 2 MiB hold the indexes of some ten thousand
/// messages: with more, a seventh of the writer's work was to read pages again. Readers have no use for it, since
/// with each commit they forget what they had.
const CACHE: i64 = 16 * 1024;
/// How long another process may hold the file, such as one that makes a backup.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The writing connection.
pub struct Sqlite(rusqlite::Connection);

impl Sqlite {
    /// Opens a file that is there and migrated. `statements` is how many are kept ready.
    pub(super) fn open(path: &Path, statements: usize) -> Result<Self, StorageError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(statements);
        // Answers with the mode that it has now.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        // NORMAL may take committed transactions back when the power fails; FULL costs nothing in group commit.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -CACHE)?;
        Ok(Self(connection))
    }

    /// Runs a statement; answers how many rows it changed.
    pub(super) fn execute(&mut self, query: Query) -> Result<u64, StorageError> {
        self.run(query, |statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        })?;
        Ok(self.0.changes())
    }

    /// Runs a statement and answers its rows.
    pub(super) fn rows(&mut self, query: Query) -> Result<Vec<Row>, StorageError> {
        self.run(query, |statement| {
            let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
            let mut found = statement.raw_query();
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let cells = columns.iter().enumerate().map(|(place, name)| cell(row.get_ref(place)?, name));
                rows.push(Row { columns: Arc::clone(&columns), cells: cells.collect::<Result<_, _>>()? });
            }
            Ok(rows)
        })
    }

    /// Runs a statement of transaction control.
    pub(super) fn control(&mut self, text: &'static str) -> Result<(), StorageError> {
        Ok(self.0.prepare_cached(text)?.raw_execute().map(drop)?)
    }

    fn run<T>(
        &self,
        query: Query,
        work: impl FnOnce(&mut Statement<'_>) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let text = query.sqlite_text();
        if query.is_met_again() {
            let mut statement = self.0.prepare_cached(&text)?;
            bind(&mut statement, &query.args)?;
            work(&mut statement)
        } else {
            let mut statement = self.0.prepare(&text)?;
            bind(&mut statement, &query.args)?;
            work(&mut statement)
        }
    }
}

/// To SQLite `$1` is a name, and such places are counted as they come in the text.
fn bind(statement: &mut Statement<'_>, args: &[Value]) -> Result<(), StorageError> {
    for place in 1..=statement.parameter_count() {
        let number = match statement.parameter_name(place) {
            Some(name) => name.trim_start_matches('$').parse().ok(),
            None => Some(place),
        };
        let value = number.and_then(|number: usize| args.get(number.checked_sub(1)?));
        let Some(value) = value else {
            return Err(StorageError::Database("a statement lacks one of its arguments".to_owned()));
        };
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(Some(value)) => value.to_sql(),
            Self::Text(Some(value)) => value.to_sql(),
            Self::Blob(Some(value)) => value.to_sql(),
            Self::Int(None) | Self::Text(None) | Self::Blob(None) => Null.to_sql(),
        }
    }
}

fn cell(value: ValueRef<'_>, column: &str) -> Result<Cell, StorageError> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => return Err(StorageError::row(column, "is no UTF-8")),
        },
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        ValueRef::Real(_) => return Err(StorageError::row(column, "has a type that we never use")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::query;
    use super::*;

    fn opened() -> (std::path::PathBuf, Sqlite) {
        let name = format!("switchboard_sqlite_{}_{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name.replace(['(', ')'], ""));
        drop(std::fs::remove_file(&path));
        std::fs::write(&path, "").unwrap();
        let mut connection = Sqlite::open(&path, 10).unwrap();
        connection.execute(query("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB) STRICT")).unwrap();
        (path, connection)
    }

    #[test]
    fn arguments_go_where_their_numbers_say() {
        let (path, mut connection) = opened();
        let insert = || query("INSERT INTO t (c, b, a) VALUES ($3, $2, $1)");
        let changed = connection.execute(insert().bind(7_i64).bind("x").bind(vec![1_u8, 2])).unwrap();
        assert_eq!(changed, 1);
        connection.execute(insert().bind(8_i64).bind(None::<String>).bind(None::<Vec<u8>>)).unwrap();
        let select = query("SELECT a, b, c FROM t WHERE a = $2 OR (a = $1 AND $1 < $2) ORDER BY a")
            .bind(7_i64)
            .bind(8_i64);
        let rows = connection.rows(select).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].int("a").unwrap(), rows[0].text("b").unwrap()), (7, "x".to_owned()));
        assert_eq!(rows[0].opt_blob("c").unwrap(), Some(vec![1, 2]));
        assert_eq!((rows[1].opt_text("b").unwrap(), rows[1].opt_blob("c").unwrap()), (None, None));
        // Built at run time, of many.
        let list =
            query("SELECT a FROM t WHERE b = $1 OR a IN").bind("x").list((8..40_i64).collect::<Vec<_>>());
        assert_eq!(connection.rows(list).unwrap().len(), 2);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_changes_rows_may_answer_them() {
        let (path, mut connection) = opened();
        let insert = query("INSERT INTO t (b) VALUES ($1), ($1), ($1) RETURNING a").bind("x");
        assert_eq!(connection.rows(insert.clone()).unwrap().len(), 3);
        assert_eq!(connection.execute(insert).unwrap(), 3);
        assert_eq!(connection.execute(query("DELETE FROM t WHERE b = $1").bind("y")).unwrap(), 0);
        assert_eq!(connection.execute(query("DELETE FROM t")).unwrap(), 6);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_cannot_be_is_an_error_and_the_connection_goes_on() {
        let (path, mut connection) = opened();
        for wrong in [
            query("SELECT a FROM nowhere"),
            query("SELECT a FROM t WHERE a = $1"),
            query("SELECT a FROM t WHERE a = $2").bind(1_i64),
            query("INSERT INTO t (a) VALUES ($1)").bind("x"),
            query("SELECT 0.5 AS a"),
            query("SELECT CAST(x'ff' AS TEXT) AS a"),
        ] {
            let text = wrong.text.clone();
            assert!(connection.rows(wrong).is_err(), "{text}");
        }
        connection.control("BEGIN IMMEDIATE").unwrap();
        connection.control("SAVEPOINT job").unwrap();
        connection.execute(query("INSERT INTO t (a) VALUES (1)")).unwrap();
        assert!(connection.execute(query("INSERT INTO t (a) VALUES (1)")).is_err());
        connection.control("ROLLBACK TO SAVEPOINT job").unwrap();
        connection.control("RELEASE SAVEPOINT job").unwrap();
        connection.control("COMMIT").unwrap();
        assert!(connection.rows(query("SELECT a FROM t")).unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    }
}
