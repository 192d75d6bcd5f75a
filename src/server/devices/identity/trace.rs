//! Where a LID stands whose number is not known yet, and writing the number there once it is.

use super::twin::{drop_twin, newest_of_each, once};
use super::{Context, Dropped, jid_of, json};
use crate::protocol::{ChatId, Details, EventKind, GroupInfo, MessageId};
use crate::server::devices::changes::details_json;
use crate::server::devices::sending::QueuedChange;
use crate::server::engine::{Change, InboundChange};
use crate::server::storage::{StorageError, Tx, query, read};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Notes of a trace that nobody knows of which LID it is.
const ANY: &str = "*";

/// Puts a person's JID by number in the place of their LID, where the number is known.
pub async fn number_of(tx: &mut Tx<'_>, context: &Context, jid: &mut String) -> Result<(), StorageError> {
    if read::lid_of(jid).is_none() {
        return Ok(());
    }
    let select = query("SELECT number FROM identities WHERE device_id = $1 AND lid = $2");
    if let Some(row) = tx.row(select.bind(&context.device).bind(&*jid)).await? {
        *jid = jid_of(&row.text("number")?);
    }
    Ok(())
}

/// Does the same to everybody whom a message names.
pub async fn settle(tx: &mut Tx<'_>, context: &Context, details: &mut Details) -> Result<(), StorageError> {
    for lid in named(details)? {
        let mut jid = lid.clone();
        number_of(tx, context, &mut jid).await?;
        if jid != lid {
            *details = renamed(details, &lid, &jid)?;
        }
    }
    Ok(())
}

/// Notes the LIDs that a message names: its sender's, and those in what it carries.
pub async fn trace(
    tx: &mut Tx<'_>,
    context: &Context,
    message: &MessageId,
    person: Option<&str>,
    details: &Details,
) -> Result<(), StorageError> {
    let mut lids = named(details)?;
    lids.extend(person.and_then(read::lid_of).map(str::to_owned));
    for lid in lids {
        let insert = query(
            "INSERT INTO lid_traces (device_id, lid, message_id) VALUES ($1, $2, $3) ON CONFLICT (device_id, lid, message_id) DO NOTHING",
        );
        tx.execute(insert.bind(&context.device).bind(lid).bind(message)).await?;
    }
    Ok(())
}

/// Whether a message names a LID.
pub fn names_lid(sender: &str, details: &Details) -> Result<bool, StorageError> {
    Ok(read::lid_of(sender).is_some() || !named(details)?.is_empty())
}

/// The LIDs that stand in what a message carries.
fn named(details: &Details) -> Result<BTreeSet<String>, StorageError> {
    let mut lids = BTreeSet::new();
    if let Some(text) = details_json(details)?.filter(|text| text.contains("@lid\"")) {
        collect(&read_value(&text)?, &mut lids);
    }
    Ok(lids)
}

fn collect(value: &Value, lids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => lids.extend(read::lid_of(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, lids)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, lids)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn read_value(text: &str) -> Result<Value, StorageError> {
    serde_json::from_str(text).map_err(|error| StorageError::Database(error.to_string()))
}

/// The same details with another name for somebody, who has one reaction, one vote for an option and one mention.
fn renamed(details: &Details, from: &str, to: &str) -> Result<Details, StorageError> {
    let mut value =
        serde_json::to_value(details).map_err(|error| StorageError::Database(error.to_string()))?;
    replace(&mut value, &read::address_of(from), &read::address_of(to));
    let mut details: Details =
        serde_json::from_value(value).map_err(|error| StorageError::Database(error.to_string()))?;
    newest_of_each(&mut details.reactions);
    once(&mut details.mentions);
    for option in details.poll.iter_mut().flat_map(|poll| &mut poll.options) {
        once(&mut option.voters);
    }
    Ok(details)
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, from, to)),
        _ => {}
    }
}

/// Writes the second JID wherever the first is noted to stand. Answers whether it stood anywhere.
pub async fn rewrite(
    tx: &mut Tx<'_>,
    context: &Context,
    from: &str,
    to: &str,
    dropped: &mut Vec<Dropped>,
) -> Result<bool, StorageError> {
    let select = query(
        "SELECT DISTINCT t.message_id AS id FROM lid_traces t WHERE t.device_id = $1 AND t.lid IN ($2, $3) ORDER BY 1",
    );
    let mut stood = false;
    for row in tx.rows(select.bind(&context.device).bind(from).bind(ANY)).await? {
        stood |= rewrite_message(tx, &row.parse("id")?, from, to, dropped).await?;
    }
    let done = query("DELETE FROM lid_traces WHERE device_id = $1 AND lid = $2");
    tx.execute(done.bind(&context.device).bind(from)).await?;
    rewrite_waiting(tx, context, from, to).await?;
    rewrite_outbox(tx, context, from, to).await?;
    Ok(stood)
}

/// The message as it stands now: one before it may have been its twin.
async fn rewrite_message(
    tx: &mut Tx<'_>,
    id: &MessageId,
    from: &str,
    to: &str,
    dropped: &mut Vec<Dropped>,
) -> Result<bool, StorageError> {
    let select = query("SELECT chat_id, sender, whatsapp_id, details FROM messages WHERE id = $1");
    let Some(row) = tx.row(select.bind(id)).await? else { return Ok(false) };
    let mut stood = rewrite_receipts(tx, id, from, to).await?;
    if let Some(before) = row.opt_json::<Details>("details")? {
        let after = renamed(&before, from, to)?;
        if after != before {
            let update = query("UPDATE messages SET details = $2 WHERE id = $1");
            tx.execute(update.bind(id).bind(details_json(&after)?)).await?;
            stood = true;
        }
    }
    if row.text("sender")? == from {
        let (chat, whatsapp_id) = (row.parse::<ChatId>("chat_id")?, row.text("whatsapp_id")?);
        rewrite_sender(tx, id, (&chat, &whatsapp_id), to, dropped).await?;
        stood = true;
    }
    Ok(stood)
}

async fn rewrite_sender(
    tx: &mut Tx<'_>,
    id: &MessageId,
    (chat, whatsapp_id): (&ChatId, &str),
    to: &str,
    dropped: &mut Vec<Dropped>,
) -> Result<(), StorageError> {
    let twin = query("SELECT id FROM messages WHERE chat_id = $1 AND sender = $2 AND whatsapp_id = $3");
    if let Some(twin) = tx.row(twin.bind(chat).bind(to).bind(whatsapp_id)).await? {
        let kept = twin.parse("id")?;
        drop_twin(tx, id, &kept).await?;
        dropped.push(Dropped { id: id.clone(), kept, chat: chat.clone() });
        crate::server::devices::rows::refresh_chat(tx, chat).await?;
        return crate::server::devices::receipts::count(tx, chat).await;
    }
    let update = query("UPDATE messages SET sender = $2 WHERE id = $1");
    tx.execute(update.bind(id).bind(to)).await.map(drop)
}

async fn rewrite_receipts(
    tx: &mut Tx<'_>,
    id: &MessageId,
    from: &str,
    to: &str,
) -> Result<bool, StorageError> {
    let insert = query(
        "INSERT INTO message_receipts (message_id, person, delivered_at, read_at, played_at) \
         SELECT r.message_id, $3, r.delivered_at, r.read_at, r.played_at FROM message_receipts r WHERE r.message_id = $1 AND r.person = $2 \
         ON CONFLICT (message_id, person) DO UPDATE SET \
         delivered_at = COALESCE(message_receipts.delivered_at, excluded.delivered_at), \
         read_at = COALESCE(message_receipts.read_at, excluded.read_at), \
         played_at = COALESCE(message_receipts.played_at, excluded.played_at)",
    );
    if tx.execute(insert.bind(id).bind(from).bind(to)).await? == 0 {
        return Ok(false);
    }
    let delete = query("DELETE FROM message_receipts WHERE message_id = $1 AND person = $2");
    tx.execute(delete.bind(id).bind(from)).await?;
    Ok(true)
}

/// The members of groups as they were last known: each JID of the first kind becomes the other. Answers which of them
/// stood anywhere. Of many people at once, since every group is looked at.
pub async fn rewrite_groups(
    tx: &mut Tx<'_>,
    context: &Context,
    names: &HashMap<String, String>,
) -> Result<HashSet<String>, StorageError> {
    let mut stood = HashSet::new();
    let named = match names.keys().next() {
        None => return Ok(stood),
        Some(only) if names.len() == 1 => format!("%\"{only}\"%"),
        Some(_) => "%@lid\"%".to_owned(),
    };
    let select = query(
        "SELECT id, group_info FROM chats WHERE device_id = $1 AND kind = 'group' AND group_info LIKE $2 ORDER BY id",
    );
    for row in tx.rows(select.bind(&context.device).bind(named)).await? {
        let mut group: GroupInfo = row.json("group_info")?;
        let mut changed = false;
        for member in &mut group.members {
            if let Some(to) = names.get(&member.jid) {
                stood.insert(std::mem::replace(&mut member.jid, to.clone()));
                member.phone_number = read::number_of(to).map(str::to_owned);
                changed = true;
            }
        }
        for (from, to) in names {
            if group.owner.as_ref().is_some_and(|owner| *owner == read::address_of(from)) {
                group.owner = Some(read::address_of(to));
                stood.insert(from.clone());
                changed = true;
            }
        }
        if !changed {
            continue;
        }
        let mut seen = HashSet::new();
        group.members.retain(|member| seen.insert(member.jid.clone()));
        let update = query("UPDATE chats SET group_info = $2 WHERE id = $1");
        tx.execute(update.bind(row.text("id")?).bind(json(&group)?)).await?;
        let updated = EventKind::GroupUpdated { group };
        tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
    }
    Ok(stood)
}

/// What waits for messages that are not here.
async fn rewrite_waiting(
    tx: &mut Tx<'_>,
    context: &Context,
    from: &str,
    to: &str,
) -> Result<(), StorageError> {
    let select =
        query("SELECT id, body FROM message_changes WHERE device_id = $1 AND body LIKE '%\"' || $2 || '\"%'");
    for row in tx.rows(select.bind(&context.device).bind(from)).await? {
        let mut done: InboundChange = row.json("body")?;
        for jid in [&mut done.chat, &mut done.sender] {
            if jid == from {
                to.clone_into(jid);
            }
        }
        if let Change::Edit { mentions, .. } = &mut done.change {
            mentions.iter_mut().filter(|person| *person == from).for_each(|person| {
                *person = read::address_of(to);
            });
        }
        let update = query("UPDATE message_changes SET body = $2 WHERE id = $1");
        tx.execute(update.bind(row.text("id")?).bind(json(&done)?)).await?;
    }
    Ok(())
}

/// What is to be done to messages and was not sent yet.
async fn rewrite_outbox(
    tx: &mut Tx<'_>,
    context: &Context,
    from: &str,
    to: &str,
) -> Result<(), StorageError> {
    let select = query(
        "SELECT id, body FROM outbox WHERE device_id = $1 AND kind = 'change' AND body LIKE '%\"' || $2 || '\"%'",
    );
    for row in tx.rows(select.bind(&context.device).bind(from)).await? {
        let mut queued: QueuedChange = row.json("body")?;
        if queued.target.sender == from {
            to.clone_into(&mut queued.target.sender);
        }
        *queued.details = renamed(&queued.details, from, to)?;
        let update = query("UPDATE outbox SET body = $3 WHERE device_id = $1 AND id = $2");
        tx.execute(update.bind(&context.device).bind(row.text("id")?).bind(json(&queued)?)).await?;
    }
    Ok(())
}
