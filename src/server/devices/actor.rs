//! One device's life: an actor that takes one order after the other.

use super::acks::Acks;
use super::connections;
use super::context::Context;
use super::error::DeviceError;
use super::sender::Sender;
use super::sink::DeviceSink;
use super::state::Transition;
use super::{group_state, history, identity, people, pictures, presence, profile, transition};
use crate::protocol::{Device, DeviceStatus, EventKind, Millis, PairingCode, Qr};
use crate::server::engine::{Engine, EngineError, Identity, Session, SessionEvent};
use crate::server::reach::Reach;
use crate::server::storage::{query, read};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

/// What an actor is asked to do.
pub enum Order {
    Start(Reply),
    Stop(Reply),
    Restart(Reply),
    LogOut(Reply),
    /// Ends the session for good and forgets the keys; the actor goes.
    Delete(Reply),
    /// The server stops: end the session, keep everything as it is.
    Shutdown(Reply),
    PairingCode {
        phone_number: String,
        reply: oneshot::Sender<Result<PairingCode, DeviceError>>,
    },
    /// What a session tells of its state.
    Session {
        generation: u64,
        event: SessionEvent,
    },
}

pub type Reply = oneshot::Sender<Result<(), DeviceError>>;

/// What others may look at while the actor works.
#[derive(Default)]
pub struct Shown {
    codes: Mutex<(Option<Qr>, Option<PairingCode>)>,
    session: Mutex<Option<Arc<dyn Session>>>,
    /// Wakes the sender: something was queued.
    pub wake: Arc<Notify>,
    /// Wakes whoever follows presences: there is another to follow, or one less.
    pub follow: Notify,
}

impl Shown {
    /// The code to scan, if one can be scanned now.
    pub fn qr(&self, now: Millis) -> Option<Qr> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).0.clone().filter(|qr| qr.expires_at > now)
    }

    /// The code to enter, if one can be entered now.
    pub fn pairing_code(&self, now: Millis) -> Option<PairingCode> {
        self.codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .clone()
            .filter(|code| code.expires_at > now)
    }

    /// The session while it is connected.
    pub fn session(&self) -> Option<Arc<dyn Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_qr(&self, qr: Option<Qr>) {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).0 = qr;
    }

    fn set_pairing_code(&self, code: Option<PairingCode>) {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).1 = code;
    }

    fn set_session(&self, session: Option<Arc<dyn Session>>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// A device's actor.
pub struct Actor {
    pub context: Context,
    pub engine: Arc<dyn Engine>,
    pub shown: Arc<Shown>,
    /// Its own mailbox, for the sinks of its sessions. Unbounded, because an actor that waits for its
    /// session to stop must not block what the session still tells; everybody else waits for a reply.
    pub orders: mpsc::WeakUnboundedSender<Order>,
    pub acks: Arc<Acks>,
    session: Option<Arc<dyn Session>>,
    generation: u64,
    /// Tasks of the present connection.
    live: Vec<JoinHandle<()>>,
    attempt: u32,
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.quiet();
    }
}

impl Actor {
    pub fn new(
        context: Context,
        engine: Arc<dyn Engine>,
        shown: Arc<Shown>,
        orders: mpsc::WeakUnboundedSender<Order>,
    ) -> Self {
        Self {
            context,
            engine,
            shown,
            orders,
            acks: Arc::default(),
            session: None,
            generation: 0,
            live: Vec::new(),
            attempt: 0,
        }
    }

    /// Works until the device is deleted or the server stops.
    pub async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Start(reply) => answer(reply, self.start().await),
                Order::Stop(reply) => {
                    self.close().await;
                    answer(reply, self.go(Transition::stopped()).await);
                }
                Order::Restart(reply) => {
                    self.close().await;
                    answer(reply, self.start().await);
                }
                Order::LogOut(reply) => answer(reply, self.log_out().await),
                Order::Delete(reply) => {
                    let ended = self.unlink().await;
                    answer(reply, ended);
                    return;
                }
                Order::Shutdown(reply) => {
                    self.close().await;
                    answer(reply, Ok(()));
                    return;
                }
                Order::PairingCode { phone_number, reply } => {
                    // Whoever asked and went away does not mind.
                    drop(reply.send(self.pairing_code(&phone_number).await));
                }
                Order::Session { generation, event } => {
                    if generation == self.generation
                        && let Err(error) = self.on_session(event).await
                    {
                        tracing::error!(device = %self.context.device, %error, "a change of state was not kept");
                    }
                }
            }
        }
        self.close().await;
    }

    async fn start(&mut self) -> Result<(), DeviceError> {
        if self.session.is_some() {
            return Ok(());
        }
        let name = self.read().await?.name;
        let sink = self.sink();
        let session = match self.engine.open(&self.context.device, &name, sink).await {
            Ok(session) => session,
            Err(error) => {
                self.go(Transition::storage(&error.to_string())).await?;
                return Err(error.into());
            }
        };
        self.attempt = 0;
        let mut starting = Transition::to(DeviceStatus::Starting);
        starting.wanted = Some(true);
        self.go(starting).await?;
        session.set_available(presence::is_available(&self.context).await?).await?;
        session.start().await?;
        self.session = Some(session);
        Ok(())
    }

    fn sink(&mut self) -> Arc<DeviceSink> {
        self.generation += 1;
        Arc::new(DeviceSink {
            context: self.context.clone(),
            acks: self.acks.clone(),
            actor: self.orders.clone(),
            generation: self.generation,
        })
    }

    /// Ends the session, if there is one, and keeps its keys.
    async fn close(&mut self) {
        self.quiet();
        if let Some(session) = self.session.take() {
            session.stop().await;
        }
    }

    /// Ends what only runs while connected, and takes back what others may see of it.
    fn quiet(&mut self) {
        self.live.drain(..).for_each(|task| task.abort());
        self.shown.set_session(None);
        self.shown.set_qr(None);
        self.shown.set_pairing_code(None);
    }

    async fn log_out(&mut self) -> Result<(), DeviceError> {
        self.unlink().await?;
        self.go(Transition::logged_out()).await?;
        Ok(())
    }

    /// Ends the link on WhatsApp's side as far as it can be reached. A device that is not running is
    /// started for it, else the phone would go on showing a link that nobody holds.
    async fn unlink(&mut self) -> Result<(), DeviceError> {
        if self.session.is_none() && self.linked().await? {
            let sink = self.sink();
            if let Ok(session) = self.engine.open(&self.context.device, "", sink).await {
                session.start().await?;
                self.session = Some(session);
            }
        }
        self.quiet();
        if let Some(session) = self.session.take()
            && let Err(error) = session.log_out().await
        {
            tracing::warn!(device = %self.context.device, %error, "WhatsApp was not told of the log-out");
        }
        self.engine.purge(&self.context.device).await?;
        Ok(())
    }

    async fn pairing_code(&mut self, phone_number: &str) -> Result<PairingCode, DeviceError> {
        if self.linked().await? {
            return Err(DeviceError::Conflict("the device is linked already".to_owned()));
        }
        if self.session.is_none() {
            self.start().await?;
        }
        let Some(session) = &self.session else { return Err(EngineError::NotPairing.into()) };
        let code = session.pairing_code(phone_number).await?;
        self.shown.set_pairing_code(Some(code.clone()));
        self.note(EventKind::DevicePairingCode { pairing_code: code.clone() }).await?;
        Ok(code)
    }

    async fn on_session(&mut self, event: SessionEvent) -> Result<(), DeviceError> {
        // What a session still says after it was closed is about nothing.
        let Some(session) = self.session.clone() else { return Ok(()) };
        match event {
            SessionEvent::Connecting => self.connecting().await,
            SessionEvent::Qr { code, life } => {
                self.attempt += 1;
                let issued_at = self.context.source.now();
                let life = Millis::try_from(life.as_millis()).unwrap_or(Millis::MAX);
                let qr = Qr {
                    qr: code,
                    issued_at,
                    expires_at: issued_at.saturating_add(life),
                    attempt: self.attempt,
                };
                self.shown.set_qr(Some(qr.clone()));
                self.go(Transition::to(DeviceStatus::QrRequired)).await?;
                self.show(qr).await
            }
            SessionEvent::QrExhausted => {
                self.close().await;
                self.go(Transition::codes_expired()).await
            }
            SessionEvent::Paired { phone_number, lid } => self.paired(phone_number, lid).await,
            SessionEvent::Connected { phone_number, lid, push_name } => {
                self.connected(session, phone_number, lid, push_name).await
            }
            SessionEvent::Disconnected { retry_in, reached } => {
                self.quiet();
                let retry_in = Millis::try_from(retry_in.as_millis()).unwrap_or(Millis::MAX);
                self.go(Transition::lost(reached, Some(self.context.source.now().saturating_add(retry_in))))
                    .await
            }
            SessionEvent::Ended(end) => {
                self.close().await;
                let to = Transition::ended(&end);
                if to.forget_keys {
                    self.engine.purge(&self.context.device).await?;
                }
                self.go(to).await
            }
            SessionEvent::OwnName(name) => Ok(profile::keep_own_name(&self.context, name).await?),
            SessionEvent::PictureChanged { jid } => {
                let context = self.context.clone();
                self.live.retain(|task| !task.is_finished());
                self.live.push(tokio::spawn(async move {
                    if let Err(error) = pictures::fetch(&context, &session, &jid).await {
                        tracing::debug!(device = %context.device, %error, "a picture was not fetched");
                    }
                }));
                Ok(())
            }
            SessionEvent::GroupChanged { jid } => {
                let context = self.context.clone();
                self.live.retain(|task| !task.is_finished());
                self.live.push(tokio::spawn(async move {
                    if let Err(error) = group_state::refresh(&context, &session, &jid).await {
                        tracing::debug!(device = %context.device, %error, "a group was not looked at");
                    }
                }));
                Ok(())
            }
            // The sink keeps the rest itself.
            _ => Ok(()),
        }
    }

    /// A connection is tried again: it is due no more.
    async fn connecting(&mut self) -> Result<(), DeviceError> {
        let device = self.read().await?;
        match device.cause {
            Some(cause) if device.status == DeviceStatus::Disconnected && cause.retry_at.is_some() => {
                let reached = cause.code == crate::protocol::CauseCode::ConnectionLost;
                self.go(Transition::lost(reached, None)).await
            }
            _ => Ok(()),
        }
    }

    async fn paired(&mut self, phone_number: String, lid: Option<String>) -> Result<(), DeviceError> {
        self.shown.set_qr(None);
        self.shown.set_pairing_code(None);
        let before = self.read().await?.phone_number;
        if let Some(before) = before.filter(|before| *before != phone_number) {
            self.unlink().await?;
            return self.go(Transition::other_account(&before, &phone_number)).await;
        }
        let update =
            query("UPDATE devices SET phone_number = $2, lid = COALESCE($3, lid), linked = 1 WHERE id = $1");
        self.context
            .journal
            .store()
            .execute(update.bind(&self.context.device).bind(phone_number).bind(lid))
            .await?;
        // The history that follows says anew how much of each chat is unread.
        let unread = query("UPDATE chats SET unread_beyond = NULL WHERE device_id = $1");
        self.context.journal.store().execute(unread.bind(&self.context.device)).await?;
        self.go(Transition::to(DeviceStatus::Authenticating)).await
    }

    async fn connected(
        &mut self,
        session: Arc<dyn Session>,
        phone_number: String,
        lid: Option<String>,
        push_name: Option<String>,
    ) -> Result<(), DeviceError> {
        self.quiet();
        let now = self.context.source.now();
        let own = lid.clone().map(|lid| Identity::new(lid, phone_number.clone()));
        let update = query(
            "UPDATE devices SET phone_number = $2, lid = COALESCE($3, lid), display_name = COALESCE($4, display_name), linked = 1, connected_at = $5 WHERE id = $1",
        );
        let update = update
            .bind(&self.context.device)
            .bind(phone_number)
            .bind(lid)
            .bind(push_name.filter(|name| !name.is_empty()))
            .bind(now);
        self.context.journal.store().execute(update).await?;
        identity::learn(&self.context, own.into_iter().collect()).await?;
        self.go(Transition::to(DeviceStatus::Connected)).await?;
        self.shown.set_session(Some(session.clone()));
        let sender = Sender {
            context: self.context.clone(),
            session: session.clone(),
            acks: self.acks.clone(),
            wake: self.shown.wake.clone(),
        };
        self.live.push(tokio::spawn(sender.run()));
        self.live.push(tokio::spawn(people::learn_blocked(self.context.clone(), session.clone())));
        let follow = presence::follow(self.context.clone(), session.clone(), self.shown.clone());
        self.live.push(tokio::spawn(follow));
        self.live.push(tokio::spawn(history::heal(self.context.clone(), session.clone())));
        self.live.push(tokio::spawn(pictures::fetch_missing(self.context.clone(), session)));
        Ok(())
    }

    /// Goes to a state: kept and logged in one transaction. A state that it is in already is not logged.
    async fn go(&mut self, to: Transition) -> Result<(), DeviceError> {
        let context = self.context.clone();
        let store = context.journal.store().clone();
        Ok(store.write(move |tx| Box::pin(async move { transition::apply(tx, &context, to).await })).await?)
    }

    /// Logs a new code, and keeps in the history that it was shown.
    async fn show(&self, qr: Qr) -> Result<(), DeviceError> {
        let context = self.context.clone();
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                connections::record_qr(tx, &context).await?;
                tx.note(context.workspace, Some(context.device), EventKind::DeviceQr { qr });
                Ok(())
            })
        });
        Ok(write.await?)
    }

    async fn note(&self, kind: EventKind) -> Result<(), DeviceError> {
        let (workspace, device) = (self.context.workspace.clone(), self.context.device.clone());
        let write = self.context.journal.store().write(move |tx| {
            Box::pin(async move {
                tx.note(workspace, Some(device), kind);
                Ok(())
            })
        });
        Ok(write.await?)
    }

    async fn read(&self) -> Result<Device, DeviceError> {
        let reach = Reach::whole(self.context.workspace.clone());
        let device = read::device(self.context.journal.store(), &reach, &self.context.device).await?;
        device.ok_or(DeviceError::NotFound("device"))
    }

    async fn linked(&self) -> Result<bool, DeviceError> {
        let select = query("SELECT linked FROM devices WHERE id = $1").bind(&self.context.device);
        let row = self.context.journal.store().row(select).await?;
        Ok(row.map(|row| row.flag("linked")).transpose()?.unwrap_or(false))
    }
}

fn answer(reply: Reply, result: Result<(), DeviceError>) {
    // Whoever asked and went away does not mind.
    drop(reply.send(result));
}
