//! Messages of a thread.

use super::{address_of, damaged};
use crate::protocol::{ChatId, Message, MessageId, MessageKind, MessageStatus, Millis, ThreadPage};
use crate::server::reach::Reach;
use crate::server::storage::{Query, Row, StorageError, Store, query};

/// How many messages a page has at most.
pub const MESSAGES_PER_PAGE: i64 = 200;

/// What [`to_message`] reads, with more columns, out of more tables than `messages m`.
macro_rules! message_select {
    ($more:literal, $from:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $more,
            "m.*, c.jid, c.kind AS chat_kind, d.phone_number AS own_number, \
             s.saved_name AS sender_saved_name, s.push_name AS sender_push_name FROM ",
            $from,
            "JOIN chats c ON c.id = m.chat_id JOIN devices d ON d.id = m.device_id \
             LEFT JOIN contacts s ON s.device_id = m.device_id AND s.jid = m.sender ",
            $rest
        )
    };
}
pub(in crate::server::storage) use message_select;

macro_rules! select {
    ($rest:literal) => {
        message_select!("", "messages m ", $rest)
    };
}

/// One message of a workspace.
///
/// # Errors
/// [`StorageError`].
pub async fn message(store: &Store, reach: &Reach, id: &MessageId) -> Result<Option<Message>, StorageError> {
    let select = query(select!("WHERE m.id = $1 AND c.workspace_id = $2")).bind(id).bind(&reach.workspace);
    let select = reach.within(select, " AND c.device_id IN");
    store.row(select).await?.as_ref().map(to_message).transpose()
}

/// The statement that reads one message, for transactions.
#[must_use]
pub fn message_query(id: &MessageId) -> Query {
    query(select!("WHERE m.id = $1")).bind(id)
}

/// The messages of a chat before one of them (or the newest), oldest first. The page says which chat it is of: the one
/// that was named may have gone into another. `None` if the chat does not exist; a `before` that is not in it gives an empty page.
///
/// # Errors
/// [`StorageError`].
pub async fn thread_page(
    store: &Store,
    reach: &Reach,
    chat: &ChatId,
    before: Option<&MessageId>,
    limit: i64,
) -> Result<Option<ThreadPage>, StorageError> {
    let named = query(
        "SELECT id FROM chats WHERE id = COALESCE((SELECT a.chat_id FROM chat_aliases a WHERE a.id = $1), $1) AND workspace_id = $2",
    );
    let named = reach.within(named.bind(chat).bind(&reach.workspace), " AND device_id IN");
    let Some(row) = store.row(named).await? else { return Ok(None) };
    let chat = &row.parse::<ChatId>("id")?;
    let limit = limit.clamp(1, MESSAGES_PER_PAGE);
    let select = match before {
        None => query(select!("WHERE m.chat_id = $1 ORDER BY m.timestamp DESC, m.id DESC LIMIT $2")).bind(chat).bind(limit + 1),
        Some(before) => query(select!(
            "WHERE m.chat_id = $1 AND (m.timestamp, m.id) < (SELECT b.timestamp, b.id FROM messages b WHERE b.id = $3 AND b.chat_id = $1) ORDER BY m.timestamp DESC, m.id DESC LIMIT $2"
        ))
        .bind(chat)
        .bind(limit + 1)
        .bind(before),
    };
    let mut messages = store.rows(select).await?.iter().map(to_message).collect::<Result<Vec<_>, _>>()?;
    let has_older = messages.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_older {
        messages.pop();
    }
    messages.reverse();
    Ok(Some(ThreadPage { chat_id: chat.clone(), messages, has_older }))
}

/// So many messages of a chat that come after one of them, oldest first. Ask only for chats that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn thread_after(
    store: &Store,
    chat: &ChatId,
    place: &Message,
    limit: i64,
) -> Result<Vec<Message>, StorageError> {
    let select = query(select!(
        "WHERE m.chat_id = $1 AND (m.timestamp, m.id) > ($2, $3) ORDER BY m.timestamp, m.id LIMIT $4"
    ));
    let select = select.bind(chat).bind(place.timestamp).bind(&place.id).bind(limit);
    store.rows(select).await?.iter().map(to_message).collect()
}

/// The first message of a chat that is not older than this time; where there is none, its newest. Ask only for chats
/// that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn thread_at(store: &Store, chat: &ChatId, at: Millis) -> Result<Option<Message>, StorageError> {
    let first =
        query(select!("WHERE m.chat_id = $1 AND m.timestamp >= $2 ORDER BY m.timestamp, m.id LIMIT 1"));
    let newest = query(select!("WHERE m.chat_id = $1 ORDER BY m.timestamp DESC, m.id DESC LIMIT 1"));
    let row = match store.row(first.bind(chat).bind(at)).await? {
        Some(row) => Some(row),
        None => store.row(newest.bind(chat)).await?,
    };
    row.as_ref().map(to_message).transpose()
}

/// So many messages of a chat, those before them skipped, counted from the newest; oldest first. And how many
/// the chat has. Ask only for chats that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn thread_slice(
    store: &Store,
    chat: &ChatId,
    skip: i64,
    limit: i64,
) -> Result<(Vec<Message>, i64), StorageError> {
    let count = query("SELECT count(*) AS count FROM messages WHERE chat_id = $1").bind(chat);
    let total = store.row(count).await?.map(|row| row.int("count")).transpose()?.unwrap_or(0);
    let select =
        query(select!("WHERE m.chat_id = $1 ORDER BY m.timestamp DESC, m.id DESC LIMIT $2 OFFSET $3"))
            .bind(chat)
            .bind(limit)
            .bind(skip);
    let mut messages = store.rows(select).await?.iter().map(to_message).collect::<Result<Vec<_>, _>>()?;
    messages.reverse();
    Ok((messages, total))
}

/// So many messages of a chat from a place on, oldest first: after this time and id, of those whose ids are not after
/// `last_id`. Ask only for chats that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn thread_from(
    store: &Store,
    chat: &ChatId,
    after: Option<&(Millis, String)>,
    last_id: &str,
    limit: i64,
) -> Result<Vec<Message>, StorageError> {
    let (at, id) = after.map_or((Millis::MIN, ""), |(at, id)| (*at, id.as_str()));
    let select = query(select!(
        "WHERE m.chat_id = $1 AND (m.timestamp, m.id) > ($2, $3) AND m.id <= $4 ORDER BY m.timestamp, m.id LIMIT $5"
    ));
    let select = select.bind(chat).bind(at).bind(id).bind(last_id).bind(limit);
    store.rows(select).await?.iter().map(to_message).collect()
}

/// A row of the statements above.
///
/// # Errors
/// [`StorageError::Row`] if it holds what we never wrote.
pub fn to_message(row: &Row) -> Result<Message, StorageError> {
    let from_me = row.flag("from_me")?;
    let sender = address_of(&row.text("sender")?);
    let chat = address_of(&row.text("jid")?);
    let group = row.text("chat_kind")? == "group";
    let own = row.opt_text("own_number")?.unwrap_or_default();
    Ok(Message {
        id: row.parse("id")?,
        device_id: row.parse("device_id")?,
        chat_id: row.parse("chat_id")?,
        from: if from_me { own.clone() } else { sender },
        to: if from_me || group { chat } else { own },
        from_me,
        sender_name: if group && !from_me { Some(super::chats::sender_name(row)?) } else { None },
        kind: MessageKind::parse(&row.text("kind")?).ok_or_else(|| damaged("kind"))?,
        text: row.text("body")?,
        timestamp: row.int("timestamp")?,
        status: MessageStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?,
        failure: row.opt_json("failure")?,
        delay: row.opt_json("delay")?,
        command_id: match row.opt_text("command_id")? {
            Some(_) => Some(row.parse("command_id")?),
            None => None,
        },
        whatsapp_id: row.text("whatsapp_id")?,
        details: row.opt_json("details")?.unwrap_or_default(),
    })
}
