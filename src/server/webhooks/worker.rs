//! The task of one webhook: follows the log, keeps the queue, starts what is due.
//!
//! It lives as long as its webhook. Whoever changes the webhook nudges it, and it starts over from what the
//! database says; so does a restart of the server, after which what was under way is tried again.

use super::courier::{Office, Settled, host_of};
use super::delivery::{NewDelivery, place};
use super::gates::EACH;
use super::hook::Webhook;
use super::queue::{Due, Queue};
use super::{rows, store};
use crate::protocol::{Epoch, WebhookId};
use crate::server::journal::{Logged, Position, Pulled, Pump};
use crate::server::storage::StorageError;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many deliveries of one webhook may wait, counted by [`Queue::crowd`], so that one chat alone does not reach it.
/// At the bound its position waits, too: the log keeps the rest.
const BOUND: usize = 5_000;
/// How many may wait in all, one chat's or not.
const MOST: usize = 100_000;
/// The most that the pump hands out at once.
const PAGE: usize = 200;
/// How often a position is kept that moved past events of others only.
const KEEP: Duration = Duration::from_secs(30);
/// How long it rests after storage failed.
const REST: Duration = Duration::from_secs(1);
/// After so many failures in a row, one delivery at a time probes whether the receiver is back.
const DOUBT: u32 = 3;
/// How many are through before the log of deliveries is cut back to its bounds.
const PRUNE_AFTER: u32 = 256;
/// How long deliveries that are under way may take to end when the server stops.
const DRAIN: Duration = Duration::from_secs(3);

/// Why a round ended.
enum Next {
    /// Something changed: read everything anew.
    Again,
    /// The webhook is deleted, or the server stops.
    End,
}

pub struct Worker {
    office: Arc<Office>,
    id: WebhookId,
    nudge: Arc<Notify>,
    /// What is under way; it outlives a round.
    running: JoinSet<(Due, Settled)>,
    busy: BTreeSet<String>,
    failures: u32,
    through: u32,
}

impl Worker {
    pub fn new(office: Arc<Office>, id: WebhookId, nudge: Arc<Notify>) -> Self {
        let running = JoinSet::new();
        Self { office, id, nudge, running, busy: BTreeSet::new(), failures: 0, through: 0 }
    }

    /// Works until the webhook is deleted or the server stops.
    pub async fn run(mut self) {
        loop {
            match self.round().await {
                Ok(Next::Again) => {}
                Ok(Next::End) => break,
                Err(error) => {
                    tracing::warn!(hook = %self.id, %error, "storage failed a webhook");
                    tokio::select! {
                        () = tokio::time::sleep(REST) => {}
                        () = self.office.stopping.cancelled() => break,
                    }
                }
            }
        }
        // What does not end in time is tried again after the next start: its row still says that it waits.
        let all = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            self.running.abort_all();
        }
    }

    async fn round(&mut self) -> Result<Next, StorageError> {
        let journal = &self.office.journal;
        let Some(hook) = store::webhook(journal.store(), &self.id).await? else { return Ok(Next::End) };
        if !hook.enabled {
            return Ok(self.park().await);
        }
        let Some(mut pump) = self.attach(&hook).await? else { return Ok(Next::Again) };
        let epoch = pump.epoch().clone();
        let mut queue = Queue::with_busy(self.busy.iter().cloned());
        for row in rows::waiting(self.office.journal.store(), &self.id).await? {
            queue.insert(&row.lane, place(&row.cursor, &row.id, &epoch), row.due_at);
        }
        let ended = self.follow(&hook, &mut pump, &mut queue).await;
        // Not after an error: the pump may be past events that were not written.
        let ended = ended?;
        store::keep_position(self.office.journal.store(), &hook, &pump.cursor()).await?;
        Ok(ended)
    }

    /// Waits while the webhook is disabled. Its position stays where it is.
    async fn park(&mut self) -> Next {
        loop {
            tokio::select! {
                () = self.office.stopping.cancelled() => return Next::End,
                () = self.nudge.notified() => return Next::Again,
                Some(done) = self.running.join_next(), if !self.running.is_empty() => {
                    if let Ok((due, _)) = done {
                        self.busy.remove(&due.lane);
                    }
                }
            }
        }
    }

    /// Attaches to the log where the webhook is. If the log does not reach back there, a notice that says so
    /// is put into the queue, and it goes on from the end. `None` if the webhook changed meanwhile.
    async fn attach(&self, hook: &Webhook) -> Result<Option<Pump>, StorageError> {
        let journal = &self.office.journal;
        let pump = Pump::attach(journal, &hook.reach(), Some(&hook.position)).await?;
        if let Position::Lost(reason) = pump.position() {
            tracing::warn!(hook = %hook.id, ?reason, "the log does not reach back to a webhook's position");
            let now = self.office.source.now();
            let id = self.office.source.id("evt").parse();
            let id = id.map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
            let notice = NewDelivery::resync(hook, *reason, pump.cursor(), id, now);
            let kept = rows::enqueue(journal.store(), hook, pump.cursor(), vec![notice], now).await?;
            if kept.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(pump))
    }

    async fn follow(
        &mut self,
        hook: &Webhook,
        pump: &mut Pump,
        queue: &mut Queue,
    ) -> Result<Next, StorageError> {
        let host: Arc<str> = host_of(hook).into();
        let stopping = self.office.stopping.clone();
        let mut keep = tokio::time::interval_at(Instant::now() + KEEP, KEEP);
        let mut kept = pump.cursor();
        loop {
            let under_way = self.running.len() + PAGE;
            let room = queue.crowd() + under_way <= BOUND && queue.len() + under_way <= MOST;
            let timer = self.start_due(&host, queue);
            tokio::select! {
                biased;
                () = stopping.cancelled() => return Ok(Next::End),
                () = self.nudge.notified() => return Ok(Next::Again),
                Some(done) = self.running.join_next(), if !self.running.is_empty() => {
                    let Ok((due, settled)) = done else {
                        tracing::error!(hook = %self.id, "a delivery broke off");
                        // Which it was is not known: when nothing is under way, no lane is busy.
                        while self.running.join_next().await.is_some() {}
                        self.busy.clear();
                        return Ok(Next::Again);
                    };
                    if !self.settle(queue, due, settled).await? {
                        return Ok(Next::Again);
                    }
                }
                pulled = pump.next(), if room => match pulled? {
                    Pulled::Live(_) => {}
                    Pulled::Lost(_) => return Ok(Next::Again),
                    Pulled::Events(events) => {
                        let epoch = pump.epoch().clone();
                        if !self.take(hook, pump, &epoch, &events, queue).await? {
                            return Ok(Next::Again);
                        }
                    }
                },
                () = tokio::time::sleep(timer.unwrap_or_default()), if timer.is_some() => {}
                _ = keep.tick() => {
                    let cursor = pump.cursor();
                    if cursor != kept {
                        store::keep_position(self.office.journal.store(), hook, &cursor).await?;
                        kept = cursor;
                    }
                }
            }
        }
    }

    /// Starts what is due and has room; answers how long until the next is, if there is room for it.
    fn start_due(&mut self, host: &Arc<str>, queue: &mut Queue) -> Option<Duration> {
        let room = if self.failures >= DOUBT { 1 } else { EACH };
        while self.running.len() < room {
            let now = self.office.source.now();
            let Some(due) = queue.take_due(now) else {
                let wait = queue.next_due()? - now;
                return Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
            };
            self.busy.insert(due.lane.clone());
            let (office, hook, host) = (self.office.clone(), self.id.clone(), host.clone());
            self.running.spawn(async move {
                let settled = office.deliver(&hook, &host, &due.place.id).await;
                (due, settled)
            });
        }
        None
    }

    /// What one that was under way means for the rest; `false` if everything is to be read anew.
    async fn settle(&mut self, queue: &mut Queue, due: Due, settled: Settled) -> Result<bool, StorageError> {
        self.busy.remove(&due.lane);
        match settled {
            Settled::Held => return Ok(false),
            Settled::Again(at) => {
                self.failures = self.failures.saturating_add(1);
                queue.finish(due, Some(at));
                return Ok(true);
            }
            Settled::Delivered => self.failures = 0,
            Settled::Over => {}
        }
        queue.finish(due, None);
        self.through += 1;
        if self.through >= PRUNE_AFTER {
            self.through = 0;
            rows::prune(self.office.journal.store(), &self.id, self.office.source.now()).await?;
        }
        Ok(true)
    }

    /// Puts events into the queue and moves the position behind them, both in one transaction. `false` if
    /// somebody changed the webhook meanwhile.
    async fn take(
        &self,
        hook: &Webhook,
        pump: &Pump,
        epoch: &Epoch,
        events: &[Arc<Logged>],
        queue: &mut Queue,
    ) -> Result<bool, StorageError> {
        let wanted = |logged: &&Arc<Logged>| hook.events.passes(logged.event.kind.name());
        let new: Vec<NewDelivery> =
            events.iter().filter(wanted).map(|logged| NewDelivery::of(hook, logged)).collect();
        if new.is_empty() {
            return Ok(true);
        }
        let now = self.office.source.now();
        let kept = rows::enqueue(self.office.journal.store(), hook, pump.cursor(), new, now).await?;
        let Some(kept) = kept else { return Ok(false) };
        for row in kept {
            queue.insert(&row.lane, place(&row.cursor, &row.id, epoch), now);
        }
        Ok(true)
    }
}
