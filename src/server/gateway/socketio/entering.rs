//! From a CONNECT packet to a socket.

use std::sync::Arc;

use futures_util::{
    future::{BoxFuture, FutureExt as _},
    stream::BoxStream,
};
use serde_json::Value;

use super::{
    Config, Entropy,
    codec::Frame,
    control::{Control, DisconnectReason},
    engine::Outlet,
    entropy::mint,
    feed::{Batch, Lost, Opened, Position, Start},
    handshake::{Handshake, Refusal},
    member::{Core, Identity},
    namespace::Namespace,
    recovery::{Keeper, Kept, MAX_PID},
    rooms::Spaces,
    socket::{Event, Socket},
};

/// What all sessions of a server share.
pub(super) struct Shared {
    pub config: Arc<Config>,
    pub entropy: Arc<dyn Entropy>,
    pub spaces: Arc<Spaces>,
}

/// One client at the door.
pub(super) struct Entry {
    pub handshake: Handshake,
    pub outlet: Outlet,
    pub control: Arc<Control>,
    pub shared: Arc<Shared>,
}

/// A client that may come in.
pub(super) struct Entered {
    pub core: Arc<Core>,
    pub live: Arc<dyn Live>,
    pub feed: Option<BoxStream<'static, Batch>>,
}

/// A [`Namespace`] without its types.
pub(super) trait Door: Send + Sync {
    fn enter(self: Arc<Self>, entry: Entry) -> BoxFuture<'static, Result<Entered, Refusal>>;
}

/// A socket and its namespace, without their types.
pub(super) trait Live: Send + Sync {
    fn connected(self: Arc<Self>) -> BoxFuture<'static, ()>;
    fn expelled(self: Arc<Self>) -> BoxFuture<'static, Option<Frame>>;
    fn event(self: Arc<Self>, event: Event) -> BoxFuture<'static, ()>;
    fn disconnected(self: Arc<Self>, reason: DisconnectReason) -> BoxFuture<'static, ()>;
}

pub(super) struct Typed<N>(pub Arc<N>);

struct Seat<N: Namespace> {
    namespace: Arc<N>,
    socket: Socket<N::Session>,
}

impl<N: Namespace> Live for Seat<N> {
    fn connected(self: Arc<Self>) -> BoxFuture<'static, ()> {
        async move { self.namespace.connected(&self.socket).await }.boxed()
    }

    fn expelled(self: Arc<Self>) -> BoxFuture<'static, Option<Frame>> {
        async move { self.namespace.expelled(&self.socket).await }.boxed()
    }

    fn event(self: Arc<Self>, event: Event) -> BoxFuture<'static, ()> {
        async move { self.namespace.event(&self.socket, event).await }.boxed()
    }

    fn disconnected(self: Arc<Self>, reason: DisconnectReason) -> BoxFuture<'static, ()> {
        async move { self.namespace.disconnected(&self.socket, reason).await }.boxed()
    }
}

impl<N: Namespace> Door for Typed<N> {
    fn enter(self: Arc<Self>, entry: Entry) -> BoxFuture<'static, Result<Entered, Refusal>> {
        async move {
            let mut entry = entry;
            let namespace = Arc::clone(&self.0);
            let keeper = namespace.keeper();
            // Whoever left by choice starts afresh: the offset that a stock client still shows is of its former life.
            if let (Some(keeper), Some(pid)) = (&keeper, entry.pid())
                && keeper.has_left(pid)
            {
                entry.handshake.auth.remove("offset");
            }
            let session = Arc::new(namespace.authenticate(&entry.handshake).await?);
            let owner = namespace.owner(&session);
            let keeper = keeper.filter(|_| namespace.recovers(&session));
            let socket = |identity: Identity| Socket {
                core: Arc::new(entry.core(identity)),
                session: Arc::clone(&session),
            };

            let (socket, opened) = 'entered: {
                if let Some(keeper) = &keeper
                    && let Some((pid, kept, position)) = entry.past(&**keeper, &owner).await
                {
                    let keeper = Some(Arc::clone(keeper));
                    let socket = socket(Identity { kept, pid: Some(pid), keeper, recovered: true });
                    if let Ok(opened) = namespace.feed(&socket, Start::After(position)).await {
                        break 'entered (socket, opened);
                    }
                }
                let socket_id = mint(&*entry.shared.entropy);
                let kept = Kept { socket_id, owner: Some(owner), ..Kept::default() };
                let identity = Identity { kept, pid: None, keeper: keeper.clone(), recovered: false };
                let socket = socket(identity);
                let opened = namespace.feed(&socket, Start::Now).await.map_err(unavailable)?;
                if let Some(start) = &opened.start {
                    socket.core.set_start(start.clone());
                }
                if let Some(keeper) = &keeper {
                    let secret = mint(&*entry.shared.entropy);
                    socket.core.set_pid(keeper.mint(&socket.core.kept(), secret));
                }
                (socket, opened)
            };
            let Opened { stream, .. } = opened;
            let core = Arc::clone(&socket.core);
            Ok(Entered { core, live: Arc::new(Seat { namespace, socket }), feed: stream })
        }
        .boxed()
    }
}

fn unavailable(_: Lost) -> Refusal {
    Refusal::new("Service unavailable")
}

impl Entry {
    fn core(&self, identity: Identity) -> Core {
        Core::new(
            identity,
            Arc::clone(&self.handshake.namespace),
            Arc::clone(&self.shared.config),
            self.outlet.clone(),
            Arc::clone(&self.control),
            Arc::clone(&self.shared.spaces),
        )
    }

    /// The `pid` that the client shows, if it can be one.
    fn pid(&self) -> Option<&str> {
        self.handshake.auth_text("pid").filter(|pid| pid.len() <= MAX_PID)
    }

    /// What the client was, where it says so and that is still known.
    async fn past(&self, keeper: &dyn Keeper, owner: &str) -> Option<(String, Kept, Position)> {
        let pid = self.pid()?;
        let seen = match self.handshake.auth("offset") {
            Some(Value::String(offset)) => Some(offset.clone()),
            _ => None,
        };
        let kept = keeper.load(pid).await?;
        if kept.owner.as_deref().is_some_and(|other| other != owner) {
            return None;
        }
        let position = Position { seen, opened: kept.start.clone() };
        if position == Position::default() {
            return None;
        }
        let holder =
            self.shared.spaces.get(&self.handshake.namespace).and_then(|space| space.find(&kept.socket_id));
        let taken = holder.is_some_and(|holder| holder.pid() != Some(pid));
        (!taken).then(|| (pid.to_owned(), kept, position))
    }
}
