//! What can be asked of webhooks; whoever manages them comes through here.

use super::backoff::Schedule;
use super::client::Client;
use super::courier::{Office, Totals, attempt};
use super::delivery::{Delivery, NewDelivery, State, TEST, payload};
use super::error::WebhookError;
use super::filter::Filter;
use super::gates::Gates;
use super::guard::{Allow, Guard, Target, look_up};
use super::hook::{Webhook, Wish};
use super::rows::{self, PageMark};
use super::signer::{OVERLAP, Secrets, new_secret};
use super::store;
use super::worker::Worker;
use crate::protocol::{Cursor, DeviceId, Millis, WebhookId};
use crate::server::journal::{Journal, Position, Pump};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, read};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tests that may run at once: they have threads of their own, so that full queues do not hold them up.
const TESTS: usize = 8;
/// How long a name may take to be looked up when a webhook is saved.
const LOOK_UP: Duration = Duration::from_secs(5);
/// How long the workers may take to stop.
const STOP: Duration = Duration::from_secs(5);

/// How webhooks are delivered.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Private targets that are open.
    pub allow: Allow,
    pub schedule: Schedule,
    /// How long a receiver may take to answer.
    pub timeout: Duration,
}

/// All webhooks of this server. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    inner: Arc<Inner>,
}

struct Inner {
    office: Arc<Office>,
    guard: Guard,
    /// How to wake each webhook's worker.
    workers: Mutex<HashMap<WebhookId, Arc<Notify>>>,
    tasks: TaskTracker,
    tests: Semaphore,
}

/// What waits and what is dead, of one webhook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub pending: i64,
    pub dead: i64,
}

/// Attempts to deliver since the server was started, by how they ended, and what waits. Each attempt is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub delivered: u64,
    /// They failed, and the delivery was not given up by that.
    pub failed: u64,
    /// They failed, and the delivery became a dead letter.
    pub dead: u64,
    /// Deliveries that wait for their turn or their next attempt.
    pub waiting: i64,
}

/// What came of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    pub delivery: String,
    /// The status, or why there is none.
    pub status: Result<u16, String>,
    pub duration: Duration,
    pub response: Option<String>,
}

impl Webhooks {
    /// Goes on with every webhook where it was.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn start(journal: &Journal, source: &Source, settings: Settings) -> Result<Self, StorageError> {
        let guard = Guard::new(settings.allow);
        let office = Office {
            journal: journal.clone(),
            source: source.clone(),
            client: Client::new(guard.clone(), settings.timeout),
            gates: Gates::default(),
            schedule: settings.schedule,
            totals: Totals::default(),
            stopping: CancellationToken::new(),
        };
        let inner = Inner {
            office: Arc::new(office),
            guard,
            workers: Mutex::default(),
            tasks: TaskTracker::new(),
            tests: Semaphore::new(TESTS),
        };
        let webhooks = Self { inner: Arc::new(inner) };
        for id in store::ids(journal.store()).await? {
            webhooks.nudge(&id);
        }
        Ok(webhooks)
    }

    /// Stops in order: what is under way may end, what waits stays in the database.
    pub async fn shut_down(&self) {
        self.inner.office.stopping.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(STOP, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("some deliveries did not end in time: they are repeated after the next start");
        }
    }

    /// Wakes a webhook's worker, or starts it.
    fn nudge(&self, id: &WebhookId) {
        let mut workers = self.inner.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nudge) = workers.get(id) {
            nudge.notify_one();
            return;
        }
        let nudge = Arc::new(Notify::new());
        workers.insert(id.clone(), nudge.clone());
        let worker = Worker::new(self.inner.office.clone(), id.clone(), nudge);
        let (inner, id) = (Arc::downgrade(&self.inner), id.clone());
        self.inner.tasks.spawn(async move {
            worker.run().await;
            if let Some(inner) = inner.upgrade() {
                inner.workers.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            }
        });
    }

    fn journal(&self) -> &Journal {
        &self.inner.office.journal
    }

    fn now(&self) -> Millis {
        self.inner.office.source.now()
    }

    /// Adds a webhook; it gets what happens from now on. Its secret is in the answer.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn create(&self, reach: &Reach, wish: Wish) -> Result<Webhook, WebhookError> {
        wish.check()?;
        let missing = || WebhookError::Invalid("url is missing".to_owned());
        let url = wish.url.ok_or_else(missing)?;
        self.check_target(&url).await?;
        let devices = wish.devices.unwrap_or_default();
        self.check_devices(reach, devices.as_deref()).await?;
        let events = Filter::new(wish.events.unwrap_or_default()).map_err(WebhookError::Invalid)?;
        let source = &self.inner.office.source;
        let id = source.id("whk").parse();
        let hook = Webhook {
            id: id.map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?,
            workspace: reach.workspace.clone(),
            url,
            description: wish.description.unwrap_or_default(),
            events,
            devices,
            enabled: wish.enabled.unwrap_or(true),
            disabled_because: None,
            secrets: Secrets { current: new_secret(source), previous: None },
            position: self.journal().cursor(&reach.workspace).await?,
            revision: 0,
            created_at: source.now(),
        };
        store::insert(self.journal().store(), &hook).await?;
        self.nudge(&hook.id);
        Ok(hook)
    }

    /// All webhooks that are within reach, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list(&self, reach: &Reach) -> Result<Vec<(Webhook, Counts)>, StorageError> {
        let store = self.journal().store();
        let mut hooks = store::of_workspace(store, &reach.workspace).await?;
        hooks.retain(|hook| hook.is_within(reach));
        let ids: Vec<&WebhookId> = hooks.iter().map(|hook| &hook.id).collect();
        let mut counts: HashMap<WebhookId, Counts> = HashMap::new();
        for (id, state, count) in rows::counts(store, &ids).await? {
            let entry = counts.entry(id).or_default();
            if state == State::Dead { entry.dead = count } else { entry.pending = count }
        }
        let with = |hook: Webhook| {
            let count = counts.get(&hook.id).copied().unwrap_or_default();
            (hook, count)
        };
        Ok(hooks.into_iter().map(with).collect())
    }

    /// One webhook.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn get(&self, reach: &Reach, id: &WebhookId) -> Result<(Webhook, Counts), WebhookError> {
        let hook = self.find(reach, id).await?;
        let mut counts = Counts::default();
        for (_, state, count) in rows::counts(self.journal().store(), &[id]).await? {
            if state == State::Dead { counts.dead = count } else { counts.pending = count }
        }
        Ok((hook, counts))
    }

    async fn find(&self, reach: &Reach, id: &WebhookId) -> Result<Webhook, WebhookError> {
        let hook = store::webhook(self.journal().store(), id).await?;
        hook.filter(|hook| hook.is_within(reach)).ok_or(WebhookError::NotFound("webhook"))
    }

    /// Changes what is wished. What waits goes to the new target; the filters count for what happens from
    /// now on.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn update(&self, reach: &Reach, id: &WebhookId, wish: Wish) -> Result<(), WebhookError> {
        wish.check()?;
        let hook = self.find(reach, id).await?;
        if let Some(url) = wish.url.as_ref().filter(|url| **url != hook.url) {
            self.check_target(url).await?;
        }
        if let Some(devices) = &wish.devices {
            self.check_devices(reach, devices.as_deref()).await?;
        }
        let events = wish.events.clone().map(Filter::new).transpose().map_err(WebhookError::Invalid)?;
        if !store::update(self.journal().store(), id, &wish, events.as_ref(), self.now()).await? {
            return Err(WebhookError::NotFound("webhook"));
        }
        self.nudge(id);
        Ok(())
    }

    /// Removes it with everything that waits.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn delete(&self, reach: &Reach, id: &WebhookId) -> Result<(), WebhookError> {
        self.find(reach, id).await?;
        store::delete(self.journal().store(), id).await?;
        self.nudge(id);
        Ok(())
    }

    /// Gives it a new secret; for a day the one before signs beside it. Answers both.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn rotate_secret(&self, reach: &Reach, id: &WebhookId) -> Result<Webhook, WebhookError> {
        self.find(reach, id).await?;
        let secret = new_secret(&self.inner.office.source);
        store::rotate(self.journal().store(), id, &secret, self.now() + OVERLAP).await?;
        self.nudge(id);
        self.find(reach, id).await
    }

    /// Delivers everything after a cursor (again), in order. A webhook that has not come so far yet goes on where it is:
    /// nothing is passed over.
    ///
    /// # Errors
    /// [`WebhookError::Resync`] if the log does not reach back there.
    pub async fn replay(&self, reach: &Reach, id: &WebhookId, since: &Cursor) -> Result<(), WebhookError> {
        let hook = self.find(reach, id).await?;
        if !hook.enabled {
            return Err(WebhookError::Disabled);
        }
        let pump = Pump::attach(self.journal(), &hook.reach(), Some(since)).await?;
        if let Position::Lost(reason) = pump.position() {
            return Err(WebhookError::Resync(*reason));
        }
        store::rewind(self.journal().store(), id, since).await?;
        self.nudge(id);
        Ok(())
    }

    /// Delivers a signed `webhook.test` at once, beside the queue, and answers what came of it. It stands in the log of
    /// deliveries as every other, and is not tried again by itself.
    ///
    /// # Errors
    /// [`WebhookError`]; that the receiver did not take it is none.
    pub async fn test(&self, reach: &Reach, id: &WebhookId) -> Result<Tested, WebhookError> {
        let hook = self.find(reach, id).await?;
        let _one = self.inner.tests.try_acquire().map_err(|_| WebhookError::Busy)?;
        let office = &self.inner.office;
        let event = office.source.id("evt").parse();
        let event = event.map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?;
        let (cursor, at) = (self.journal().cursor(&hook.workspace).await?, self.now());
        let new = NewDelivery::test(&hook, cursor, event, at, &office.source.token(16));
        let delivery = new.id.clone();
        let body = payload(&new.body, id, &delivery, 1)
            .map_err(|error| StorageError::Database(error.to_string()))?;
        let reply = office.send(&hook, &delivery, TEST, body).await;
        // Only now that it is through: the queue must not take it up.
        rows::record(self.journal().store(), &hook.id, &new, attempt(1, at, &reply), self.now()).await?;
        Ok(Tested { delivery, status: reply.status, duration: reply.duration, response: reply.excerpt })
    }

    /// A page of its deliveries, newest first, without their bodies.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn deliveries(
        &self,
        reach: &Reach,
        id: &WebhookId,
        state: Option<State>,
        after: Option<&PageMark>,
        limit: i64,
    ) -> Result<Vec<Delivery>, WebhookError> {
        self.find(reach, id).await?;
        Ok(rows::page(self.journal().store(), id, state, after, limit).await?)
    }

    /// The deliveries of these events to every webhook that is within reach, without their bodies.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn of_events(&self, reach: &Reach, events: &[Cursor]) -> Result<Vec<Delivery>, StorageError> {
        let mut found = Vec::new();
        for hook in store::of_workspace(self.journal().store(), &reach.workspace).await? {
            if hook.is_within(reach) {
                found.extend(rows::of_events(self.journal().store(), &hook.id, events).await?);
            }
        }
        Ok(found)
    }

    /// One delivery with its body.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn delivery(
        &self,
        reach: &Reach,
        id: &WebhookId,
        delivery: &str,
    ) -> Result<Delivery, WebhookError> {
        self.find(reach, id).await?;
        let found = rows::delivery(self.journal().store(), id, delivery).await?;
        found.ok_or(WebhookError::NotFound("delivery"))
    }

    /// Tries a delivery (again) now, whatever became of it.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn retry(
        &self,
        reach: &Reach,
        id: &WebhookId,
        delivery: &str,
    ) -> Result<Delivery, WebhookError> {
        if !self.find(reach, id).await?.enabled {
            return Err(WebhookError::Disabled);
        }
        if !rows::again(self.journal().store(), id, delivery, self.now()).await? {
            return Err(WebhookError::NotFound("delivery"));
        }
        self.nudge(id);
        self.delivery(reach, id, delivery).await
    }

    /// Cuts the logs of deliveries back to their bounds.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn prune(&self) -> Result<u64, StorageError> {
        let mut removed = 0;
        for id in store::ids(self.journal().store()).await? {
            removed += rows::prune(self.journal().store(), &id, self.now()).await?;
        }
        Ok(removed)
    }

    /// Numbers of all workspaces, for the metrics.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tally(&self) -> Result<Tally, StorageError> {
        let waiting = rows::count_waiting(self.journal().store()).await?;
        let totals = &self.inner.office.totals;
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let (delivered, failed, dead) = (read(&totals.delivered), read(&totals.failed), read(&totals.dead));
        // The last attempt of a dead letter is counted as a failed one, too.
        Ok(Tally { delivered, failed: failed.saturating_sub(dead), dead, waiting })
    }

    /// Judges a target as a delivery would. A name that cannot be looked up just now is let through: each
    /// delivery asks again.
    async fn check_target(&self, url: &str) -> Result<(), WebhookError> {
        let target = Target::parse(url)?;
        self.inner.guard.check(&target)?;
        if target.literal().is_some() {
            return Ok(());
        }
        let name = target.clone();
        let found = tokio::task::spawn_blocking(move || look_up(&name));
        let found = match tokio::time::timeout(LOOK_UP, found).await {
            Ok(Ok(found)) => found,
            _ => Vec::new(),
        };
        if !found.is_empty() {
            self.inner.guard.permit(&target, found)?;
        }
        Ok(())
    }

    /// Whoever sees only some devices has a webhook for some of them.
    async fn check_devices(&self, reach: &Reach, devices: Option<&[DeviceId]>) -> Result<(), WebhookError> {
        let Some(devices) = devices else {
            if reach.is_whole() {
                return Ok(());
            }
            return Err(WebhookError::Invalid("name the deviceIds: you do not see all devices".to_owned()));
        };
        let there = read::devices(self.journal().store(), reach).await?;
        let missing = devices.iter().find(|id| !there.iter().any(|device| device.id == **id));
        match missing {
            Some(_) => Err(WebhookError::Invalid("deviceIds names a device that is not there".to_owned())),
            None => Ok(()),
        }
    }
}
