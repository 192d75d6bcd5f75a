//! Making one contact of two.

use super::Context;
use crate::protocol::Contact;
use crate::server::storage::{StorageError, Tx, query, read};

/// What a LID was added to.
#[derive(Debug, Default)]
pub struct Named {
    pub contact: bool,
    pub chat: bool,
}

/// Gives what is known of one JID to another. Answers whether anything was. What is known of the second one stays; names
/// and pictures that it has not come from the first.
pub async fn unite(tx: &mut Tx<'_>, context: &Context, from: &str, to: &str) -> Result<bool, StorageError> {
    ensure_row(tx, context, from, to).await?;
    let fill = query(
        "UPDATE contacts SET \
         saved_name = COALESCE(contacts.saved_name, o.saved_name), push_name = COALESCE(contacts.push_name, o.push_name), \
         picture_id = CASE WHEN contacts.picture_hash IS NULL THEN o.picture_id ELSE contacts.picture_id END, \
         picture_hash = COALESCE(contacts.picture_hash, o.picture_hash), about = COALESCE(contacts.about, o.about), \
         blocked = CASE WHEN o.blocked = 1 OR contacts.blocked = 1 THEN 1 ELSE 0 END \
         FROM contacts o WHERE o.device_id = $1 AND o.jid = $2 AND contacts.device_id = $1 AND contacts.jid = $3",
    );
    tx.execute(fill.bind(&context.device).bind(from).bind(to)).await?;
    let delete = query("DELETE FROM contacts WHERE device_id = $1 AND jid = $2");
    Ok(tx.execute(delete.bind(&context.device).bind(from)).await? > 0)
}

/// A row for the second, where the first has one.
async fn ensure_row(tx: &mut Tx<'_>, context: &Context, from: &str, to: &str) -> Result<(), StorageError> {
    let insert = query(
        "INSERT INTO contacts (device_id, jid, phone_number) SELECT device_id, $3, $4 FROM contacts \
         WHERE device_id = $1 AND jid = $2 ON CONFLICT (device_id, jid) DO NOTHING",
    );
    let insert = insert.bind(&context.device).bind(from).bind(to).bind(read::number_of(to));
    tx.execute(insert).await.map(drop)
}

/// The contact with this JID, made if it is not there.
pub async fn ensure(tx: &mut Tx<'_>, context: &Context, jid: &str) -> Result<Option<Contact>, StorageError> {
    let insert = query(
        "INSERT INTO contacts (device_id, jid, phone_number, lid) VALUES ($1, $2, $3, (SELECT i.lid FROM identities i \
         WHERE i.device_id = $1 AND i.number = $3 ORDER BY i.at DESC LIMIT 1)) ON CONFLICT (device_id, jid) DO NOTHING",
    );
    tx.execute(insert.bind(&context.device).bind(jid).bind(read::number_of(jid))).await?;
    let select = query("SELECT * FROM contacts WHERE device_id = $1 AND jid = $2");
    tx.row(select.bind(&context.device).bind(jid)).await?.as_ref().map(read::to_contact).transpose()
}

/// Keeps the LID of a person with their contact and their chat.
pub async fn set_lid(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    lid: &str,
) -> Result<Named, StorageError> {
    let contact = query(
        "UPDATE contacts SET lid = $3 WHERE device_id = $1 AND jid = $2 AND (lid IS NULL OR lid <> $3)",
    );
    let chat =
        query("UPDATE chats SET lid = $3 WHERE device_id = $1 AND jid = $2 AND (lid IS NULL OR lid <> $3)");
    Ok(Named {
        contact: tx.execute(contact.bind(&context.device).bind(jid).bind(lid)).await? > 0,
        chat: tx.execute(chat.bind(&context.device).bind(jid).bind(lid)).await? > 0,
    })
}
