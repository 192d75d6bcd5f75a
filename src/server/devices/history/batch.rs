//! Many messages of one chat at once.

use super::super::context::Context;
use super::super::rows::{self, Names};
use super::super::{changes, expiry, identity, inbound};
use super::placing::{Spot, merge};
use crate::protocol::{ChatId, MessageId, Millis};
use crate::server::engine::{HistoryMessage, InboundMessage};
use crate::server::storage::search::{found_by, index_new};
use crate::server::storage::{Query, StorageError, Tx, Value, query};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A message with the place that it gets.
struct Placed {
    past: HistoryMessage,
    at: Millis,
}

/// Inserts messages, oldest first; answers how many of them were not here.
pub async fn insert(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    mut messages: Vec<HistoryMessage>,
) -> Result<u32, StorageError> {
    for past in &mut messages {
        identity::number_of(tx, context, &mut past.message.chat).await?;
        identity::number_of(tx, context, &mut past.message.sender).await?;
        identity::settle(tx, context, &mut past.message.details).await?;
    }
    learn_senders(tx, context, &messages).await?;
    let mut placed = place(tx, chat, messages).await?;
    let quoted = quoted(tx, context, chat, &placed).await?;
    let jid = placed.first().map(|first| first.past.message.chat.clone()).unwrap_or_default();
    let mut kept = 0;
    let (mut values, mut texts) = (Vec::new(), Vec::new());
    let mut new = HashSet::new();
    let mut traced = Vec::new();
    // So that an answer to a message of the same chunk finds it: the older ones come first.
    let mut here: HashMap<String, MessageId> = HashMap::new();
    for Placed { past, at } in placed.drain(..) {
        let HistoryMessage { mut message, status, order } = past;
        let whatsapp_id = message.whatsapp_id.clone();
        if message.media.is_some() || message.details.media.is_some() {
            if let Some(id) = alone(tx, context, chat, message, at, status, order).await? {
                kept += 1;
                new.insert(id.as_str().to_owned());
                here.insert(whatsapp_id, id);
            }
            continue;
        }
        let id = mint(context)?;
        here.insert(whatsapp_id.clone(), id.clone());
        if let Some(answered) = &mut message.details.quoted {
            let found = quoted.get(&answered.whatsapp_id).or_else(|| here.get(&answered.whatsapp_id));
            answered.message_id = found.cloned();
        }
        if identity::names_lid(&message.sender, &message.details)? {
            traced.push((id.clone(), message.sender.clone(), message.details.clone()));
        }
        let InboundMessage { from_me, sender, kind, text, details, secret, raw, .. } = message;
        // PostgreSQL's TEXT holds no NUL; neither does any message that a person can read.
        let text = text.replace('\0', "");
        values.push(vec![
            Value::from(&id),
            chat.into(),
            (&context.device).into(),
            whatsapp_id.into(),
            from_me.into(),
            sender.into(),
            kind.as_str().into(),
            text.as_str().into(),
            at.into(),
            status.as_str().into(),
            raw.into(),
            changes::details_json(&details)?.into(),
            secret.into(),
            order.unwrap_or(0).into(),
            expiry::at(&details, at).into(),
        ]);
        texts.push((id, at, found_by(&text, &details)));
    }
    if !values.is_empty() {
        let insert = Query::insert(
            "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status, raw, details, secret, history_order, expires_at)",
            values,
            "ON CONFLICT (chat_id, sender, whatsapp_id) DO NOTHING RETURNING id",
        );
        let rows = tx.rows(insert).await?;
        kept += u32::try_from(rows.len()).unwrap_or(u32::MAX);
        for row in rows {
            new.insert(row.text("id")?);
        }
        texts.retain(|(id, ..): &(MessageId, Millis, String)| new.contains(id.as_str()));
        let scopes = [context.workspace.as_str(), context.device.as_str(), chat.as_str()];
        index_new(tx, scopes, &texts).await?;
    }
    for (id, sender, details) in traced {
        if new.contains(id.as_str()) {
            identity::trace(tx, context, &id, Some(&sender), &details).await?;
        }
    }
    here.retain(|_, id| new.contains(id.as_str()));
    catch_up(tx, context, &jid, here).await?;
    Ok(kept)
}

/// Does what was done to these messages before they came.
async fn catch_up(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &str,
    new: HashMap<String, MessageId>,
) -> Result<(), StorageError> {
    if new.is_empty() {
        return Ok(());
    }
    let select = query(
        "SELECT DISTINCT whatsapp_id FROM message_changes WHERE device_id = $1 AND chat_jid = $2 AND whatsapp_id IN",
    );
    let waited = tx.rows(select.bind(&context.device).bind(chat).list(new.keys())).await?;
    for row in waited {
        let whatsapp_id = row.text("whatsapp_id")?;
        if let Some(id) = new.get(&whatsapp_id) {
            changes::catch_up(tx, context, chat, &whatsapp_id, id).await?;
        }
    }
    Ok(())
}

fn mint(context: &Context) -> Result<MessageId, StorageError> {
    let id = context.source.id("msg");
    id.parse().map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))
}

/// A message with a file goes in by the way that live ones take: more than its row is written.
async fn alone(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    message: InboundMessage,
    at: Millis,
    status: crate::protocol::MessageStatus,
    order: Option<i64>,
) -> Result<Option<MessageId>, StorageError> {
    let Some(id) = inbound::insert(tx, context, chat, message, at, status).await? else { return Ok(None) };
    let update = query("UPDATE messages SET history_order = $2 WHERE id = $1");
    tx.execute(update.bind(&id).bind(order.unwrap_or(0))).await?;
    Ok(Some(id))
}

/// The names that people gave themselves: of each, the newest.
async fn learn_senders(
    tx: &mut Tx<'_>,
    context: &Context,
    messages: &[HistoryMessage],
) -> Result<(), StorageError> {
    let mut names = BTreeMap::new();
    for past in messages.iter().filter(|past| !past.message.from_me) {
        if let Some(name) = &past.message.push_name {
            names.insert(past.message.sender.clone(), name.clone());
        }
    }
    for (jid, name) in names {
        rows::learn_contact(tx, context, &jid, Names { saved: None, push: Some(name) }).await?;
    }
    Ok(())
}

/// The messages of this chat that are answered, by WhatsApp's id.
async fn quoted(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &ChatId,
    placed: &[Placed],
) -> Result<HashMap<String, MessageId>, StorageError> {
    let answered = placed.iter().filter_map(|placed| placed.past.message.details.quoted.as_ref());
    let ids: Vec<&String> = answered.map(|quoted| &quoted.whatsapp_id).collect();
    let mut found = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let select =
        query("SELECT id, chat_id, whatsapp_id FROM messages WHERE device_id = $1 AND whatsapp_id IN");
    for row in tx.rows(select.bind(&context.device).list(ids)).await? {
        if row.text("chat_id")? == chat.as_str() {
            found.insert(row.text("whatsapp_id")?, row.parse("id")?);
        }
    }
    Ok(found)
}

/// Gives every message its place in its second, among those that are here.
async fn place(
    tx: &mut Tx<'_>,
    chat: &ChatId,
    messages: Vec<HistoryMessage>,
) -> Result<Vec<Placed>, StorageError> {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(Vec::new()) };
    let last_second = last.message.timestamp;
    let select = query(
        "SELECT id, timestamp, history_order FROM messages WHERE chat_id = $1 AND timestamp >= $2 AND timestamp <= $3 ORDER BY timestamp, id",
    );
    let select = select.bind(chat).bind(first.message.timestamp).bind(last_second.saturating_add(999));
    let mut here: BTreeMap<Millis, Vec<Spot<What>>> = BTreeMap::new();
    for row in tx.rows(select).await? {
        let at = row.int("timestamp")?;
        let order = row.opt_int("history_order")?.filter(|order| *order > 0);
        let spot = Spot { what: What::Here(row.parse("id")?), order, at: Some(at) };
        here.entry(at.div_euclid(1_000).saturating_mul(1_000)).or_default().push(spot);
    }
    let mut new: BTreeMap<Millis, Vec<Spot<What>>> = BTreeMap::new();
    for past in messages {
        let (second, order) = (past.message.timestamp, past.order.filter(|order| *order > 0));
        new.entry(second).or_default().push(Spot { what: What::New(Box::new(past)), order, at: None });
    }
    let mut placed = Vec::new();
    for (second, new) in new {
        let there = here.remove(&second).unwrap_or_default();
        for (spot, at) in merge(second, there, new, second == last_second) {
            match spot.what {
                What::New(past) => placed.push(Placed { past: *past, at }),
                What::Here(id) if spot.at != Some(at) => {
                    let update = query("UPDATE messages SET timestamp = $2 WHERE id = $1");
                    tx.execute(update.bind(&id).bind(at)).await?;
                }
                What::Here(_) => {}
            }
        }
    }
    Ok(placed)
}

enum What {
    Here(MessageId),
    New(Box<HistoryMessage>),
}
