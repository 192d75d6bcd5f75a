//! Scenarios that are played.

use super::Sandbox;
use crate::protocol::WorkspaceId;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::limits::MAX_SCRIPTS;
use crate::server::sandbox::script::{DoneStep, Planned, Script, id_of};
use crate::server::storage::query;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How far a scenario has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScriptState {
    Running,
    Done,
    /// Somebody ended it before its end.
    Stopped,
}

/// What a scenario did so far. For the same scenario on a new sandbox, the same to the byte once it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ScriptReport {
    pub id: String,
    pub seed: u64,
    pub state: ScriptState,
    pub steps: Vec<DoneStep>,
}

struct Played {
    workspace: WorkspaceId,
    stop: CancellationToken,
    report: ScriptReport,
    /// The user's key that it was begun under, and what was asked for.
    key: Option<String>,
    hash: String,
}

/// The scenarios of this process, oldest first.
#[derive(Default)]
pub struct Scripts(Mutex<Vec<Played>>);

impl Scripts {
    fn all(&self) -> MutexGuard<'_, Vec<Played>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Begins to play a scenario; answers its id. The same `key` begins it once.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] out of its limits, [`SandboxError::Busy`] while too many are played,
    /// [`SandboxError::Exists`] if the key stands for another one.
    pub async fn play(
        self: &Arc<Self>,
        workspace: &WorkspaceId,
        script: Script,
        key: Option<&str>,
    ) -> Result<String, SandboxError> {
        self.net.open()?;
        script.check()?;
        let hash = script.hash();
        let known = |all: &[Played]| {
            let same = |played: &&Played| played.workspace == *workspace && played.key.as_deref() == key;
            let known = key.and_then(|_| all.iter().find(same))?;
            Some(match known.hash == hash {
                true => Ok(known.report.id.clone()),
                false => Err(SandboxError::Exists("the key stands for another scenario".to_owned())),
            })
        };
        if let Some(known) = known(&self.net.scripts.all()) {
            return known;
        }
        let id = id_of(&hash, self.nth_time(&hash).await?);
        let stop = self.net.closing.child_token();
        {
            let mut all = self.net.scripts.all();
            // Whoever asked under the same key meanwhile was first.
            if let Some(known) = known(&all) {
                return known;
            }
            if all.len() >= MAX_SCRIPTS {
                let over = all.iter().position(|played| played.report.state != ScriptState::Running);
                all.remove(over.ok_or(SandboxError::Busy)?);
            }
            let report = ScriptReport {
                id: id.clone(),
                seed: script.seed,
                state: ScriptState::Running,
                steps: Vec::new(),
            };
            all.push(Played {
                workspace: workspace.clone(),
                stop: stop.clone(),
                report,
                key: key.map(str::to_owned),
                hash: hash.clone(),
            });
        }
        let (sandbox, of) = (Arc::downgrade(self), id.clone());
        self.net.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = play(&sandbox, &of, script.plan()) => {}
            }
        });
        Ok(id)
    }

    /// How often this scenario is played with this time.
    async fn nth_time(&self, hash: &str) -> Result<i64, SandboxError> {
        let (hash, now) = (hash.to_owned(), self.net.source.now());
        let write = self.net.store.write(move |tx| {
            Box::pin(async move {
                let insert = query(
                    "INSERT INTO sandbox_scripts (hash, nth, at) \
                     SELECT $1, COALESCE(max(nth), 0) + 1, $2 FROM sandbox_scripts WHERE hash = $1 RETURNING nth",
                );
                tx.row(insert.bind(hash).bind(now)).await?.map_or(Ok(1), |row| row.int("nth"))
            })
        });
        Ok(write.await?)
    }

    /// What a scenario of this workspace did so far.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`]; of a process before this one, nothing is known.
    pub fn script(&self, workspace: &WorkspaceId, id: &str) -> Result<ScriptReport, SandboxError> {
        let all = self.net.scripts.all();
        let found = all.iter().find(|played| played.workspace == *workspace && played.report.id == id);
        found.map(|played| played.report.clone()).ok_or_else(no_script)
    }

    /// Ends a scenario of this workspace; what it did stays done.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`].
    pub fn stop_script(&self, workspace: &WorkspaceId, id: &str) -> Result<(), SandboxError> {
        let mut all = self.net.scripts.all();
        let found = all.iter_mut().find(|played| played.workspace == *workspace && played.report.id == id);
        let played = found.ok_or_else(no_script)?;
        played.stop.cancel();
        if played.report.state == ScriptState::Running {
            played.report.state = ScriptState::Stopped;
        }
        Ok(())
    }

    /// Notes what became of a scenario that still is played.
    fn note(&self, id: &str, note: impl FnOnce(&mut ScriptReport)) {
        let mut all = self.net.scripts.all();
        let running =
            |played: &&mut Played| played.report.id == id && played.report.state == ScriptState::Running;
        if let Some(played) = all.iter_mut().find(running) {
            note(&mut played.report);
        }
    }
}

fn no_script() -> SandboxError {
    SandboxError::NotFound("there is no such scenario".to_owned())
}

async fn play(sandbox: &Weak<Sandbox>, id: &str, plan: Vec<Planned>) {
    let start = Instant::now();
    let (mut turn, mut sent) = (0, HashMap::new());
    for planned in plan {
        tokio::time::sleep_until(start + Duration::from_millis(planned.offset_ms)).await;
        if planned.turn != turn {
            turn = planned.turn;
            sent.clear();
        }
        let Some(sandbox) = sandbox.upgrade() else { return };
        let done = sandbox.act(id, planned, &mut sent).await;
        sandbox.note(id, |report| report.steps.push(done));
    }
    if let Some(sandbox) = sandbox.upgrade() {
        sandbox.note(id, |report| report.state = ScriptState::Done);
    }
}
