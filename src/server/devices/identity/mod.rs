//! A person is one contact, whatever WhatsApp calls them.
//!
//! WhatsApp addresses people by number and by LID. Everything here is kept by number as soon as that is known: what
//! comes in is looked up in the transaction that keeps it ([`number_of`]), and what was kept under a LID moves to the
//! number in the transaction that learns it ([`learn`]). Until then, [`trace`] notes where the LID stands.

mod chat;
mod contact;
#[cfg(test)]
mod tests;
mod trace;
mod twin;

pub use trace::{names_lid, number_of, settle, trace};

use super::context::Context;
use super::rows;
use crate::protocol::{ChatId, EventKind, MessageId};
use crate::server::engine::Identity;
use crate::server::storage::{StorageError, Store, Tx, query, read};
use chat::Chats;
use std::collections::HashMap;

/// How many are learned in one transaction.
const PER_TRANSACTION: usize = 100;

/// The JID of a number.
fn jid_of(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

/// Keeps which numbers are behind LIDs. Whatever was kept under such a LID is the number's from then on; where a LID
/// moved to another number, its person changed it, and their chat moves along.
pub async fn learn(context: &Context, learned: Vec<Identity>) -> Result<(), StorageError> {
    let store = context.journal.store().clone();
    for part in learned.chunks(PER_TRANSACTION) {
        let news = unknown(&store, context, part).await?;
        if news.is_empty() {
            continue;
        }
        let context = context.clone();
        let write = store.write(move |tx| Box::pin(async move { take_in(tx, &context, &news).await }));
        write.await?;
    }
    Ok(())
}

/// Those that are not known yet: most are told again and again.
async fn unknown(
    store: &Store,
    context: &Context,
    learned: &[Identity],
) -> Result<Vec<Identity>, StorageError> {
    let select = query("SELECT lid, number FROM identities WHERE device_id = $1 AND lid IN");
    let lids = learned.iter().map(|identity| identity.lid.as_str());
    let rows = store.rows(select.bind(&context.device).list(lids)).await?;
    let mut known = HashMap::with_capacity(rows.len());
    for row in rows {
        known.insert(row.text("lid")?, row.text("number")?);
    }
    let is_news = |identity: &&Identity| known.get(&identity.lid) != Some(&identity.number);
    Ok(learned.iter().filter(is_news).cloned().collect())
}

/// Keeps them in this transaction, with all that follows.
pub async fn take_in(tx: &mut Tx<'_>, context: &Context, learned: &[Identity]) -> Result<(), StorageError> {
    // The last word on each.
    let mut latest: Vec<&Identity> = Vec::with_capacity(learned.len());
    for identity in learned {
        latest.retain(|one| one.lid != identity.lid);
        latest.push(identity);
    }
    let mut news = Vec::new();
    for identity in latest {
        news.extend(news_of(tx, context, identity).await?);
    }
    let names = news.iter().map(|News { identity, .. }| (identity.lid.clone(), jid_of(&identity.number)));
    let grouped = trace::rewrite_groups(tx, context, &names.collect()).await?;
    for News { identity, before } in news {
        learn_one(tx, context, identity, before, grouped.contains(&identity.lid)).await?;
    }
    Ok(())
}

/// A number that was not known to be behind a LID, and the one that was before.
struct News<'a> {
    identity: &'a Identity,
    before: Option<String>,
}

async fn news_of<'a>(
    tx: &mut Tx<'_>,
    context: &Context,
    identity: &'a Identity,
) -> Result<Option<News<'a>>, StorageError> {
    let Identity { lid, number, at } = identity;
    if read::lid_of(lid).is_none() || read::number_of(&jid_of(number)).is_none() {
        tracing::warn!(device = %context.device, "what was told of a LID cannot be read");
        return Ok(None);
    }
    let select = query("SELECT number, at FROM identities WHERE device_id = $1 AND lid = $2");
    let Some(row) = tx.row(select.bind(&context.device).bind(lid)).await? else {
        return Ok(Some(News { identity, before: None }));
    };
    let (before, since) = (row.text("number")?, row.int("at")?.div_euclid(1_000));
    let old = at.is_some_and(|at| at < since);
    Ok((before != *number && !old).then_some(News { identity, before: Some(before) }))
}

async fn learn_one(
    tx: &mut Tx<'_>,
    context: &Context,
    Identity { lid, number, .. }: &Identity,
    before: Option<String>,
    grouped: bool,
) -> Result<(), StorageError> {
    let upsert = query(
        "INSERT INTO identities (device_id, lid, number, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device_id, lid) DO UPDATE SET number = excluded.number, at = excluded.at",
    );
    let upsert = upsert.bind(&context.device).bind(lid).bind(number).bind(context.source.now());
    tx.execute(upsert).await?;
    if let Some(before) = before {
        let others = query("SELECT 1 AS one FROM identities WHERE device_id = $1 AND number = $2 LIMIT 1");
        // Whoever has the old number by now is somebody else: the chat is theirs.
        if tx.row(others.bind(&context.device).bind(&before)).await?.is_none() {
            changed_number(tx, context, &before, number).await?;
        }
    }
    unite(tx, context, (lid, &jid_of(number)), Some(lid), grouped).await
}

/// Somebody has another number now: their conversation goes on under it. What they wrote in groups stays under the
/// number that they wrote it with.
pub async fn changed_number(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &str,
    now: &str,
) -> Result<(), StorageError> {
    let moved = query("UPDATE identities SET number = $3 WHERE device_id = $1 AND number = $2");
    tx.execute(moved.bind(&context.device).bind(before).bind(now)).await?;
    let (before, now) = (jid_of(before), jid_of(now));
    let names = HashMap::from([(before.clone(), now.clone())]);
    let grouped = !trace::rewrite_groups(tx, context, &names).await?.is_empty();
    unite(tx, context, (&before, &now), None, grouped).await
}

/// Makes one person of two JIDs, and logs what that changed. `grouped` says that groups knew the first.
async fn unite(
    tx: &mut Tx<'_>,
    context: &Context,
    (from, to): (&str, &str),
    lid: Option<&str>,
    grouped: bool,
) -> Result<(), StorageError> {
    let mut dropped = Vec::new();
    let chats = chat::unite(tx, context, from, to, &mut dropped).await?;
    let traces = trace::rewrite(tx, context, from, to, &mut dropped).await?;
    twin::requote(tx, &dropped).await?;
    let known = chats != Chats::Nothing || traces || grouped;
    let moved = contact::unite(tx, context, from, to).await? || known;
    let named = match lid {
        Some(lid) => contact::set_lid(tx, context, to, lid).await?,
        None => contact::Named::default(),
    };
    let note = |tx: &mut Tx<'_>, kind| tx.note(context.workspace.clone(), Some(context.device.clone()), kind);
    if moved {
        if let Some(contact) = contact::ensure(tx, context, to).await? {
            note(tx, EventKind::ContactMerged { from: from.to_owned(), contact });
        }
    } else if named.contact {
        rows::note_contact(tx, context, to).await?;
    }
    let here = match &chats {
        Chats::United { into, .. } | Chats::Renamed(into) => Some(into.clone()),
        Chats::Named | Chats::Nothing => chat::find(tx, context, to).await?,
    };
    if let Some(id) = &here {
        let chat = rows::chat(tx, id).await?;
        match &chats {
            Chats::United { from, .. } => note(tx, EventKind::ChatMerged { from: from.clone(), chat }),
            Chats::Nothing if !moved && !named.chat => {}
            _ => note(tx, EventKind::ChatUpdated { chat }),
        }
    }
    for Dropped { id, chat, .. } in dropped {
        let chat = rows::chat(tx, &chat).await?;
        note(tx, EventKind::MessageDeleted { message_id: id, chat });
    }
    if let Some(id) = here.filter(|_| chats != Chats::Nothing) {
        chat::catch_up(tx, context, &id, to).await?;
    }
    Ok(())
}

/// A message that was here twice, once under each JID.
struct Dropped {
    /// Which is gone.
    id: MessageId,
    kept: MessageId,
    chat: ChatId,
}

/// As a row keeps it.
fn json<T: serde::Serialize>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::Database(error.to_string()))
}
