//! Labels of an account: asked for here, or told by another device of the account.
//!
//! As with chats: what is asked for is done here at once and waits in the outbox until WhatsApp has it. While it
//! waits, what WhatsApp tells of the same thing is older, and passed over. A chat may be labelled before the label is
//! known, and the other way round: both are kept.

use super::capabilities::Operation;
use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use super::rows;
use crate::protocol::{Chat, ChatId, DeviceId, EventKind, Label};
use crate::server::engine::LabelChange;
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, Store, Tx, query};

/// What the kinds of these outbox rows begin with.
pub const KIND: &str = "label.";
/// The longest name of a label, in characters.
pub const MAX_LABEL_NAME: usize = 100;
/// How many colours WhatsApp's palette has.
pub const LABEL_COLORS: u32 = 20;
/// How many labels an account has at most here; WhatsApp allows 20.
const MAX_LABELS: usize = 100;
/// The longest id of a label. WhatsApp's own are small numbers.
const MAX_ID: usize = 64;

/// Whether a text may be the id of a label.
#[must_use]
pub fn is_label_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl Devices {
    /// The labels of a device's account, by name.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn labels(&self, reach: &Reach, device: &DeviceId) -> Result<Vec<Label>, DeviceError> {
        let device = self.get(reach, device).await?;
        Ok(all(self.inner.journal.store(), &device.id).await?)
    }

    /// Makes a label. The same request makes one.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for a name or a colour out of its limits,
    /// [`DeviceError::Conflict`] if the device is linked to no account or has too many labels.
    pub async fn create_label(
        &self,
        reach: &Reach,
        request: Request,
        device: &DeviceId,
        name: &str,
        color: u32,
    ) -> Result<Label, DeviceError> {
        self.require(Operation::Labels)?;
        let (name, color) = (check_name(name)?, check_color(color)?);
        let device = self.get(reach, device).await?;
        let context = self.context(&reach.workspace, &device.id);
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                match commands::recall::<Label>(tx, &request).await?.settled() {
                    Ok(None) => {}
                    Ok(Some(label)) => return Ok(Ok(label)),
                    Err(error) => return Ok(Err(error)),
                }
                if let Some(refused) = unlinked(tx, &context).await? {
                    return Ok(Err(refused));
                }
                let known = query("SELECT id FROM labels WHERE device_id = $1").bind(&context.device);
                let known = tx.rows(known).await?;
                if known.len() >= MAX_LABELS {
                    let full = format!("an account has at most {MAX_LABELS} labels");
                    return Ok(Err(DeviceError::Conflict(full)));
                }
                let ids = known.iter().map(|row| row.text("id")).collect::<Result<Vec<_>, _>>()?;
                let last = ids.iter().filter_map(|id| id.parse::<u32>().ok()).max().unwrap_or(0);
                let label = Label { id: last.saturating_add(1).to_string(), name, color };
                put(tx, &context, &label).await?;
                queue(tx, &context, edit(&label)).await?;
                commands::remember(tx, &request, &label, context.source.now()).await?;
                Ok(Ok(label))
            })
        });
        let label = write.await??;
        self.wake(&device.id);
        Ok(label)
    }

    /// Changes what a label is called, or its colour. To repeat it changes nothing.
    ///
    /// # Errors
    /// As [`Devices::create_label`].
    pub async fn change_label(
        &self,
        reach: &Reach,
        device: &DeviceId,
        id: &str,
        name: Option<String>,
        color: Option<u32>,
    ) -> Result<Label, DeviceError> {
        self.require(Operation::Labels)?;
        let name = name.as_deref().map(check_name).transpose()?;
        let color = color.map(check_color).transpose()?;
        let device = self.get(reach, device).await?;
        let (context, id) = (self.context(&reach.workspace, &device.id), id.to_owned());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                let Some(before) = one(tx, &context, &id).await? else {
                    return Ok(Err(DeviceError::NotFound("label")));
                };
                let after = Label {
                    id,
                    name: name.unwrap_or_else(|| before.name.clone()),
                    color: color.unwrap_or(before.color),
                };
                if after != before {
                    if let Some(refused) = unlinked(tx, &context).await? {
                        return Ok(Err(refused));
                    }
                    put(tx, &context, &after).await?;
                    queue(tx, &context, edit(&after)).await?;
                }
                Ok(Ok(after))
            })
        });
        let label = write.await??;
        self.wake(&device.id);
        Ok(label)
    }

    /// Deletes a label; no chat has it any more.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Conflict`] if the device is linked to no account.
    pub async fn delete_label(&self, reach: &Reach, device: &DeviceId, id: &str) -> Result<(), DeviceError> {
        self.require(Operation::Labels)?;
        let device = self.get(reach, device).await?;
        let (context, id) = (self.context(&reach.workspace, &device.id), id.to_owned());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                if one(tx, &context, &id).await?.is_none() {
                    return Ok(Err(DeviceError::NotFound("label")));
                }
                if let Some(refused) = unlinked(tx, &context).await? {
                    return Ok(Err(refused));
                }
                remove(tx, &context, &id).await?;
                queue(tx, &context, LabelChange::Delete { id }).await?;
                Ok(Ok(()))
            })
        });
        write.await??;
        self.wake(&device.id);
        Ok(())
    }

    /// Gives a label to a chat, or takes it away. To repeat it changes nothing. Answers the chat.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`] for the chat and for a label of another account, [`DeviceError::Conflict`] if the
    /// device is linked to no account.
    pub async fn label_chat(
        &self,
        reach: &Reach,
        chat: &ChatId,
        label: &str,
        labeled: bool,
    ) -> Result<Chat, DeviceError> {
        self.require(Operation::Labels)?;
        let found = self.chat(reach, chat).await?;
        let (context, id) = (self.context(&reach.workspace, &found.device_id), label.to_owned());
        let jid = found.jid.clone();
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                if one(tx, &context, &id).await?.is_none() {
                    return Ok(Err(DeviceError::NotFound("label")));
                }
                if let Some(refused) = unlinked(tx, &context).await? {
                    return Ok(Err(refused));
                }
                if associate(tx, &context, &id, &jid, labeled).await? {
                    let change = LabelChange::Chat { id, jid, labeled };
                    queue(tx, &context, change).await?;
                }
                Ok(Ok(()))
            })
        });
        write.await??;
        self.wake(&found.device_id);
        self.chat(reach, chat).await
    }
}

/// A name without blanks around it.
fn check_name(name: &str) -> Result<String, DeviceError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > MAX_LABEL_NAME || name.chars().any(char::is_control) {
        return Err(DeviceError::Invalid(format!(
            "a label's name has 1 to {MAX_LABEL_NAME} characters, none of them a control character"
        )));
    }
    Ok(name.to_owned())
}

fn check_color(color: u32) -> Result<u32, DeviceError> {
    if color < LABEL_COLORS {
        Ok(color)
    } else {
        Err(DeviceError::Invalid(format!("a label's color is 0 to {}", LABEL_COLORS - 1)))
    }
}

fn edit(label: &Label) -> LabelChange {
    LabelChange::Edit { id: label.id.clone(), name: label.name.clone(), color: label.color }
}

async fn all(store: &Store, device: &DeviceId) -> Result<Vec<Label>, StorageError> {
    let select = query("SELECT * FROM labels WHERE device_id = $1 ORDER BY name, id").bind(device);
    store.rows(select).await?.iter().map(to_label).collect()
}

fn to_label(row: &Row) -> Result<Label, StorageError> {
    Ok(Label { id: row.text("id")?, name: row.text("name")?, color: row.number("color")? })
}

async fn one(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<Option<Label>, StorageError> {
    let select =
        query("SELECT * FROM labels WHERE device_id = $1 AND id = $2").bind(&context.device).bind(id);
    tx.row(select).await?.as_ref().map(to_label).transpose()
}

async fn unlinked(tx: &mut Tx<'_>, context: &Context) -> Result<Option<DeviceError>, StorageError> {
    let linked = query("SELECT linked FROM devices WHERE id = $1").bind(&context.device);
    let linked = tx.row(linked).await?.map(|row| row.flag("linked")).transpose()?;
    let refused = || DeviceError::Conflict("the device is linked to no phone: link it first".to_owned());
    Ok((linked != Some(true)).then(refused))
}

/// Keeps a label and logs it if it is news; chats that had it before it was known show it now.
async fn put(tx: &mut Tx<'_>, context: &Context, label: &Label) -> Result<(), StorageError> {
    let known = one(tx, context, &label.id).await?;
    if known.as_ref() == Some(label) {
        return Ok(());
    }
    let upsert = query(
        "INSERT INTO labels (device_id, id, name, color) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device_id, id) DO UPDATE SET name = excluded.name, color = excluded.color",
    );
    let upsert = upsert.bind(&context.device).bind(&label.id).bind(&label.name).bind(i64::from(label.color));
    tx.execute(upsert).await?;
    let updated = EventKind::LabelUpdated { label: label.clone() };
    tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
    if known.is_none() {
        for id in labeled(tx, context, &label.id).await? {
            note_chat(tx, context, &id).await?;
        }
    }
    Ok(())
}

/// The chats that have a label.
async fn labeled(tx: &mut Tx<'_>, context: &Context, label: &str) -> Result<Vec<ChatId>, StorageError> {
    let select = query(
        "SELECT c.id FROM chat_labels x JOIN chats c ON c.device_id = x.device_id AND c.jid = x.jid \
         WHERE x.device_id = $1 AND x.label_id = $2 ORDER BY c.id",
    );
    let rows = tx.rows(select.bind(&context.device).bind(label)).await?;
    rows.iter().map(|row| row.parse("id")).collect()
}

async fn note_chat(tx: &mut Tx<'_>, context: &Context, id: &ChatId) -> Result<(), StorageError> {
    let chat = rows::chat(tx, id).await?;
    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ChatUpdated { chat });
    Ok(())
}

/// Forgets a label and who has it, and logs what that changes.
async fn remove(tx: &mut Tx<'_>, context: &Context, id: &str) -> Result<(), StorageError> {
    let had = labeled(tx, context, id).await?;
    let delete = query("DELETE FROM chat_labels WHERE device_id = $1 AND label_id = $2");
    tx.execute(delete.bind(&context.device).bind(id)).await?;
    let delete = query("DELETE FROM labels WHERE device_id = $1 AND id = $2");
    if tx.execute(delete.bind(&context.device).bind(id)).await? == 0 {
        return Ok(());
    }
    for chat in had {
        note_chat(tx, context, &chat).await?;
    }
    let deleted = EventKind::LabelDeleted { id: id.to_owned() };
    tx.note(context.workspace.clone(), Some(context.device.clone()), deleted);
    Ok(())
}

/// Gives a label to a chat, or takes it away; logs the chat if that shows. Answers whether anything changed.
async fn associate(
    tx: &mut Tx<'_>,
    context: &Context,
    label: &str,
    jid: &str,
    labeled: bool,
) -> Result<bool, StorageError> {
    let change = match labeled {
        true => query(
            "INSERT INTO chat_labels (device_id, jid, label_id) VALUES ($1, $2, $3) ON CONFLICT (device_id, jid, label_id) DO NOTHING",
        ),
        false => query("DELETE FROM chat_labels WHERE device_id = $1 AND jid = $2 AND label_id = $3"),
    };
    if tx.execute(change.bind(&context.device).bind(jid).bind(label)).await? == 0 {
        return Ok(false);
    }
    if one(tx, context, label).await?.is_some() {
        let chat = query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2");
        if let Some(row) = tx.row(chat.bind(&context.device).bind(jid)).await? {
            note_chat(tx, context, &row.parse("id")?).await?;
        }
    }
    Ok(true)
}

/// What a change is called in the outbox: what it is about.
fn kind(change: &LabelChange) -> String {
    match change {
        LabelChange::Edit { id, .. } | LabelChange::Delete { id } => format!("{KIND}{id}"),
        LabelChange::Chat { id, jid, .. } => format!("{KIND}{id}/{jid}"),
    }
}

/// Labels go out in an order of their own: one has to be there before a chat has it.
async fn queue(tx: &mut Tx<'_>, context: &Context, change: LabelChange) -> Result<(), StorageError> {
    let body = serde_json::to_string(&change).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, $3, '', '', $4, 0, 0)",
    );
    let insert = insert.bind(&context.device).bind(context.source.id("out")).bind(kind(&change));
    tx.execute(insert.bind(body)).await.map(drop)
}

/// Another device of the account changed its labels.
///
/// # Errors
/// [`StorageError`].
pub async fn learn(context: &Context, change: LabelChange) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let waiting = query("SELECT 1 AS one FROM outbox WHERE device_id = $1 AND kind = $2 LIMIT 1");
                if tx.row(waiting.bind(&context.device).bind(kind(&change))).await?.is_some() {
                    return Ok(());
                }
                match change {
                    LabelChange::Edit { id, name, color } if is_label_id(&id) => {
                        let name = name.chars().take(MAX_LABEL_NAME).collect();
                        put(tx, &context, &Label { id, name, color }).await
                    }
                    LabelChange::Delete { id } => remove(tx, &context, &id).await,
                    LabelChange::Chat { id, jid, labeled } if is_label_id(&id) => {
                        associate(tx, &context, &id, &jid, labeled).await.map(drop)
                    }
                    _ => Ok(()),
                }
            })
        })
        .await
}

#[cfg(test)]
mod tests;
