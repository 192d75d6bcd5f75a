//! What can be asked of pushes.

use super::cipher::Recipient;
use super::follower::{Office, follow};
use super::keys::PrivateKey;
use super::quiet::Quiet;
use super::store::{self, MOST, Subscription};
use crate::i18n::Locale;
use crate::protocol::{DeviceId, Problem, ProblemCode, WorkspaceId};
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::StorageError;
use crate::server::webhooks::{Blocked, Client, Guard, Settings, Target};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many pushes may be on their way at once.
const AT_ONCE: usize = 16;
/// How many devices a browser may want to hear nothing of.
const MOST_QUIET: usize = 200;
/// How long the tasks may take to stop.
const STOP: Duration = Duration::from_secs(3);

/// What a browser wants to hear of, and how.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Devices of which it wants to hear nothing.
    pub quiet: Vec<DeviceId>,
    /// Hours in which it wants to hear nothing.
    pub hours: Option<Quiet>,
    /// What it is told news in.
    pub language: Locale,
}

/// Why a subscription was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("a session has at most {MOST} subscriptions")]
    Full,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<PushError> for Problem {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Full => Self::new(ProblemCode::Conflict, format!("{error}.")),
            PushError::Storage(_) => Self::new(
                ProblemCode::Unavailable,
                "Storage does not answer just now. Try again in a moment.",
            ),
            error => Self::new(ProblemCode::Invalid, format!("{error}.")),
        }
    }
}

/// All pushes of this server. Cheap to clone.
#[derive(Clone)]
pub struct Push {
    inner: Arc<Inner>,
}

struct Inner {
    office: Arc<Office>,
    guard: Guard,
    /// Workspaces whose log is followed.
    followed: Mutex<HashSet<WorkspaceId>>,
    tasks: TaskTracker,
}

impl Push {
    /// Follows the log of every workspace that somebody subscribed in. Where pushes may go, webhooks may.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn start(
        journal: &Journal,
        source: &Source,
        settings: &Settings,
    ) -> Result<Self, StorageError> {
        let guard = Guard::new(settings.allow.clone());
        let office = Office {
            journal: journal.clone(),
            source: source.clone(),
            client: Client::new(guard.clone(), settings.timeout),
            key: store::key(journal.store(), source).await?,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            stopping: CancellationToken::new(),
        };
        let inner =
            Inner { office: Arc::new(office), guard, followed: Mutex::default(), tasks: TaskTracker::new() };
        let push = Self { inner: Arc::new(inner) };
        for workspace in store::workspaces(journal.store()).await? {
            push.follow(&workspace);
        }
        Ok(push)
    }

    /// Stops in order.
    pub async fn shut_down(&self) {
        self.inner.office.stopping.cancel();
        self.inner.tasks.close();
        // What is cut off here was a hint.
        drop(tokio::time::timeout(STOP, self.inner.tasks.wait()).await);
    }

    /// The server's public key, as browsers want it.
    #[must_use]
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key().public_key())
    }

    fn key(&self) -> &PrivateKey {
        &self.inner.office.key
    }

    /// Subscribes a browser, or changes what it wants to hear of.
    ///
    /// # Errors
    /// [`PushError`].
    pub async fn subscribe(
        &self,
        workspace: &WorkspaceId,
        session: [u8; 32],
        endpoint: String,
        to: Recipient,
        wish: Wish,
    ) -> Result<(), PushError> {
        self.inner.guard.check(&Target::parse(&endpoint)?)?;
        if wish.quiet.len() > MOST_QUIET {
            return Err(PushError::Invalid(format!("quietDeviceIds has at most {MOST_QUIET} devices")));
        }
        let office = &self.inner.office;
        // A key that is none would only be noticed when the first push is made.
        if self.key().agree(&to.public_key).is_none() {
            return Err(PushError::Invalid("p256dh is no public key of P-256".to_owned()));
        }
        let subscription = Subscription { endpoint, to, wish, email: String::new() };
        let now = office.source.now();
        if !store::keep(office.journal.store(), workspace, session, &subscription, now).await? {
            return Err(PushError::Full);
        }
        self.follow(workspace);
        Ok(())
    }

    /// Ends a subscription of this session; nothing if there is none.
    ///
    /// # Errors
    /// [`PushError::Storage`].
    pub async fn unsubscribe(&self, session: [u8; 32], endpoint: &str) -> Result<(), PushError> {
        Ok(store::forget(self.inner.office.journal.store(), session, endpoint).await?)
    }

    fn follow(&self, workspace: &WorkspaceId) {
        let mut followed = self.inner.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.insert(workspace.clone()) {
            self.inner.tasks.spawn(follow(self.inner.office.clone(), workspace.clone()));
        }
    }
}
