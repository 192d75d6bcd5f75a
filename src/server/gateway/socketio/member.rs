//! A socket without its type: what rooms, acknowledgements and the session's task share.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use super::{
    Config,
    ack::Pending,
    codec::Frame,
    control::{Control, DisconnectReason, SendError},
    engine::{CloseReason, Outlet},
    recovery::{Keeper, Kept},
    rooms::{Space, Spaces},
};

const ENTERING: u8 = 0;
const LIVE: u8 = 1;
const LEFT: u8 = 2;

/// What a recovered socket is made of.
pub(super) struct Identity {
    pub kept: Kept,
    pub pid: Option<String>,
    pub keeper: Option<Arc<dyn Keeper>>,
    pub recovered: bool,
}

pub(super) struct Core {
    id: String,
    namespace: Arc<str>,
    pub config: Arc<Config>,
    pub outlet: Outlet,
    pub pending: Pending,
    control: Arc<Control>,
    phase: AtomicU8,
    recovered: bool,
    /// Somebody with the same `pid` took over: what is kept is theirs now.
    replaced: AtomicBool,
    owner: Option<String>,
    pid: OnceLock<String>,
    start: OnceLock<String>,
    keeper: Option<Arc<dyn Keeper>>,
    rooms: Mutex<BTreeSet<Arc<str>>>,
    spaces: Arc<Spaces>,
    space: OnceLock<Arc<Space>>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Socket")
            .field("id", &self.id)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl Core {
    pub fn new(
        identity: Identity,
        namespace: Arc<str>,
        config: Arc<Config>,
        outlet: Outlet,
        control: Arc<Control>,
        spaces: Arc<Spaces>,
    ) -> Self {
        let Identity { kept, pid, keeper, recovered } = identity;
        let core = Self {
            id: kept.socket_id,
            namespace,
            config,
            outlet,
            pending: Pending::default(),
            control,
            phase: AtomicU8::new(ENTERING),
            recovered,
            replaced: AtomicBool::new(false),
            owner: kept.owner,
            pid: OnceLock::new(),
            start: OnceLock::new(),
            keeper,
            rooms: Mutex::new(kept.rooms.into_iter().map(Arc::from).collect()),
            spaces,
            space: OnceLock::new(),
        };
        if let Some(start) = kept.start {
            core.set_start(start);
        }
        if let Some(pid) = pid {
            core.set_pid(pid);
        }
        core
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    pub fn shared_namespace(&self) -> &Arc<str> {
        &self.namespace
    }

    pub fn spaces(&self) -> &Arc<Spaces> {
        &self.spaces
    }

    pub fn pid(&self) -> Option<&str> {
        self.pid.get().map(String::as_str)
    }

    pub fn recovered(&self) -> bool {
        self.recovered
    }

    /// Set once, while the socket enters; later calls change nothing.
    pub fn set_pid(&self, pid: String) {
        self.pid.get_or_init(|| pid);
    }

    /// Likewise.
    pub fn set_start(&self, start: String) {
        self.start.get_or_init(|| start);
    }

    /// Likewise, by the space itself.
    pub fn set_space(&self, space: Arc<Space>) {
        self.space.get_or_init(|| space);
    }

    pub fn kept(&self) -> Kept {
        Kept {
            socket_id: self.id.clone(),
            owner: self.owner.clone(),
            rooms: self.lock_rooms().iter().map(|room| room.to_string()).collect(),
            start: self.start.get().cloned(),
        }
    }

    fn save(&self, connected: bool) {
        if let (Some(keeper), Some(pid)) = (&self.keeper, self.pid())
            && !self.replaced.load(Ordering::SeqCst)
        {
            keeper.save(pid, self.kept(), connected);
        }
    }

    // Coming and going.

    /// Tells the client that it is in, and lets everything else follow.
    pub fn enter(&self) -> Result<(), SendError> {
        let frame = Frame::connect(&self.namespace, &self.id, self.pid())?;
        if self.phase.load(Ordering::SeqCst) != ENTERING || !self.outlet.send(frame.units()) {
            return Err(SendError::Closed);
        }
        let live = self.phase.compare_exchange(ENTERING, LIVE, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !live {
            return Err(SendError::Closed);
        }
        self.save(true);
        Ok(())
    }

    pub fn is_live(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == LIVE
    }

    /// Takes the socket out of everything; false where it was out already.
    pub fn leave(self: &Arc<Self>, reason: DisconnectReason) -> bool {
        let before = self.phase.swap(LEFT, Ordering::SeqCst);
        if before == LEFT {
            return false;
        }
        self.pending.close();
        self.spaces.leave(self);
        if before == LIVE {
            match (reason, &self.keeper, self.pid()) {
                (DisconnectReason::Session(_), ..) => self.save(false),
                (reason, Some(keeper), Some(pid)) if !self.replaced.load(Ordering::SeqCst) => {
                    keeper.forget(pid, reason == DisconnectReason::Client);
                }
                _ => {}
            }
        }
        true
    }

    /// Makes the client leave the namespace.
    pub fn disconnect(self: &Arc<Self>) {
        if self.leave(DisconnectReason::Server) {
            self.outlet.send(Frame::disconnect(&self.namespace).units());
            self.control.push(Arc::clone(self));
        }
    }

    /// The same client has come back on another session: this one is dead, whatever its transport believes.
    pub fn replace(&self) {
        self.replaced.store(true, Ordering::SeqCst);
        self.outlet.close(CloseReason::TransportClose);
    }

    // Sending.

    pub fn send(&self, frame: &Frame) -> bool {
        self.is_live() && self.outlet.send(frame.units())
    }

    pub fn send_volatile(&self, frame: &Frame) -> bool {
        self.is_live() && self.outlet.send_volatile(frame.units())
    }

    // Rooms.

    fn lock_rooms(&self) -> MutexGuard<'_, BTreeSet<Arc<str>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn rooms(&self) -> Vec<Arc<str>> {
        self.lock_rooms().iter().cloned().collect()
    }

    pub fn is_in(&self, room: &str) -> bool {
        self.lock_rooms().contains(room)
    }

    /// False where the socket is in too many rooms, or has left.
    pub fn join(&self, room: &str) -> bool {
        if self.phase.load(Ordering::SeqCst) == LEFT {
            return false;
        }
        let name: Arc<str> = Arc::from(room);
        {
            let mut rooms = self.lock_rooms();
            if rooms.contains(room) {
                return true;
            }
            if rooms.len() >= self.config.max_rooms {
                return false;
            }
            rooms.insert(Arc::clone(&name));
        }
        if let Some(space) = self.space.get() {
            space.join(self, name);
        }
        if self.is_live() {
            self.save(true);
        }
        true
    }

    pub fn leave_room(&self, room: &str) {
        if !self.lock_rooms().remove(room) {
            return;
        }
        if let Some(space) = self.space.get() {
            space.leave_room(self, room);
        }
        if self.is_live() {
            self.save(true);
        }
    }
}
