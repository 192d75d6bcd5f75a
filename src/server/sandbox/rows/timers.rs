//! After how many seconds messages of phones' chats with people disappear.

use crate::protocol::Millis;
use crate::server::storage::{StorageError, Store, Tx, query};

/// Sets it, unless what is set is newer.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn set(
    tx: &mut Tx<'_>,
    number: &str,
    chat: &str,
    seconds: u32,
    since: Millis,
) -> Result<(), StorageError> {
    let upsert = query(
        "INSERT INTO sandbox_timers (number, chat, expires_in, since) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (number, chat) DO UPDATE SET expires_in = excluded.expires_in, since = excluded.since \
         WHERE sandbox_timers.since <= excluded.since",
    );
    tx.execute(upsert.bind(number).bind(chat).bind(i64::from(seconds)).bind(since)).await.map(drop)
}

/// Of one chat; `None` if it never was set.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(store: &Store, number: &str, chat: &str) -> Result<Option<u32>, StorageError> {
    let select = query("SELECT expires_in FROM sandbox_timers WHERE number = $1 AND chat = $2");
    store.row(select.bind(number).bind(chat)).await?.map(|row| row.number("expires_in")).transpose()
}

/// Of all chats of a phone.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn of(store: &Store, number: &str) -> Result<Vec<(String, u32)>, StorageError> {
    let select = query("SELECT chat, expires_in FROM sandbox_timers WHERE number = $1");
    let rows = store.rows(select.bind(number)).await?;
    rows.iter().map(|row| Ok((row.text("chat")?, row.number("expires_in")?))).collect()
}
