//! One attempt: from the row to the receiver and back to the row.

use super::client::{Client, Parcel, Reply};
use super::delivery::{Attempt, Delivery, State, payload};
use super::gates::Gates;
use super::guard::Target;
use super::hook::Webhook;
use super::rows::{self, Outcome};
use super::{backoff, store};
use crate::protocol::{Millis, WebhookId};
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::StorageError;
use crate::server::webhooks::backoff::Schedule;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_util::sync::CancellationToken;

/// How long an attempt that storage failed is put off.
const STORAGE_PAUSE: Millis = 1_000;

/// What all deliveries share.
pub struct Office {
    pub journal: Journal,
    pub source: Source,
    pub client: Client,
    pub gates: Gates,
    pub schedule: Schedule,
    pub totals: Totals,
    pub stopping: CancellationToken,
}

/// What was done since the start.
#[derive(Debug, Default)]
pub struct Totals {
    pub delivered: AtomicU64,
    pub failed: AtomicU64,
    pub dead: AtomicU64,
}

/// How an attempt ended, for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The receiver took it.
    Delivered,
    /// It is through without that: dead, expired, or no longer there.
    Over,
    /// It is to be tried again then.
    Again(Millis),
    /// Nothing was tried: the webhook is disabled, or the server stops.
    Held,
}

impl Office {
    /// Delivers one that is pending, once. Whatever happened is in its row when this returns.
    pub async fn deliver(&self, hook: &WebhookId, host: &str, delivery: &str) -> Settled {
        match self.try_deliver(hook, host, delivery).await {
            Ok(settled) => settled,
            Err(error) => {
                tracing::warn!(%hook, %error, "storage failed a delivery");
                Settled::Again(self.source.now() + STORAGE_PAUSE)
            }
        }
    }

    async fn try_deliver(&self, hook: &WebhookId, host: &str, id: &str) -> Result<Settled, StorageError> {
        let inside = tokio::select! {
            biased;
            () = self.stopping.cancelled() => None,
            inside = self.gates.enter(host) => inside,
        };
        if inside.is_none() {
            return Ok(Settled::Held);
        }
        // Read only now: both may have changed while it waited.
        let store = self.journal.store();
        let Some(hook) = store::webhook(store, hook).await?.filter(|hook| hook.enabled) else {
            return Ok(Settled::Held);
        };
        let Some(delivery) = rows::delivery(store, &hook.id, id).await? else { return Ok(Settled::Over) };
        if delivery.state != State::Pending {
            return Ok(Settled::Over);
        }
        let at = self.source.now();
        if delivery.expires_at.is_some_and(|expires| expires <= at) {
            rows::settle(store, &delivery, None, Outcome::Expired, at).await?;
            return Ok(Settled::Over);
        }
        let number = delivery.attempts + 1;
        let body = payload(&delivery.body, &hook.id, id, number)
            .map_err(|error| StorageError::Database(error.to_string()))?;
        let reply = self.send(&hook, id, &delivery.event_type, body).await;
        let outcome = self.judge(&delivery, &reply);
        let attempt = attempt(number, at, &reply);
        rows::settle(store, &delivery, Some(attempt), outcome, self.source.now()).await?;
        drop(inside);
        Ok(self.count(&delivery, outcome))
    }

    /// Signs and sends a body.
    pub async fn send(&self, hook: &Webhook, delivery: &str, event: &str, body: Vec<u8>) -> Reply {
        let now = self.source.now();
        let timestamp = now / 1_000;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("idempotency-key", delivery.to_owned()),
            ("x-switchboard-delivery", delivery.to_owned()),
            ("x-switchboard-event", event.to_owned()),
            ("x-switchboard-timestamp", timestamp.to_string()),
            ("x-switchboard-signature", hook.secrets.signature(timestamp, &body, now)),
        ];
        self.client.post(Parcel { url: hook.url.clone(), headers, body }).await
    }

    fn judge(&self, delivery: &Delivery, reply: &Reply) -> Outcome {
        let now = self.source.now();
        match reply.status {
            Ok(200..=299) => Outcome::Delivered,
            Ok(410) => Outcome::Gone,
            _ if self.schedule.is_over(delivery.tries + 1) => Outcome::Dead,
            _ => {
                let asked = reply.retry_after.as_deref().and_then(|text| backoff::retry_after(text, now));
                Outcome::Again(now + self.schedule.pause_with(delivery.tries + 1, asked, &self.source))
            }
        }
    }

    fn count(&self, delivery: &Delivery, outcome: Outcome) -> Settled {
        let add = |counter: &AtomicU64| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let hook = &delivery.webhook;
        match outcome {
            Outcome::Delivered => {
                add(&self.totals.delivered);
                return Settled::Delivered;
            }
            Outcome::Again(due) => {
                add(&self.totals.failed);
                return Settled::Again(due);
            }
            Outcome::Dead => {
                add(&self.totals.failed);
                add(&self.totals.dead);
                tracing::warn!(%hook, delivery = delivery.id, "a delivery failed for the last time");
            }
            Outcome::Gone => {
                add(&self.totals.failed);
                tracing::warn!(%hook, "the receiver is gone: the webhook is disabled");
                return Settled::Held;
            }
            Outcome::Expired => {}
        }
        Settled::Over
    }
}

/// An attempt as it is kept.
pub fn attempt(number: u32, at: Millis, reply: &Reply) -> Attempt {
    let error = match &reply.status {
        Ok(200..=299) => None,
        Ok(300..=399) => Some("redirects are not followed".to_owned()),
        Ok(410) => Some("the receiver is gone: the webhook was disabled".to_owned()),
        Ok(status) => Some(format!("the receiver answered {status}")),
        Err(error) => Some(error.clone()),
    };
    Attempt {
        number,
        at,
        duration_ms: i64::try_from(reply.duration.as_millis()).unwrap_or(i64::MAX),
        status: reply.status.as_ref().ok().copied(),
        error,
        response: reply.excerpt.clone(),
    }
}

/// What the gates know a webhook's receiver by.
#[must_use]
pub fn host_of(hook: &Webhook) -> String {
    Target::parse(&hook.url).map(|target| format!("{}:{}", target.host(), target.port())).unwrap_or_default()
}
