//! Whether people are online. WhatsApp tells it only of those whom a connection follows, so who is to be followed
//! is kept, until its time is over, and asked for again with every connection.

use super::actor::Shown;
use super::capabilities::Operation;
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use crate::protocol::{ChatId, ChatKind, ChatPresence, DeviceId, Millis};
use crate::server::engine::{EngineError, Session};
use crate::server::reach::Reach;
use crate::server::storage::{Row, StorageError, query};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// For how long somebody is followed, in seconds: at least, at most, and where nobody says.
pub const FOLLOW_SECONDS: (u32, u32, u32) = (300, 86_400, 3_600);
/// How many people one device follows at most.
pub const MAX_FOLLOWED: i64 = 500;
/// The wait after WhatsApp did not take a request.
const AGAIN: Duration = Duration::from_secs(10);

impl Devices {
    /// Follows whether the person of a chat is online, from now on for so many seconds. Answers what was last heard;
    /// what is heard from then on passes live. A device that is away asks as soon as it is connected.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for groups and for a time out of its limits,
    /// [`DeviceError::Conflict`] beyond [`MAX_FOLLOWED`].
    pub async fn follow_presence(
        &self,
        reach: &Reach,
        chat: &ChatId,
        seconds: Option<u32>,
    ) -> Result<ChatPresence, DeviceError> {
        self.require(Operation::Presence)?;
        let (least, most, usual) = FOLLOW_SECONDS;
        let seconds = seconds.unwrap_or(usual);
        if !(least..=most).contains(&seconds) {
            return Err(DeviceError::Invalid(format!(
                "a presence is followed for {least} to {most} seconds"
            )));
        }
        let chat = self.chat(reach, chat).await?;
        if chat.kind != ChatKind::Direct {
            return Err(DeviceError::Invalid("a group is neither online nor offline".to_owned()));
        }
        let context = self.context(&reach.workspace, &chat.device_id);
        let until = context.source.now().saturating_add(Millis::from(seconds) * 1_000);
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                let now = context.source.now();
                let others = query(
                    "SELECT count(*) AS count FROM presences WHERE device_id = $1 AND jid <> $2 AND follow_until > $3",
                );
                let others = others.bind(&context.device).bind(&chat.jid).bind(now);
                if tx.row(others).await?.map_or(Ok(0), |row| row.int("count"))? >= MAX_FOLLOWED {
                    return Ok(Err(DeviceError::Conflict(format!(
                        "a device follows the presence of at most {MAX_FOLLOWED} people"
                    ))));
                }
                let upsert = query(
                    "INSERT INTO presences (device_id, jid, follow_until) VALUES ($1, $2, $3) \
                     ON CONFLICT (device_id, jid) DO UPDATE SET follow_until = excluded.follow_until RETURNING *",
                );
                let row = tx.row(upsert.bind(&context.device).bind(&chat.jid).bind(until)).await?;
                let row = row.ok_or_else(|| StorageError::Database("an upsert answered nothing".to_owned()))?;
                Ok(Ok((chat.device_id, presence(chat.id, &row)?)))
            })
        });
        let (device, presence) = write.await??;
        self.wake_follower(&device);
        Ok(presence)
    }

    /// Follows the person of a chat no longer. To repeat it changes nothing.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn leave_presence(&self, reach: &Reach, chat: &ChatId) -> Result<(), DeviceError> {
        self.require(Operation::Presence)?;
        let chat = self.chat(reach, chat).await?;
        let update = query("UPDATE presences SET follow_until = 0 WHERE device_id = $1 AND jid = $2");
        self.inner.journal.store().execute(update.bind(&chat.device_id).bind(&chat.jid)).await?;
        self.wake_follower(&chat.device_id);
        Ok(())
    }

    /// Shows the account as online while the device is connected, or not: with every connection from now on.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`EngineError::NoAnswer`] if the connection did not take it: it is kept all the
    /// same.
    pub async fn set_available(
        &self,
        reach: &Reach,
        device: &DeviceId,
        available: bool,
    ) -> Result<(), DeviceError> {
        self.require(Operation::SetPresence)?;
        let device = self.get(reach, device).await?;
        let update = query("UPDATE devices SET hidden = $2 WHERE id = $1").bind(&device.id).bind(!available);
        self.inner.journal.store().execute(update).await?;
        if let Some(session) = self.shown(&device.id).and_then(|shown| shown.session()) {
            match session.set_available(available).await {
                // It asks what is wanted when it is back.
                Ok(()) | Err(EngineError::NotConnected) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn wake_follower(&self, device: &DeviceId) {
        if let Some(shown) = self.shown(device) {
            shown.follow.notify_one();
        }
    }
}

fn presence(chat_id: ChatId, row: &Row) -> Result<ChatPresence, StorageError> {
    Ok(ChatPresence {
        chat_id,
        online: row.opt_int("online")?.map(|online| online != 0),
        last_seen: row.opt_int("last_seen")?,
        heard_at: row.opt_int("heard_at")?,
        follow_until: row.int("follow_until")?,
    })
}

/// Whether the account is to be shown as online.
pub async fn is_available(context: &Context) -> Result<bool, StorageError> {
    let select = query("SELECT hidden FROM devices WHERE id = $1").bind(&context.device);
    let row = context.journal.store().row(select).await?;
    Ok(!row.map(|row| row.flag("hidden")).transpose()?.unwrap_or(false))
}

/// Keeps what was heard of somebody who is followed.
pub async fn heard(
    context: &Context,
    jid: &str,
    online: bool,
    last_seen: Option<Millis>,
) -> Result<(), StorageError> {
    let now = context.source.now();
    let update = query(
        "UPDATE presences SET online = $3, heard_at = $4, last_seen = COALESCE($5, last_seen) WHERE device_id = $1 AND jid = $2",
    );
    // Who is online now was last seen now.
    let last_seen = if online { Some(now) } else { last_seen };
    let update = update.bind(&context.device).bind(jid).bind(online).bind(now).bind(last_seen);
    context.journal.store().execute(update).await.map(drop)
}

/// Asks of everybody who is to be followed, for as long as the device is connected. Runs until it is dropped.
pub async fn follow(context: Context, session: Arc<dyn Session>, shown: Arc<Shown>) {
    // What was heard before this connection is no longer known to be so; when somebody was last seen is.
    let forget = query("UPDATE presences SET online = NULL WHERE device_id = $1").bind(&context.device);
    if let Err(error) = context.journal.store().execute(forget).await {
        tracing::warn!(device = %context.device, %error, "who is online could not be forgotten");
    }
    let mut followed = HashSet::new();
    loop {
        let wait = match step(&context, &session, &mut followed).await {
            Ok(next) => next,
            Err(error) => {
                tracing::debug!(device = %context.device, %error, "a presence was not asked for");
                Some(AGAIN)
            }
        };
        let over = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => {}
            () = shown.follow.notified() => {}
        }
    }
}

/// Asks of those who are new, ends what is over. Answers how long nothing more will be over.
async fn step(
    context: &Context,
    session: &Arc<dyn Session>,
    followed: &mut HashSet<String>,
) -> Result<Option<Duration>, EngineError> {
    let store = context.journal.store();
    let select = query("SELECT jid, follow_until FROM presences WHERE device_id = $1 ORDER BY follow_until");
    let rows = store.rows(select.bind(&context.device)).await?;
    let mut next: Option<Millis> = None;
    for row in rows {
        let (jid, until) = (row.text("jid")?, row.int("follow_until")?);
        let left = until.saturating_sub(context.source.now());
        if left <= 0 {
            if followed.contains(&jid) {
                session.follow_presence(&jid, false).await?;
                followed.remove(&jid);
            }
            let delete =
                query("DELETE FROM presences WHERE device_id = $1 AND jid = $2 AND follow_until = $3");
            store.execute(delete.bind(&context.device).bind(jid).bind(until)).await?;
            continue;
        }
        next = Some(next.map_or(left, |next| next.min(left)));
        if !followed.contains(&jid) {
            session.follow_presence(&jid, true).await?;
            followed.insert(jid);
        }
    }
    Ok(next.map(|left| Duration::from_millis(u64::try_from(left).unwrap_or(0))))
}
