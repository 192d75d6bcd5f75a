//! The numbers of a workspace, counted once for all who watch it, and only while somebody does.

use crate::protocol::{EventKind, WorkspaceId};
use crate::server::gateway::root_namespace::NAMESPACE;
use crate::server::gateway::socketio::Frame;
use crate::server::gateway::state::App;
use crate::server::journal::{Journal, Logged, Pulled, Pump};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, read};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The numbers are told so often at most.
const PACE: Duration = Duration::from_secs(1);
/// Counting may take one part in so many of the time: a large workspace is counted less often.
const SHARE: u32 = 20;

type Told = watch::Sender<Option<Frame>>;

/// The workspaces that are watched. Cloning shares them.
#[derive(Clone)]
pub struct StatsBoard {
    journal: Journal,
    stopping: CancellationToken,
    watched: Arc<Mutex<HashMap<WorkspaceId, Arc<Told>>>>,
}

impl StatsBoard {
    pub fn new(app: &App) -> Self {
        Self { journal: app.journal.clone(), stopping: app.stopping.clone(), watched: Arc::default() }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Arc<Told>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a workspace's numbers: those that are known are new to whoever has just come.
    pub fn follow(&self, workspace: &WorkspaceId) -> watch::Receiver<Option<Frame>> {
        let mut watched = self.watched();
        let told = watched.entry(workspace.clone()).or_insert_with(|| {
            let told = Arc::new(Told::new(None));
            tokio::spawn(self.clone().count(workspace.clone(), Arc::clone(&told)));
            told
        });
        let mut follower = told.subscribe();
        if follower.borrow().is_some() {
            follower.mark_changed();
        }
        follower
    }

    /// Counts until nobody watches any more.
    async fn count(self, workspace: WorkspaceId, told: Arc<Told>) {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = told.closed() => {}
                failed = self.keep_told(&workspace, &told) => {
                    if let Err(error) = failed {
                        tracing::error!(%error, "a workspace cannot be counted");
                    }
                    tokio::time::sleep(PACE * SHARE).await;
                }
            }
            // Nobody can come between the look and the end.
            let mut watched = self.watched();
            if told.receiver_count() == 0 {
                watched.remove(&workspace);
                return;
            }
        }
    }

    async fn keep_told(&self, workspace: &WorkspaceId, told: &Told) -> Result<(), StorageError> {
        let reach = Reach::whole(workspace.clone());
        let mut last = None;
        let mut pump = Pump::attach(&self.journal, &reach, None).await?;
        loop {
            // What is in the log by now is counted now.
            while let Some(pulled) = pump.ready().await? {
                if matches!(pulled, Pulled::Lost(_)) {
                    pump = Pump::attach(&self.journal, &reach, None).await?;
                }
            }
            let began = Instant::now();
            let stats = read::stats(self.journal.store(), &reach, self.journal.now()).await?;
            if last.as_ref() != Some(&stats) {
                let payload = json!({ "subscriptionId": workspace, "stats": stats });
                match Frame::event_of(NAMESPACE, "subscription:stats:updated", &payload, None) {
                    Ok(frame) => drop(told.send_replace(Some(frame))),
                    Err(error) => tracing::error!(%error, "numbers have no form in this dialect"),
                }
                last = Some(stats);
            }
            tokio::time::sleep(PACE.max(began.elapsed() * SHARE)).await;
            loop {
                match pump.next().await? {
                    Pulled::Events(events) if events.iter().any(|logged| counts(logged)) => break,
                    Pulled::Events(_) | Pulled::Live(_) => {}
                    Pulled::Lost(_) => {
                        pump = Pump::attach(&self.journal, &reach, None).await?;
                        break;
                    }
                }
            }
        }
    }
}

/// Whether an event may have changed the numbers.
fn counts(logged: &Logged) -> bool {
    match &logged.event.kind {
        EventKind::DeviceUpdated { device, previous_status } => device.status != *previous_status,
        EventKind::DeviceCreated { .. }
        | EventKind::DeviceDeleted { .. }
        | EventKind::MessageNew { .. }
        | EventKind::MessageStatus { .. }
        | EventKind::MessageDeleted { .. }
        | EventKind::ChatUpdated { .. }
        | EventKind::ChatDeleted { .. }
        | EventKind::ChatMerged { .. }
        | EventKind::HistorySynced { .. } => true,
        EventKind::DeviceQr { .. }
        | EventKind::MessageUpdated { .. }
        | EventKind::MessageReceipt { .. }
        | EventKind::DevicePairingCode { .. }
        | EventKind::DraftUpdated { .. }
        | EventKind::LabelUpdated { .. }
        | EventKind::LabelDeleted { .. }
        | EventKind::GroupRequest { .. }
        | EventKind::GroupUpdated { .. }
        | EventKind::ContactUpdated { .. }
        | EventKind::ContactMerged { .. } => false,
    }
}
