//! Groups as they were last known: kept, so that they can be seen while the device is away and after it left; and told
//! to everybody who listens when they change.

use super::context::Context;
use super::{identity, rows};
use crate::protocol::{
    ChatId, ChatKind, Contact, DeviceId, EventKind, GroupInfo, GroupMember, GroupRequest, Millis,
};
use crate::server::engine::{EngineError, GroupState, Session};
use crate::server::storage::{StorageError, Tx, query, read};
use std::collections::HashMap;
use std::sync::Arc;

/// Looks at a group that changed, and tells everybody who listens.
///
/// # Errors
/// [`EngineError`] if WhatsApp did not say.
pub async fn refresh(context: &Context, session: &Arc<dyn Session>, jid: &str) -> Result<(), EngineError> {
    match session.group(jid).await {
        Ok(state) => drop(keep(context, state, true).await?),
        // The notice that we are out of it did not come.
        Err(EngineError::NoSuchRecipient) => drop(left(context, jid).await?),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Keeps a group as it is now, and answers it with the names of everybody in it; logged if it is news.
pub async fn keep(context: &Context, mut state: GroupState, news: bool) -> Result<GroupInfo, StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                for jid in state.members.iter_mut().map(|(jid, _)| jid).chain(&mut state.owner) {
                    identity::number_of(tx, &context, jid).await?;
                }
                let now = context.source.now();
                let chat_id = rows::ensure_chat(tx, &context, &state.jid, ChatKind::Group, now).await?;
                let update = query(
                    "UPDATE chats SET subject = $2 WHERE id = $1 AND (subject IS NULL OR subject <> $2)",
                );
                if tx.execute(update.bind(&chat_id).bind(&state.subject)).await? > 0 {
                    let chat = rows::chat(tx, &chat_id).await?;
                    let updated = EventKind::ChatUpdated { chat };
                    tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
                }
                let jids = state.members.iter().map(|(jid, _)| jid.as_str());
                let mut known = contacts(tx, &context.device, jids.collect()).await?;
                let member = |(jid, role): &(String, _)| {
                    let contact = known.remove(jid);
                    let (name, picture) = contact.map(|known| (known.name, known.picture)).unzip();
                    GroupMember {
                        jid: jid.clone(),
                        phone_number: read::number_of(jid).map(str::to_owned),
                        name: name.unwrap_or_else(|| read::bare_name(jid)),
                        picture: picture.flatten(),
                        role: *role,
                    }
                };
                let group = GroupInfo {
                    chat_id,
                    device_id: context.device.clone(),
                    members: state.members.iter().map(member).collect(),
                    jid: state.jid,
                    subject: state.subject,
                    description: state.description,
                    owner: state.owner.as_deref().map(read::address_of),
                    created_at: state.created_at,
                    settings: state.settings,
                    left: false,
                    as_of: now,
                };
                remember(tx, &context, &group, news).await?;
                Ok(group)
            })
        })
        .await
}

/// Keeps a group, and how many are in it beside this account; logged if it is news.
async fn remember(
    tx: &mut Tx<'_>,
    context: &Context,
    group: &GroupInfo,
    news: bool,
) -> Result<(), StorageError> {
    let own = own(tx, context).await?;
    let others = group.members.iter().filter(|member| !own.is(member)).count();
    let json = serde_json::to_string(group).map_err(|error| StorageError::Database(error.to_string()))?;
    let update = query("UPDATE chats SET group_info = $2, others = $3, expires_in = $4 WHERE id = $1");
    let update = update.bind(&group.chat_id).bind(json).bind(i64::try_from(others).unwrap_or(i64::MAX));
    tx.execute(update.bind(group.settings.expires_in.map(i64::from))).await?;
    if news {
        let updated = EventKind::GroupUpdated { group: group.clone() };
        tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
    }
    Ok(())
}

/// The account of a device.
struct Own {
    phone_number: Option<String>,
    lid: Option<String>,
}

impl Own {
    fn is(&self, member: &GroupMember) -> bool {
        let by_number = member.phone_number.is_some() && member.phone_number == self.phone_number;
        by_number || self.lid.as_ref().is_some_and(|lid| *lid == member.jid)
    }
}

async fn own(tx: &mut Tx<'_>, context: &Context) -> Result<Own, StorageError> {
    let select = query("SELECT phone_number, lid FROM devices WHERE id = $1").bind(&context.device);
    Ok(match tx.row(select).await? {
        Some(row) => Own { phone_number: row.opt_text("phone_number")?, lid: row.opt_text("lid")? },
        None => Own { phone_number: None, lid: None },
    })
}

/// What is known of people, by JID; those of whom nothing is are not there.
async fn contacts(
    tx: &mut Tx<'_>,
    device: &DeviceId,
    jids: Vec<&str>,
) -> Result<HashMap<String, Contact>, StorageError> {
    let mut known = HashMap::new();
    if !jids.is_empty() {
        let select = query("SELECT * FROM contacts WHERE device_id = $1 AND jid IN").bind(device);
        for row in tx.rows(select.list(jids)).await? {
            let contact = read::to_contact(&row)?;
            known.insert(contact.jid.clone(), contact);
        }
    }
    Ok(known)
}

/// A group as it was last known, with the names and pictures that its members have now.
///
/// # Errors
/// [`StorageError`].
pub async fn stored(context: &Context, chat: &ChatId) -> Result<Option<GroupInfo>, StorageError> {
    let store = context.journal.store();
    let row = store.row(query("SELECT group_info FROM chats WHERE id = $1").bind(chat)).await?;
    let Some(mut group) = row.map(|row| row.opt_json::<GroupInfo>("group_info")).transpose()?.flatten()
    else {
        return Ok(None);
    };
    for member in &mut group.members {
        if let Some(contact) = read::contact(store, &context.device, &member.jid).await? {
            (member.name, member.picture) = (contact.name, contact.picture);
        }
    }
    Ok(Some(group))
}

/// Keeps that this account is no longer in a group, and tells everybody who listens. Answers the group as it was last
/// known; nothing if it never was, or if that was known before.
///
/// # Errors
/// [`StorageError`].
pub async fn left(context: &Context, jid: &str) -> Result<Option<GroupInfo>, StorageError> {
    let (context, jid) = (context.clone(), jid.to_owned());
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let select = query("SELECT group_info FROM chats WHERE device_id = $1 AND jid = $2");
                let row = tx.row(select.bind(&context.device).bind(&jid)).await?;
                let group = row.map(|row| row.opt_json::<GroupInfo>("group_info")).transpose()?.flatten();
                let Some(mut group) = group.filter(|group| !group.left) else { return Ok(None) };
                let own = own(tx, &context).await?;
                group.members.retain(|member| !own.is(member));
                (group.left, group.as_of) = (true, context.source.now());
                remember(tx, &context, &group, true).await?;
                Ok(Some(group))
            })
        })
        .await
}

/// Who asks to be let in, with their names.
///
/// # Errors
/// [`StorageError`].
pub async fn requests(
    context: &Context,
    waiting: Vec<(String, Option<Millis>)>,
) -> Result<Vec<GroupRequest>, StorageError> {
    let device = context.device.clone();
    let write = context.journal.store().write(move |tx| {
        Box::pin(async move {
            let jids = waiting.iter().map(|(jid, _)| jid.as_str()).collect();
            let mut known = contacts(tx, &device, jids).await?;
            Ok(waiting.into_iter().map(|(jid, at)| request(&mut known, jid, at)).collect())
        })
    });
    write.await
}

fn request(known: &mut HashMap<String, Contact>, jid: String, at: Option<Millis>) -> GroupRequest {
    GroupRequest {
        phone_number: read::number_of(&jid).map(str::to_owned),
        name: known.remove(&jid).map_or_else(|| read::bare_name(&jid), |contact| contact.name),
        jid,
        at,
    }
}

/// Tells everybody who listens that people (JIDs) ask to be let into a group, or no longer do.
///
/// # Errors
/// [`StorageError`].
pub async fn requested(
    context: &Context,
    jid: &str,
    people: Vec<String>,
    pending: bool,
) -> Result<(), StorageError> {
    if people.is_empty() {
        return Ok(());
    }
    let (context, jid) = (context.clone(), jid.to_owned());
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let now = context.source.now();
                let chat_id = rows::ensure_chat(tx, &context, &jid, ChatKind::Group, now).await?;
                let mut known =
                    contacts(tx, &context.device, people.iter().map(String::as_str).collect()).await?;
                for person in people {
                    let request = request(&mut known, person, pending.then_some(now));
                    let told = EventKind::GroupRequest { chat_id: chat_id.clone(), request, pending };
                    tx.note(context.workspace.clone(), Some(context.device.clone()), told);
                }
                Ok(())
            })
        })
        .await
}
