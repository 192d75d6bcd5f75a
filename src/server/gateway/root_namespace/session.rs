//! What is known of one client in the namespace.

use crate::protocol::{CursorError, DeviceId};
use crate::server::auth::Principal;
use crate::server::gateway::dialect::{Offset, Stay};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// One client that came in.
pub struct Session {
    pub principal: Principal,
    pub stay: Stay,
    /// Where it says that it was.
    pub since: Option<Result<Offset, CursorError>>,
    /// Whether its events carry offsets.
    pub offsets: bool,
    /// The instances whose present state it waits for.
    pub asked: Asked,
    /// Whether it waits for a code to scan: one such question at a time.
    pub pairing: AtomicBool,
}

/// Instances that a client has just subscribed to, until the log's reader has told it their present state.
#[derive(Debug, Default)]
pub struct Asked {
    ids: Mutex<BTreeSet<DeviceId>>,
    /// How often something was asked.
    times: watch::Sender<u64>,
}

impl Asked {
    /// Asks for the present state of an instance. As many are kept as the client has rooms, which is bounded.
    pub fn ask(&self, id: DeviceId) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        self.times.send_modify(|times| *times += 1);
    }

    /// Everything that was asked for since the last call.
    pub fn take(&self) -> BTreeSet<DeviceId> {
        std::mem::take(&mut *self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is nothing to answer.
    pub fn is_empty(&self) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// To wait for the next question.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.times.subscribe()
    }
}
