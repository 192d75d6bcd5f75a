//! What is remembered of a client that was cut off, so that it comes back as if nothing had been.
//!
//! Stock clients since 4.6 do this by themselves: a `pid` in the answer to CONNECT makes them remember the offset
//! behind each event, and show both when they come back (`auth: {pid, offset}`). They take themselves for
//! recovered when they are given the same `pid` again. What they missed is no business of a [`Keeper`]: it comes
//! from the socket's [`Feed`](super::Feed), which is opened at the offset.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use tokio::time::Instant;

/// Bytes of a `pid` beyond which nobody is asked about it.
pub(super) const MAX_PID: usize = 512;

/// What a socket was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its public id, which it gets back.
    pub socket_id: String,
    /// Whose it was: only the same owner gets it back. `None` where that was not kept.
    pub owner: Option<String>,
    /// Its rooms.
    pub rooms: Vec<String>,
    /// Where its feed began.
    pub start: Option<String>,
}

/// Remembers sockets by their `pid`, a secret between a client and us.
pub trait Keeper: Send + Sync + 'static {
    /// Makes the `pid` of a new socket out of a fresh secret.
    fn mint(&self, _kept: &Kept, secret: String) -> String {
        secret
    }

    /// Called when a socket connects, whenever its rooms change, and when its transport is gone (then `connected`
    /// is false and its time begins to run). Must not block: a keeper with a disk behind it hands over.
    fn save(&self, pid: &str, kept: Kept, connected: bool);

    /// What is known of a socket.
    fn load<'a>(&'a self, pid: &'a str) -> BoxFuture<'a, Option<Kept>>;

    /// Called when a socket left its namespace for good, because its client chose to (`by_choice`) or because we made
    /// it: it cannot be given back.
    fn forget(&self, pid: &str, by_choice: bool);

    /// Whether the client of this socket chose to leave, as far as that is still known: where it comes back then, it
    /// has missed nothing.
    fn has_left(&self, pid: &str) -> bool;
}

/// How many of those who left are remembered; the oldest are forgotten first.
const MAX_DEPARTED: usize = 10_000;

/// The `pid`s of sockets that left for good, by their hashes.
#[derive(Debug, Default)]
struct Departed(Mutex<Gone>);

#[derive(Debug, Default)]
struct Gone {
    by_choice: HashMap<u64, bool>,
    in_order: VecDeque<u64>,
    hasher: RandomState,
}

impl Departed {
    fn lock(&self) -> MutexGuard<'_, Gone> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, pid: &str, by_choice: bool) {
        let mut gone = self.lock();
        let hash = gone.hasher.hash_one(pid);
        if gone.by_choice.insert(hash, by_choice).is_none() {
            gone.in_order.push_back(hash);
        }
        if gone.in_order.len() > MAX_DEPARTED
            && let Some(oldest) = gone.in_order.pop_front()
        {
            gone.by_choice.remove(&oldest);
        }
    }

    /// Whether it left, and whether by choice.
    fn find(&self, pid: &str) -> Option<bool> {
        let gone = self.lock();
        gone.by_choice.get(&gone.hasher.hash_one(pid)).copied()
    }
}

/// Keeps nothing but who left: the `pid` itself says what there is to know. Recovery then works across restarts and nodes, for
/// namespaces whose sockets are in no rooms. The owner stands in the `pid`, so let it be no secret. A client that
/// forges a `pid` gains an id of its choice, if nobody else has it, and what it may see anyway; to take the socket of
/// somebody who is connected it would need both their `pid` and what they came with.
#[derive(Debug, Default)]
pub struct StatelessKeeper {
    departed: Departed,
}

impl Keeper for StatelessKeeper {
    fn mint(&self, kept: &Kept, secret: String) -> String {
        let text = |text: Option<&str>| text.map(|text| URL_SAFE_NO_PAD.encode(text)).unwrap_or_default();
        let (start, owner) = (text(kept.start.as_deref()), text(kept.owner.as_deref()));
        format!("{}.{secret}.{start}.{owner}", kept.socket_id)
    }

    fn save(&self, _pid: &str, _kept: Kept, _connected: bool) {}

    fn load<'a>(&'a self, pid: &'a str) -> BoxFuture<'a, Option<Kept>> {
        let known = self.departed.find(pid).is_none();
        ready(known.then(|| read_stateless(pid)).flatten()).boxed()
    }

    fn forget(&self, pid: &str, by_choice: bool) {
        self.departed.add(pid, by_choice);
    }

    fn has_left(&self, pid: &str) -> bool {
        self.departed.find(pid).unwrap_or_default()
    }
}

fn read_stateless(pid: &str) -> Option<Kept> {
    let (socket_id, rest) = pid.split_once('.')?;
    let (secret, rest) = rest.split_once('.')?;
    let (start, owner) = rest.split_once('.')?;
    let is_id = |text: &str| text.len() == 24 && URL_SAFE_NO_PAD.decode(text).is_ok();
    if !is_id(socket_id) || !is_id(secret) {
        return None;
    }
    let text = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let (start, owner) = (text(start)?, text(owner)?);
    let start = (!start.is_empty()).then_some(start);
    Some(Kept { socket_id: socket_id.to_owned(), owner: Some(owner), rooms: Vec::new(), start })
}

/// Keeps sockets in memory: those that are connected, and those that were for a while after.
pub struct MemoryKeeper {
    keep: Duration,
    capacity: usize,
    sockets: Mutex<HashMap<String, (Kept, Option<Instant>)>>,
    departed: Departed,
}

impl fmt::Debug for MemoryKeeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryKeeper").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl MemoryKeeper {
    /// Keeps a socket for `keep` after its transport is gone (the reference server: 2 minutes), and at most
    /// `capacity` sockets in all.
    pub fn new(keep: Duration, capacity: usize) -> Self {
        Self { keep, capacity, sockets: Mutex::default(), departed: Departed::default() }
    }

    fn save_at(&self, now: Instant, pid: &str, kept: Kept, connected: bool) {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        if sockets.len() >= self.capacity && !sockets.contains_key(pid) {
            sockets.retain(|_, (_, until)| until.is_none_or(|until| now < until));
            if sockets.len() >= self.capacity {
                return;
            }
        }
        sockets.insert(pid.to_owned(), (kept, (!connected).then(|| now + self.keep)));
    }

    fn load_at(&self, now: Instant, pid: &str) -> Option<Kept> {
        let sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets
            .get(pid)
            .filter(|(_, until)| until.is_none_or(|until| now < until))
            .map(|(kept, _)| kept.clone())
    }
}

impl Keeper for MemoryKeeper {
    fn save(&self, pid: &str, kept: Kept, connected: bool) {
        self.save_at(Instant::now(), pid, kept, connected);
    }

    fn load<'a>(&'a self, pid: &'a str) -> BoxFuture<'a, Option<Kept>> {
        ready(self.load_at(Instant::now(), pid)).boxed()
    }

    fn forget(&self, pid: &str, by_choice: bool) {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).remove(pid);
        self.departed.add(pid, by_choice);
    }

    fn has_left(&self, pid: &str) -> bool {
        self.departed.find(pid).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(id: &str) -> Kept {
        Kept { socket_id: id.to_owned(), rooms: vec!["r".into()], ..Kept::default() }
    }

    #[test]
    fn memory_lasts_while_connected_and_a_while_after() {
        let keeper = MemoryKeeper::new(Duration::from_secs(120), 10);
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        keeper.save_at(start, "p", kept("a"), true);
        assert_eq!(keeper.load_at(after(1_000), "p"), Some(kept("a")));
        keeper.save_at(after(1_000), "p", kept("a"), false);
        assert_eq!(keeper.load_at(after(1_119), "p"), Some(kept("a")));
        assert_eq!(keeper.load_at(after(1_120), "p"), None);
    }

    #[test]
    fn memory_is_bounded_and_the_expired_make_room() {
        let keeper = MemoryKeeper::new(Duration::from_secs(1), 2);
        let start = Instant::now();
        keeper.save_at(start, "1", kept("1"), true);
        keeper.save_at(start, "2", kept("2"), false);
        keeper.save_at(start, "3", kept("3"), true);
        assert_eq!(keeper.load_at(start, "3"), None);
        let later = start + Duration::from_secs(1);
        keeper.save_at(later, "3", kept("3"), true);
        assert_eq!(keeper.load_at(later, "3"), Some(kept("3")));
        assert!(!keeper.has_left("3"));
        keeper.forget("3", true);
        assert_eq!(keeper.load_at(later, "3"), None);
        assert!(keeper.has_left("3"));
    }

    #[test]
    fn so_many_departures_are_remembered() {
        let departed = Departed::default();
        for n in 0..=MAX_DEPARTED {
            departed.add(&n.to_string(), n % 2 == 0);
        }
        let found = |n: usize| departed.find(&n.to_string());
        assert_eq!((found(0), found(1), found(2)), (None, Some(false), Some(true)));
        assert_eq!(departed.lock().by_choice.len(), MAX_DEPARTED);
    }

    #[tokio::test]
    async fn a_pid_can_say_everything_itself() {
        let id = "A".repeat(24);
        for (start, owner) in [(None, ""), (Some("e.1-2".to_owned()), "key:w:k")] {
            let owner = Some(owner.to_owned());
            let kept = Kept { socket_id: id.clone(), start, owner, ..Kept::default() };
            let keeper = StatelessKeeper::default();
            let pid = keeper.mint(&kept, "B".repeat(24));
            assert_eq!(keeper.load(&pid).await, Some(kept));
            keeper.forget(&pid, false);
            assert_eq!((keeper.load(&pid).await, keeper.has_left(&pid)), (None, false));
        }
        for pid in [
            "",
            "a.b.c",
            &format!("{id}.{id}"),
            &format!("{id}.{id}."),
            &format!("{id}.{id}.*."),
            &format!("{id}.x.."),
        ] {
            assert_eq!(StatelessKeeper::default().load(pid).await, None, "{pid}");
        }
    }
}
