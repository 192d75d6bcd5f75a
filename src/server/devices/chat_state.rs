//! Archiving, pinning, muting, marking, clearing and deleting chats: asked for here, or told by another device
//! of the account.
//!
//! What is asked for is done here at once and waits in the outbox until WhatsApp has it. While it waits, what
//! WhatsApp tells of the same thing is older, and passed over.

use super::capabilities::Operation;
use super::commands::{self, Request};
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use super::{chats, identity, inbound, marks, notices, receipts, rows};
use crate::protocol::{
    Chat, ChatChange, ChatId, DISAPPEAR_SECONDS, DeviceId, EventKind, MUTED_ALWAYS, Millis,
};
use crate::server::engine::{InboundTimer, NewestMessage, notice};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query, read};
use serde::{Deserialize, Serialize};

/// What the kinds of these outbox rows begin with.
pub const KIND: &str = "chat.";

/// A change on its way out: the outbox row's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The chat may be gone by the time that it is sent.
    pub jid: String,
    pub change: ChatChange,
    /// What was the newest message when it was asked for.
    pub newest: Option<NewestMessage>,
    /// After how many seconds messages disappeared before, to go back to if WhatsApp refuses.
    #[serde(default)]
    pub before: u32,
}

impl Devices {
    /// The chat of a device with this id, JID or phone number. None is made.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for what is no address.
    pub async fn chat_named(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<Chat, DeviceError> {
        let device = self.get(reach, device).await?;
        if let Ok(id) = named.parse::<ChatId>()
            && let Ok(chat) = self.chat(reach, &id).await
        {
            return if chat.device_id == device.id { Ok(chat) } else { Err(DeviceError::NotFound("chat")) };
        }
        let jid = chats::address(named)?;
        let chat = read::chat_by_jid(self.inner.journal.store(), &device.id, &jid).await?;
        chat.ok_or(DeviceError::NotFound("chat"))
    }

    /// Changes a chat, here at once and on WhatsApp as soon as the device is connected. All of the changes are
    /// on disk when this returns; the same request changes once. Answers the chat as it stands then, or `None`
    /// if it was deleted.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for a time that has passed, [`DeviceError::Conflict`]
    /// if the device is linked to no account, [`DeviceError::IdempotencyMismatch`] if the request's id stands
    /// for another.
    pub async fn change_chat(
        &self,
        reach: &Reach,
        request: Request,
        chat: &ChatId,
        mut changes: Vec<ChatChange>,
    ) -> Result<Option<Chat>, DeviceError> {
        for change in &changes {
            self.require(operation(change))?;
        }
        let found = match self.chat(reach, chat).await {
            Ok(found) => found,
            Err(DeviceError::NotFound(what)) => return self.deleted_before(request, what).await,
            Err(error) => return Err(error),
        };
        let context = self.context(&reach.workspace, &found.device_id);
        let draft = found.draft.clone();
        for change in &mut changes {
            check(change, context.source.now())?;
        }
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move { change(tx, &context, &request, &found.id, changes).await })
        });
        let changed = write.await??;
        if let Some((device, _)) = &changed {
            self.wake(device);
        }
        Ok(changed.and_then(|(_, chat)| chat).map(|chat| Chat { draft, ..chat }))
    }

    /// The chat of a request is not there: because this very request deleted it, or because it never was.
    async fn deleted_before(
        &self,
        request: Request,
        what: &'static str,
    ) -> Result<Option<Chat>, DeviceError> {
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move { Ok(commands::recall::<ChatId>(tx, &request).await?.settled()) })
        });
        match write.await?? {
            Some(_) => Ok(None),
            None => Err(DeviceError::NotFound(what)),
        }
    }
}

/// What an engine has to be able to do for this.
fn operation(change: &ChatChange) -> Operation {
    match change {
        ChatChange::Archive { .. } => Operation::ArchiveChat,
        ChatChange::Pin { .. } => Operation::PinChat,
        ChatChange::Mute { .. } => Operation::MuteChat,
        ChatChange::MarkUnread { .. } => Operation::MarkUnread,
        ChatChange::Disappear { .. } => Operation::Disappear,
        ChatChange::Clear => Operation::ClearChat,
        ChatChange::Delete => Operation::DeleteChat,
    }
}

/// Times have limits; whatever means always becomes [`MUTED_ALWAYS`].
fn check(change: &mut ChatChange, now: Millis) -> Result<(), DeviceError> {
    if let ChatChange::Disappear { seconds } = change
        && *seconds != 0
        && !DISAPPEAR_SECONDS.contains(seconds)
    {
        return Err(DeviceError::Invalid(
            "messages disappear after 86400, 604800 or 7776000 seconds, or 0 for never".to_owned(),
        ));
    }
    if let ChatChange::Mute { until: Some(until) } = change {
        if *until == -1 || *until > MUTED_ALWAYS {
            *until = MUTED_ALWAYS;
        }
        if *until <= now {
            return Err(DeviceError::Invalid("a chat is muted until a time to come".to_owned()));
        }
    }
    Ok(())
}

/// Does and queues changes in one transaction. Answers nothing if all of it was done before by this request and
/// the chat is gone since.
async fn change(
    tx: &mut Tx<'_>,
    context: &Context,
    request: &Request,
    id: &ChatId,
    changes: Vec<ChatChange>,
) -> Result<Result<Option<(DeviceId, Option<Chat>)>, DeviceError>, StorageError> {
    match commands::recall::<ChatId>(tx, request).await?.settled() {
        Err(error) => return Ok(Err(error)),
        Ok(Some(id)) => {
            let row = tx.row(read::chat_query(&id)).await?;
            let chat = row.as_ref().map(read::to_chat).transpose()?;
            return Ok(Ok(chat.map(|chat| (context.device.clone(), Some(chat)))));
        }
        Ok(None) => {}
    }
    let linked = query("SELECT linked FROM devices WHERE id = $1").bind(&context.device);
    let linked = tx.row(linked).await?.map(|row| row.flag("linked")).transpose()?;
    if linked != Some(true) {
        return Ok(Err(DeviceError::Conflict("the device is linked to no phone: link it first".to_owned())));
    }
    let Some(row) = tx.row(read::chat_query(id)).await? else {
        return Ok(Err(DeviceError::NotFound("chat")));
    };
    let before = read::to_chat(&row)?;
    let newest = newest(tx, &before).await?;
    commands::remember(tx, request, id, context.source.now()).await?;
    let mut changed = false;
    for change in changes {
        if change == (ChatChange::Archive { archived: true }) && before.pinned {
            // As WhatsApp's own clients do: what is put away stands at no list's top.
            queue(tx, context, &before, ChatChange::Pin { pinned: false }, newest.clone()).await?;
        }
        if let ChatChange::MarkUnread { unread: false } = change
            && let Some(last) = &before.last_message
        {
            changed |= marks::read_up_to(tx, context, id, &last.id).await?;
        }
        if !apply(tx, id, &change, context.source.now()).await? {
            continue;
        }
        changed = true;
        if let ChatChange::Disappear { seconds } = change {
            notices::keep_in(tx, context, &before.jid, notices::of_timer(seconds)).await?;
        }
        let gone = change == ChatChange::Delete;
        if gone {
            forget_outbox(tx, context, id).await?;
        }
        queue(tx, context, &before, change, newest.clone()).await?;
        if gone {
            note_deleted(tx, context, id);
            return Ok(Ok(Some((context.device.clone(), None))));
        }
    }
    let chat = rows::chat(tx, id).await?;
    if changed {
        note(tx, context, chat.clone());
    }
    Ok(Ok(Some((context.device.clone(), Some(chat)))))
}

/// The newest message that WhatsApp knows.
async fn newest(tx: &mut Tx<'_>, chat: &Chat) -> Result<Option<NewestMessage>, StorageError> {
    let select = query(
        "SELECT whatsapp_id, from_me, sender, timestamp FROM messages \
         WHERE chat_id = $1 AND status NOT IN ('queued', 'failed') AND kind <> 'system' ORDER BY timestamp DESC, id DESC LIMIT 1",
    );
    let Some(row) = tx.row(select.bind(&chat.id)).await? else { return Ok(None) };
    let from_me = row.flag("from_me")?;
    let by_another = chat.kind == crate::protocol::ChatKind::Group && !from_me;
    Ok(Some(NewestMessage {
        whatsapp_id: row.text("whatsapp_id")?,
        from_me,
        sender: by_another.then(|| row.text("sender")).transpose()?,
        timestamp: row.int("timestamp")?,
    }))
}

async fn queue(
    tx: &mut Tx<'_>,
    context: &Context,
    chat: &Chat,
    change: ChatChange,
    newest: Option<NewestMessage>,
) -> Result<(), StorageError> {
    let body = Outgoing { jid: chat.jid.clone(), change, newest, before: chat.expires_in.unwrap_or(0) };
    let body = serde_json::to_string(&body).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = query(
        "INSERT INTO outbox (device_id, id, kind, chat_id, message_id, body, attempts, due_at) VALUES ($1, $2, $3, $4, '', $5, 0, 0)",
    );
    let insert = insert.bind(&context.device).bind(context.source.id("out"));
    let insert = insert.bind(format!("{KIND}{}", change.name())).bind(&chat.id).bind(body);
    tx.execute(insert).await.map(drop)
}

/// Queues that a chat that was marked as unread no longer is, because its messages were read here.
pub async fn no_longer_unread(tx: &mut Tx<'_>, context: &Context, id: &ChatId) -> Result<bool, StorageError> {
    let change = ChatChange::MarkUnread { unread: false };
    if !apply(tx, id, &change, context.source.now()).await? {
        return Ok(false);
    }
    let chat = rows::chat(tx, id).await?;
    let newest = newest(tx, &chat).await?;
    queue(tx, context, &chat, change, newest).await?;
    Ok(true)
}

/// Does a change of ours to the tables; `false` if all is so already.
async fn apply(tx: &mut Tx<'_>, id: &ChatId, change: &ChatChange, at: Millis) -> Result<bool, StorageError> {
    let statement = match change {
        ChatChange::Archive { archived: true } => {
            query("UPDATE chats SET archived = 1, pinned_at = NULL WHERE id = $1 AND archived = 0").bind(id)
        }
        ChatChange::Archive { archived: false } => {
            query("UPDATE chats SET archived = 0 WHERE id = $1 AND archived = 1").bind(id)
        }
        ChatChange::Pin { pinned: true } => {
            query("UPDATE chats SET pinned_at = $2 WHERE id = $1 AND pinned_at IS NULL").bind(id).bind(at)
        }
        ChatChange::Pin { pinned: false } => {
            query("UPDATE chats SET pinned_at = NULL WHERE id = $1 AND pinned_at IS NOT NULL").bind(id)
        }
        ChatChange::Mute { until } => query(
            "UPDATE chats SET muted_until = $2 WHERE id = $1 AND COALESCE(muted_until, 0) <> COALESCE($2, 0)",
        )
        .bind(id)
        .bind(*until),
        ChatChange::MarkUnread { unread } => {
            query("UPDATE chats SET marked_unread = $2 WHERE id = $1 AND marked_unread <> $2")
                .bind(id)
                .bind(*unread)
        }
        ChatChange::Disappear { seconds } => query(
            "UPDATE chats SET expires_in = $2, expires_since = $4 \
             WHERE id = $1 AND COALESCE(expires_in, 0) <> $3 AND COALESCE(expires_since, 0) <= $4",
        )
        .bind(id)
        .bind((*seconds > 0).then(|| i64::from(*seconds)))
        .bind(i64::from(*seconds))
        // WhatsApp counts whole seconds: of two in one, the later told counts.
        .bind(at.div_euclid(1_000).saturating_mul(1_000)),
        ChatChange::Clear => {
            remove_messages(tx, id, Millis::MAX).await?;
            return Ok(true);
        }
        ChatChange::Delete => query("DELETE FROM chats WHERE id = $1").bind(id),
    };
    Ok(tx.execute(statement).await? > 0)
}

/// Removes a chat's messages up to a time, and what was still to be done with them. Answers how many are left.
async fn remove_messages(tx: &mut Tx<'_>, id: &ChatId, through: Millis) -> Result<i64, StorageError> {
    let delete = query("DELETE FROM messages WHERE chat_id = $1 AND timestamp <= $2").bind(id).bind(through);
    tx.execute(delete).await?;
    let unsent = query(
        "DELETE FROM outbox WHERE chat_id = $1 AND kind IN ('message', 'change') \
         AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = outbox.message_id)",
    );
    tx.execute(unsent.bind(id)).await?;
    tx.execute(query("UPDATE chats SET marked_unread = 0, unread_beyond = 0 WHERE id = $1").bind(id)).await?;
    rows::refresh_chat(tx, id).await?;
    receipts::count(tx, id).await?;
    let left = query("SELECT count(*) AS count FROM messages WHERE chat_id = $1").bind(id);
    tx.row(left).await?.map_or(Ok(0), |row| row.int("count"))
}

async fn forget_outbox(tx: &mut Tx<'_>, context: &Context, id: &ChatId) -> Result<(), StorageError> {
    let delete = query("DELETE FROM outbox WHERE device_id = $1 AND chat_id = $2");
    tx.execute(delete.bind(&context.device).bind(id)).await.map(drop)
}

fn note(tx: &mut Tx<'_>, context: &Context, chat: Chat) {
    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ChatUpdated { chat });
}

fn note_deleted(tx: &mut Tx<'_>, context: &Context, id: &ChatId) {
    let deleted = EventKind::ChatDeleted { chat_id: id.clone() };
    tx.note(context.workspace.clone(), Some(context.device.clone()), deleted);
}

/// Another device of the account changed a chat, at this time; of a chat that was cleared or deleted, what came
/// later stays. Chats that are not known here are passed over: if there is something in them, the history says
/// how they are.
pub async fn learn(
    context: &Context,
    mut jid: String,
    change: ChatChange,
    at: Millis,
) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                identity::number_of(tx, &context, &mut jid).await?;
                let select = query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2");
                let Some(row) = tx.row(select.bind(&context.device).bind(&jid)).await? else { return Ok(()) };
                let id: ChatId = row.parse("id")?;
                if take_in(tx, &context, &id, change, at).await? {
                    let chat = rows::chat(tx, &id).await?;
                    note(tx, &context, chat);
                }
                Ok(())
            })
        })
        .await
}

/// Somebody set after how many seconds new messages of a chat disappear.
pub async fn set_timer(tx: &mut Tx<'_>, context: &Context, timer: InboundTimer) -> Result<(), StorageError> {
    let id = rows::ensure_chat(tx, context, &timer.chat, timer.chat_kind, timer.timestamp).await?;
    let change = ChatChange::Disappear { seconds: timer.seconds };
    if !take_in(tx, context, &id, change, timer.timestamp).await? {
        return Ok(());
    }
    let (code, people, value) = notices::of_timer(timer.seconds);
    let by = Some(timer.sender.as_str());
    let told = notice(&timer.chat, by, timer.from_me, timer.timestamp, code, people, value);
    inbound::keep(tx, context, told).await?;
    let chat = rows::chat(tx, &id).await?;
    note(tx, context, chat);
    Ok(())
}

/// WhatsApp does not take a change: what was set before stands again, as far as it can be taken back.
pub async fn refused(context: &Context, mut outgoing: Outgoing) -> Result<(), StorageError> {
    let ChatChange::Disappear { seconds } = outgoing.change else { return Ok(()) };
    let (context, store) = (context.clone(), context.journal.store().clone());
    store
        .write(move |tx| {
            Box::pin(async move {
                identity::number_of(tx, &context, &mut outgoing.jid).await?;
                let select = query("SELECT id, expires_in FROM chats WHERE device_id = $1 AND jid = $2");
                let Some(row) = tx.row(select.bind(&context.device).bind(&outgoing.jid)).await? else {
                    return Ok(());
                };
                let id: ChatId = row.parse("id")?;
                if row.opt_int("expires_in")?.unwrap_or(0) != i64::from(seconds) {
                    return Ok(());
                }
                let change = ChatChange::Disappear { seconds: outgoing.before };
                if apply(tx, &id, &change, context.source.now()).await? {
                    let chat = rows::chat(tx, &id).await?;
                    note(tx, &context, chat);
                }
                Ok(())
            })
        })
        .await
}

/// The same in a transaction. Answers whether the chat changed and is still there.
pub async fn take_in(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ChatId,
    change: ChatChange,
    at: Millis,
) -> Result<bool, StorageError> {
    let waiting =
        query("SELECT 1 AS one FROM outbox WHERE device_id = $1 AND chat_id = $2 AND kind = $3 LIMIT 1");
    let waiting = waiting.bind(&context.device).bind(id).bind(format!("{KIND}{}", change.name()));
    if tx.row(waiting).await?.is_some() {
        return Ok(false);
    }
    match change {
        ChatChange::MarkUnread { unread: false } => {
            let read = query(
                "UPDATE messages SET status = 'read' WHERE chat_id = $1 AND from_me = 0 AND status <> 'read' AND timestamp <= $2",
            );
            let read = tx.execute(read.bind(id).bind(at)).await? > 0;
            let read = receipts::read_beyond(tx, id).await? || read;
            if read {
                receipts::count(tx, id).await?;
            }
            Ok(apply(tx, id, &change, at).await? || read)
        }
        ChatChange::Clear => remove_messages(tx, id, at).await.map(|_| true),
        ChatChange::Delete => {
            if remove_messages(tx, id, at).await? > 0 {
                return Ok(true);
            }
            forget_outbox(tx, context, id).await?;
            apply(tx, id, &change, at).await?;
            note_deleted(tx, context, id);
            Ok(false)
        }
        _ => apply(tx, id, &change, at).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_muted_until_a_time_to_come() {
        let checked = |until| {
            let mut change = ChatChange::Mute { until };
            check(&mut change, 1_000).map(|()| change)
        };
        let until = |until| ChatChange::Mute { until };
        assert_eq!(checked(None).unwrap(), until(None));
        assert_eq!(checked(Some(1_001)).unwrap(), until(Some(1_001)));
        for always in [-1, MUTED_ALWAYS, MUTED_ALWAYS + 1, Millis::MAX] {
            assert_eq!(checked(Some(always)).unwrap(), until(Some(MUTED_ALWAYS)), "{always}");
        }
        for past in [0, 1_000, -2, Millis::MIN] {
            assert!(matches!(checked(Some(past)), Err(DeviceError::Invalid(_))), "{past}");
        }
    }
}
