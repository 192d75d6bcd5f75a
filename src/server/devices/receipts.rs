//! How far our messages came, and what we read elsewhere.

use super::context::Context;
use super::rows;
use crate::protocol::{EventKind, MessageId, MessageStatus, Millis};
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
pub async fn apply(context: &Context, receipt: Receipt) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let status = match receipt.kind {
                    ReceiptKind::ReadByUs => {
                        return read_by_us(tx, &context, &receipt.chat, receipt.whatsapp_ids).await;
                    }
                    ReceiptKind::Delivered => MessageStatus::Delivered,
                    // A group's message is read when everybody read it; one reader proves delivery only.
                    _ if receipt.chat.ends_with("@g.us") => MessageStatus::Delivered,
                    ReceiptKind::Read | ReceiptKind::Played => MessageStatus::Read,
                };
                by_person(tx, &context, &receipt).await?;
                raise(tx, &context, &receipt.chat, receipt.whatsapp_ids, status).await
            })
        })
        .await
}

/// Keeps who got, read or played messages of ours, each with the first time that it was told.
async fn by_person(tx: &mut Tx<'_>, context: &Context, receipt: &Receipt) -> Result<(), StorageError> {
    let at = |reached: bool| reached.then_some(receipt.at);
    let (read, played) = match receipt.kind {
        ReceiptKind::Played => (true, true),
        ReceiptKind::Read => (true, false),
        ReceiptKind::Delivered | ReceiptKind::ReadByUs => (false, false),
    };
    for whatsapp_id in &receipt.whatsapp_ids {
        let insert = query(
            "INSERT INTO message_receipts (message_id, person, delivered_at, read_at, played_at) \
             SELECT m.id, $4, $5, $6, $7 FROM messages m JOIN chats c ON c.id = m.chat_id \
             WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND m.from_me = 1 AND c.jid = $3 \
             ON CONFLICT (message_id, person) DO UPDATE SET \
             delivered_at = COALESCE(message_receipts.delivered_at, excluded.delivered_at), \
             read_at = COALESCE(message_receipts.read_at, excluded.read_at), \
             played_at = COALESCE(message_receipts.played_at, excluded.played_at)",
        );
        let insert = insert
            .bind(&context.device)
            .bind(whatsapp_id)
            .bind(&receipt.chat)
            .bind(&receipt.person)
            .bind(receipt.at)
            .bind(at(read))
            .bind(at(played));
        tx.execute(insert).await?;
    }
    Ok(())
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

/// Takes messages of ours up to a status, never down.
async fn raise(
    tx: &mut Tx<'_>,
    context: &Context,
    chat_jid: &str,
    whatsapp_ids: Vec<String>,
    status: MessageStatus,
) -> Result<(), StorageError> {
    for whatsapp_id in whatsapp_ids {
        let select = query(
            "SELECT m.id, m.chat_id, m.status FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.device_id = $1 AND m.whatsapp_id = $2 AND m.from_me = 1 AND c.jid = $3",
        );
        let Some(row) = tx.row(select.bind(&context.device).bind(&whatsapp_id).bind(chat_jid)).await? else {
            continue;
        };
        let before = MessageStatus::parse(&row.text("status")?);
        if before.is_some_and(|before| before >= status) {
            continue;
        }
        let (message_id, chat_id) = (row.parse("id")?, row.parse("chat_id")?);
        tx.execute(
            query("UPDATE messages SET status = $2, failure = NULL WHERE id = $1")
                .bind(&message_id)
                .bind(status.as_str()),
        )
        .await?;
        // Whoever has it proves that WhatsApp took it: there is nothing left to send.
        tx.execute(
            query("DELETE FROM outbox WHERE device_id = $1 AND message_id = $2 AND kind = 'message'")
                .bind(&context.device)
                .bind(&message_id),
        )
        .await?;
        let step = if status == MessageStatus::Read { StepKind::Read } else { StepKind::Delivered };
        add_step(tx, &message_id, context.source.now(), step, StepDetail::default()).await?;
        tx.note(
            context.workspace.clone(),
            Some(context.device.clone()),
            EventKind::MessageStatus { chat_id, message_id, status, failure: None },
        );
    }
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
    recount(tx, context, &chat).await
}

/// Sets a chat's unread count to what its messages say.
pub async fn count(tx: &mut Tx<'_>, chat: &crate::protocol::ChatId) -> Result<(), StorageError> {
    let count = "UPDATE chats SET unread = (SELECT count(*) FROM messages m WHERE m.chat_id = $1 AND m.from_me = 0 AND m.status <> 'read') WHERE id = $1";
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

/// What is to be told to the senders of messages that were read here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReadMark {
    /// Set in groups.
    pub sender: Option<String>,
    pub whatsapp_ids: Vec<String>,
}

/// How many ids one receipt carries at most.
const IDS_PER_MARK: usize = 100;

/// Marks everything up to a message as read here, and queues telling the senders; a chat that was marked as unread
/// no longer is. Answers whether anything changed.
pub async fn mark_read(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &crate::protocol::ChatId,
    up_to: &crate::protocol::MessageId,
) -> Result<bool, StorageError> {
    let read = read_up_to(tx, context, chat, up_to).await?;
    if !super::chat_state::no_longer_unread(tx, context, chat).await? && !read {
        return Ok(false);
    }
    recount(tx, context, chat).await?;
    Ok(true)
}

/// The same without the chat's mark, and without logging the chat.
pub async fn read_up_to(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &crate::protocol::ChatId,
    up_to: &crate::protocol::MessageId,
) -> Result<bool, StorageError> {
    let update = "UPDATE messages SET status = 'read' WHERE chat_id = $1 AND from_me = 0 AND status <> 'read' \
        AND (timestamp, id) <= (SELECT b.timestamp, b.id FROM messages b WHERE b.id = $2 AND b.chat_id = $1) RETURNING sender, whatsapp_id";
    let read = tx.rows(query(update).bind(chat).bind(up_to)).await?;
    if read.is_empty() {
        return Ok(false);
    }
    let group = rows::chat(tx, chat).await?.kind == crate::protocol::ChatKind::Group;
    let mut marks: Vec<ReadMark> = Vec::new();
    for row in &read {
        let sender = if group { Some(row.text("sender")?) } else { None };
        let whatsapp_id = row.text("whatsapp_id")?;
        match marks.iter_mut().find(|mark| mark.sender == sender && mark.whatsapp_ids.len() < IDS_PER_MARK) {
            Some(mark) => mark.whatsapp_ids.push(whatsapp_id),
            None => marks.push(ReadMark { sender, whatsapp_ids: vec![whatsapp_id] }),
        }
    }
    let body = serde_json::to_string(&marks).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, 'read', $3, $4, $5, 0, 0)",
    );
    tx.execute(insert.bind(&context.device).bind(context.source.id("out")).bind(chat).bind(up_to).bind(body))
        .await?;
    count(tx, chat).await?;
    Ok(true)
}
