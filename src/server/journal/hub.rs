//! What has just been committed, in memory, for those who follow live.

use crate::protocol::{Epoch, Event, LiveEvent, ServerFrame, WorkspaceId};
use bytes::Bytes;
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{broadcast, watch};

/// How many recent events of a workspace are kept in memory. Whoever is further behind reads pages of
/// the log until it has caught up.
const RING: usize = 2_048;
/// How many ephemeral signals may wait for a slow reader; it loses the oldest beyond that.
const LIVE: usize = 256;

/// One committed event, with its frame of the native stream, serialised once for all who read it.
pub struct Logged {
    pub event: Event,
    frame: OnceLock<Bytes>,
    /// What the dialects make of it, one of each type.
    renderings: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
}

impl fmt::Debug for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logged").field("event", &self.event).finish_non_exhaustive()
    }
}

impl Logged {
    /// An event that was committed.
    #[must_use]
    pub fn new(event: Event) -> Self {
        Self { event, frame: OnceLock::new(), renderings: Mutex::default() }
    }

    /// `{"type":"event","event":{…}}`.
    pub fn frame(&self) -> Bytes {
        let make = || {
            let frame = ServerFrame::Event { event: self.event.clone() };
            // Our own types hold nothing that JSON cannot: string keys, no floats.
            Bytes::from(serde_json::to_vec(&frame).unwrap_or_default())
        };
        self.frame.get_or_init(make).clone()
    }

    /// What a dialect makes of this event: made by the first of its connections that asks, and shared by all.
    /// Each dialect has a type of its own for it, which is what it is found by.
    pub fn rendered<T: Any + Send + Sync>(&self, make: impl FnOnce(&Event) -> T) -> Arc<T> {
        let find = |made: &Vec<Arc<dyn Any + Send + Sync>>| {
            made.iter().find_map(|one| Arc::clone(one).downcast::<T>().ok())
        };
        let mut renderings = self.renderings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = find(&renderings) {
            return made;
        }
        let made = Arc::new(make(&self.event));
        renderings.push(made.clone());
        made
    }
}

/// The recent past and the present of one workspace.
pub(super) struct Channel {
    pub epoch: Epoch,
    ring: Mutex<VecDeque<Arc<Logged>>>,
    top: watch::Sender<i64>,
    live: broadcast::Sender<Arc<LiveEvent>>,
}

/// What the ring can say about the events after a position.
pub(super) enum Recent {
    /// Up to date: there is nothing after it.
    Nothing,
    /// These, in order, without a hole after the position.
    Events(Vec<Arc<Logged>>),
    /// It lies before the ring's first: read the log.
    Older,
}

impl Channel {
    fn new(epoch: Epoch, top: i64) -> Self {
        Self {
            epoch,
            ring: Mutex::default(),
            top: watch::Sender::new(top),
            live: broadcast::Sender::new(LIVE),
        }
    }

    pub fn top(&self) -> i64 {
        *self.top.borrow()
    }

    pub fn after(&self, seq: i64, limit: usize) -> Recent {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if seq >= self.top() {
            return Recent::Nothing;
        }
        let Some(first) = ring.front() else { return Recent::Older };
        let skip = seq + 1 - first.event.cursor.seq;
        let Ok(skip) = usize::try_from(skip) else { return Recent::Older };
        Recent::Events(ring.iter().skip(skip).take(limit).cloned().collect())
    }

    fn push(&self, events: &[Arc<Logged>]) {
        let Some(last) = events.last() else { return };
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            // A ring with a hole would be served as if it had none.
            if ring.back().is_some_and(|back| back.event.cursor.seq + 1 != event.event.cursor.seq) {
                ring.clear();
            }
            if ring.len() == RING {
                ring.pop_front();
            }
            ring.push_back(event.clone());
        }
        self.top.send_replace(last.event.cursor.seq);
    }
}

/// A follower's ends: when the log grew, and what is only live.
pub struct Subscription {
    pub(super) channel: Arc<Channel>,
    pub(super) top: watch::Receiver<i64>,
    /// Ephemeral signals; a slow reader loses the oldest, which is what they are for.
    pub live: broadcast::Receiver<Arc<LiveEvent>>,
}

/// The channels of this node.
#[derive(Default)]
pub(super) struct Hub {
    channels: Mutex<HashMap<WorkspaceId, Arc<Channel>>>,
}

impl Hub {
    pub fn get(&self, workspace: &WorkspaceId) -> Option<Arc<Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned()
    }

    /// The workspace's channel, made with this state if it is not there yet.
    pub fn open(&self, workspace: &WorkspaceId, epoch: Epoch, top: i64) -> Arc<Channel> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(workspace.clone()).or_insert_with(|| Arc::new(Channel::new(epoch, top))).clone()
    }

    pub fn publish(&self, workspace: &WorkspaceId, epoch: Epoch, events: &[Arc<Logged>]) {
        let before = events.first().map_or(0, |event| event.event.cursor.seq - 1);
        self.open(workspace, epoch, before).push(events);
    }

    pub fn signal(&self, workspace: &WorkspaceId, event: LiveEvent) {
        if let Some(channel) = self.get(workspace) {
            // Nobody listens: nothing to do.
            drop(channel.live.send(Arc::new(event)));
        }
    }
}

impl Subscription {
    pub(super) fn new(channel: Arc<Channel>) -> Self {
        Self { top: channel.top.subscribe(), live: channel.live.subscribe(), channel }
    }
}
