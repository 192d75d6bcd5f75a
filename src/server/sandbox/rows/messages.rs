//! What each phone holds.

use crate::protocol::{Details, MessageKind, MessageStatus, Millis};
use crate::server::storage::{Query, Row, StorageError, Store, Tx, Value, query, rows_per_statement};

/// A message on one phone.
#[derive(Clone)]
pub struct MessageRow {
    pub id: String,
    /// A person's digits, or a group's JID.
    pub chat: String,
    /// Digits of who wrote it.
    pub sender: String,
    pub from_me: bool,
    pub kind: MessageKind,
    pub text: String,
    pub timestamp: Millis,
    pub status: MessageStatus,
    /// The message as WhatsApp encodes it.
    pub raw: Vec<u8>,
    /// What it carries beside its text, and what was done to it.
    pub details: Details,
}

const COLUMNS: &str = "SELECT id, chat, sender, from_me, kind, body, timestamp, status, raw, details FROM sandbox_messages WHERE number = $1";

fn read(row: &Row) -> Result<MessageRow, StorageError> {
    Ok(MessageRow {
        id: row.text("id")?,
        chat: row.text("chat")?,
        sender: row.text("sender")?,
        from_me: row.flag("from_me")?,
        kind: MessageKind::parse(&row.text("kind")?).unwrap_or(MessageKind::Unknown),
        text: row.text("body")?,
        timestamp: row.int("timestamp")?,
        status: MessageStatus::parse(&row.text("status")?).unwrap_or(MessageStatus::Sent),
        raw: row.blob("raw")?,
        details: row.opt_json("details")?.unwrap_or_default(),
    })
}

/// What a phone holds, in the order in which it got or sent it; of one chat, if one is given.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn of(store: &Store, number: &str, chat: Option<&str>) -> Result<Vec<MessageRow>, StorageError> {
    let select = match chat {
        None => query(COLUMNS).bind(number),
        Some(chat) => query(COLUMNS).then(" AND chat = $2").bind(number).bind(chat),
    };
    store.rows(select.then(" ORDER BY seq")).await?.iter().map(read).collect()
}

/// One message of a phone.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(
    store: &Store,
    number: &str,
    sender: &str,
    id: &str,
) -> Result<Option<MessageRow>, StorageError> {
    let select = query(COLUMNS).then(" AND sender = $2 AND id = $3").bind(number).bind(sender).bind(id);
    store.row(select).await?.as_ref().map(read).transpose()
}

/// Messages of others in a chat that this phone has not read yet, oldest first.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn unread(store: &Store, number: &str, chat: &str) -> Result<Vec<MessageRow>, StorageError> {
    let select = query(COLUMNS).then(" AND chat = $2 AND from_me = 0 AND status <> 'read' ORDER BY seq");
    store.rows(select.bind(number).bind(chat)).await?.iter().map(read).collect()
}

/// Stores messages on one phone; one that it holds already (same sender and id) is left as it is.
/// Answers how many were new.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn insert(tx: &mut Tx<'_>, number: &str, messages: Vec<MessageRow>) -> Result<u64, StorageError> {
    if messages.is_empty() {
        return Ok(0);
    }
    let first = super::queue::places(tx, messages.len()).await?;
    let rows: Vec<Vec<Value>> = (first..)
        .zip(messages)
        .map(|(seq, message)| {
            vec![
                number.into(),
                seq.into(),
                message.id.into(),
                message.chat.into(),
                message.sender.into(),
                message.from_me.into(),
                message.kind.as_str().into(),
                // PostgreSQL's texts cannot hold NUL.
                message.text.replace('\0', "\u{fffd}").into(),
                message.timestamp.into(),
                message.status.as_str().into(),
                message.raw.into(),
                json(&message.details),
            ]
        })
        .collect();
    let mut new = 0;
    for part in rows.chunks(rows_per_statement(12)) {
        new += tx
            .execute(Query::insert(
                "INSERT INTO sandbox_messages (number, seq, id, chat, sender, from_me, kind, body, timestamp, \
                 status, raw, details)",
                part.to_vec(),
                "ON CONFLICT (number, sender, id) DO NOTHING",
            ))
            .await?;
    }
    Ok(new)
}

/// The statuses below one, as a list for `IN`.
fn below(status: MessageStatus) -> impl Iterator<Item = &'static str> {
    MessageStatus::ALL.into_iter().filter(move |lower| *lower < status).map(MessageStatus::as_str)
}

/// Raises the status of messages on one phone; none is ever taken back. Answers the ids of those that
/// changed.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn raise(
    tx: &mut Tx<'_>,
    number: &str,
    sender: &str,
    ids: &[String],
    status: MessageStatus,
) -> Result<Vec<String>, StorageError> {
    let mut changed = Vec::new();
    for part in ids.chunks(rows_per_statement(1) / 2) {
        let update =
            query("UPDATE sandbox_messages SET status = $1 WHERE number = $2 AND sender = $3 AND id IN")
                .bind(status.as_str())
                .bind(number)
                .bind(sender)
                .list(part.iter().map(String::as_str))
                .then(" AND status IN")
                .list(below(status))
                .then(" RETURNING id");
        for row in tx.rows(update).await? {
            changed.push(row.text("id")?);
        }
    }
    Ok(changed)
}

/// Details as they are kept; nothing for none.
fn json(details: &Details) -> Value {
    let kept = (*details != Details::default()).then(|| serde_json::to_string(details).unwrap_or_default());
    // PostgreSQL's texts cannot hold NUL, which JSON writes as an escape.
    kept.map(|text| text.replace("\\u0000", "\u{fffd}")).into()
}

/// One message of a chat, whoever wrote it.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn in_chat(
    store: &Store,
    number: &str,
    chat: &str,
    id: &str,
) -> Result<Option<MessageRow>, StorageError> {
    let select = query(COLUMNS).then(" AND chat = $2 AND id = $3").bind(number).bind(chat).bind(id);
    store.row(select).await?.as_ref().map(read).transpose()
}

/// The same, within a write.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn in_chat_now(
    tx: &mut Tx<'_>,
    number: &str,
    chat: &str,
    id: &str,
) -> Result<Option<MessageRow>, StorageError> {
    let select = query(COLUMNS).then(" AND chat = $2 AND id = $3").bind(number).bind(chat).bind(id);
    tx.row(select).await?.as_ref().map(read).transpose()
}

/// One message of a phone, in whichever chat it is.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn anywhere(store: &Store, number: &str, id: &str) -> Result<Option<MessageRow>, StorageError> {
    let select = query(COLUMNS).then(" AND id = $2 ORDER BY seq").bind(number).bind(id);
    store.row(select).await?.as_ref().map(read).transpose()
}

/// Writes what became of a message: it was edited, taken back, reacted to, or voted on.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn replace(tx: &mut Tx<'_>, number: &str, row: &MessageRow) -> Result<(), StorageError> {
    let update = query(
        "UPDATE sandbox_messages SET kind = $4, body = $5, raw = $6, details = $7 WHERE number = $1 AND \
         sender = $2 AND id = $3",
    );
    let update = update.bind(number).bind(&row.sender).bind(&row.id).bind(row.kind.as_str());
    let text = row.text.replace('\0', "\u{fffd}");
    tx.execute(update.bind(text).bind(row.raw.clone()).bind(json(&row.details))).await.map(drop)
}
