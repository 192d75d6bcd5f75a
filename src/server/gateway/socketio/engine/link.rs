//! One session as its transports and the layer above share it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::{
    sync::{
        Notify,
        mpsc::{self, error::TrySendError},
    },
    time::Instant,
};

use super::{super::Config, connection::Message, reason::CloseReason, registry::Sessions, session::Session};

/// Messages that may wait between a transport and the layer above.
pub(super) const INBOUND: usize = 4;

#[derive(Debug)]
pub(super) struct Link {
    pub id: String,
    pub config: Arc<Config>,
    session: Mutex<Session>,
    /// Something for the transport: packets to take, or an end.
    pub outgoing: Notify,
    /// Something for the layer above and for the heartbeat: room in the queue, or an end.
    pub changed: Notify,
    inbound: mpsc::Sender<Message>,
    sessions: Weak<Sessions>,
}

impl Link {
    pub fn new(
        id: String,
        config: Arc<Config>,
        session: Session,
        inbound: mpsc::Sender<Message>,
        sessions: Weak<Sessions>,
    ) -> Self {
        let (outgoing, changed) = (Notify::new(), Notify::new());
        Self { id, config, session: Mutex::new(session), outgoing, changed, inbound, sessions }
    }

    /// Does something to the session, then wakes whoever that concerns. What is due by the clock is done first,
    /// so that a deadline holds even where a timer has not fired yet.
    pub fn with<R>(&self, change: impl FnOnce(&mut Session, Instant) -> R) -> R {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let before =
            (session.has_output(), session.ending(), session.closed(), session.pressure(&self.config));
        let now = Instant::now();
        session.tick(now, &self.config);
        let result = change(&mut session, now);
        let after =
            (session.has_output(), session.ending(), session.closed(), session.pressure(&self.config));
        drop(session);
        let ended = before.1 != after.1 || before.2 != after.2;
        if after.2.is_some()
            && before.2.is_none()
            && let Some(sessions) = self.sessions.upgrade()
        {
            sessions.remove(&self.id);
        }
        if ended || (after.0 && !before.0) {
            self.outgoing.notify_waiters();
        }
        if ended || after.3 < before.3 {
            self.changed.notify_waiters();
        }
        result
    }

    pub fn closed(&self) -> Option<CloseReason> {
        self.with(|session, _| session.closed())
    }

    pub fn close(&self, reason: CloseReason) {
        self.with(|session, _| session.close(reason));
    }

    /// Hands a message to the layer above, waiting for room. False where the session ended meanwhile.
    pub async fn deliver(&self, message: Message) -> bool {
        let message = match self.inbound.try_send(message) {
            Ok(()) => return true,
            Err(TrySendError::Closed(_)) => return false,
            Err(TrySendError::Full(message)) => message,
        };
        self.with(|session, _| session.set_stalled(true));
        let sent = tokio::select! {
            sent = self.inbound.send(message) => sent.is_ok(),
            () = self.until(&self.changed, |session| session.closed().is_some()) => false,
        };
        self.with(|session, _| session.set_stalled(false));
        sent
    }

    /// Waits until something holds; `notify` is told whenever that may have changed.
    pub async fn until(&self, notify: &Notify, holds: impl Fn(&mut Session) -> bool) {
        loop {
            let notified = notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.with(|session, _| holds(session)) {
                return;
            }
            notified.await;
        }
    }
}
