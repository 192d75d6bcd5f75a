//! Keeping the index, in the transactions that change messages.

use super::words::indexed;
use super::{TIE_BITS, first_place, scope_word};
use crate::protocol::{Details, MessageId, Millis};
use crate::server::storage::{Kind, Query, StorageError, Tx, Value, query};
use std::collections::HashMap;

/// Everything that a message is found by: its text, what can be chosen in its poll, whom its cards are of, and what its
/// file and its place are called. What it quotes is another's.
#[must_use]
pub fn found_by(text: &str, details: &Details) -> String {
    let mut all = vec![text];
    all.extend(details.poll.iter().flat_map(|poll| &poll.options).map(|option| option.text.as_str()));
    for card in &details.contacts {
        all.push(&card.name);
        all.extend(card.phone_numbers.iter().map(String::as_str));
    }
    all.extend(details.media.iter().filter_map(|media| media.file_name.as_deref()));
    if let Some(place) = &details.location {
        all.extend([&place.name, &place.address].into_iter().flatten().map(String::as_str));
    }
    all.join("\n")
}

/// Makes a message found by this text and by nothing else; by an empty one, not at all. To be called in the
/// transaction that inserts the message or changes its text; what is deleted goes from the index by itself.
///
/// # Errors
/// [`StorageError`].
pub async fn index_message(tx: &mut Tx<'_>, id: &MessageId, text: &str) -> Result<(), StorageError> {
    let select = query(
        "SELECT m.timestamp, m.chat_id, m.device_id, c.workspace_id, p.place \
         FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN message_places p ON p.message_id = m.id WHERE m.id = $1",
    );
    let Some(row) = tx.row(select.bind(id)).await? else { return Ok(()) };
    let words = indexed(text);
    let place = match row.opt_int("place")? {
        Some(place) if words.is_empty() => {
            let delete = query("DELETE FROM message_places WHERE place = $1");
            tx.execute(delete.bind(place)).await?;
            return Ok(());
        }
        Some(place) => {
            tx.execute(query("DELETE FROM message_words WHERE rowid = $1").bind(place)).await?;
            place
        }
        None if words.is_empty() => return Ok(()),
        None => match take_place(tx, id, first_place(row.int("timestamp")?)).await? {
            Some(place) => place,
            None => {
                tracing::warn!(message = %id, "no place is left in its millisecond: search will not find it");
                return Ok(());
            }
        },
    };
    let mut all = String::new();
    for scope in ["workspace_id", "device_id", "chat_id"] {
        all.push_str(&scope_word(&row.text(scope)?));
        all.push(' ');
    }
    all.push_str(&words.into_iter().collect::<Vec<_>>().join(" "));
    let insert = match tx.kind() {
        Kind::Sqlite => query("INSERT INTO message_words (rowid, words) VALUES ($1, $2)"),
        Kind::Postgres => query(
            "INSERT INTO message_words (rowid, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
        ),
    };
    tx.execute(insert.bind(place).bind(all)).await?;
    Ok(())
}

/// The same for many messages of one chat that were just inserted. `scopes` are the ids of its workspace, its device
/// and itself.
///
/// # Errors
/// [`StorageError`].
pub async fn index_new(
    tx: &mut Tx<'_>,
    scopes: [&str; 3],
    messages: &[(MessageId, Millis, String)],
) -> Result<(), StorageError> {
    let scopes = scopes.map(scope_word).join(" ");
    let mut words: HashMap<&str, String> = HashMap::new();
    let mut places = Vec::new();
    let mut tie: (i64, i64) = (-1, 0);
    for (id, at, text) in messages {
        let own = indexed(text);
        if own.is_empty() {
            continue;
        }
        let first = first_place(*at);
        tie = if tie.0 == first { (first, tie.1 + 1) } else { (first, 0) };
        words.insert(id.as_str(), format!("{scopes} {}", own.into_iter().collect::<Vec<_>>().join(" ")));
        places.push(vec![Value::from(first.saturating_add(tie.1)), id.into()]);
    }
    if places.is_empty() {
        return Ok(());
    }
    let insert = Query::insert(
        "INSERT INTO message_places (place, message_id)",
        places,
        "ON CONFLICT (place) DO NOTHING RETURNING place, message_id",
    );
    let mut rows = Vec::with_capacity(words.len());
    for row in tx.rows(insert).await? {
        if let Some(words) = words.remove(row.text("message_id")?.as_str()) {
            rows.push(vec![Value::from(row.int("place")?), words.into()]);
        }
    }
    // Their places belong to messages of other chats: they get the next free ones.
    for (id, at, _) in messages {
        let Some(words) = words.remove(id.as_str()) else { continue };
        match take_place(tx, id, first_place(*at)).await? {
            Some(place) => rows.push(vec![place.into(), words.into()]),
            None => {
                tracing::warn!(message = %id, "no place is left in its millisecond: search will not find it");
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let insert = match tx.kind() {
        Kind::Sqlite => Query::insert("INSERT INTO message_words (rowid, words)", rows, ""),
        Kind::Postgres => Query::insert(
            "INSERT INTO message_words (rowid, words) SELECT v.place, array_to_tsvector(string_to_array(v.words, ' ')) FROM (",
            rows,
            ") AS v (place, words)",
        ),
    };
    tx.execute(insert).await.map(drop)
}

/// Takes the next place of a millisecond; `None` if it has none left.
async fn take_place(tx: &mut Tx<'_>, id: &MessageId, first: i64) -> Result<Option<i64>, StorageError> {
    let last = first + (1 << TIE_BITS) - 1;
    let insert = query(
        "INSERT INTO message_places (place, message_id) \
         SELECT COALESCE(max(place) + 1, $2), $1 FROM message_places WHERE place >= $2 AND place < $3 \
         ON CONFLICT (place) DO NOTHING RETURNING place",
    );
    let row = tx.row(insert.bind(id).bind(first).bind(last)).await?;
    row.map(|row| row.int("place")).transpose()
}
