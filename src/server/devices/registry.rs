//! The handle on all devices of this node: their lives, from adding to deleting.

use super::actor::{Actor, Order, Shown};
use super::capabilities::Operation;
use super::commands::{self, Request};
use super::context::{Context, Pace};
use super::error::DeviceError;
use super::history::HistoryLimits;
use super::state::Transition;
use super::transition;
use crate::protocol::{Device, DeviceId, DeviceStatus, EventKind, Network, PairingCode, Qr, WorkspaceId};
use crate::server::engine::{Engine, Session};
use crate::server::journal::Journal;
use crate::server::media::{Media, Sessions};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, query, read};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The longest name of a device, in characters.
pub const MAX_NAME: usize = 80;
/// How many devices a workspace has at most.
const MAX_DEVICES: i64 = 5_000;
/// The pause between two devices that are started with the server, so that they do not all connect at
/// once.
const STAGGER: Duration = Duration::from_millis(20);
/// How long a stop may take before the server goes without it.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// All devices of this node. Cheap to clone.
#[derive(Clone)]
pub struct Devices {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub journal: Journal,
    pub source: Source,
    pub engine: Arc<dyn Engine>,
    pub media: Media,
    history: HistoryLimits,
    pace: Pace,
    running: Mutex<HashMap<DeviceId, Running>>,
}

#[derive(Clone)]
struct Running {
    orders: mpsc::UnboundedSender<Order>,
    shown: Arc<Shown>,
}

impl Devices {
    #[must_use]
    pub fn new(
        journal: Journal,
        source: Source,
        engine: Arc<dyn Engine>,
        media: Media,
        history: HistoryLimits,
        pace: Pace,
    ) -> Self {
        let running = Mutex::default();
        Self { inner: Arc::new(Inner { journal, source, engine, media, history, pace, running }) }
    }

    /// Which network the devices live in.
    #[must_use]
    pub fn network(&self) -> Network {
        self.inner.engine.network()
    }

    /// Starts every device that ran when the server last stopped, one after the other. Once this returns, none of them
    /// says any more that it is connected.
    ///
    /// # Errors
    /// [`StorageError`] if they cannot be listed.
    pub async fn resume(&self) -> Result<(), StorageError> {
        let store = self.inner.journal.store();
        let text = "SELECT id, workspace_id, status FROM devices WHERE wanted = 1 ORDER BY created_at";
        let rows = store.rows(query(text)).await?;
        let mut wanted = Vec::with_capacity(rows.len());
        let mut shown = Vec::new();
        for row in &rows {
            let workspace = row.parse::<WorkspaceId>("workspace_id")?;
            let device = row.parse::<DeviceId>("id")?;
            if matches!(
                DeviceStatus::parse(&row.text("status")?),
                Some(DeviceStatus::Connected | DeviceStatus::Authenticating | DeviceStatus::QrRequired)
            ) {
                shown.push(self.context(&workspace, &device));
            }
            wanted.push((workspace, device));
        }
        let write = store.write(move |tx| {
            Box::pin(async move {
                for context in shown {
                    transition::apply(tx, &context, Transition::to(DeviceStatus::Starting)).await?;
                }
                Ok(())
            })
        });
        write.await?;
        let devices = self.clone();
        tokio::spawn(async move {
            for (workspace, device) in wanted {
                if let Err(error) = devices.order(&Reach::whole(workspace), &device, Order::Start).await {
                    tracing::error!(%device, %error, "a device was not started");
                }
                tokio::time::sleep(STAGGER).await;
            }
        });
        Ok(())
    }

    /// Ends every session and keeps all state: they go on with the next start.
    pub async fn shut_down(&self) {
        let running: Vec<_> =
            self.inner.running.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        let stops = running.into_iter().map(|(_, running)| async move {
            let (reply, done) = oneshot::channel();
            if running.orders.send(Order::Shutdown(reply)).is_ok() {
                // Gone without an answer is gone as well.
                drop(done.await);
            }
        });
        let all = futures_util::future::join_all(stops);
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!("some devices did not stop in time");
        }
    }

    /// Adds a device. The same request answers the device that it added the first time.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for a name out of its limits, [`DeviceError::Conflict`] if there are too many.
    pub async fn create(&self, reach: &Reach, request: Request, name: &str) -> Result<Device, DeviceError> {
        let name = check_name(name)?;
        if !reach.is_whole() {
            return Err(DeviceError::Forbidden("devices are added by those who may see all of them"));
        }
        let (source, workspace) = (self.inner.source.clone(), reach.workspace.clone());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                match commands::recall::<Device>(tx, &request).await?.settled() {
                    Ok(None) => {}
                    Ok(Some(device)) => return Ok(Ok(device)),
                    Err(error) => return Ok(Err(error)),
                }
                let count = tx.row(query("SELECT count(*) AS count FROM devices WHERE workspace_id = $1").bind(&workspace)).await?;
                if count.map(|row| row.int("count")).transpose()?.unwrap_or(0) >= MAX_DEVICES {
                    return Ok(Err(DeviceError::Conflict(format!("a workspace has at most {MAX_DEVICES} devices"))));
                }
                let id = source.id("dev");
                let insert = query("INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, $2, $3, $4, $5, 0, 0) RETURNING *");
                let insert = insert.bind(&id).bind(&workspace).bind(name).bind(DeviceStatus::Created.as_str()).bind(source.now());
                let row = tx.row(insert).await?.ok_or_else(|| StorageError::Database("an insert answered nothing".to_owned()))?;
                let device = read::to_device(&row)?;
                commands::remember(tx, &request, &device, source.now()).await?;
                tx.note(workspace, Some(device.id.clone()), EventKind::DeviceCreated { device: device.clone() });
                Ok(Ok(device))
            })
        });
        write.await?
    }

    /// Gives a device another name.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], or [`DeviceError::Invalid`] for a name out of its limits.
    pub async fn rename(&self, reach: &Reach, device: &DeviceId, name: &str) -> Result<Device, DeviceError> {
        let name = check_name(name)?;
        self.get(reach, device).await?;
        let (workspace, id) = (reach.workspace.clone(), device.clone());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                let update =
                    query("UPDATE devices SET name = $3 WHERE workspace_id = $1 AND id = $2 RETURNING *")
                        .bind(&workspace)
                        .bind(&id)
                        .bind(name);
                let Some(row) = tx.row(update).await? else {
                    return Ok(Err(DeviceError::NotFound("device")));
                };
                let device = read::to_device(&row)?;
                let previous_status = device.status;
                tx.note(
                    workspace,
                    Some(id),
                    EventKind::DeviceUpdated { device: device.clone(), previous_status },
                );
                Ok(Ok(device))
            })
        });
        write.await?
    }

    /// Starts a device: it connects, or shows codes to scan.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn connect(&self, reach: &Reach, device: &DeviceId) -> Result<Device, DeviceError> {
        self.require(Operation::Connect)?;
        self.order(reach, device, Order::Start).await?;
        self.get(reach, device).await
    }

    /// Stops a device and keeps its keys.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn disconnect(&self, reach: &Reach, device: &DeviceId) -> Result<Device, DeviceError> {
        self.require(Operation::Connect)?;
        self.order(reach, device, Order::Stop).await?;
        self.get(reach, device).await
    }

    /// Stops and starts a device.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn restart(&self, reach: &Reach, device: &DeviceId) -> Result<Device, DeviceError> {
        self.require(Operation::Connect)?;
        self.order(reach, device, Order::Restart).await?;
        self.get(reach, device).await
    }

    /// Ends the link and forgets the keys; chats and messages stay.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn log_out(&self, reach: &Reach, device: &DeviceId) -> Result<Device, DeviceError> {
        self.require(Operation::LogOut)?;
        self.order(reach, device, Order::LogOut).await?;
        self.get(reach, device).await
    }

    /// Ends the link and removes the device with everything that it has.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn delete(&self, reach: &Reach, device: &DeviceId) -> Result<(), DeviceError> {
        self.order(reach, device, Order::Delete).await?;
        self.inner.running.lock().unwrap_or_else(PoisonError::into_inner).remove(device);
        let (workspace, id) = (reach.workspace.clone(), device.clone());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                let delete = query("DELETE FROM devices WHERE workspace_id = $1 AND id = $2")
                    .bind(&workspace)
                    .bind(&id);
                if tx.execute(delete).await? > 0 {
                    tx.note(workspace, Some(id.clone()), EventKind::DeviceDeleted { id });
                }
                Ok(())
            })
        });
        Ok(write.await?)
    }

    /// Asks for a code that the phone with this number can enter; starts the device if need be.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no number, [`DeviceError::Conflict`] for a linked device.
    pub async fn pairing_code(
        &self,
        reach: &Reach,
        device: &DeviceId,
        phone_number: &str,
    ) -> Result<PairingCode, DeviceError> {
        self.require(Operation::LinkByCode)?;
        let phone_number = super::chats::digits(phone_number)?;
        let running = self.running(reach, device).await?;
        let (reply, answer) = oneshot::channel();
        running.orders.send(Order::PairingCode { phone_number, reply }).map_err(|_| DeviceError::Stopping)?;
        answer.await.map_err(|_| DeviceError::Stopping)?
    }

    /// One device.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn get(&self, reach: &Reach, device: &DeviceId) -> Result<Device, DeviceError> {
        read::device(self.inner.journal.store(), reach, device).await?.ok_or(DeviceError::NotFound("device"))
    }

    /// Whether anybody has this device, whoever asks. Only for wires that have to tell what is not theirs from
    /// what is not there: everywhere else the two are the same, see [`Self::get`].
    ///
    /// # Errors
    /// The database's.
    pub async fn exists(&self, device: &DeviceId) -> Result<bool, DeviceError> {
        Ok(read::has_device(self.inner.journal.store(), device).await?)
    }

    /// The code that a phone can scan now, if there is one. Ask only for devices that the caller may see.
    #[must_use]
    pub fn qr(&self, device: &DeviceId) -> Option<Qr> {
        self.shown(device)?.qr(self.inner.source.now())
    }

    /// The code that a phone can enter now, if there is one. Ask only for devices that the caller may see.
    #[must_use]
    pub fn current_pairing_code(&self, device: &DeviceId) -> Option<PairingCode> {
        self.shown(device)?.pairing_code(self.inner.source.now())
    }

    pub(super) fn shown(&self, device: &DeviceId) -> Option<Arc<Shown>> {
        self.inner
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(device)
            .map(|running| running.shown.clone())
    }

    pub(super) fn context(&self, workspace: &WorkspaceId, device: &DeviceId) -> Context {
        Context {
            journal: self.inner.journal.clone(),
            source: self.inner.source.clone(),
            media: self.inner.media.clone(),
            workspace: workspace.clone(),
            device: device.clone(),
            history: self.inner.history,
            pace: self.inner.pace,
        }
    }

    async fn order(
        &self,
        reach: &Reach,
        device: &DeviceId,
        order: impl FnOnce(super::actor::Reply) -> Order,
    ) -> Result<(), DeviceError> {
        let running = self.running(reach, device).await?;
        let (reply, answer) = oneshot::channel();
        running.orders.send(order(reply)).map_err(|_| DeviceError::Stopping)?;
        answer.await.map_err(|_| DeviceError::Stopping)?
    }

    /// The device's actor, brought to life if it has none yet.
    async fn running(&self, reach: &Reach, device: &DeviceId) -> Result<Running, DeviceError> {
        self.get(reach, device).await?;
        let mut running = self.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.get(device).filter(|running| !running.orders.is_closed()) {
            return Ok(running.clone());
        }
        let started = self.bring_up(self.context(&reach.workspace, device));
        running.insert(device.clone(), started.clone());
        Ok(started)
    }

    /// Starts an actor, and another in its place should it ever panic.
    fn bring_up(&self, context: Context) -> Running {
        let (orders, mailbox) = mpsc::unbounded_channel();
        let shown = Arc::new(Shown::default());
        let actor = Actor::new(context.clone(), self.inner.engine.clone(), shown.clone(), orders.downgrade());
        let task = tokio::spawn(actor.run(mailbox));
        let devices = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            let Err(error) = task.await else { return };
            if !error.is_panic() {
                return;
            }
            tracing::error!(device = %context.device, "a device's actor panicked; it is started again");
            tokio::time::sleep(Duration::from_secs(1)).await;
            if let Some(inner) = devices.upgrade() {
                let devices = Self { inner };
                if let Err(error) = devices
                    .order(&Reach::whole(context.workspace.clone()), &context.device, Order::Start)
                    .await
                {
                    tracing::error!(device = %context.device, %error, "a device was not started again");
                }
            }
        });
        Running { orders, shown }
    }
}

impl Sessions for Devices {
    fn live(&self, device: &DeviceId) -> Option<Arc<dyn Session>> {
        self.shown(device)?.session()
    }
}

/// A name without blanks around it.
fn check_name(name: &str) -> Result<String, DeviceError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME || name.chars().any(char::is_control) {
        return Err(DeviceError::Invalid(format!(
            "a name has 1 to {MAX_NAME} characters, none of them a control character"
        )));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_limits() {
        assert_eq!(check_name("  La Bodega ").unwrap(), "La Bodega");
        assert!(check_name(&"ñ".repeat(MAX_NAME)).is_ok());
        for name in ["", "   ", "a\nb", &"ñ".repeat(MAX_NAME + 1)] {
            assert!(matches!(check_name(name), Err(DeviceError::Invalid(_))), "{name:?}");
        }
    }
}
