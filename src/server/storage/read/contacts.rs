//! People that a device knows.

use super::{bare_name, picture_path};
use crate::protocol::{Contact, DeviceId};
use crate::server::storage::{Row, StorageError, Store, query};

/// All contacts of a device, by JID.
///
/// # Errors
/// [`StorageError`].
pub async fn contacts(store: &Store, device: &DeviceId) -> Result<Vec<Contact>, StorageError> {
    let select = query("SELECT * FROM contacts WHERE device_id = $1 ORDER BY jid").bind(device);
    store.rows(select).await?.iter().map(to_contact).collect()
}

/// A row of `contacts`.
///
/// # Errors
/// [`StorageError::Row`] if it holds what we never wrote.
pub fn to_contact(row: &Row) -> Result<Contact, StorageError> {
    let jid = row.text("jid")?;
    let push_name = row.opt_text("push_name")?;
    Ok(Contact {
        device_id: row.parse("device_id")?,
        phone_number: row.opt_text("phone_number")?,
        name: row.opt_text("saved_name")?.or_else(|| push_name.clone()).unwrap_or_else(|| bare_name(&jid)),
        push_name,
        picture: picture_path(row.opt_text("picture_hash")?),
        jid,
    })
}
