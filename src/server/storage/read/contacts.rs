//! People that a device knows.

use super::{bare_name, lid_of, number_of, picture_path};
use crate::protocol::{ChatId, Contact, Millis};
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, Store, query};

/// A person that a device knows or has a chat with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    pub contact: Contact,
    pub chat: Option<ChatId>,
    /// Their messages that were not read here.
    pub unread: u32,
    /// When something last happened in the chat.
    pub last_activity: Option<Millis>,
}

/// People that devices within reach know or have a chat with, by device and JID; `skip` of them left out, and
/// at most `limit` of the rest.
///
/// # Errors
/// [`StorageError`].
pub async fn acquaintances(
    store: &Store,
    reach: &Reach,
    skip: i64,
    limit: i64,
) -> Result<Vec<Acquaintance>, StorageError> {
    let known = query(
        "SELECT k.device_id AS device_id, k.jid AS jid, k.lid AS lid, k.phone_number AS phone_number, k.saved_name AS saved_name, \
         k.push_name AS push_name, k.picture_hash AS picture_hash, k.about AS about, k.blocked AS blocked, c.id AS chat_id, c.unread AS unread, \
         c.last_activity AS last_activity \
         FROM contacts k JOIN devices d ON d.id = k.device_id \
         LEFT JOIN chats c ON c.device_id = k.device_id AND c.jid = k.jid WHERE d.workspace_id = $1",
    )
    .bind(&reach.workspace);
    let strangers = " UNION ALL SELECT c.device_id, c.jid, c.lid, NULL, NULL, NULL, NULL, NULL, 0, c.id, c.unread, c.last_activity \
         FROM chats c LEFT JOIN contacts k ON k.device_id = c.device_id AND k.jid = c.jid \
         WHERE k.jid IS NULL AND c.kind = 'direct' AND c.workspace_id = $1";
    let both = reach.within(known, " AND k.device_id IN").then(strangers);
    let both = reach.within(both, " AND c.device_id IN").then(" ORDER BY device_id, jid LIMIT");
    let rows = store.rows(both.value(limit).then(" OFFSET").value(skip)).await?;
    let read = |row: &Row| {
        let mut contact = to_contact(row)?;
        contact.phone_number = contact.phone_number.or_else(|| number_of(&contact.jid).map(str::to_owned));
        Ok(Acquaintance {
            contact,
            chat: row.opt_text("chat_id")?.map(|_| row.parse("chat_id")).transpose()?,
            unread: row.opt_int("unread")?.map_or(0, |unread| u32::try_from(unread).unwrap_or(0)),
            last_activity: row.opt_int("last_activity")?,
        })
    };
    rows.iter().map(read).collect()
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
        lid: row.opt_text("lid")?.or_else(|| lid_of(&jid).map(str::to_owned)),
        phone_number: row.opt_text("phone_number")?,
        name: row.opt_text("saved_name")?.or_else(|| push_name.clone()).unwrap_or_else(|| bare_name(&jid)),
        push_name,
        picture: picture_path(row.opt_text("picture_hash")?),
        about: row.opt_text("about")?,
        blocked: row.flag("blocked")?,
        jid,
    })
}
