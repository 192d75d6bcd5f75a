//! App state: the patches of an account's collections. A collection's version is that of its newest one.

use super::links::Address;
use crate::server::storage::{StorageError, Store, Tx, query};

/// The newest version of a collection; 0 if it has no patch yet.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn version(tx: &mut Tx<'_>, number: &str, collection: &str) -> Result<u64, StorageError> {
    let text = "SELECT COALESCE(max(version), 0) AS top FROM sandbox_app_state WHERE number = $1 AND collection = $2";
    let row = tx.row(query(text).bind(number).bind(collection)).await?;
    row.map_or(Ok(0), |row| row.number("top"))
}

/// The patches after a version, oldest first, at most `limit`.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn after(
    store: &Store,
    number: &str,
    collection: &str,
    version: u64,
    limit: u32,
) -> Result<Vec<(u64, Vec<u8>)>, StorageError> {
    let text = "SELECT version, patch FROM sandbox_app_state WHERE number = $1 AND collection = $2 \
                AND version > $3 ORDER BY version LIMIT $4";
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    let rows = store.rows(query(text).bind(number).bind(collection).bind(version).bind(limit)).await?;
    rows.iter().map(|row| Ok((row.number("version")?, row.blob("patch")?))).collect()
}

/// Adds a patch as the next version of its collection.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn append(
    tx: &mut Tx<'_>,
    number: &str,
    collection: &str,
    version: u64,
    patch: Vec<u8>,
) -> Result<(), StorageError> {
    let text = "INSERT INTO sandbox_app_state (number, collection, version, patch) VALUES ($1, $2, $3, $4)";
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    tx.execute(query(text).bind(number).bind(collection).bind(version).bind(patch)).await.map(drop)
}

/// Whom a change concerns: every linked device of the account but one.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn others(tx: &mut Tx<'_>, number: &str, but: Option<u16>) -> Result<Vec<Address>, StorageError> {
    let mut devices = super::links::addresses_in(tx, &[number.to_owned()]).await?;
    devices.retain(|address| Some(address.device) != but);
    Ok(devices)
}
