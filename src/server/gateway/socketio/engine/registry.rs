//! All sessions of a server, and how one is opened.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, extract::Request, routing::any};
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::{sync::mpsc, time::Instant};

use super::{
    super::{
        Config, ConfigError, Entropy, SystemEntropy,
        codec::{Text, Unit},
        entropy::mint,
    },
    connection::Connection,
    heartbeat,
    link::{INBOUND, Link},
    reason::CloseReason,
    request::{self, OpenPolicy, Opening, Policy, TransportKind},
    session::Session,
};

type App = Box<dyn Fn(Connection) -> BoxFuture<'static, ()> + Send + Sync>;

/// The sessions by their secret ids.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    map: Mutex<HashMap<String, Arc<Link>>>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Link>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn remove(&self, id: &str) {
        self.lock().remove(id);
    }
}

/// An Engine.IO server.
pub struct Engine {
    pub(super) config: Arc<Config>,
    pub(super) policy: Box<dyn Policy>,
    sessions: Arc<Sessions>,
    entropy: Arc<dyn Entropy>,
    app: App,
    down: AtomicBool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("sessions", &self.sessions.lock().len())
            .finish_non_exhaustive()
    }
}

/// Builds an [`Engine`].
pub struct EngineBuilder {
    config: Config,
    policy: Box<dyn Policy>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EngineBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl EngineBuilder {
    /// Where session ids come from; the system's generator unless told otherwise.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Who may open a session, and from which pages; everybody from the same origin unless told otherwise.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policy = Box::new(policy);
        self
    }

    /// The server. `app` is run once for each session and ends when its [`Connection`] does.
    pub fn build<F, R>(self, app: F) -> Result<Arc<Engine>, ConfigError>
    where
        F: Fn(Connection) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.config.check()?;
        Ok(Arc::new(Engine {
            config: Arc::new(self.config),
            policy: self.policy,
            sessions: Arc::default(),
            entropy: self.entropy,
            app: Box::new(move |connection| Box::pin(app(connection))),
            down: AtomicBool::new(false),
        }))
    }
}

impl Engine {
    /// A server with these intervals and limits.
    pub fn builder(config: Config) -> EngineBuilder {
        EngineBuilder { config, policy: Box::new(OpenPolicy), entropy: Arc::new(SystemEntropy) }
    }

    /// Routes for exactly this path, with and without a slash at its end, so that nothing below it is touched.
    /// May be called for several paths.
    pub fn router<S: Clone + Send + Sync + 'static>(self: &Arc<Self>, path: &str) -> Router<S> {
        let path = path.trim_end_matches('/');
        let method = || {
            let engine = Arc::clone(self);
            any(move |request: Request| {
                let engine = Arc::clone(&engine);
                async move { request::answer(&engine, request).await }
            })
        };
        let router = Router::new().route(&format!("{path}/"), method());
        if path.is_empty() { router } else { router.route(path, method()) }
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.sessions.lock().len()
    }

    /// Ends all sessions once their clients have taken what is queued, and opens no more.
    pub fn shutdown(&self) {
        self.down.store(true, Ordering::SeqCst);
        let links: Vec<Arc<Link>> = self.sessions.lock().values().cloned().collect();
        for link in links {
            link.with(|session, now| session.shut(CloseReason::Shutdown, now + link.config.close_timeout));
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Link>> {
        let link = self.sessions.lock().get(id).cloned()?;
        link.closed().is_none().then_some(link)
    }

    pub(super) fn is_full(&self) -> bool {
        self.down.load(Ordering::SeqCst) || self.sessions.lock().len() >= self.config.max_sessions
    }

    /// Opens a session, its handshake already queued, and runs the layer above on it.
    pub(super) fn open(&self, carrier: TransportKind, opening: Opening) -> Arc<Link> {
        let id = mint(&*self.entropy);
        let upgrades: &[&str] = match carrier {
            TransportKind::Polling if self.config.allow_upgrades => &["websocket"],
            _ => &[],
        };
        let handshake = json!({
            "sid": id,
            "upgrades": upgrades,
            "pingInterval": millis(self.config.ping_interval),
            "pingTimeout": millis(self.config.ping_timeout),
            "maxPayload": self.config.max_payload,
        });
        let mut session = Session::new(Instant::now(), carrier, &self.config);
        let handshake = Unit::Text(Text::from(format!("0{handshake}")));
        session.push(std::iter::once(handshake), &self.config);
        let (sender, inbound) = mpsc::channel(INBOUND);
        let sessions = Arc::downgrade(&self.sessions);
        let link = Arc::new(Link::new(id.clone(), Arc::clone(&self.config), session, sender, sessions));
        self.sessions.lock().insert(id, Arc::clone(&link));
        let app = (self.app)(Connection::new(Arc::clone(&link), inbound, opening));
        let kept = Arc::clone(&link);
        tokio::spawn(async move {
            tokio::join!(app, heartbeat::keep(&kept));
        });
        link
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
