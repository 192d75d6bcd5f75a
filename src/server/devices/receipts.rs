//! How far our messages came, and what we read elsewhere.

use super::changes;
use super::context::Context;
use super::identity;
use crate::protocol::{
    ChatId, Details, EventKind, MessageChange, MessageId, MessageStatus, Millis, ReceiptStatus,
};
use crate::server::engine::ReceiptKind;
use crate::server::storage::{StepDetail, StepKind, StorageError, Store, Tx, add_step, query, read};

/// Somebody got or read messages.
#[derive(Debug)]
pub struct Receipt {
    /// The chat's JID.
    pub chat: String,
    /// The JID of who it is from.
    pub person: String,
    pub whatsapp_ids: Vec<String>,
    pub kind: ReceiptKind,
    pub at: Millis,
}

/// Applies a receipt. Unknown ids are ignored: they may be of messages from before the link.
pub async fn apply(context: &Context, mut receipt: Receipt) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                identity::number_of(tx, &context, &mut receipt.chat).await?;
                identity::number_of(tx, &context, &mut receipt.person).await?;
                let status = match receipt.kind {
                    ReceiptKind::ReadByUs => {
                        return read_by_us(tx, &context, &receipt.chat, receipt.whatsapp_ids).await;
                    }
                    ReceiptKind::PlayedByUs => {
                        for whatsapp_id in &receipt.whatsapp_ids {
                            played_by_us(tx, &context, &receipt.chat, whatsapp_id, receipt.at).await?;
                        }
                        return read_by_us(tx, &context, &receipt.chat, receipt.whatsapp_ids).await;
                    }
                    ReceiptKind::Delivered => ReceiptStatus::Delivered,
                    ReceiptKind::Read => ReceiptStatus::Read,
                    ReceiptKind::Played => ReceiptStatus::Played,
                };
                for whatsapp_id in &receipt.whatsapp_ids {
                    if let Some(message) = ours(tx, &context, &receipt.chat, whatsapp_id).await? {
                        take(tx, &context, &receipt, &message, status).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// A message of ours that somebody tells of.
struct Ours {
    id: MessageId,
    chat: ChatId,
    status: Option<MessageStatus>,
}

async fn ours(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_id: &str,
) -> Result<Option<Ours>, StorageError> {
    let select = query(
        "SELECT m.id, m.chat_id, m.status FROM messages m JOIN chats c ON c.id = m.chat_id \
         WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND m.from_me = 1 AND c.jid = $3",
    );
    let row = tx.row(select.bind(&context.device).bind(whatsapp_id).bind(chat_jid)).await?;
    row.map(|row| {
        let status = MessageStatus::parse(&row.text("status")?);
        Ok(Ours { id: row.parse("id")?, chat: row.parse("chat_id")?, status })
    })
    .transpose()
}

/// Keeps what one person tells of one message, and takes the message as far as it came by that.
async fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    receipt: &Receipt,
    message: &Ours,
    status: ReceiptStatus,
) -> Result<(), StorageError> {
    let news = by_person(tx, context, receipt, message, status).await?;
    let in_a_group = receipt.chat.ends_with("@g.us");
    let came = match status {
        ReceiptStatus::Delivered => MessageStatus::Delivered,
        // One of many readers proves delivery; the last one, that everybody read it.
        _ if in_a_group && !read_by_all(tx, context, &message.id).await? => MessageStatus::Delivered,
        ReceiptStatus::Read | ReceiptStatus::Played => MessageStatus::Read,
    };
    raise(tx, context, message, came).await?;
    if news && status == ReceiptStatus::Played {
        add_step(tx, &message.id, context.source.now(), StepKind::Played, StepDetail::default()).await?;
    }
    Ok(())
}

/// Keeps who got, read or played a message of ours, each with the first time that it was told. Logs what is news.
async fn by_person(
    tx: &mut Tx<'_>,
    context: &Context,
    receipt: &Receipt,
    message: &Ours,
    status: ReceiptStatus,
) -> Result<bool, StorageError> {
    let at = |reached: ReceiptStatus| (status >= reached).then_some(receipt.at);
    // What was told before changes nothing.
    let upsert = query(
        "INSERT INTO message_receipts (message_id, person, delivered_at, read_at, played_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (message_id, person) DO UPDATE SET \
         delivered_at = COALESCE(message_receipts.delivered_at, excluded.delivered_at), \
         read_at = COALESCE(message_receipts.read_at, excluded.read_at), \
         played_at = COALESCE(message_receipts.played_at, excluded.played_at) \
         WHERE (message_receipts.delivered_at IS NULL AND excluded.delivered_at IS NOT NULL) \
         OR (message_receipts.read_at IS NULL AND excluded.read_at IS NOT NULL) \
         OR (message_receipts.played_at IS NULL AND excluded.played_at IS NOT NULL)",
    );
    let upsert = upsert
        .bind(&message.id)
        .bind(&receipt.person)
        .bind(receipt.at)
        .bind(at(ReceiptStatus::Read))
        .bind(at(ReceiptStatus::Played));
    if tx.execute(upsert).await? == 0 {
        return Ok(false);
    }
    identity::trace(tx, context, &message.id, Some(&receipt.person), &Details::default()).await?;
    let told = EventKind::MessageReceipt {
        chat_id: message.chat.clone(),
        message_id: message.id.clone(),
        person: read::address_of(&receipt.person),
        status,
        at: receipt.at,
    };
    tx.note(context.workspace.clone(), Some(context.device.clone()), told);
    Ok(true)
}

/// Keeps to how many a message of ours in a group goes, as the group is now. Of other chats nothing is kept.
pub async fn keep_recipients(tx: &mut Tx<'_>, message: &MessageId) -> Result<(), StorageError> {
    let update = "UPDATE messages SET recipients = (SELECT c.others FROM chats c WHERE c.id = messages.chat_id) \
        WHERE id = $1 AND recipients IS NULL \
        AND (SELECT c.others FROM chats c WHERE c.id = messages.chat_id) IS NOT NULL";
    tx.execute(query(update).bind(message)).await.map(drop)
}

/// Whether everybody to whom a message of a group went has read it. Where nobody knows how many they are, not.
async fn read_by_all(tx: &mut Tx<'_>, context: &Context, id: &MessageId) -> Result<bool, StorageError> {
    // It may have been sent from another device, or before the group was known.
    keep_recipients(tx, id).await?;
    let select = query(
        "SELECT m.recipients, (SELECT count(*) FROM message_receipts r WHERE r.message_id = m.id \
         AND r.read_at IS NOT NULL AND r.person <> COALESCE(d.phone_number || '@s.whatsapp.net', '') \
         AND r.person <> COALESCE(d.lid, '')) AS readers \
         FROM messages m JOIN devices d ON d.id = m.device_id WHERE m.id = $1 AND m.device_id = $2",
    );
    let Some(row) = tx.row(select.bind(id).bind(&context.device)).await? else { return Ok(false) };
    let readers = row.int("readers")?;
    Ok(row.opt_int("recipients")?.is_some_and(|recipients| recipients > 0 && readers >= recipients))
}

/// Another device of this account played a message of somebody else.
async fn played_by_us(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_id: &str,
    at: Millis,
) -> Result<(), StorageError> {
    let Some(id) = changes::find(tx, context, chat_jid, whatsapp_id).await? else { return Ok(()) };
    keep_played(tx, context, &id, at).await.map(drop)
}

/// Keeps that a message of somebody else was listened to. Answers it if that is news.
pub async fn keep_played(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &MessageId,
    at: Millis,
) -> Result<Option<crate::protocol::Message>, StorageError> {
    let Some(row) = tx.row(read::message_query(id)).await? else { return Ok(None) };
    let before = read::to_message(&row)?;
    if before.from_me || before.details.played_at.is_some() || before.details.revoked_at.is_some() {
        return Ok(None);
    }
    let mut after = before.clone();
    after.details.played_at = Some(at);
    changes::save(tx, context, &before, after, MessageChange::Played).await.map(Some)
}

/// How far a message of ours came with one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonReceipt {
    /// Digits of the number, or a JID.
    pub person: String,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
    pub played_at: Option<Millis>,
}

/// Who got, read and played a message, in the order of their addresses.
pub async fn of_message(store: &Store, id: &MessageId) -> Result<Vec<PersonReceipt>, StorageError> {
    let select = query("SELECT * FROM message_receipts WHERE message_id = $1 ORDER BY person").bind(id);
    let rows = store.rows(select).await?;
    rows.iter()
        .map(|row| {
            Ok(PersonReceipt {
                person: read::address_of(&row.text("person")?),
                delivered_at: row.opt_int("delivered_at")?,
                read_at: row.opt_int("read_at")?,
                played_at: row.opt_int("played_at")?,
            })
        })
        .collect()
}

/// Takes a message of ours up to a status, never down.
async fn raise(
    tx: &mut Tx<'_>,
    context: &Context,
    message: &Ours,
    status: MessageStatus,
) -> Result<(), StorageError> {
    if message.status.is_some_and(|before| before >= status) {
        return Ok(());
    }
    let update = query("UPDATE messages SET status = $2, failure = NULL, delay = NULL WHERE id = $1");
    tx.execute(update.bind(&message.id).bind(status.as_str())).await?;
    // Whoever has it proves that WhatsApp took it: there is nothing left to send.
    let delete = query("DELETE FROM outbox WHERE device_id = $1 AND message_id = $2 AND kind = 'message'");
    tx.execute(delete.bind(&context.device).bind(&message.id)).await?;
    let step = if status == MessageStatus::Read { StepKind::Read } else { StepKind::Delivered };
    add_step(tx, &message.id, context.source.now(), step, StepDetail::default()).await?;
    let (chat_id, message_id) = (message.chat.clone(), message.id.clone());
    tx.note(
        context.workspace.clone(),
        Some(context.device.clone()),
        EventKind::MessageStatus { chat_id, message_id, status, failure: None, delay: None },
    );
    Ok(())
}

async fn read_by_us(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_ids: Vec<String>,
) -> Result<(), StorageError> {
    let Some(row) = tx
        .row(
            query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2")
                .bind(&context.device)
                .bind(chat_jid),
        )
        .await?
    else {
        return Ok(());
    };
    let chat = row.parse("id")?;
    let update = query("UPDATE messages SET status = 'read' WHERE chat_id = $1 AND from_me = 0 AND status <> 'read' AND whatsapp_id IN").bind(&chat);
    if whatsapp_ids.is_empty() || tx.execute(update.list(whatsapp_ids)).await? == 0 {
        return Ok(());
    }
    read_beyond(tx, &chat).await?;
    recount(tx, context, &chat).await
}

/// Sets a chat's unread count to what its messages say, and the phone counts beyond them.
pub async fn count(tx: &mut Tx<'_>, chat: &crate::protocol::ChatId) -> Result<(), StorageError> {
    let count = "UPDATE chats SET unread = COALESCE(unread_beyond, 0) + (SELECT count(*) FROM messages m WHERE m.chat_id = $1 AND m.from_me = 0 AND m.status <> 'read') WHERE id = $1";
    tx.execute(query(count).bind(chat)).await.map(drop)
}

/// The same, and logs the chat.
pub async fn recount(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &crate::protocol::ChatId,
) -> Result<(), StorageError> {
    count(tx, chat).await?;
    let chat = read::to_chat(
        &tx.row(read::chat_query(chat))
            .await?
            .ok_or_else(|| StorageError::Database("a chat vanished".to_owned()))?,
    )?;
    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ChatUpdated { chat });
    Ok(())
}

/// The phone counts so many messages of a chat as unread: those that are not here are counted as such, until
/// somebody reads the chat.
pub async fn count_beyond(
    tx: &mut Tx<'_>,
    chat: &crate::protocol::ChatId,
    counted: u32,
) -> Result<(), StorageError> {
    let select = query(
        "SELECT c.unread_beyond, (SELECT count(*) FROM messages m WHERE m.chat_id = c.id AND m.from_me = 0 AND m.status <> 'read') AS here \
         FROM chats c WHERE c.id = $1",
    );
    let Some(row) = tx.row(select.bind(chat)).await? else { return Ok(()) };
    // Nothing was left of it, or it was read here since the phone counted.
    if row.opt_int("unread_beyond")? == Some(0) {
        return Ok(());
    }
    let beyond = i64::from(counted).saturating_sub(row.int("here")?).max(0);
    tx.execute(query("UPDATE chats SET unread_beyond = $2 WHERE id = $1").bind(chat).bind(beyond))
        .await
        .map(drop)
}

/// Nothing is unread any more of what is older than the messages that are here: whoever read one of those read
/// what stood before it.
pub async fn read_beyond(tx: &mut Tx<'_>, chat: &crate::protocol::ChatId) -> Result<bool, StorageError> {
    let update = query("UPDATE chats SET unread_beyond = 0 WHERE id = $1 AND unread_beyond > 0");
    Ok(tx.execute(update.bind(chat)).await? > 0)
}
