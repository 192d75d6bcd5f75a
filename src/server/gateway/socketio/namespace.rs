//! What a dialect implements.

use std::{
    future::{pending, ready},
    sync::Arc,
};

use super::{
    codec::Frame,
    control::DisconnectReason,
    feed::{Lost, Opened, Start},
    handshake::{Handshake, Refusal},
    recovery::Keeper,
    socket::{Event, Socket},
};

/// The rules of a namespace, or of all namespaces of one pattern.
///
/// A client passes through `authenticate`, `feed`, `connected`, any number of `event`s, and `disconnected`. Of
/// one socket's calls from `connected` on each waits for the one before: an event's handler that takes long
/// should spawn what takes long. A panic in any of them ends the client's session.
pub trait Namespace: Send + Sync + 'static {
    /// What is known of an authenticated client.
    type Session: Send + Sync + 'static;

    /// Whether the client may enter. Nothing of the client is kept before.
    fn authenticate(
        &self,
        handshake: &Handshake,
    ) -> impl Future<Output = Result<Self::Session, Refusal>> + Send;

    /// Who the client is: a socket is given back to the same owner only.
    fn owner(&self, _session: &Self::Session) -> String {
        String::new()
    }

    /// What remembers sockets that were cut off; without one, clients start afresh.
    fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        None
    }

    /// Whether this client can come back as the one that it was: one that is shown no offsets could not say where it
    /// was, and is given no `pid`.
    fn recovers(&self, _session: &Self::Session) -> bool {
        true
    }

    /// Opens the socket's source of events, before the client is told that it is in. The first events are asked
    /// for after `connected`. [`Lost`] makes a client that comes back a new one, and is asked again with
    /// [`Start::Now`].
    fn feed(
        &self,
        _socket: &Socket<Self::Session>,
        start: Start,
    ) -> impl Future<Output = Result<Opened, Lost>> + Send {
        ready(if start == Start::Now { Ok(Opened::silent()) } else { Err(Lost) })
    }

    /// The client is in.
    fn connected(&self, _socket: &Socket<Self::Session>) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Waits until the client may not stay any longer, and answers the last thing to tell it. Asked once, when the
    /// client is in, and watched whether it reads or not: it then leaves, and its session ends soon after if it is in
    /// no other namespace. Events that it sent before and that wait are still handed over.
    fn expelled(&self, _socket: &Socket<Self::Session>) -> impl Future<Output = Option<Frame>> + Send {
        pending()
    }

    /// The client sent an event.
    fn event(&self, socket: &Socket<Self::Session>, event: Event) -> impl Future<Output = ()> + Send;

    /// The client has left; it is in no room any more and cannot be sent anything.
    fn disconnected(
        &self,
        _socket: &Socket<Self::Session>,
        _reason: DisconnectReason,
    ) -> impl Future<Output = ()> + Send {
        ready(())
    }
}
