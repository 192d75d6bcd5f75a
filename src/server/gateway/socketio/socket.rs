//! One client in one namespace, as a dialect holds it.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use super::{
    ack::{Ack, AckError},
    broadcast::Broadcast,
    codec::{Args, EncodeError, Frame},
    control::SendError,
    engine::{CloseReason, TransportKind},
    member::Core,
};

/// A client in a namespace, with what [`Namespace::authenticate`](super::Namespace::authenticate) found out about
/// it. Cloning is cheap; a clone that is kept keeps neither the client nor the namespace alive.
pub struct Socket<S> {
    pub(super) core: Arc<Core>,
    pub(super) session: Arc<S>,
}

impl<S> Clone for Socket<S> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), session: Arc::clone(&self.session) }
    }
}

impl<S> std::fmt::Debug for Socket<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.core.fmt(formatter)
    }
}

/// An event from a client.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Args,
    /// Where the client expects an answer.
    pub ack: Option<Ack>,
}

impl<S> Socket<S> {
    /// The public id. It opens nothing, and may be shown to others.
    pub fn id(&self) -> &str {
        self.core.id()
    }

    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        self.core.namespace()
    }

    /// What authentication found out.
    pub fn session(&self) -> &Arc<S> {
        &self.session
    }

    /// Whether the client was here before, and has its id and its rooms back.
    pub fn recovered(&self) -> bool {
        self.core.recovered()
    }

    /// Whether the client is in the namespace.
    pub fn is_connected(&self) -> bool {
        self.core.is_live()
    }

    /// What carries the client's session now.
    pub fn transport(&self) -> TransportKind {
        self.core.outlet.transport()
    }

    /// Queues an event. A client that does not take what is queued is cut off.
    ///
    /// Where the namespace has a [`Keeper`](super::Keeper), let no event end with an argument that is a text: a
    /// stock client takes it for an offset.
    pub fn emit(&self, name: &str, args: &Args) -> Result<(), SendError> {
        self.send(&Frame::event(self.namespace(), name, args, None)?)
    }

    /// Queues an event with one argument.
    pub fn emit_of<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Result<(), SendError> {
        self.send(&Frame::event_of(self.namespace(), name, value, None)?)
    }

    /// Queues an event that was encoded for this namespace.
    pub fn send(&self, frame: &Frame) -> Result<(), SendError> {
        if self.core.send(frame) { Ok(()) } else { Err(SendError::Closed) }
    }

    /// Sends an event if the client can take it at once; returns whether it did.
    pub fn emit_volatile(&self, name: &str, args: &Args) -> Result<bool, EncodeError> {
        Ok(self.core.send_volatile(&Frame::event(self.namespace(), name, args, None)?))
    }

    /// Sends an event and waits for the client's answer, for so long or as long as the server's configuration
    /// says. The answer cannot arrive while an event's handler blocks the queue of 64 other events.
    pub async fn emit_with_ack(
        &self,
        name: &str,
        args: &Args,
        wait: Option<Duration>,
    ) -> Result<Args, AckError> {
        let config = &self.core.config;
        let (id, answer) = self.core.pending.register(config.max_pending_acks)?;
        let registered = Registered { core: &self.core, id };
        let frame = Frame::numbered_event(self.namespace(), name, args, None, Some(id));
        self.send(&frame.map_err(SendError::from)?)?;
        let answer = tokio::time::timeout(wait.unwrap_or(config.ack_timeout), answer).await;
        drop(registered);
        answer.map_err(|_| AckError::Timeout)?.map_err(|_| AckError::Left)
    }

    /// Joins a room. False where the socket has left, or is in as many rooms as allowed.
    pub fn join(&self, room: &str) -> bool {
        self.core.join(room)
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.core.leave_room(room);
    }

    /// The rooms, in order.
    pub fn rooms(&self) -> Vec<Arc<str>> {
        self.core.rooms()
    }

    /// Whether the socket is in a room.
    pub fn is_in(&self, room: &str) -> bool {
        self.core.is_in(room)
    }

    /// Everybody else in the namespace.
    pub fn others(&self) -> Broadcast {
        Broadcast::new(Arc::clone(self.core.spaces()), self.namespace()).except(self.id())
    }

    /// Leaves the namespace. Stock clients do not come back by themselves.
    pub fn disconnect(&self) {
        self.core.disconnect();
    }

    /// Ends the whole session, in all its namespaces, once the client has taken what is queued. Stock clients
    /// come back.
    pub fn close(&self) {
        self.core.outlet.shut(CloseReason::Forced);
    }
}

/// Nobody waits any more, also where the waiting future was dropped.
struct Registered<'a> {
    core: &'a Arc<Core>,
    id: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.core.pending.cancel(self.id);
    }
}
