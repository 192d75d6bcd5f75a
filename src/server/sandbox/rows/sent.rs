//! What phones sent that is no message of its own, and what they sent under keys of their users'.

use crate::protocol::Millis;
use crate::server::storage::{StorageError, Store, Tx, query};

/// Something that a phone sent.
#[derive(Clone)]
pub struct SentRow {
    pub id: String,
    /// A person's digits, or a group's JID.
    pub chat: String,
    /// The message that it was done to, if it is no message.
    pub target: Option<String>,
    /// The stanza's mark of an edit.
    pub edit: Option<String>,
    /// SHA-256 of what was asked for under a key.
    pub asked: Option<Vec<u8>>,
    /// The message as WhatsApp encodes it; empty where the phone holds it as a message.
    pub raw: Vec<u8>,
    pub at: Millis,
}

/// What a phone sent under this id.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(store: &Store, number: &str, id: &str) -> Result<Option<SentRow>, StorageError> {
    let select = query(
        "SELECT id, chat, target, edit, asked, raw, at FROM sandbox_sent WHERE number = $1 AND id = $2",
    );
    let row = store.row(select.bind(number).bind(id)).await?;
    row.map(|row| {
        Ok(SentRow {
            id: row.text("id")?,
            chat: row.text("chat")?,
            target: row.opt_text("target")?,
            edit: row.opt_text("edit")?,
            asked: row.opt_blob("asked")?,
            raw: row.blob("raw")?,
            at: row.int("at")?,
        })
    })
    .transpose()
}

/// Keeps what a phone sends.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn insert(tx: &mut Tx<'_>, number: &str, row: SentRow) -> Result<(), StorageError> {
    let text = "INSERT INTO sandbox_sent (number, id, chat, target, edit, asked, raw, at) VALUES ($1, $2, $3, \
                $4, $5, $6, $7, $8)";
    let insert = query(text).bind(number).bind(row.id).bind(row.chat).bind(row.target).bind(row.edit);
    tx.execute(insert.bind(row.asked).bind(row.raw).bind(row.at)).await.map(drop)
}
