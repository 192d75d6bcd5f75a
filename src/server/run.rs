//! Putting the rooms together, serving, and stopping in order.

use super::auth::{self, Auth, Keys};
use super::config::Config;
use super::devices::{
    Devices, HistoryLimits, close_left_open, forget_old, forget_old_connections, mark_seen,
};
use super::engine::linked::{LinkedEngine, LiveEndpoints};
use super::engine::{Engine, HistoryWishes};
use super::gateway::{self, App, Parts};
use super::journal::{Journal, Retention, trim};
use super::media::{Media, MediaError};
use super::push::Push;
use super::sandbox::Sandbox;
use super::source::Source;
use super::storage::search::index_backlog;
use super::storage::{DataLock, Database, StorageError, query};
use super::telemetry::Metrics;
use super::webhooks::Webhooks;
use crate::protocol::{Network, WorkspaceId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often old events and answers are cleared away.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// How often it is looked for files that nothing names any more: every one of them is looked at.
const SWEEP: Duration = Duration::from_secs(6 * 3_600);
/// How often it is noted that open connections are still open: so exact is their end if the power fails.
const SEEN: Duration = Duration::from_secs(60);
/// The pause between two parts of the messages that are taken into the search afterwards.
const BREATH: Duration = Duration::from_millis(50);
/// How late messages may disappear.
const EXPIRY: Duration = Duration::from_secs(2);
/// How long open answers may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the emulated network does not start: {0}")]
    Sandbox(String),
    #[error("the folder for files cannot be used: {0}")]
    Media(#[from] MediaError),
    #[error("{addr} cannot be listened on: {error}")]
    Listen { addr: SocketAddr, error: std::io::Error },
}

/// A server that runs.
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The path of a one-time sign-in link, while nobody has a password.
    pub sign_in: Option<String>,
    /// What its gateways reach; for tests that look behind them.
    pub app: App,
    serving: JoinHandle<()>,
    _lock: Option<DataLock>,
}

impl Server {
    /// Opens storage, starts the network, the devices that ran before, and the gateways.
    ///
    /// # Errors
    /// [`StartError`]: nothing is left running then.
    pub async fn start(config: Config, source: Source) -> Result<Self, StartError> {
        // The pages are rendered by tasks of this runtime; a second server in one process finds it set.
        drop(any_spawner::Executor::init_tokio());
        let lock = Some(DataLock::take(&config.data_dir)?);
        let database = Database::open(&config.database).await?;
        let journal = Journal::start(database, source.clone()).await?;
        let workspace = auth::first_workspace(&journal, &source).await?;
        let sign_in = auth::prepare(&journal, &source, &workspace, config.admin.as_ref()).await?;

        let HistoryLimits { days, megabytes, .. } = config.history;
        let wishes = HistoryWishes { days: Some(days), megabytes: Some(megabytes) };
        let (engine, sandbox): (Arc<dyn Engine>, _) = match config.network {
            Network::Sandbox => {
                let sandbox = Sandbox::open(journal.store().clone(), source.clone())
                    .await
                    .map_err(|error| StartError::Sandbox(error.to_string()))?;
                (
                    Arc::new(
                        LinkedEngine::new(
                            journal.store().clone(),
                            sandbox.clone(),
                            Network::Sandbox,
                            source.clone(),
                        )
                        .with_history(wishes)
                        .with_patience(config.sending.patience),
                    ),
                    Some(sandbox),
                )
            }
            Network::Whatsapp => (
                Arc::new(
                    LinkedEngine::new(
                        journal.store().clone(),
                        Arc::new(LiveEndpoints::new()),
                        Network::Whatsapp,
                        source.clone(),
                    )
                    .with_history(wishes)
                    .with_patience(config.sending.patience),
                ),
                None,
            ),
        };
        let media = Media::open(journal.store().clone(), source.clone(), config.media).await?;
        let devices = Devices::new(
            journal.clone(),
            source.clone(),
            engine,
            media.clone(),
            config.history,
            config.sending.pace,
        );
        let keys = Keys::new(config.api_key.as_ref(), &workspace);
        let auth = Auth::new(journal.store().clone(), source.clone(), keys, config.allowed_origins.clone())
            .with_tokens(&config.tokens, &journal)
            .with_limits(config.limits);

        let listener = TcpListener::bind(config.addr)
            .await
            .map_err(|error| StartError::Listen { addr: config.addr, error })?;
        let addr = listener.local_addr().map_err(|error| StartError::Listen { addr: config.addr, error })?;
        let push = Push::start(&journal, &source, &config.webhooks).await?;
        let webhooks = Webhooks::start(&journal, &source, config.webhooks).await?;
        let stopping = CancellationToken::new();
        let app = App::from(Parts {
            journal: journal.clone(),
            source,
            devices: devices.clone(),
            auth,
            webhooks: webhooks.clone(),
            media: media.clone(),
            push,
            sandbox,
            leptos: config.site.leptos,
            metrics: Metrics::new(),
            stopping: stopping.clone(),
        });
        close_left_open(journal.store()).await?;
        tokio::spawn(note_open_connections(journal.clone(), stopping.clone()));
        tokio::spawn(sweep(media, stopping.clone()));
        tokio::spawn(fill_search(journal.clone(), stopping.clone()));
        tokio::spawn(disappear(devices.clone(), stopping.clone()));
        tokio::spawn(housekeeping(journal, webhooks, config.retention, stopping.clone()));
        devices.resume().await?;

        let router = gateway::router(app.clone());
        let serving = tokio::spawn(gateway::serve(listener, router, stopping, gateway::HEAD_WITHIN));
        Ok(Self {
            addr,
            sign_in: sign_in.map(|token| format!("/sign-in?token={token}")),
            app,
            serving,
            _lock: lock,
        })
    }

    /// Stops in order: no new requests, streams are closed, devices disconnect, everything is on disk.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        self.app.webhooks.shut_down().await;
        self.app.push.shut_down().await;
        self.app.devices.shut_down().await;
        if tokio::time::timeout(DRAIN, self.serving).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        self.app.journal.store().database().close().await;
    }
}

/// Clears away what is past its time.
async fn housekeeping(
    journal: Journal,
    webhooks: Webhooks,
    retention: Retention,
    stopping: CancellationToken,
) {
    let mut tick = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stopping.cancelled() => return,
        }
        match trim_all(&journal, retention).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "old events were cleared away"),
            Err(error) => tracing::warn!(%error, "old events were not cleared away"),
        }
        if let Err(error) = forget_old(journal.store(), journal.now()).await {
            tracing::warn!(%error, "old answers were not cleared away");
        }
        if let Err(error) = webhooks.prune().await {
            tracing::warn!(%error, "old deliveries were not cleared away");
        }
        if let Err(error) = forget_old_connections(journal.store(), journal.now()).await {
            tracing::warn!(%error, "old connection history was not cleared away");
        }
    }
}

/// Deletes the bytes of files that nothing names any more.
async fn sweep(media: Media, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stopping.cancelled() => return,
        }
        match media.sweep().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files without a message were cleared away"),
            Err(error) => tracing::warn!(%error, "files without a message were not cleared away"),
        }
    }
}

/// Removes messages whose time is over.
async fn disappear(devices: Devices, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(EXPIRY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stopping.cancelled() => return,
        }
        if let Err(error) = devices.remove_expired().await {
            tracing::warn!(%error, "messages whose time is over were not removed");
        }
    }
}

/// Makes messages found that are older than the search, a few at a time: live messages pass between.
async fn fill_search(journal: Journal, stopping: CancellationToken) {
    loop {
        match index_backlog(journal.store()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "older messages were not indexed"),
        }
        tokio::select! {
            () = tokio::time::sleep(BREATH) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// Notes every minute, and once more when the server stops, which connections are open.
async fn note_open_connections(journal: Journal, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(SEEN);
    loop {
        let last = tokio::select! {
            _ = tick.tick() => false,
            () = stopping.cancelled() => true,
        };
        if let Err(error) = mark_seen(journal.store(), journal.now()).await {
            tracing::warn!(%error, "open connections were not noted");
        }
        if last {
            return;
        }
    }
}

/// Clears the old events of every workspace away; answers how many.
async fn trim_all(journal: &Journal, retention: Retention) -> Result<i64, StorageError> {
    let mut removed = 0;
    for row in journal.store().rows(query("SELECT id FROM workspaces")).await? {
        removed += trim(journal, &row.parse::<WorkspaceId>("id")?, retention).await?;
    }
    Ok(removed)
}
