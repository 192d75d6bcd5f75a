//! Stanzas on their way: they stay until the device acknowledged them, in the order of their commits.

use super::links::Address;
use crate::server::storage::{Query, StorageError, Store, Tx, Value, query, rows_per_statement};

/// What an acknowledgement calls a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Message,
    Receipt,
    Notification,
    Call,
}

impl Class {
    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Receipt => "receipt",
            Self::Notification => "notification",
            Self::Call => "call",
        }
    }

    /// The class that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Message, Self::Receipt, Self::Notification, Self::Call];
        all.into_iter().find(|class| class.as_str() == text)
    }
}

/// A stanza for one device.
#[derive(Clone)]
pub struct Outgoing {
    pub to: Address,
    pub class: Class,
    pub stanza_id: String,
    /// As it travels, before the transport's encryption.
    pub stanza: Vec<u8>,
}

/// A stanza with its place.
pub struct Queued {
    pub seq: i64,
    pub stanza: Vec<u8>,
}

/// Takes `count` places; answers the first one.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn places(tx: &mut Tx<'_>, count: usize) -> Result<i64, StorageError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let text = "UPDATE sandbox_counters SET value = value + $1 WHERE name = 'seq' RETURNING value";
    let row = tx.row(query(text).bind(count)).await?;
    let top = row
        .ok_or_else(|| StorageError::Database("the sandbox's counter is gone".to_owned()))?
        .int("value")?;
    Ok(top - count + 1)
}

/// Queues stanzas. The devices must exist as of this transaction.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn push(tx: &mut Tx<'_>, stanzas: Vec<Outgoing>) -> Result<(), StorageError> {
    if stanzas.is_empty() {
        return Ok(());
    }
    let first = places(tx, stanzas.len()).await?;
    let rows: Vec<Vec<Value>> = (first..)
        .zip(stanzas)
        .map(|(seq, stanza)| {
            vec![
                seq.into(),
                stanza.to.number.into(),
                stanza.to.device.into(),
                stanza.class.as_str().into(),
                stanza.stanza_id.into(),
                stanza.stanza.into(),
            ]
        })
        .collect();
    for part in rows.chunks(rows_per_statement(6)) {
        tx.execute(Query::insert(
            "INSERT INTO sandbox_queue (seq, number, device, class, stanza_id, stanza)",
            part.to_vec(),
            "",
        ))
        .await?;
    }
    Ok(())
}

/// What waits for a device after a place, in order, at most `limit`.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn page(store: &Store, to: &Address, after: i64, limit: u32) -> Result<Vec<Queued>, StorageError> {
    let select = query(
        "SELECT seq, stanza FROM sandbox_queue WHERE number = $1 AND device = $2 \
         AND seq > $3 ORDER BY seq LIMIT $4",
    );
    let rows = store.rows(select.bind(&to.number).bind(to.device).bind(after).bind(limit)).await?;
    rows.iter().map(|row| Ok(Queued { seq: row.int("seq")?, stanza: row.blob("stanza")? })).collect()
}

/// How many stanzas of each class wait for a device, and the last one's place.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn waiting(store: &Store, to: &Address) -> Result<(Vec<(Class, i64)>, i64), StorageError> {
    let text = "SELECT class, count(*) AS n, max(seq) AS top FROM sandbox_queue WHERE number = $1 AND device = $2 \
                GROUP BY class";
    let (mut counts, mut top) = (Vec::new(), 0);
    for row in store.rows(query(text).bind(&to.number).bind(to.device)).await? {
        top = top.max(row.int("top")?);
        if let Some(class) = Class::parse(&row.text("class")?) {
            counts.push((class, row.int("n")?));
        }
    }
    Ok((counts, top))
}

/// Removes the oldest stanza with this class and id that the device was sent (`up_to`): a message that
/// was encrypted anew keeps its id, so one acknowledgement is for one of them. Answers whether there
/// was one.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn acknowledge(
    tx: &mut Tx<'_>,
    to: &Address,
    class: Class,
    stanza_id: &str,
    up_to: i64,
) -> Result<bool, StorageError> {
    let text = "DELETE FROM sandbox_queue WHERE seq = (SELECT min(seq) FROM sandbox_queue WHERE number = $1 \
                AND device = $2 AND class = $3 AND stanza_id = $4 AND seq <= $5)";
    let delete =
        query(text).bind(&to.number).bind(to.device).bind(class.as_str()).bind(stanza_id).bind(up_to);
    Ok(tx.execute(delete).await? > 0)
}

/// Removes one stanza by its place.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn remove(tx: &mut Tx<'_>, seq: i64) -> Result<(), StorageError> {
    tx.execute(query("DELETE FROM sandbox_queue WHERE seq = $1").bind(seq)).await.map(drop)
}

/// Notes that a message of a linked device was taken. Answers `false` if that id was taken before.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn accept(tx: &mut Tx<'_>, number: &str, stanza_id: &str, now: i64) -> Result<bool, StorageError> {
    let text = "INSERT INTO sandbox_accepted (number, stanza_id, at) VALUES ($1, $2, $3) \
                ON CONFLICT (number, stanza_id) DO NOTHING";
    Ok(tx.execute(query(text).bind(number).bind(stanza_id).bind(now)).await? > 0)
}
