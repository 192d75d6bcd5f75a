//! Puts namespaces and an Engine.IO server together.

use std::{collections::HashMap, fmt, sync::Arc};

use axum::Router;

use super::{
    Config, ConfigError, Entropy, SystemEntropy,
    broadcast::Broadcast,
    client,
    engine::{Engine, OpenPolicy, Policy},
    entering::{Door, Shared, Typed},
    namespace::Namespace,
    pattern::{Params, Pattern},
    rooms::Spaces,
};

/// A Socket.IO server. Cloning shares it.
#[derive(Clone)]
pub struct Server {
    engine: Arc<Engine>,
    spaces: Arc<Spaces>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// What is open on a server at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Engine.IO sessions, whether they are in a namespace or not.
    pub sessions: usize,
    /// Sockets: each membership of a session in a namespace is one.
    pub sockets: usize,
}

/// Why a server cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Its configuration cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A namespace's name or pattern does not begin with a slash, or has a parameter without a name.
    #[error("{0:?} is no namespace")]
    Namespace(String),
}

/// Which namespaces there may be.
#[derive(Default)]
pub(super) struct Doors {
    named: HashMap<String, Arc<dyn Door>>,
    patterns: Vec<(Pattern, Arc<dyn Door>)>,
}

impl Doors {
    /// The rules of a namespace and the parameters in its name: declared ones first, then the first pattern.
    pub fn find(&self, name: &str) -> Option<(Arc<dyn Door>, Params)> {
        if let Some(door) = self.named.get(name) {
            return Some((Arc::clone(door), Vec::new()));
        }
        let fits =
            |(pattern, door): &(Pattern, Arc<dyn Door>)| Some((Arc::clone(door), pattern.matches(name)?));
        self.patterns.iter().find_map(fits)
    }
}

/// Builds a [`Server`].
pub struct ServerBuilder {
    config: Config,
    entropy: Arc<dyn Entropy>,
    policy: Option<Box<dyn FnOnce(super::engine::EngineBuilder) -> super::engine::EngineBuilder + Send>>,
    doors: Doors,
    wrong: Option<String>,
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ServerBuilder {
    /// Where ids come from; the system's generator unless told otherwise.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// Who may open a session, and from which pages; everybody from the same origin unless told otherwise.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policy = Some(Box::new(|engine| engine.policy(policy)));
        self
    }

    /// Declares a namespace.
    #[must_use]
    pub fn namespace<N: Namespace>(mut self, name: &str, namespace: N) -> Self {
        if !name.starts_with('/') {
            self.wrong = Some(name.to_owned());
        }
        self.doors.named.insert(name.to_owned(), Arc::new(Typed(Arc::new(namespace))));
        self
    }

    /// Declares all namespaces of a pattern such as `/device/{deviceId}`.
    #[must_use]
    pub fn namespace_pattern<N: Namespace>(mut self, pattern: &str, namespace: N) -> Self {
        match Pattern::parse(pattern) {
            Some(pattern) => self.doors.patterns.push((pattern, Arc::new(Typed(Arc::new(namespace))))),
            None => self.wrong = Some(pattern.to_owned()),
        }
        self
    }

    /// The server.
    pub fn build(self) -> Result<Server, BuildError> {
        if let Some(wrong) = self.wrong {
            return Err(BuildError::Namespace(wrong));
        }
        let spaces = Arc::<Spaces>::default();
        let config = Arc::new(self.config.clone());
        let shared =
            Arc::new(Shared { config, entropy: Arc::clone(&self.entropy), spaces: Arc::clone(&spaces) });
        let doors = Arc::new(self.doors);
        let mut engine = Engine::builder(self.config).entropy(self.entropy);
        engine = match self.policy {
            Some(policy) => policy(engine),
            None => engine.policy(OpenPolicy),
        };
        let engine = engine
            .build(move |connection| client::run(Arc::clone(&shared), Arc::clone(&doors), connection))?;
        Ok(Server { engine, spaces })
    }
}

impl Server {
    /// A server with these intervals and limits.
    pub fn builder(config: Config) -> ServerBuilder {
        let (doors, entropy) = (Doors::default(), Arc::new(SystemEntropy));
        ServerBuilder { config, entropy, policy: None, doors, wrong: None }
    }

    /// Routes for exactly this path, with and without a slash at its end: nothing below it is touched. May be
    /// called for several paths, which then lead to the same namespaces.
    pub fn router<S: Clone + Send + Sync + 'static>(&self, path: &str) -> Router<S> {
        self.engine.router(path)
    }

    /// All sockets of a namespace, whether there are any or not.
    pub fn of(&self, namespace: &str) -> Broadcast {
        Broadcast::new(Arc::clone(&self.spaces), namespace)
    }

    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.engine.sessions()
    }

    /// How many namespaces somebody is in.
    pub fn namespaces(&self) -> usize {
        self.spaces.len()
    }

    /// Counts what is open whenever it is called, and does not keep the server alive.
    pub fn census(&self) -> impl Fn() -> Census + Send + Sync + use<> {
        let (engine, spaces) = (Arc::downgrade(&self.engine), Arc::downgrade(&self.spaces));
        move || Census {
            sessions: engine.upgrade().map_or(0, |engine| engine.sessions()),
            sockets: spaces.upgrade().map_or(0, |spaces| spaces.sockets()),
        }
    }

    /// Ends all sessions once their clients have taken what is queued, and opens no more.
    pub fn shutdown(&self) {
        self.engine.shutdown();
    }
}
