//! Looking messages up in the index.

use super::words::Wanted;
use super::{TIE_BITS, first_place, scope_word};
use crate::protocol::{ChatId, DeviceId, Message, MessageId, MessageKind, Millis};
use crate::server::reach::Reach;
use crate::server::storage::read::{ChatsLike, lid_of, message_select, to_message};
use crate::server::storage::{Database, Query, StorageError, Store, query};

/// How many messages a page has at most.
pub const FOUND_PER_PAGE: i64 = 100;

/// What is looked for, and where.
#[derive(Debug, Clone)]
pub struct Sought {
    /// Without it, everything that the rest is true of.
    pub wanted: Option<Wanted>,
    pub device: Option<DeviceId>,
    pub chat: Option<ChatId>,
    /// The JID of who wrote it, by number or by LID.
    pub sender: Option<String>,
    /// Only what was sent from here, or only what came in.
    pub from_me: Option<bool>,
    pub kind: Option<MessageKind>,
    /// Only what has a star.
    pub starred: bool,
    /// Not before, and before.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Only messages of chats like these.
    pub chats: ChatsLike,
}

/// A page of what was found, newest first.
#[derive(Debug, Clone)]
pub struct Found {
    pub items: Vec<Message>,
    /// What to pass as `after` for the page of older ones.
    pub next: Option<String>,
}

/// Messages that have what is sought, newest first. `after` is the `next` of the page before.
///
/// # Errors
/// [`StorageError`]; an `after` that we never gave out is read as the start.
pub async fn search(
    store: &Store,
    reach: &Reach,
    sought: &Sought,
    after: Option<&str>,
    limit: i64,
) -> Result<Found, StorageError> {
    let limit = limit.clamp(1, FOUND_PER_PAGE);
    let Some(wanted) = &sought.wanted else { return browse(store, reach, sought, after, limit).await };
    // The narrowest that is known: the words of others are not even looked at.
    let scope = match (&sought.chat, &sought.device, reach.devices()) {
        (Some(chat), ..) => chat.as_str(),
        (None, Some(device), _) => device.as_str(),
        (None, None, Some(devices)) if devices.len() == 1 => {
            devices.first().map_or(reach.workspace.as_str(), DeviceId::as_str)
        }
        (None, None, _) => reach.workspace.as_str(),
    };
    let scope = scope_word(scope);
    let below = after.and_then(place).unwrap_or(i64::MAX);
    let below = sought.until.map_or(below, |until| below.min(first_place(until)));
    let from = sought.since.map_or(i64::MIN, first_place);
    let (select, asked) = match store.database() {
        // In this order: beginning with the messages of a chat, the index would be asked once for each of them.
        Database::Sqlite { .. } => (
            query(message_select!(
                "message_words.rowid AS place, ",
                "message_words CROSS JOIN message_places p ON p.place = message_words.rowid CROSS JOIN messages m ON m.id = p.message_id ",
                "WHERE message_words MATCH $1 AND message_words.rowid < $2 AND message_words.rowid >= $3 AND c.workspace_id = $4"
            )),
            wanted.fts5(&scope),
        ),
        Database::Postgres { .. } => (
            query(message_select!(
                "message_words.rowid AS place, ",
                "message_words JOIN message_places p ON p.place = message_words.rowid JOIN messages m ON m.id = p.message_id ",
                "WHERE message_words.words @@ CAST($1 AS tsquery) AND message_words.rowid < $2 AND message_words.rowid >= $3 AND c.workspace_id = $4"
            )),
            wanted.tsquery(&scope),
        ),
    };
    let select = select.bind(asked).bind(below).bind(from).bind(&reach.workspace);
    let select = narrowed(select, reach, sought);
    let select = select.then(" ORDER BY message_words.rowid DESC LIMIT").value(limit + 1);
    let mut rows = store.rows(select).await?;
    let mut next = None;
    if rows.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        rows.pop();
        next = rows.last().map(|last| last.int("place")).transpose()?.map(place_name);
    }
    let items = rows.iter().map(to_message).collect::<Result<_, _>>()?;
    Ok(Found { items, next })
}

/// What is sought beside words. What the index's scope says is said again: that nobody is shown what is not theirs hangs
/// on no index.
fn narrowed(mut select: Query, reach: &Reach, sought: &Sought) -> Query {
    select = reach.within(select, " AND m.device_id IN");
    if let Some(device) = &sought.device {
        select = select.then(" AND m.device_id =").value(device);
    }
    if let Some(chat) = &sought.chat {
        select = select.then(" AND m.chat_id =").value(chat);
    }
    if let Some(sender) = &sought.sender {
        select = match lid_of(sender) {
            None => select.then(" AND m.sender =").value(sender),
            // Under their number where the device knows it.
            Some(lid) => select
                .then(" AND m.sender = COALESCE((SELECT i.number || '@s.whatsapp.net' FROM identities i WHERE i.device_id = m.device_id AND i.lid =")
                .value(lid)
                .then("),")
                .value(lid)
                .then(")"),
        };
    }
    if let Some(from_me) = sought.from_me {
        select = select.then(" AND m.from_me =").value(from_me);
    }
    if let Some(kind) = sought.kind {
        select = select.then(" AND m.kind =").value(kind.as_str());
    }
    if sought.starred {
        // As it is written: within a text its quotes would stand behind backslashes.
        select = select.then(" AND m.details LIKE").value("%\"starred\":true%");
    }
    sought.chats.narrow(select)
}

/// Messages without a word to look for, newest first.
async fn browse(
    store: &Store,
    reach: &Reach,
    sought: &Sought,
    after: Option<&str>,
    limit: i64,
) -> Result<Found, StorageError> {
    let (at, id) = after.and_then(moment).unwrap_or((Millis::MAX, ""));
    let select = query(message_select!(
        "",
        "messages m ",
        "WHERE (m.timestamp, m.id) < ($1, $2) AND m.timestamp < $3 AND m.timestamp >= $4 AND c.workspace_id = $5"
    ));
    let (until, since) = (sought.until.unwrap_or(Millis::MAX), sought.since.unwrap_or(Millis::MIN));
    let select = select.bind(at).bind(id).bind(until).bind(since).bind(&reach.workspace);
    let select = narrowed(select, reach, sought);
    let rows =
        store.rows(select.then(" ORDER BY m.timestamp DESC, m.id DESC LIMIT").value(limit + 1)).await?;
    let mut items = rows.iter().map(to_message).collect::<Result<Vec<_>, _>>()?;
    let mut next = None;
    if items.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        items.pop();
        next = items.last().map(|last| format!("{}.{}", last.timestamp, last.id));
    }
    Ok(Found { items, next })
}

/// Whether a text is the `next` of a page of messages that were found.
#[must_use]
pub fn is_search_place(after: &str) -> bool {
    place(after).is_some() || moment(after).is_some()
}

/// `<time>.<id of a message>`
fn moment(text: &str) -> Option<(Millis, &str)> {
    let (at, id) = text.split_once('.')?;
    // A number would be the other kind of place.
    let id = Some(id).filter(|id| id.starts_with(char::is_alphabetic) && id.parse::<MessageId>().is_ok())?;
    Some((at.parse().ok()?, id))
}

/// `<time>.<number within it>`
fn place_name(place: i64) -> String {
    format!("{}.{}", place >> TIE_BITS, place & ((1 << TIE_BITS) - 1))
}

fn place(text: &str) -> Option<i64> {
    let (at, tie) = text.split_once('.')?;
    let (at, tie): (Millis, i64) = (at.parse().ok()?, tie.parse().ok()?);
    ((0..=super::LAST).contains(&at) && (0..1 << TIE_BITS).contains(&tie)).then_some(first_place(at) + tie)
}
