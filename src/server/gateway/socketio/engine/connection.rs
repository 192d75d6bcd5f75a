//! A session as the layer above sees it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    super::codec::Unit,
    link::Link,
    reason::{CloseReason, Pressure},
    request::{Opening, TransportKind},
};

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text, without the packet's type.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// One open session. Dropping it closes the session.
#[derive(Debug)]
pub struct Connection {
    link: Arc<Link>,
    inbound: mpsc::Receiver<Message>,
    opening: Arc<Opening>,
}

impl Connection {
    pub(super) fn new(link: Arc<Link>, inbound: mpsc::Receiver<Message>, opening: Opening) -> Self {
        Self { link, inbound, opening: Arc::new(opening) }
    }

    /// The request that opened the session.
    pub fn opening(&self) -> &Arc<Opening> {
        &self.opening
    }

    /// The way back to the client.
    pub fn outlet(&self) -> Outlet {
        Outlet { link: Arc::clone(&self.link) }
    }

    /// The next message; `None` once the session has ended and everything that came before its end was given.
    /// Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Option<Message> {
        tokio::select! {
            biased;
            message = self.inbound.recv() => message,
            () = self.link.until(&self.link.changed, |session| session.closed().is_some()) => {
                self.inbound.try_recv().ok()
            }
        }
    }

    /// Likewise, but takes no message unless `reading`: then it only waits for the end.
    pub async fn recv_if(&mut self, reading: bool) -> Option<Message> {
        if reading {
            return self.recv().await;
        }
        self.link.until(&self.link.changed, |session| session.closed().is_some()).await;
        None
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.link.close(CloseReason::Forced);
    }
}

/// Sends to the client of one session.
#[derive(Clone, Debug)]
pub struct Outlet {
    link: Arc<Link>,
}

impl Outlet {
    /// Queues packets, together and in order. False where the session has ended, also because this was more than
    /// its client's queue may hold.
    pub fn send(&self, units: impl Iterator<Item = Unit>) -> bool {
        self.link.with(|session, _| session.push(units, &self.link.config))
    }

    /// Queues packets if they would leave at once. False where they were dropped.
    pub fn send_volatile(&self, units: impl Iterator<Item = Unit>) -> bool {
        self.link.with(|session, _| session.is_writable() && session.push(units, &self.link.config))
    }

    /// Queues packets while the pressure is low and there are any.
    pub(in super::super) fn fill<U: IntoIterator<Item = Unit>>(&self, next: impl FnMut() -> Option<U>) {
        self.link.with(|session, _| session.fill(&self.link.config, next));
    }

    /// How full the client's queue is.
    pub fn pressure(&self) -> Pressure {
        self.link.with(|session, _| session.pressure(&self.link.config))
    }

    /// Waits until it is less full than this.
    pub async fn below(&self, pressure: Pressure) {
        let config = &self.link.config;
        self.link.until(&self.link.changed, |session| session.pressure(config) < pressure).await;
    }

    /// Ends the session once the client has taken what is queued.
    pub fn shut(&self, reason: CloseReason) {
        self.shut_within(reason, self.link.config.close_timeout);
    }

    /// Likewise, but waits for that no longer than so.
    pub(in super::super) fn shut_within(&self, reason: CloseReason, within: Duration) {
        self.link.with(|session, now| session.shut(reason, now + within));
    }

    /// Ends the session at once.
    pub fn close(&self, reason: CloseReason) {
        self.link.close(reason);
    }

    /// Why the session is ending or has ended.
    pub fn ending(&self) -> Option<CloseReason> {
        self.link.with(|session, _| session.ending())
    }

    /// What carries the session now.
    pub fn transport(&self) -> TransportKind {
        self.link.with(|session, _| session.carrier())
    }
}
