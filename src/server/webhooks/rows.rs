//! Deliveries in the database.

use super::delivery::{Attempt, Delivery, KEPT_ATTEMPTS, NewDelivery, State, delivery_id};
use super::hook::Webhook;
use crate::protocol::{Cursor, DeviceId, Epoch, Millis, WebhookId};
use crate::server::storage::{Query, StorageError, Store, Tx, Value, query, rows_per_statement};
use std::collections::BTreeSet;

/// Through and kept for the log: so many of each webhook, for so long. Dead letters are kept longer.
const KEPT: [(State, i64, Millis); 3] =
    [(State::Delivered, 1_000, 7 * DAY), (State::Expired, 100, 7 * DAY), (State::Dead, 10_000, 30 * DAY)];
const DAY: Millis = 24 * 3_600 * 1_000;
const COLUMNS: usize = 14;
/// A delivery without its body, of one webhook.
const LISTED: &str = "SELECT webhook_id, id, epoch, seq, event_id, event_type, device_id, expires_at, state, attempts, \
     tries, due_at, history, created_at, finished_at FROM webhook_deliveries WHERE webhook_id = $1";

/// Moves a webhook's position and writes the deliveries up to it, in one transaction: what the position has
/// passed is in the queue. Answers those that were written, or `None` if somebody put the position elsewhere
/// meanwhile, or removed the webhook: nothing is written then.
///
/// One that is there already (of a replay) is put into the queue again. One whose device is gone is not
/// written.
///
/// # Errors
/// [`StorageError`].
pub async fn enqueue(
    store: &Store,
    hook: &Webhook,
    position: Cursor,
    rows: Vec<NewDelivery>,
    now: Millis,
) -> Result<Option<Vec<NewDelivery>>, StorageError> {
    let (id, revision) = (hook.id.clone(), hook.revision);
    let write = store.write(move |tx| {
        Box::pin(async move {
            let moved = query("UPDATE webhooks SET epoch = $3, seq = $4 WHERE id = $1 AND revision = $2")
                .bind(&id)
                .bind(revision)
                .bind(position.epoch.as_str())
                .bind(position.seq);
            if tx.execute(moved).await? == 0 {
                return Ok(None);
            }
            let rows = with_device(tx, rows).await?;
            for chunk in rows.chunks(rows_per_statement(COLUMNS)) {
                tx.execute(insert(&id, chunk, now)).await?;
            }
            Ok(Some(rows))
        })
    });
    write.await
}

/// Those whose device is still there.
async fn with_device(tx: &mut Tx<'_>, mut rows: Vec<NewDelivery>) -> Result<Vec<NewDelivery>, StorageError> {
    let named: BTreeSet<DeviceId> = rows.iter().filter_map(|row| row.device.clone()).collect();
    if named.is_empty() {
        return Ok(rows);
    }
    let found = tx.rows(query("SELECT id FROM devices WHERE id IN").list(&named)).await?;
    let there: BTreeSet<DeviceId> = found.iter().map(|row| row.parse("id")).collect::<Result<_, _>>()?;
    rows.retain(|row| row.device.as_ref().is_none_or(|device| there.contains(device)));
    Ok(rows)
}

fn insert(hook: &WebhookId, rows: &[NewDelivery], now: Millis) -> Query {
    let values = |row: &NewDelivery| -> Vec<Value> {
        vec![
            hook.into(),
            row.id.as_str().into(),
            row.cursor.epoch.as_str().into(),
            row.cursor.seq.into(),
            (&row.event_id).into(),
            row.event_type.as_str().into(),
            row.device.as_ref().map(DeviceId::as_str).into(),
            row.lane.as_str().into(),
            row.body.as_str().into(),
            row.expires_at.into(),
            State::Pending.as_str().into(),
            now.into(),
            "[]".into(),
            now.into(),
        ]
    };
    Query::insert(
        "INSERT INTO webhook_deliveries (webhook_id, id, epoch, seq, event_id, event_type, device_id, lane, \
         body, expires_at, state, due_at, history, created_at)",
        rows.iter().map(values).collect(),
        "ON CONFLICT (webhook_id, id) DO UPDATE SET state = 'pending', tries = 0, \
         due_at = excluded.due_at, created_at = excluded.created_at, finished_at = NULL",
    )
}

/// One that waits, as the queue keeps it.
pub struct Waiting {
    pub id: String,
    pub cursor: Cursor,
    pub lane: String,
    pub due_at: Millis,
}

/// All that wait for a webhook.
///
/// # Errors
/// [`StorageError`].
pub async fn waiting(store: &Store, hook: &WebhookId) -> Result<Vec<Waiting>, StorageError> {
    let select = query(
        "SELECT id, epoch, seq, lane, due_at FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'pending'",
    );
    let rows = store.rows(select.bind(hook)).await?;
    rows.iter()
        .map(|row| {
            let epoch = Epoch::try_from(row.text("epoch")?)
                .map_err(|_| StorageError::Database("a delivery's epoch cannot be read".to_owned()))?;
            Ok(Waiting {
                id: row.text("id")?,
                cursor: Cursor { epoch, seq: row.int("seq")? },
                lane: row.text("lane")?,
                due_at: row.int("due_at")?,
            })
        })
        .collect()
}

/// One delivery with its body.
///
/// # Errors
/// [`StorageError`].
pub async fn delivery(store: &Store, hook: &WebhookId, id: &str) -> Result<Option<Delivery>, StorageError> {
    let select = query("SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND id = $2");
    let Some(row) = store.row(select.bind(hook).bind(id)).await? else { return Ok(None) };
    Delivery::read(&row, row.text("body")?).map(Some)
}

/// How an attempt left a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// It is to be tried again then.
    Again(Millis),
    Dead,
    /// It was not even tried.
    Expired,
    /// The receiver said that it is gone for good (410): it waits until the webhook is enabled again.
    Gone,
}

/// Writes what became of a delivery that was pending.
///
/// # Errors
/// [`StorageError`].
pub async fn settle(
    store: &Store,
    delivery: &Delivery,
    attempt: Option<Attempt>,
    outcome: Outcome,
    now: Millis,
) -> Result<(), StorageError> {
    let mut history = delivery.history.clone();
    let tried = u32::from(attempt.is_some());
    history.extend(attempt);
    let first = history.len().saturating_sub(KEPT_ATTEMPTS);
    let history = serde_json::to_string(&history[first..])
        .map_err(|error| StorageError::Database(error.to_string()))?;
    let (state, due_at) = match outcome {
        Outcome::Delivered => (State::Delivered, delivery.due_at),
        Outcome::Dead => (State::Dead, delivery.due_at),
        Outcome::Expired => (State::Expired, delivery.due_at),
        Outcome::Again(due) => (State::Pending, due),
        Outcome::Gone => (State::Pending, now),
    };
    let finished = (state != State::Pending).then_some(now);
    let update = query(
        "UPDATE webhook_deliveries SET state = $3, due_at = $4, finished_at = $5, attempts = $6, tries = $7, \
         history = $8 WHERE webhook_id = $1 AND id = $2 AND state = 'pending'",
    )
    .bind(&delivery.webhook)
    .bind(&delivery.id)
    .bind(state.as_str())
    .bind(due_at)
    .bind(finished)
    .bind(delivery.attempts + tried)
    .bind(delivery.tries + tried)
    .bind(history);
    let hook = delivery.webhook.clone();
    let write = store.write(move |tx| {
        Box::pin(async move {
            tx.execute(update).await?;
            if outcome == Outcome::Gone {
                let disable = query("UPDATE webhooks SET enabled = 0, disabled_because = $2 WHERE id = $1");
                tx.execute(disable.bind(&hook).bind("the receiver answered 410 Gone")).await?;
            }
            Ok(())
        })
    });
    write.await
}

/// Writes a delivery that was tried once beside the queue, and how that ended.
///
/// # Errors
/// [`StorageError`].
pub async fn record(
    store: &Store,
    hook: &WebhookId,
    row: &NewDelivery,
    attempt: Attempt,
    now: Millis,
) -> Result<(), StorageError> {
    let state = if attempt.error.is_none() { State::Delivered } else { State::Dead };
    let history =
        serde_json::to_string(&[attempt]).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert = insert(hook, std::slice::from_ref(row), now);
    let update = query(
        "UPDATE webhook_deliveries SET state = $3, finished_at = $4, attempts = 1, tries = 1, history = $5 \
         WHERE webhook_id = $1 AND id = $2",
    );
    let update = update.bind(hook).bind(&row.id).bind(state.as_str()).bind(now).bind(history);
    // It may have been removed meanwhile, and its deliveries with it.
    let there = query("SELECT 1 AS one FROM webhooks WHERE id = $1").bind(hook);
    let write = store.write(move |tx| {
        Box::pin(async move {
            if tx.row(there).await?.is_some() {
                tx.execute(insert).await?;
                tx.execute(update).await?;
            }
            Ok(())
        })
    });
    write.await
}

/// Puts a delivery into the queue (again), whatever became of it; `false` if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn again(store: &Store, hook: &WebhookId, id: &str, now: Millis) -> Result<bool, StorageError> {
    let update = query(
        "UPDATE webhook_deliveries SET state = 'pending', tries = 0, due_at = $3, finished_at = NULL \
         WHERE webhook_id = $1 AND id = $2",
    );
    Ok(store.execute(update.bind(hook).bind(id).bind(now)).await? > 0)
}

/// A page of a webhook's deliveries, newest first, without their bodies.
///
/// `after` is the last of the page before.
///
/// # Errors
/// [`StorageError`].
pub async fn page(
    store: &Store,
    hook: &WebhookId,
    state: Option<State>,
    after: Option<&PageMark>,
    limit: i64,
) -> Result<Vec<Delivery>, StorageError> {
    let mut select = query(LISTED).bind(hook);
    if let Some(state) = state {
        select = select.then(" AND state =").value(state.as_str());
    }
    if let Some(mark) = after {
        select = select.then(" AND (created_at, seq, id) <").list([
            Value::from(mark.created_at),
            Value::from(mark.seq),
            Value::from(mark.id.as_str()),
        ]);
    }
    let select = select.then(" ORDER BY created_at DESC, seq DESC, id DESC LIMIT").value(limit);
    let rows = store.rows(select).await?;
    rows.iter().map(|row| Delivery::read(row, String::new())).collect()
}

/// The deliveries of these events to a webhook, without their bodies.
///
/// # Errors
/// [`StorageError`].
pub async fn of_events(
    store: &Store,
    hook: &WebhookId,
    events: &[Cursor],
) -> Result<Vec<Delivery>, StorageError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids = events.iter().map(|event| delivery_id(hook, event));
    let rows = store.rows(query(LISTED).bind(hook).then(" AND id IN").list(ids)).await?;
    rows.iter().map(|row| Delivery::read(row, String::new())).collect()
}

/// Where a page ended: `<created at>.<seq>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageMark {
    created_at: Millis,
    seq: i64,
    id: String,
}

impl PageMark {
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        Self { created_at: delivery.created_at, seq: delivery.cursor.seq, id: delivery.id.clone() }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let mark = Self {
            created_at: parts.next()?.parse().ok()?,
            seq: parts.next()?.parse().ok()?,
            id: parts.next()?.to_owned(),
        };
        is_delivery_id(&mark.id).then_some(mark)
    }
}

impl std::fmt::Display for PageMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.created_at, self.seq, self.id)
    }
}

/// Whether a text has the form of a delivery's id: at most 160 letters, digits, `_` and `-`.
#[must_use]
pub fn is_delivery_id(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    !text.is_empty() && text.len() <= 160 && text.bytes().all(fits)
}

/// Removes what is through and beyond the bounds of the log of deliveries.
///
/// # Errors
/// [`StorageError`].
pub async fn prune(store: &Store, hook: &WebhookId, now: Millis) -> Result<u64, StorageError> {
    let mut removed = 0;
    for (state, count, age) in KEPT {
        // The newest that is one too many; it and all that are older go.
        let edge = query(
            "SELECT finished_at FROM webhook_deliveries WHERE webhook_id = $1 AND state = $2 \
             ORDER BY finished_at DESC LIMIT 1 OFFSET $3",
        );
        let edge = store.row(edge.bind(hook).bind(state.as_str()).bind(count)).await?;
        let by_count = edge.map(|row| row.int("finished_at")).transpose()?.unwrap_or(Millis::MIN);
        let delete = query(
            "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND state = $2 AND finished_at <= $3",
        );
        removed +=
            store.execute(delete.bind(hook).bind(state.as_str()).bind(by_count.max(now - age))).await?;
    }
    Ok(removed)
}

/// How many deliveries of all webhooks wait. The join makes an index of it that begins with the webhook.
///
/// # Errors
/// [`StorageError`].
pub async fn count_waiting(store: &Store) -> Result<i64, StorageError> {
    let select = query(
        "SELECT count(*) AS n FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id \
         WHERE d.state = 'pending'",
    );
    store.row(select).await?.map_or(Ok(0), |row| row.int("n"))
}

/// How many wait, and how many are dead, of each of these webhooks.
///
/// # Errors
/// [`StorageError`].
pub async fn counts(
    store: &Store,
    hooks: &[&WebhookId],
) -> Result<Vec<(WebhookId, State, i64)>, StorageError> {
    if hooks.is_empty() {
        return Ok(Vec::new());
    }
    let select = query(
        "SELECT webhook_id, state, count(*) AS n FROM webhook_deliveries WHERE state IN ('pending', 'dead') \
         AND webhook_id IN",
    );
    let rows = store.rows(select.list(hooks.iter().copied()).then(" GROUP BY webhook_id, state")).await?;
    rows.iter()
        .map(|row| {
            let state = State::parse(&row.text("state")?)
                .ok_or_else(|| StorageError::Database("a delivery's state cannot be read".to_owned()))?;
            Ok((row.parse("webhook_id")?, state, row.int("n")?))
        })
        .collect()
}
