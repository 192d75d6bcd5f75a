//! Chats and contacts inside a transaction.

use super::context::Context;
use super::identity;
use crate::protocol::{Chat, ChatId, ChatKind, Contact, EventKind, Millis};
use crate::server::storage::{StorageError, Tx, query, read};

/// The chat with this JID; made if it is not there yet. A person's is theirs by number, where that is known.
pub async fn ensure_chat(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    kind: ChatKind,
    activity: Millis,
) -> Result<ChatId, StorageError> {
    let mut jid = jid.to_owned();
    identity::number_of(tx, context, &mut jid).await?;
    let jid = jid.as_str();
    let select =
        query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2").bind(&context.device).bind(jid);
    if let Some(row) = tx.row(select).await? {
        return row.parse("id");
    }
    let id = context.source.id("cht");
    let kind = match kind {
        ChatKind::Direct => "direct",
        ChatKind::Group => "group",
    };
    let insert = query(
        "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity, lid) VALUES ($1, $2, $3, $4, $5, 0, $6, \
         (SELECT i.lid FROM identities i WHERE i.device_id = $3 AND i.number = $7 ORDER BY i.at DESC LIMIT 1))",
    );
    let insert = insert.bind(&id).bind(&context.workspace).bind(&context.device).bind(jid).bind(kind);
    tx.execute(insert.bind(activity).bind(read::number_of(jid))).await?;
    id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))
}

/// A chat as it stands in this transaction.
pub async fn chat(tx: &mut Tx<'_>, id: &ChatId) -> Result<Chat, StorageError> {
    let row = tx.row(read::chat_query(id)).await?;
    read::to_chat(&row.ok_or_else(|| StorageError::Database("a chat vanished".to_owned()))?)
}

/// Moves a chat's newest message and activity on to what its messages say now.
pub async fn refresh_chat(tx: &mut Tx<'_>, id: &ChatId) -> Result<(), StorageError> {
    let newest = "UPDATE chats SET \
        last_message_id = (SELECT m.id FROM messages m WHERE m.chat_id = $1 ORDER BY m.timestamp DESC, m.id DESC LIMIT 1), \
        last_activity = COALESCE((SELECT m.timestamp FROM messages m WHERE m.chat_id = $1 ORDER BY m.timestamp DESC, m.id DESC LIMIT 1), last_activity) \
        WHERE id = $1";
    tx.execute(query(newest).bind(id)).await?;
    Ok(())
}

/// What became known of a person. Only what is set is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub saved: Option<String>,
    pub push: Option<String>,
}

/// Names have an end: WhatsApp allows 25 characters to push names and about 100 to saved ones.
const NAME_LENGTH: usize = 120;

/// Keeps what became known of a person; logs it if it is new.
pub async fn learn_contact(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    names: Names,
) -> Result<(), StorageError> {
    let mut jid = jid.to_owned();
    identity::number_of(tx, context, &mut jid).await?;
    let jid = jid.as_str();
    let clean = |name: Option<String>| {
        name.map(|name| name.trim().chars().take(NAME_LENGTH).collect::<String>())
            .filter(|name| !name.is_empty())
    };
    let (saved, push) = (clean(names.saved), clean(names.push));
    let upsert = "INSERT INTO contacts (device_id, jid, phone_number, saved_name, push_name, lid) VALUES ($1, $2, $3, $4, $5, \
        (SELECT i.lid FROM identities i WHERE i.device_id = $1 AND i.number = $3 ORDER BY i.at DESC LIMIT 1)) \
        ON CONFLICT (device_id, jid) DO UPDATE SET \
        saved_name = COALESCE(excluded.saved_name, contacts.saved_name), push_name = COALESCE(excluded.push_name, contacts.push_name) \
        WHERE (excluded.saved_name IS NOT NULL AND excluded.saved_name <> COALESCE(contacts.saved_name, '')) \
        OR (excluded.push_name IS NOT NULL AND excluded.push_name <> COALESCE(contacts.push_name, ''))";
    let upsert =
        query(upsert).bind(&context.device).bind(jid).bind(read::number_of(jid)).bind(saved).bind(push);
    if tx.execute(upsert).await? == 0 {
        return Ok(());
    }
    note_contact(tx, context, jid).await?;
    let select =
        query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2").bind(&context.device).bind(jid);
    if let Some(row) = tx.row(select).await? {
        let chat = chat(tx, &row.parse("id")?).await?;
        tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ChatUpdated { chat });
    }
    Ok(())
}

/// Logs a contact as it stands in this transaction.
pub async fn note_contact(tx: &mut Tx<'_>, context: &Context, jid: &str) -> Result<(), StorageError> {
    let select =
        query("SELECT * FROM contacts WHERE device_id = $1 AND jid = $2").bind(&context.device).bind(jid);
    let Some(row) = tx.row(select).await? else { return Ok(()) };
    let contact = read::to_contact(&row)?;
    let contact: Contact = contact;
    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ContactUpdated { contact });
    Ok(())
}
