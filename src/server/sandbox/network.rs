//! What every part of the sandbox shares.

use super::SandboxError;
use super::control::Scripts;
use super::directory::{Account, Control, Directory};
use super::event::{PhoneEvent, PhoneEventKind};
use super::fault::Faults;
use super::line::pairing::Waiting;
use super::rows::links::Address;
use super::typing;
use super::wire::identity::Identity;
use crate::protocol::Millis;
use crate::server::source::Source;
use crate::server::storage::Store;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many events a slow subscriber may lag behind before it misses some.
const EVENTS: usize = 1_024;
/// How many kinds of unknown requests are counted apart.
const UNKNOWN_KINDS: usize = 256;

/// The emulated network.
pub struct Network {
    pub store: Store,
    pub source: Source,
    pub identity: Identity,
    pub directory: Directory,
    pub faults: Arc<Faults>,
    pub scripts: Scripts,
    /// Codes that devices show now.
    pub waiting: Waiting,
    pub events: broadcast::Sender<PhoneEvent>,
    /// Everything that runs: ends with the sandbox.
    pub tasks: TaskTracker,
    pub closing: CancellationToken,
    unknown: Mutex<BTreeMap<String, u64>>,
    /// By number: the devices that follow its presence, with their connections.
    followers: Mutex<BTreeMap<String, BTreeMap<Address, u64>>>,
    ids: AtomicU64,
    /// Calls that ring now: by caller and callee, their id.
    calls: Mutex<BTreeMap<(String, String), String>>,
}

impl Network {
    #[must_use]
    pub fn new(store: Store, source: Source, identity: Identity) -> Self {
        Self {
            store,
            source,
            identity,
            directory: Directory::default(),
            faults: Arc::default(),
            scripts: Scripts::default(),
            waiting: Waiting::default(),
            events: broadcast::channel(EVENTS).0,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            unknown: Mutex::default(),
            followers: Mutex::default(),
            ids: AtomicU64::new(1),
            calls: Mutex::default(),
        }
    }

    /// Calls that ring now: by caller and callee, their id.
    pub fn calls(&self) -> MutexGuard<'_, BTreeMap<(String, String), String>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that this process gives out once.
    pub fn serial(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// An id for a stanza of the server's own.
    pub fn stanza_id(&self) -> String {
        format!("sb{}", self.source.token(12))
    }

    /// An id for a message of a phone.
    pub fn message_id(&self) -> String {
        message_id(&self.source)
    }

    /// Tells whoever watches the phones.
    pub fn tell(&self, number: &str, kind: PhoneEventKind) {
        // Nobody watches: fine.
        drop(self.events.send(PhoneEvent { number: number.to_owned(), kind }));
    }

    /// A device follows somebody's presence from now on.
    pub fn follow(&self, number: &str, follower: &Address, connection: u64) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        followers.entry(number.to_owned()).or_default().insert(follower.clone(), connection);
    }

    /// A device follows somebody's presence no longer.
    pub fn leave(&self, number: &str, follower: &Address) {
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(devices) = followers.get_mut(number) {
            devices.remove(follower);
        }
    }

    /// Somebody came online, or went: tells whoever follows them.
    pub fn show(&self, account: &Account, online: bool, now: Millis) {
        let stanza = typing::presence(&account.shown_jid(), online, now);
        let mut watching = Vec::new();
        {
            let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(devices) = followers.get_mut(&account.number) {
                // Those whose connection has ended follow nobody any more.
                devices.retain(|follower, connection| {
                    let live =
                        self.directory.number(&follower.number).and_then(|of| of.connection(follower.device));
                    let live = live.filter(|live| live.connection == *connection);
                    let there = live.is_some();
                    watching.extend(live);
                    there
                });
            }
        }
        for live in watching {
            // A device that does not keep up misses it: it is out of date by then.
            drop(live.control.try_send(Control::Push(Box::new(stanza.clone()))));
        }
    }

    /// Counts a request that we do not know.
    pub fn unknown(&self, what: &str) {
        tracing::debug!(what, "a request that the sandbox does not know");
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        // The names come from clients: neither many nor long ones are kept.
        let name: String = what.chars().take(80).collect();
        if unknown.len() < UNKNOWN_KINDS || unknown.contains_key(&name) {
            *unknown.entry(name).or_default() += 1;
        }
    }

    /// The requests that we did not know, with how often they came.
    pub fn unknown_requests(&self) -> BTreeMap<String, u64> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the sandbox still takes requests.
    ///
    /// # Errors
    /// [`SandboxError::Closed`].
    pub fn open(&self) -> Result<(), SandboxError> {
        if self.closing.is_cancelled() { Err(SandboxError::Closed) } else { Ok(()) }
    }
}

/// An id for a message, in WhatsApp's form.
#[must_use]
pub fn message_id(source: &Source) -> String {
    let mut id = String::from("3EB0");
    for byte in source.bytes::<9>() {
        // Writing into a String cannot fail.
        let _ = write!(id, "{byte:02X}");
    }
    id
}
