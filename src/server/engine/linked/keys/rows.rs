//! Rows of `engine_rows`: read, write and delete them by kind and id.

use super::{Keys, Kind, database};
use crate::protocol::DeviceId;
use crate::server::storage::{
    MAX_ARGUMENTS, Query, StorageError, Store, Tx, Value, query, rows_per_statement,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use whatsapp_rust::wacore::store::error::Result;

/// Stands between the parts of an id. No part contains it (see [`id`]).
const BETWEEN: char = '\u{1f}';
/// Sorts right after [`BETWEEN`]: ends the range of all ids that start with the same parts.
const AFTER: char = ' ';

/// What a transaction answers.
type Stored<T> = std::result::Result<T, StorageError>;

const COLUMNS: usize = 5;
const INSERT: &str = "INSERT INTO engine_rows (device_id, kind, id, value, stamp)";
const REPLACE: &str =
    "ON CONFLICT (device_id, kind, id) DO UPDATE SET value = excluded.value, stamp = excluded.stamp";

/// What a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub value: Vec<u8>,
    pub stamp: i64,
}

/// One id out of its parts. The same parts give the same id, others another one.
///
/// Parts come from the network: control characters, of which PostgreSQL cannot hold one (NUL) and one
/// is ours ([`BETWEEN`]), are spelled out.
pub(super) fn id(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text.push(BETWEEN);
        }
        text.push_str(&spelled(part));
    }
    text
}

fn spelled(part: &str) -> Cow<'_, str> {
    let plain = |c: char| c != '%' && !c.is_ascii_control();
    if part.chars().all(plain) {
        return Cow::Borrowed(part);
    }
    let mut text = String::with_capacity(part.len() + 8);
    for c in part.chars() {
        if plain(c) {
            text.push(c);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(text, "%{:02X}", u32::from(c));
        }
    }
    Cow::Owned(text)
}

/// The parts of an id, as they were given.
pub(super) fn parts(id: &str) -> Vec<String> {
    id.split(BETWEEN).map(unspelled).collect()
}

fn unspelled(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) => {
                text.push(char::from(code));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                text.push('%');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// The range of all ids that start with this part and have others after it: from, until.
pub(super) fn under(part: &str) -> (String, String) {
    let part = spelled(part);
    (format!("{part}{BETWEEN}"), format!("{part}{AFTER}"))
}

/// Rows to be written, the last one of each id only: a statement must not touch a row twice.
#[derive(Default)]
pub(super) struct Batch(BTreeMap<(&'static str, String), Held>);

impl Batch {
    pub fn put(&mut self, kind: Kind, id: String, value: impl Into<Vec<u8>>, stamp: i64) {
        self.0.insert((kind.as_str(), id), Held { value: value.into(), stamp });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the rows over those that are there.
    pub async fn write(self, tx: &mut Tx<'_>, device: &DeviceId) -> Stored<()> {
        let mut rows = self.0.into_iter().peekable();
        while rows.peek().is_some() {
            let values = rows
                .by_ref()
                .take(rows_per_statement(COLUMNS))
                .map(|((kind, id), held)| {
                    vec![device.into(), kind.into(), id.into(), held.value.into(), held.stamp.into()]
                })
                .collect::<Vec<Vec<Value>>>();
            tx.execute(Query::insert(INSERT, values, REPLACE)).await?;
        }
        Ok(())
    }
}

/// The rows with these ids that are there.
pub(super) async fn held(
    tx: &mut Tx<'_>,
    device: &DeviceId,
    kind: Kind,
    ids: &[String],
) -> Stored<BTreeMap<String, Held>> {
    let mut found = BTreeMap::new();
    for ids in ids.chunks(MAX_ARGUMENTS - 2) {
        let select =
            query("SELECT id, value, stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id IN")
                .bind(device)
                .bind(kind)
                .list(ids.iter().map(String::as_str));
        for row in tx.rows(select).await? {
            found.insert(row.text("id")?, Held { value: row.blob("value")?, stamp: row.int("stamp")? });
        }
    }
    Ok(found)
}

/// Deletes the rows with these ids.
pub(super) async fn forget(tx: &mut Tx<'_>, device: &DeviceId, kind: Kind, ids: &[String]) -> Stored<u64> {
    let mut deleted = 0;
    for ids in ids.chunks(MAX_ARGUMENTS - 2) {
        let delete = query("DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id IN")
            .bind(device)
            .bind(kind)
            .list(ids.iter().map(String::as_str));
        deleted += tx.execute(delete).await?;
    }
    Ok(deleted)
}

/// Deletes everything that is kept for a device.
pub(in crate::server::engine::linked) async fn purge(store: &Store, device: &DeviceId) -> Stored<()> {
    store.execute(query("DELETE FROM engine_rows WHERE device_id = $1").bind(device)).await.map(drop)
}

impl Keys {
    pub(super) async fn get(&self, kind: Kind, id: String) -> Result<Option<Held>> {
        let select =
            query("SELECT value, stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id = $3")
                .bind(&self.device)
                .bind(kind)
                .bind(id);
        let row = self.store.row(select).await.map_err(database)?;
        row.map(|row| Ok(Held { value: row.blob("value")?, stamp: row.int("stamp")? }))
            .transpose()
            .map_err(database)
    }

    pub(super) async fn has(&self, kind: Kind, id: String) -> Result<bool> {
        let select = query("SELECT stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id = $3")
            .bind(&self.device)
            .bind(kind)
            .bind(id);
        Ok(self.store.row(select).await.map_err(database)?.is_some())
    }

    /// The rows with these ids that are there.
    pub(super) async fn get_many(&self, kind: Kind, ids: Vec<String>) -> Result<BTreeMap<String, Held>> {
        let mut found = BTreeMap::new();
        for ids in ids.chunks(MAX_ARGUMENTS - 2) {
            let select = query(
                "SELECT id, value, stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id IN",
            )
            .bind(&self.device)
            .bind(kind)
            .list(ids.iter().map(String::as_str));
            for row in self.store.rows(select).await.map_err(database)? {
                let id = row.text("id").map_err(database)?;
                let value = row.blob("value").map_err(database)?;
                found.insert(id, Held { value, stamp: row.int("stamp").map_err(database)? });
            }
        }
        Ok(found)
    }

    /// All rows of a kind, in the order of their ids.
    pub(super) async fn all(&self, kind: Kind) -> Result<Vec<(String, Held)>> {
        let select =
            query("SELECT id, value, stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 ORDER BY id")
                .bind(&self.device)
                .bind(kind);
        self.listed(select).await
    }

    /// All rows of a kind whose ids start with this part, in the order of their ids.
    pub(super) async fn all_under(&self, kind: Kind, part: &str) -> Result<Vec<(String, Held)>> {
        let (from, until) = under(part);
        let select = query(
            "SELECT id, value, stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id >= $3 AND id < $4 ORDER BY id",
        )
        .bind(&self.device)
        .bind(kind)
        .bind(from)
        .bind(until);
        self.listed(select).await
    }

    async fn listed(&self, select: Query) -> Result<Vec<(String, Held)>> {
        let rows = self.store.rows(select).await.map_err(database)?;
        rows.iter()
            .map(|row| Ok((row.text("id")?, Held { value: row.blob("value")?, stamp: row.int("stamp")? })))
            .collect::<Stored<_>>()
            .map_err(database)
    }

    pub(super) async fn put(
        &self,
        kind: Kind,
        id: String,
        value: impl Into<Vec<u8>>,
        stamp: i64,
    ) -> Result<()> {
        let mut batch = Batch::default();
        batch.put(kind, id, value, stamp);
        self.put_all(batch).await
    }

    pub(super) async fn put_all(&self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let device = self.device.clone();
        self.write(move |tx| Box::pin(async move { batch.write(tx, &device).await })).await
    }

    pub(super) async fn delete(&self, kind: Kind, id: String) -> Result<()> {
        self.delete_many(kind, vec![id]).await
    }

    pub(super) async fn delete_many(&self, kind: Kind, ids: Vec<String>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let device = self.device.clone();
        self.write(move |tx| Box::pin(async move { forget(tx, &device, kind, &ids).await })).await.map(drop)
    }

    pub(super) async fn delete_kind(&self, kind: Kind) -> Result<()> {
        let delete =
            query("DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2").bind(&self.device).bind(kind);
        self.execute(delete).await.map(drop)
    }

    /// Deletes all rows of a kind whose ids start with this part.
    pub(super) async fn delete_under(&self, kind: Kind, part: &str) -> Result<()> {
        let (from, until) = under(part);
        let delete =
            query("DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id >= $3 AND id < $4")
                .bind(&self.device)
                .bind(kind)
                .bind(from)
                .bind(until);
        self.execute(delete).await.map(drop)
    }

    /// Deletes all rows of a kind whose stamp is before this one; answers how many.
    pub(super) async fn delete_before(&self, kind: Kind, stamp: i64) -> Result<u32> {
        let delete = query("DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2 AND stamp < $3")
            .bind(&self.device)
            .bind(kind)
            .bind(stamp);
        self.execute(delete).await.map(super::count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_in_their_parts_whatever_these_hold() {
        for given in [
            vec!["a", "b"],
            vec!["", ""],
            vec!["a\u{1f}b", "c"],
            vec!["a", "b\u{1f}c"],
            vec!["100%", "%1F", "%"],
            vec!["nul\0", "\u{7f}", "ü ✓"],
        ] {
            let text = id(&given);
            assert_eq!(parts(&text), given, "{text:?}");
            assert!(!text.contains('\0'));
        }
        assert_ne!(id(&["a\u{1f}b", "c"]), id(&["a", "b\u{1f}c"]));
        assert_ne!(id(&["a%1Fb"]), id(&["a\u{1f}b"]));
    }

    #[test]
    fn a_range_holds_what_starts_with_the_part_and_nothing_else() {
        let (from, until) = under("123@g.us");
        let within = |text: &str| text >= from.as_str() && text < until.as_str();
        assert!(within(&id(&["123@g.us", "a"])));
        assert!(within(&id(&["123@g.us", ""])));
        assert!(within(&id(&["123@g.us", "\u{10ffff}"])));
        assert!(!within("123@g.us"));
        assert!(!within(&id(&["123@g.use", "a"])));
        assert!(!within(&id(&["1234@g.us", "a"])));
    }
}
