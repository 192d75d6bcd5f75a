//! Accounts: a number with a name and a phone.

use crate::protocol::Millis;
use crate::server::sandbox::addressing::Addressing;
use crate::server::storage::{Query, Row, StorageError, Store, Tx, Value, query, rows_per_statement};

/// An account as its own phone knows it.
#[derive(Clone)]
pub struct AccountRow {
    pub number: String,
    pub lid: String,
    pub name: String,
    pub about: String,
    /// The name of its picture's blob.
    pub picture: Option<String>,
    pub answers: bool,
    pub online: bool,
    pub seen_at: Millis,
    pub registration_id: u32,
    /// Private keys.
    pub identity_key: [u8; 32],
    pub signed_prekey: [u8; 32],
    pub app_state_key: [u8; 32],
    pub created_at: Millis,
    pub addressing: Addressing,
}

const COLUMNS: &str = "SELECT number, lid, name, about, picture, answers, online, seen_at, registration_id, \
                       identity_key, signed_prekey, app_state_key, created_at, addressing FROM sandbox_accounts";

fn read(row: &Row) -> Result<AccountRow, StorageError> {
    Ok(AccountRow {
        number: row.text("number")?,
        lid: row.text("lid")?,
        name: row.text("name")?,
        about: row.text("about")?,
        picture: row.opt_text("picture")?,
        answers: row.flag("answers")?,
        online: row.flag("online")?,
        seen_at: row.int("seen_at")?,
        registration_id: row.number("registration_id")?,
        identity_key: row.bytes("identity_key")?,
        signed_prekey: row.bytes("signed_prekey")?,
        app_state_key: row.bytes("app_state_key")?,
        created_at: row.int("created_at")?,
        addressing: Addressing::parse(&row.text("addressing")?).unwrap_or_default(),
    })
}

/// One account.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(store: &Store, number: &str) -> Result<Option<AccountRow>, StorageError> {
    let row = store.row(query(COLUMNS).then(" WHERE number = $1").bind(number)).await?;
    row.as_ref().map(read).transpose()
}

/// All accounts, oldest first.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn all(store: &Store) -> Result<Vec<AccountRow>, StorageError> {
    store.rows(query(COLUMNS).then(" ORDER BY created_at, number")).await?.iter().map(read).collect()
}

/// Adds accounts.
///
/// # Errors
/// [`StorageError::Database`], also if a number or LID exists.
pub async fn insert(tx: &mut Tx<'_>, accounts: Vec<AccountRow>) -> Result<(), StorageError> {
    let rows: Vec<Vec<Value>> = accounts
        .into_iter()
        .map(|account| {
            vec![
                account.number.into(),
                account.lid.into(),
                account.name.into(),
                account.about.into(),
                account.picture.into(),
                account.answers.into(),
                account.online.into(),
                account.seen_at.into(),
                account.registration_id.into(),
                account.identity_key.into(),
                account.signed_prekey.into(),
                account.app_state_key.into(),
                0_i64.into(),
                0_i64.into(),
                account.created_at.into(),
                account.addressing.as_str().into(),
            ]
        })
        .collect();
    for part in rows.chunks(rows_per_statement(16)) {
        tx.execute(Query::insert(
            "INSERT INTO sandbox_accounts (number, lid, name, about, picture, answers, online, seen_at, \
             registration_id, identity_key, signed_prekey, app_state_key, last_prekey, last_device, created_at, addressing)",
            part.to_vec(),
            "",
        ))
        .await?;
    }
    Ok(())
}

/// The next number of one of the account's counters: `last_prekey` or `last_device`.
///
/// # Errors
/// [`StorageError::Database`].
async fn next(tx: &mut Tx<'_>, statement: &'static str, number: &str) -> Result<u32, StorageError> {
    let row = tx.row(query(statement).bind(number)).await?;
    row.ok_or_else(|| StorageError::Database(format!("the account {number} is gone")))?.number("next")
}

/// Numbers the next one-time prekey of the phone. Numbers stay below 2²⁴, as the wire has three bytes.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn next_prekey(tx: &mut Tx<'_>, number: &str) -> Result<u32, StorageError> {
    let text = "UPDATE sandbox_accounts SET last_prekey = CASE WHEN last_prekey >= 16777214 THEN 1 \
                ELSE last_prekey + 1 END WHERE number = $1 RETURNING last_prekey AS next";
    next(tx, text, number).await
}

/// Numbers the next linked device. A number is never given out twice.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn next_device(tx: &mut Tx<'_>, number: &str) -> Result<u16, StorageError> {
    let text = "UPDATE sandbox_accounts SET last_device = last_device + 1 WHERE number = $1 \
                RETURNING last_device AS next";
    let next = next(tx, text, number).await?;
    u16::try_from(next).map_err(|_| StorageError::Database(format!("{number} has linked too many devices")))
}

/// The names of some accounts, by number.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn names(
    store: &Store,
    numbers: &[String],
) -> Result<std::collections::HashMap<String, String>, StorageError> {
    let mut names = std::collections::HashMap::new();
    for part in numbers.chunks(rows_per_statement(1)) {
        let text = "SELECT number, name FROM sandbox_accounts WHERE number IN";
        for row in store.rows(query(text).list(part.iter().map(String::as_str))).await? {
            names.insert(row.text("number")?, row.text("name")?);
        }
    }
    Ok(names)
}

/// A phone's address book: numbers and the names that they are saved under.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn contacts(store: &Store, number: &str) -> Result<Vec<(String, String)>, StorageError> {
    let text = "SELECT contact, name FROM sandbox_contacts WHERE number = $1 ORDER BY name, contact";
    let rows = store.rows(query(text).bind(number)).await?;
    rows.iter().map(|row| Ok((row.text("contact")?, row.text("name")?))).collect()
}
