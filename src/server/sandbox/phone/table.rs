//! A phone's keyed records: read from the database when needed, changed in memory, written with
//! whatever the change belongs to.

use crate::server::storage::{StorageError, Store, Tx, query};
use std::collections::{BTreeMap, HashMap};

/// Beyond so many records in memory, those that are on disk are forgotten.
const CACHED: usize = 512;

/// A record that changed: its kind, its name and its new value; `None` if it is gone.
pub struct Change {
    kind: &'static str,
    name: String,
    value: Option<Vec<u8>>,
}

/// The records of one kind.
pub struct Table {
    store: Store,
    number: String,
    kind: &'static str,
    cache: HashMap<String, Option<Vec<u8>>>,
    changed: BTreeMap<String, ()>,
}

impl Table {
    pub fn new(store: Store, number: &str, kind: &'static str) -> Self {
        Self { store, number: number.to_owned(), kind, cache: HashMap::new(), changed: BTreeMap::new() }
    }

    /// A record as it is now, with changes that are not written yet.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        if let Some(value) = self.cache.get(name) {
            return Ok(value.clone());
        }
        let text = "SELECT value FROM sandbox_signal WHERE number = $1 AND kind = $2 AND name = $3";
        let row = self.store.row(query(text).bind(&self.number).bind(self.kind).bind(name)).await?;
        row.map(|row| row.blob("value")).transpose()
    }

    /// Changes a record in memory; `None` removes it.
    pub fn set(&mut self, name: &str, value: Option<Vec<u8>>) {
        if self.cache.get(name) != Some(&value) {
            self.cache.insert(name.to_owned(), value);
            self.changed.insert(name.to_owned(), ());
        }
    }

    /// What is to be written. It counts as changed until [`Table::settle`].
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        self.changed.keys().map(|name| Change {
            kind: self.kind,
            name: name.clone(),
            value: self.cache.get(name).cloned().flatten(),
        })
    }

    /// The changes are on disk, or (`kept` is false) they are to be forgotten because the write failed.
    pub fn settle(&mut self, kept: bool) {
        self.changed.clear();
        if !kept || self.cache.len() > CACHED {
            self.cache.clear();
        }
    }
}

/// Writes changes.
pub async fn write(tx: &mut Tx<'_>, number: &str, changes: Vec<Change>) -> Result<(), StorageError> {
    for Change { kind, name, value } in changes {
        let statement = match value {
            Some(value) => query(
                "INSERT INTO sandbox_signal (number, kind, name, value) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (number, kind, name) DO UPDATE SET value = excluded.value",
            )
            .bind(number)
            .bind(kind)
            .bind(name)
            .bind(value),
            None => query("DELETE FROM sandbox_signal WHERE number = $1 AND kind = $2 AND name = $3")
                .bind(number)
                .bind(kind)
                .bind(name),
        };
        tx.execute(statement).await?;
    }
    Ok(())
}
