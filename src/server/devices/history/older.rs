//! Older messages than those that are here: the phone is asked for them, and sends them as a part of the history.

use super::super::capabilities::Operation;
use super::super::context::Context;
use super::super::error::DeviceError;
use super::super::registry::Devices;
use super::parts;
use crate::protocol::{Chat, ChatId, ChatKind, DeviceId, EventKind, HistoryState, Millis};
use crate::server::engine::{NewestMessage, Session};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, query, read};
use std::sync::Arc;

/// How many messages may be asked for at a time.
pub const MAX_OLDER: u32 = 500;
/// How long nothing has come before it is taken for lost: WhatsApp was told that it arrived, and we went before we
/// had it.
const LOST: Millis = 10 * 60 * 1_000;
/// How many chats are then asked for what is missing, the newest ones, and for how many messages each.
const ASKED_CHATS: i64 = 20;
const ASKED_MESSAGES: u32 = 50;

impl Devices {
    /// How far a device's history is.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn history_state(&self, reach: &Reach, device: &DeviceId) -> Result<HistoryState, DeviceError> {
        let device = self.get(reach, device).await?;
        Ok(parts::state(self.inner.journal.store(), &device.id).await?)
    }

    /// Asks the phone for messages of a chat that are older than all that are here. They come by and by; an event
    /// `history.synced` with the chat says so.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for a count that is not 1 to [`MAX_OLDER`],
    /// [`DeviceError::Conflict`] if the phone said that it has nothing older, or if nothing is here to start from,
    /// [`crate::server::engine::EngineError`] if the device is not connected.
    pub async fn older_messages(
        &self,
        reach: &Reach,
        chat: &ChatId,
        count: u32,
    ) -> Result<Chat, DeviceError> {
        self.require(Operation::OlderMessages)?;
        if !(1..=MAX_OLDER).contains(&count) {
            return Err(DeviceError::Invalid(format!("count is a number from 1 to {MAX_OLDER}")));
        }
        let chat = self.chat(reach, chat).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        let select = query("SELECT history_end FROM chats WHERE id = $1").bind(&chat.id);
        let row = self.inner.journal.store().row(select).await?;
        if row.map(|row| row.flag("history_end")).transpose()?.unwrap_or(false) {
            return Err(DeviceError::Conflict("the phone has nothing older of this chat".to_owned()));
        }
        let session = self.live(&chat.device_id)?;
        if !ask(&context, &*session, &chat, count).await? {
            return Err(DeviceError::Conflict("the chat has no message to go back from".to_owned()));
        }
        Ok(chat)
    }
}

/// Asks for older messages of a chat; `false` if nothing is here to start from.
async fn ask(context: &Context, session: &dyn Session, chat: &Chat, count: u32) -> Result<bool, DeviceError> {
    let store = context.journal.store();
    // Notices of ours are no messages that the phone knows.
    let select = query(
        "SELECT whatsapp_id, from_me, sender, timestamp FROM messages \
         WHERE chat_id = $1 AND status NOT IN ('queued', 'failed') AND kind <> 'system' ORDER BY timestamp, id LIMIT 1",
    );
    let Some(row) = store.row(select.bind(&chat.id)).await? else { return Ok(false) };
    let from_me = row.flag("from_me")?;
    let sender = (chat.kind == ChatKind::Group && !from_me).then(|| row.text("sender")).transpose()?;
    let oldest = NewestMessage {
        whatsapp_id: row.text("whatsapp_id")?,
        from_me,
        sender,
        timestamp: row.int("timestamp")?,
    };
    let request = session.older(&chat.jid, &oldest, count).await?;
    let insert = query(
        "INSERT INTO history_requests (device_id, id, chat_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (device_id, id) DO NOTHING",
    );
    let insert = insert.bind(&context.device).bind(request).bind(&chat.id).bind(context.source.now());
    store.execute(insert).await?;
    Ok(true)
}

/// Where the history stopped coming before its end, asks for what is missing in the newest chats, and leaves it at
/// that: WhatsApp itself does not send it again.
pub async fn heal(context: Context, session: Arc<dyn Session>) {
    if let Err(error) = try_to_heal(&context, &*session).await {
        tracing::warn!(device = %context.device, %error, "missing history was not asked for");
    }
}

async fn try_to_heal(context: &Context, session: &dyn Session) -> Result<(), DeviceError> {
    let store = context.journal.store();
    let lost = query(
        "SELECT s.progress FROM history_state s WHERE s.device_id = $1 AND s.finished_at IS NULL AND s.changed_at <= $2 \
         AND NOT EXISTS (SELECT 1 FROM history_parts p WHERE p.device_id = s.device_id)",
    );
    let since = context.source.now().saturating_sub(LOST);
    let Some(row) = store.row(lost.bind(&context.device).bind(since)).await? else { return Ok(()) };
    let progress = row.opt_int("progress")?.map(parts::percent);
    let chats = query(
        "SELECT id FROM chats WHERE device_id = $1 AND history_end = 0 ORDER BY last_activity DESC, id DESC LIMIT $2",
    );
    for row in store.rows(chats.bind(&context.device).bind(ASKED_CHATS)).await? {
        let reach = Reach::whole(context.workspace.clone());
        if let Some(chat) = read::chat(store, &reach, &row.parse("id")?).await? {
            ask(context, session, &chat, ASKED_MESSAGES).await?;
        }
    }
    let owned = context.clone();
    let write = store.write(move |tx| {
        Box::pin(async move {
            let update = query("UPDATE history_state SET finished_at = $2 WHERE device_id = $1");
            tx.execute(update.bind(&owned.device).bind(owned.source.now())).await?;
            let synced = EventKind::HistorySynced {
                chats: 0,
                messages: 0,
                left_out: 0,
                kind: None,
                progress,
                chat_id: None,
                finished: true,
            };
            tx.note(owned.workspace.clone(), Some(owned.device.clone()), synced);
            Ok::<_, StorageError>(())
        })
    });
    Ok(write.await?)
}
