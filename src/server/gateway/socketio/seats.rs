//! The sockets of one session, and the calls that their namespaces are in.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::{
    future::{AbortHandle, Abortable, BoxFuture, FutureExt as _, abortable},
    stream::{BoxStream, FuturesUnordered, StreamExt as _},
};

use super::{
    Config,
    codec::Frame,
    control::DisconnectReason,
    entering::{Entered, Live},
    feed::Batch,
    handshake::Refusal,
    member::Core,
    socket::Event,
};

/// Where a session stands with a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It asked, and has no answer yet.
    Entering(u64),
    /// It is in.
    In(u64),
}

/// One socket, until its last call has returned.
pub(super) struct Seat {
    pub core: Arc<Core>,
    live: Arc<dyn Live>,
    jobs: VecDeque<Job>,
    busy: bool,
    /// Not asked before `connected` has returned.
    pub feed: Option<BoxStream<'static, Batch>>,
    pub abort: Option<AbortHandle>,
    /// Ends the wait for its expulsion.
    watch: AbortHandle,
}

enum Job {
    Connected,
    /// With the bytes that it came in.
    Event(Event, usize),
    Disconnected(DisconnectReason),
}

/// What has come to an end.
pub(super) enum Done {
    Entered(u64, Result<Entered, Refusal>),
    Connected(u64),
    Event(u64, usize),
    Disconnected(u64),
    /// It may not stay; with what it is still to be told.
    Expelled(u64, Option<Frame>),
    /// The namespace's code broke.
    Panicked(u64),
}

#[derive(Default)]
pub(super) struct Seats {
    pub names: HashMap<Arc<str>, Presence>,
    pub seats: HashMap<u64, Seat>,
    work: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Waits for those who may not stay: for as long as they are in.
    watches: FuturesUnordered<Abortable<BoxFuture<'static, Done>>>,
    next: u64,
    events: usize,
    bytes: usize,
    entries: usize,
}

impl Seats {
    /// Asks whether a namespace may be entered.
    pub fn begin(&mut self, name: Arc<str>, entry: BoxFuture<'static, Result<Entered, Refusal>>) {
        let number = self.next;
        self.next += 1;
        self.names.insert(name, Presence::Entering(number));
        self.entries += 1;
        self.spawn(number, async move { Done::Entered(number, entry.await) });
    }

    /// The client is in: `connected` is called first.
    pub fn sit(&mut self, number: u64, entered: Entered) {
        let Entered { core, live, feed } = entered;
        self.names.insert(Arc::clone(core.shared_namespace()), Presence::In(number));
        let jobs = VecDeque::from([Job::Connected]);
        let expelled = AssertUnwindSafe(Arc::clone(&live).expelled()).catch_unwind();
        let expelled = expelled
            .map(move |told| told.map_or(Done::Panicked(number), |told| Done::Expelled(number, told)));
        let (watching, watch) = abortable(expelled.boxed());
        self.watches.push(watching);
        self.seats.insert(number, Seat { core, live, jobs, busy: false, feed, abort: None, watch });
        self.advance(number);
    }

    pub fn find(&self, name: &str) -> Option<&Seat> {
        match self.names.get(name) {
            Some(Presence::In(number)) => self.seats.get(number),
            _ => None,
        }
    }

    /// The name under which an entry of that number still waits.
    pub fn entering(&self, number: u64) -> Option<Arc<str>> {
        let waits = |presence: &Presence| *presence == Presence::Entering(number);
        self.names.iter().find(|(_, presence)| waits(presence)).map(|(name, _)| Arc::clone(name))
    }

    /// Namespaces that the session is in or entering, and those whose last call has not returned.
    pub fn len(&self) -> usize {
        let entering = self.names.values().filter(|presence| matches!(presence, Presence::Entering(_)));
        self.seats.len() + entering.count()
    }

    /// Whether the session is in any namespace.
    pub fn is_in_any(&self) -> bool {
        self.names.values().any(|presence| matches!(presence, Presence::In(_)))
    }

    /// Whether another packet may be taken from the client: not with too many events, or too many bytes of them,
    /// or too many entries under way.
    pub fn has_room(&self, config: &Config) -> bool {
        self.events < config.max_pending_events
            && self.bytes < config.max_payload
            && self.entries < config.max_entering
    }

    /// Has an event handled after those before it.
    pub fn event(&mut self, name: &str, event: Event, bytes: usize) {
        if let Some(Presence::In(number)) = self.names.get(name).copied()
            && let Some(seat) = self.seats.get_mut(&number)
        {
            seat.jobs.push_back(Job::Event(event, bytes));
            self.events += 1;
            self.bytes += bytes;
            self.advance(number);
        }
    }

    /// Takes a socket's name away; its last call comes after those that wait.
    pub fn rise(&mut self, name: &str, reason: DisconnectReason) {
        if let Some(Presence::In(number)) = self.names.remove(name)
            && let Some(seat) = self.seats.get_mut(&number)
        {
            seat.feed = None;
            seat.watch.abort();
            if let Some(abort) = seat.abort.take() {
                abort.abort();
            }
            seat.jobs.push_back(Job::Disconnected(reason));
            self.advance(number);
        }
    }

    pub fn is_working(&self) -> bool {
        !self.work.is_empty() || !self.watches.is_empty()
    }

    /// Whether the session waits at a door.
    pub fn is_entering_any(&self) -> bool {
        self.entries > 0
    }

    /// What comes to an end next, if anything is under way; whoever may not stay comes first. Safe to drop.
    async fn next(&mut self) -> Option<Done> {
        loop {
            tokio::select! {
                biased;
                Some(watched) = self.watches.next(), if !self.watches.is_empty() => {
                    // An aborted one has left already.
                    if let Ok(done) = watched {
                        return Some(done);
                    }
                }
                Some(done) = self.work.next(), if !self.work.is_empty() => return Some(done),
                else => return None,
            }
        }
    }

    /// Waits for something to come to an end.
    pub async fn done(&mut self) -> Option<Done> {
        let done = self.next().await?;
        let number = match &done {
            Done::Connected(number) => *number,
            Done::Event(number, bytes) => {
                self.events = self.events.saturating_sub(1);
                self.bytes = self.bytes.saturating_sub(*bytes);
                *number
            }
            Done::Disconnected(number) => {
                self.seats.remove(number);
                return Some(done);
            }
            Done::Entered(..) => {
                self.entries = self.entries.saturating_sub(1);
                return Some(done);
            }
            Done::Expelled(..) => return Some(done),
            // The session ends; until then the rest of the socket's calls, the last one too, go their way.
            Done::Panicked(number) => *number,
        };
        if let Some(seat) = self.seats.get_mut(&number) {
            seat.busy = false;
        }
        self.advance(number);
        Some(done)
    }

    fn advance(&mut self, number: u64) {
        let Some(seat) = self.seats.get_mut(&number) else { return };
        if seat.busy {
            return;
        }
        let Some(job) = seat.jobs.pop_front() else { return };
        seat.busy = true;
        let live = Arc::clone(&seat.live);
        match job {
            Job::Connected => self.spawn(number, live.connected().map(move |()| Done::Connected(number))),
            Job::Event(event, bytes) => {
                self.spawn(number, live.event(event).map(move |()| Done::Event(number, bytes)));
            }
            Job::Disconnected(reason) => {
                self.spawn(number, live.disconnected(reason).map(move |()| Done::Disconnected(number)));
            }
        }
    }

    fn spawn(&mut self, number: u64, work: impl Future<Output = Done> + Send + 'static) {
        let guarded = AssertUnwindSafe(work).catch_unwind();
        let guarded = guarded.map(move |done| done.unwrap_or(Done::Panicked(number)));
        self.work.push(guarded.boxed());
    }
}

/// Nobody stays behind in a room, however the session's task ended.
impl Drop for Seats {
    fn drop(&mut self) {
        for seat in self.seats.values() {
            seat.core.leave(DisconnectReason::Session(super::CloseReason::TransportError));
        }
    }
}
