//! Chats, with their names, pictures and newest messages.

use super::{bare_name, damaged, lid_of, number_of, picture_path};
use crate::protocol::{
    Chat, ChatDraft, ChatId, ChatKind, DeviceId, MessageKind, MessagePreview, MessageStatus, Page,
};
use crate::server::reach::Reach;
use crate::server::storage::search::words;
use crate::server::storage::{Query, Row, StorageError, Store, query};

/// How many chats a page has at most.
pub const CHATS_PER_PAGE: i64 = 200;
/// How much of its newest message a chat shows, in characters.
const PREVIEW: usize = 200;
/// How many names are looked at in one reading while searching.
const NAMES: i64 = 2_000;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.device_id, c.jid, c.lid, c.kind, c.subject, c.unread, c.last_activity, \
             c.archived, c.pinned_at, c.muted_until, c.marked_unread, c.expires_in, \
             (SELECT string_agg(l.id, ',' ORDER BY l.id) FROM chat_labels x \
             JOIN labels l ON l.device_id = x.device_id AND l.id = x.label_id \
             WHERE x.device_id = c.device_id AND x.jid = c.jid) AS labels, \
             k.saved_name, k.push_name, k.picture_hash, \
             m.id AS message_id, m.from_me, m.sender, m.kind AS message_kind, m.body, m.timestamp, m.status, \
             CAST(CASE WHEN m.details LIKE '%\"revokedAt\":%' THEN 1 ELSE 0 END AS BIGINT) AS revoked, \
             s.saved_name AS sender_saved_name, s.push_name AS sender_push_name \
             FROM chats c \
             LEFT JOIN contacts k ON k.device_id = c.device_id AND k.jid = c.jid \
             LEFT JOIN messages m ON m.id = c.last_message_id \
             LEFT JOIN contacts s ON s.device_id = c.device_id AND s.jid = m.sender ",
            $rest
        )
    };
}

/// What a search looks at of each chat.
macro_rules! names {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.jid, c.kind, c.subject, c.last_activity, k.saved_name, k.push_name FROM chats c \
             LEFT JOIN contacts k ON k.device_id = c.device_id AND k.jid = c.jid ",
            $rest
        )
    };
}

/// One chat of a workspace, by its id or by that of a chat that went into it.
///
/// # Errors
/// [`StorageError`].
pub async fn chat(store: &Store, reach: &Reach, id: &ChatId) -> Result<Option<Chat>, StorageError> {
    let select = query(select!(
        "WHERE c.id = COALESCE((SELECT a.chat_id FROM chat_aliases a WHERE a.id = $1), $1) AND c.workspace_id = $2"
    ));
    let select = select.bind(id).bind(&reach.workspace);
    let select = reach.within(select, " AND c.device_id IN");
    let mut chat = store.row(select).await?.as_ref().map(to_chat).transpose()?;
    with_drafts(store, reach, chat.as_mut_slice()).await?;
    Ok(chat)
}

/// Adds to chats what whoever asks began to write in them.
async fn with_drafts(store: &Store, reach: &Reach, chats: &mut [Chat]) -> Result<(), StorageError> {
    let Some(asker) = reach.asker().filter(|_| !chats.is_empty()) else { return Ok(()) };
    let select =
        query("SELECT chat_id, body, at FROM drafts WHERE principal = $1 AND chat_id IN").bind(asker);
    let rows = store.rows(select.list(chats.iter().map(|chat| &chat.id))).await?;
    for row in rows {
        let id: ChatId = row.parse("chat_id")?;
        if let Some(chat) = chats.iter_mut().find(|chat| chat.id == id) {
            chat.draft = Some(ChatDraft { text: row.text("body")?, at: row.int("at")? });
        }
    }
    Ok(())
}

/// One chat of a device, by its JID, or by the LID of the person that it is with.
///
/// # Errors
/// [`StorageError`].
pub async fn chat_by_jid(store: &Store, device: &DeviceId, jid: &str) -> Result<Option<Chat>, StorageError> {
    let select = query(select!(
        "WHERE c.device_id = $1 AND c.jid = COALESCE((SELECT i.number || '@s.whatsapp.net' FROM identities i \
         WHERE i.device_id = $1 AND i.lid = $2), $2)"
    ));
    let select = select.bind(device).bind(jid);
    store.row(select).await?.as_ref().map(to_chat).transpose()
}

/// The statement that reads one chat, for transactions.
#[must_use]
pub fn chat_query(id: &ChatId) -> Query {
    query(select!("WHERE c.id = $1")).bind(id)
}

/// A page of a workspace's chats (or of one device's), those with the newest activity first. `after` is
/// the `next` of the page before.
///
/// # Errors
/// [`StorageError`]; an `after` that we never gave out is read as the start.
pub async fn chat_page(
    store: &Store,
    reach: &Reach,
    device: Option<&DeviceId>,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Chat>, StorageError> {
    chats_like(store, reach, device, &ChatsLike::default(), after, limit).await
}

/// What is asked of chats beside whose they are; of what is `None`, nothing.
#[derive(Debug, Clone, Default)]
pub struct ChatsLike {
    /// They have this label, by its id.
    pub label: Option<String>,
    pub archived: Option<bool>,
    pub pinned: Option<bool>,
    /// They have messages that were not read, or are marked as unread.
    pub unread: Option<bool>,
    /// Whether they are groups.
    pub group: Option<bool>,
}

impl ChatsLike {
    /// Narrows a statement that names chats `c`.
    #[must_use]
    pub(in crate::server::storage) fn narrow(&self, mut select: Query) -> Query {
        if let Some(label) = &self.label {
            let has = " AND EXISTS (SELECT 1 FROM chat_labels x JOIN labels l ON l.device_id = x.device_id AND l.id = x.label_id \
                WHERE x.device_id = c.device_id AND x.jid = c.jid AND x.label_id =";
            select = select.then(has).value(label.as_str()).then(")");
        }
        let either = |asked: Option<bool>, yes, no| match asked {
            None => "",
            Some(true) => yes,
            Some(false) => no,
        };
        select
            .then(either(self.archived, " AND c.archived = 1", " AND c.archived = 0"))
            .then(either(self.pinned, " AND c.pinned_at IS NOT NULL", " AND c.pinned_at IS NULL"))
            .then(either(
                self.unread,
                " AND (c.unread > 0 OR c.marked_unread = 1)",
                " AND c.unread = 0 AND c.marked_unread = 0",
            ))
            .then(either(self.group, " AND c.kind = 'group'", " AND c.kind <> 'group'"))
    }
}

/// One of two statements, for a workspace or for one of its devices: so many chats after that place.
fn placed(
    [all, of_device]: [&'static str; 2],
    reach: &Reach,
    device: Option<&DeviceId>,
    like: &ChatsLike,
    after: Option<&str>,
    limit: i64,
) -> Query {
    let (activity, id) = after.and_then(place).unwrap_or((i64::MAX, "~".to_owned()));
    let select = query(if device.is_some() { of_device } else { all }).bind(activity).bind(id);
    let select = match device {
        None => select.bind(&reach.workspace),
        Some(device) => select.bind(device),
    };
    let select = like.narrow(reach.within(select, " AND c.device_id IN"));
    select.then(" ORDER BY c.last_activity DESC, c.id DESC LIMIT").value(limit)
}

/// The same of the chats of which this is true.
///
/// # Errors
/// As [`chat_page`].
pub async fn chats_like(
    store: &Store,
    reach: &Reach,
    device: Option<&DeviceId>,
    like: &ChatsLike,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Chat>, StorageError> {
    let limit = limit.clamp(1, CHATS_PER_PAGE);
    let (all, of_device) = (
        select!("WHERE (c.last_activity, c.id) < ($1, $2) AND c.workspace_id = $3"),
        select!("WHERE (c.last_activity, c.id) < ($1, $2) AND c.device_id = $3"),
    );
    let select = placed([all, of_device], reach, device, like, after, limit + 1);
    let rows = store.rows(select).await?;
    let mut items = rows.iter().map(to_chat).collect::<Result<Vec<_>, _>>()?;
    let mut next = None;
    if items.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        items.pop();
        next = items.last().map(chat_place);
    }
    with_drafts(store, reach, &mut items).await?;
    Ok(Page { items, next, cursor: None })
}

/// A page of the chats whose name, number or JID has `q` in it, whatever its case and diacritics; otherwise as
/// [`chats_like`]. Looks at one name after the other, those with the newest activity first: the databases fold ASCII
/// only, and each in its own way.
///
/// # Errors
/// As [`chat_page`].
pub async fn chats_named(
    store: &Store,
    reach: &Reach,
    device: Option<&DeviceId>,
    like: &ChatsLike,
    q: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Page<Chat>, StorageError> {
    let limit = usize::try_from(limit.clamp(1, CHATS_PER_PAGE)).unwrap_or(1);
    let (name, number) = (words(q).join(" "), q.trim().trim_start_matches('+'));
    let (all, of_device) = (
        names!("WHERE (c.last_activity, c.id) < ($1, $2) AND c.workspace_id = $3"),
        names!("WHERE (c.last_activity, c.id) < ($1, $2) AND c.device_id = $3"),
    );
    let mut found: Vec<(ChatId, String)> = Vec::new();
    let mut at = after.map(str::to_owned);
    while found.len() <= limit {
        let rows = store.rows(placed([all, of_device], reach, device, like, at.as_deref(), NAMES)).await?;
        for row in &rows {
            let (id, jid): (ChatId, _) = (row.parse("id")?, row.text("jid")?);
            let known = known_name(row, row.text("kind")? == "group")?.unwrap_or_else(|| bare_name(&jid));
            let stands = format!("{}.{id}", row.int("last_activity")?);
            let named = !name.is_empty() && words(&known).join(" ").contains(&name);
            if named || jid.contains(number) {
                found.push((id, stands.clone()));
            }
            at = Some(stands);
        }
        if i64::try_from(rows.len()).unwrap_or(0) < NAMES {
            break;
        }
    }
    let more = found.len() > limit;
    found.truncate(limit);
    if found.is_empty() {
        return Ok(Page { items: Vec::new(), next: None, cursor: None });
    }
    let select = query(select!("WHERE c.id IN")).list(found.iter().map(|(id, _)| id));
    let rows = store.rows(select.then(" ORDER BY c.last_activity DESC, c.id DESC")).await?;
    let mut items = rows.iter().map(to_chat).collect::<Result<Vec<_>, _>>()?;
    with_drafts(store, reach, &mut items).await?;
    let next = found.pop().filter(|_| more).map(|(_, stands)| stands);
    Ok(Page { items, next, cursor: None })
}

/// The name that is known of a chat: a group's subject, or what a person was saved as or goes by.
fn known_name(row: &Row, group: bool) -> Result<Option<String>, StorageError> {
    if group {
        return row.opt_text("subject");
    }
    Ok(row.opt_text("saved_name")?.or(row.opt_text("push_name")?))
}

/// So many chats within reach by their ids, after this one.
///
/// # Errors
/// [`StorageError`].
pub async fn chats_by_id(
    store: &Store,
    reach: &Reach,
    after: Option<&ChatId>,
    limit: i64,
) -> Result<Vec<Chat>, StorageError> {
    let select = query(select!("WHERE c.workspace_id = $1 AND c.id > $2"))
        .bind(&reach.workspace)
        .bind(after.map_or("", ChatId::as_str));
    let select = reach.within(select, " AND c.device_id IN").then(" ORDER BY c.id LIMIT").value(limit);
    store.rows(select).await?.iter().map(to_chat).collect()
}

fn chat_place(chat: &Chat) -> String {
    format!("{}.{}", chat.last_activity, chat.id)
}

/// Whether a text is the `next` of a page of chats.
#[must_use]
pub fn is_chat_place(after: &str) -> bool {
    place(after).is_some_and(|(_, id)| id.parse::<ChatId>().is_ok())
}

fn place(after: &str) -> Option<(i64, String)> {
    let (activity, id) = after.split_once('.')?;
    Some((activity.parse().ok()?, id.to_owned()))
}

/// A row of the statements above.
///
/// # Errors
/// [`StorageError::Row`] if it holds what we never wrote.
pub fn to_chat(row: &Row) -> Result<Chat, StorageError> {
    let jid = row.text("jid")?;
    let kind = match row.text("kind")?.as_str() {
        "direct" => ChatKind::Direct,
        "group" => ChatKind::Group,
        _ => return Err(damaged("kind")),
    };
    let known = known_name(row, kind == ChatKind::Group)?;
    let last_message = match row.opt_text("message_id")? {
        None => None,
        Some(_) => {
            let from_me = row.flag("from_me")?;
            let sender_name = match kind {
                ChatKind::Group if !from_me => Some(sender_name(row)?),
                _ => None,
            };
            Some(MessagePreview {
                id: row.parse("message_id")?,
                from_me,
                sender_name,
                kind: MessageKind::parse(&row.text("message_kind")?)
                    .ok_or_else(|| damaged("message_kind"))?,
                text: row.text("body")?.chars().take(PREVIEW).collect(),
                timestamp: row.int("timestamp")?,
                status: MessageStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?,
                // As it is written: within a text its quotes would stand behind backslashes.
                revoked: row.flag("revoked")?,
            })
        }
    };
    Ok(Chat {
        id: row.parse("id")?,
        device_id: row.parse("device_id")?,
        kind,
        name: known.unwrap_or_else(|| bare_name(&jid)),
        phone_number: number_of(&jid).map(str::to_owned),
        lid: row.opt_text("lid")?.or_else(|| lid_of(&jid).map(str::to_owned)),
        picture: picture_path(row.opt_text("picture_hash")?),
        unread: row.number("unread")?,
        last_message,
        last_activity: row.int("last_activity")?,
        archived: row.flag("archived")?,
        pinned: row.opt_int("pinned_at")?.is_some(),
        pinned_at: row.opt_int("pinned_at")?,
        muted_until: row.opt_int("muted_until")?,
        marked_unread: row.flag("marked_unread")?,
        expires_in: row.opt_int("expires_in")?.and_then(|seconds| u32::try_from(seconds).ok()),
        // Ids of labels have no commas: what comes with one is not kept.
        labels: row
            .opt_text("labels")?
            .map_or_else(Vec::new, |ids| ids.split(',').map(str::to_owned).collect()),
        draft: None,
        jid,
    })
}

pub(super) fn sender_name(row: &Row) -> Result<String, StorageError> {
    let known = row.opt_text("sender_saved_name")?.or(row.opt_text("sender_push_name")?);
    Ok(match known {
        Some(name) => name,
        None => bare_name(&row.text("sender")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::Value;
    use crate::server::storage::testing::stores;

    /// One more than is looked at in one reading, twice.
    const CHATS: i64 = 2 * NAMES + 1;

    async fn many(store: &Store) {
        store
            .execute(query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)"))
            .await
            .unwrap();
        store
            .execute(query("INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ('dev_1', 'w', 'd', 'created', 0, 0, 0)"))
            .await
            .unwrap();
        // Every hundredth is a choir, and so is the oldest of all.
        let row = |n: i64| {
            let subject = if n % 100 == 0 { format!("Chörchen {n}") } else { format!("Group {n}") };
            vec![
                format!("cht_{n:05}").into(),
                "w".into(),
                "dev_1".into(),
                format!("{n}@g.us").into(),
                "group".into(),
                subject.into(),
                0_i64.into(),
                n.into(),
            ]
        };
        let all: Vec<Vec<Value>> = (0..CHATS).map(row).collect();
        for rows in all.chunks(500) {
            let into =
                "INSERT INTO chats (id, workspace_id, device_id, jid, kind, subject, unread, last_activity)";
            store.execute(Query::insert(into, rows.to_vec(), "")).await.unwrap();
        }
    }

    #[tokio::test]
    async fn names_are_found_across_readings_each_once_and_newest_first() {
        for test in stores().await {
            let store = &test.store;
            many(store).await;
            let reach = Reach::whole("w".parse().unwrap());
            let device: DeviceId = "dev_1".parse().unwrap();
            for device in [None, Some(&device)] {
                let mut found = Vec::new();
                let mut after: Option<String> = None;
                loop {
                    let like = ChatsLike::default();
                    let page =
                        chats_named(store, &reach, device, &like, "chorchen", after.as_deref(), 7).await;
                    let page = page.unwrap();
                    found.extend(page.items.into_iter().map(|chat| chat.last_activity));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                let all: Vec<i64> = (0..CHATS).rev().filter(|n| n % 100 == 0).collect();
                assert_eq!(found, all);
            }
            let one = chats_named(store, &reach, None, &ChatsLike::default(), "chorchen 0", None, 1).await;
            assert_eq!(one.unwrap().items.len(), 1, "the very last");
            let none =
                chats_named(store, &reach, None, &ChatsLike::default(), "nobody", None, 1).await.unwrap();
            assert!(none.items.is_empty() && none.next.is_none());
        }
    }
}
