//! Linked devices and the keys that they uploaded.

use crate::protocol::{DeviceId, Millis};
use crate::server::storage::{Query, Row, StorageError, Store, Tx, Value, query, rows_per_statement};

/// One device of one account; device 0 is the phone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    pub number: String,
    pub device: u16,
}

/// A linked device.
#[derive(Clone)]
pub struct LinkRow {
    pub address: Address,
    pub noise_key: [u8; 32],
    pub identity: [u8; 32],
    /// The ADV identity that the device signed.
    pub signed_identity: Vec<u8>,
    pub keys: Option<UploadedKeys>,
    pub bootstrapped: bool,
    pub device_id: DeviceId,
    pub linked_at: Millis,
}

/// What a device published about itself.
#[derive(Clone)]
pub struct UploadedKeys {
    pub registration_id: u32,
    pub signed_prekey_id: u32,
    pub signed_prekey: [u8; 32],
    pub signature: Vec<u8>,
}

const COLUMNS: &str = "SELECT number, device, noise_key, identity, signed_identity, registration_id, \
                       signed_prekey_id, signed_prekey, signed_prekey_signature, bootstrapped, device_id, \
                       linked_at FROM sandbox_links";

fn read(row: &Row) -> Result<LinkRow, StorageError> {
    let keys = match row.opt_int("registration_id")? {
        None => None,
        Some(_) => Some(UploadedKeys {
            registration_id: row.number("registration_id")?,
            signed_prekey_id: row.number("signed_prekey_id")?,
            signed_prekey: row.bytes("signed_prekey")?,
            signature: row.blob("signed_prekey_signature")?,
        }),
    };
    Ok(LinkRow {
        address: address(row)?,
        noise_key: row.bytes("noise_key")?,
        identity: row.bytes("identity")?,
        signed_identity: row.blob("signed_identity")?,
        keys,
        bootstrapped: row.flag("bootstrapped")?,
        device_id: row.parse("device_id")?,
        linked_at: row.int("linked_at")?,
    })
}

fn address(row: &Row) -> Result<Address, StorageError> {
    Ok(Address { number: row.text("number")?, device: row.number("device")? })
}

/// The device with this Noise key.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn by_noise(store: &Store, key: &[u8; 32]) -> Result<Option<LinkRow>, StorageError> {
    let row = store.row(query(COLUMNS).then(" WHERE noise_key = $1").bind(*key)).await?;
    row.as_ref().map(read).transpose()
}

/// One device.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn get(store: &Store, address: &Address) -> Result<Option<LinkRow>, StorageError> {
    let select = query(COLUMNS).then(" WHERE number = $1 AND device = $2");
    let row = store.row(select.bind(&address.number).bind(address.device)).await?;
    row.as_ref().map(read).transpose()
}

/// All devices of an account, oldest first.
///
/// # Errors
/// [`StorageError::Database`], or [`StorageError::Row`] for damaged data.
pub async fn of(store: &Store, number: &str) -> Result<Vec<LinkRow>, StorageError> {
    let select = query(COLUMNS).then(" WHERE number = $1 ORDER BY device");
    store.rows(select.bind(number)).await?.iter().map(read).collect()
}

fn addresses_query(numbers: &[String]) -> Query {
    query("SELECT number, device FROM sandbox_links WHERE number IN")
        .list(numbers.iter().map(String::as_str))
        .then(" AND registration_id IS NOT NULL ORDER BY number, device")
}

/// The linked devices of some accounts that can be written to (they have published keys), sorted.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn addresses(store: &Store, numbers: &[String]) -> Result<Vec<Address>, StorageError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    store.rows(addresses_query(numbers)).await?.iter().map(address).collect()
}

/// The same, as of this transaction.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn addresses_in(tx: &mut Tx<'_>, numbers: &[String]) -> Result<Vec<Address>, StorageError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    tx.rows(addresses_query(numbers)).await?.iter().map(address).collect()
}

/// Adds a device.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn insert(tx: &mut Tx<'_>, link: LinkRow) -> Result<(), StorageError> {
    tx.execute(
        query(
            "INSERT INTO sandbox_links (number, device, noise_key, identity, signed_identity, bootstrapped, \
             device_id, linked_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
        )
        .bind(link.address.number)
        .bind(link.address.device)
        .bind(link.noise_key)
        .bind(link.identity)
        .bind(link.signed_identity)
        .bind(&link.device_id)
        .bind(link.linked_at),
    )
    .await
    .map(drop)
}

/// Removes a device with everything that was kept for it. Answers whether it was there.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn remove(tx: &mut Tx<'_>, address: &Address) -> Result<bool, StorageError> {
    let mut removed = 0;
    for text in [
        "DELETE FROM sandbox_prekeys WHERE number = $1 AND device = $2",
        "DELETE FROM sandbox_queue WHERE number = $1 AND device = $2",
        "DELETE FROM sandbox_links WHERE number = $1 AND device = $2",
    ] {
        removed = tx.execute(query(text).bind(&address.number).bind(address.device)).await?;
    }
    Ok(removed > 0)
}

/// Stores what a device uploaded. One-time prekeys beyond `keep` are not kept: the oldest stay.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn upload(
    tx: &mut Tx<'_>,
    address: &Address,
    keys: Option<UploadedKeys>,
    one_time: Vec<(u32, [u8; 32])>,
    keep: usize,
) -> Result<(), StorageError> {
    if let Some(keys) = keys {
        tx.execute(
            query(
                "UPDATE sandbox_links SET registration_id = $3, signed_prekey_id = $4, signed_prekey = $5, \
                 signed_prekey_signature = $6 WHERE number = $1 AND device = $2",
            )
            .bind(&address.number)
            .bind(address.device)
            .bind(keys.registration_id)
            .bind(keys.signed_prekey_id)
            .bind(keys.signed_prekey)
            .bind(keys.signature),
        )
        .await?;
    }
    let have = usize::try_from(count(tx, address).await?).unwrap_or(usize::MAX);
    let rows: Vec<Vec<Value>> = one_time
        .into_iter()
        .take(keep.saturating_sub(have))
        .map(|(id, key)| vec![address.number.as_str().into(), address.device.into(), id.into(), key.into()])
        .collect();
    for part in rows.chunks(rows_per_statement(4)) {
        tx.execute(Query::insert(
            "INSERT INTO sandbox_prekeys (number, device, id, public_key)",
            part.to_vec(),
            "ON CONFLICT (number, device, id) DO UPDATE SET public_key = excluded.public_key",
        ))
        .await?;
    }
    Ok(())
}

fn count_query(address: &Address) -> Query {
    query("SELECT count(*) AS n FROM sandbox_prekeys WHERE number = $1 AND device = $2")
        .bind(&address.number)
        .bind(address.device)
}

async fn count(tx: &mut Tx<'_>, address: &Address) -> Result<i64, StorageError> {
    tx.row(count_query(address)).await?.map_or(Ok(0), |row| row.int("n"))
}

/// How many one-time prekeys of a device are left. Devices ask at every login.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn left(store: &Store, address: &Address) -> Result<i64, StorageError> {
    store.row(count_query(address)).await?.map_or(Ok(0), |row| row.int("n"))
}

/// A device's one-time prekeys, by number.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn prekeys(store: &Store, address: &Address) -> Result<Vec<(u32, [u8; 32])>, StorageError> {
    let text = "SELECT id, public_key FROM sandbox_prekeys WHERE number = $1 AND device = $2 ORDER BY id";
    let rows = store.rows(query(text).bind(&address.number).bind(address.device)).await?;
    rows.iter().map(|row| Ok((row.number("id")?, row.bytes("public_key")?))).collect()
}

/// Takes one of the device's one-time prekeys for good, the oldest, if there is one. Answers how many are
/// left, too.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn take_prekey(
    tx: &mut Tx<'_>,
    address: &Address,
) -> Result<(Option<(u32, [u8; 32])>, i64), StorageError> {
    let text = "DELETE FROM sandbox_prekeys WHERE number = $1 AND device = $2 AND id = (SELECT min(id) FROM \
                sandbox_prekeys WHERE number = $1 AND device = $2) RETURNING id, public_key";
    let row = tx.row(query(text).bind(&address.number).bind(address.device)).await?;
    let taken = match row {
        Some(row) => Some((row.number("id")?, row.bytes("public_key")?)),
        None => None,
    };
    Ok((taken, count(tx, address).await?))
}
