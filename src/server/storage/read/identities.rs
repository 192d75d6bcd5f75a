//! Which number is behind a LID.

use super::lid_of;
use crate::protocol::DeviceId;
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Store, query};

/// The JID under which a device keeps a person or group: by number, if it is a LID whose number the device knows.
///
/// # Errors
/// [`StorageError`].
pub async fn canonical(store: &Store, device: &DeviceId, jid: String) -> Result<String, StorageError> {
    if lid_of(&jid).is_none() {
        return Ok(jid);
    }
    let select = query("SELECT number FROM identities WHERE device_id = $1 AND lid = $2").bind(device);
    match store.row(select.bind(&jid)).await? {
        Some(row) => Ok(format!("{}@s.whatsapp.net", row.text("number")?)),
        None => Ok(jid),
    }
}

/// The same by what any device within reach knows: a LID means the same person to all of them.
///
/// # Errors
/// [`StorageError`].
pub async fn known_number(store: &Store, reach: &Reach, jid: String) -> Result<String, StorageError> {
    if lid_of(&jid).is_none() {
        return Ok(jid);
    }
    let select = query(
        "SELECT i.number AS number FROM identities i JOIN devices d ON d.id = i.device_id WHERE i.lid = $1 AND d.workspace_id = $2",
    );
    let select = reach.within(select.bind(&jid).bind(&reach.workspace), " AND i.device_id IN");
    match store.row(select.then(" ORDER BY i.at DESC LIMIT 1")).await? {
        Some(row) => Ok(format!("{}@s.whatsapp.net", row.text("number")?)),
        None => Ok(jid),
    }
}
