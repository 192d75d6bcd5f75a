//! Webhooks in the database.

use super::error::WebhookError;
use super::filter::Filter;
use super::hook::{MAX_WEBHOOKS, Webhook, Wish};
use super::signer::Secrets;
use crate::protocol::{Cursor, DeviceId, Epoch, Millis, WebhookId, WorkspaceId};
use crate::server::storage::{Row, StorageError, Store, query};

fn read(row: &Row) -> Result<Webhook, StorageError> {
    let epoch = Epoch::try_from(row.text("epoch")?)
        .map_err(|_| StorageError::Database("a webhook's epoch cannot be read".to_owned()))?;
    let previous = match (row.opt_text("previous_secret")?, row.opt_int("previous_until")?) {
        (Some(secret), Some(until)) => Some((secret, until)),
        _ => None,
    };
    Ok(Webhook {
        id: row.parse("id")?,
        workspace: row.parse("workspace_id")?,
        url: row.text("url")?,
        description: row.text("description")?,
        events: row.json("events")?,
        devices: row.opt_json::<Vec<DeviceId>>("device_ids")?,
        enabled: row.flag("enabled")?,
        disabled_because: row.opt_text("disabled_because")?,
        secrets: Secrets { current: row.text("secret")?, previous },
        position: Cursor { epoch, seq: row.int("seq")? },
        revision: row.int("revision")?,
        created_at: row.int("created_at")?,
    })
}

/// All webhooks of all workspaces, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn ids(store: &Store) -> Result<Vec<WebhookId>, StorageError> {
    let rows = store.rows(query("SELECT id FROM webhooks ORDER BY id")).await?;
    rows.iter().map(|row| row.parse("id")).collect()
}

/// A workspace's webhooks, oldest first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_workspace(store: &Store, workspace: &WorkspaceId) -> Result<Vec<Webhook>, StorageError> {
    let select = query("SELECT * FROM webhooks WHERE workspace_id = $1 ORDER BY created_at, id");
    store.rows(select.bind(workspace)).await?.iter().map(read).collect()
}

/// One webhook.
///
/// # Errors
/// [`StorageError`].
pub async fn webhook(store: &Store, id: &WebhookId) -> Result<Option<Webhook>, StorageError> {
    let row = store.row(query("SELECT * FROM webhooks WHERE id = $1").bind(id)).await?;
    row.as_ref().map(read).transpose()
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::Database(error.to_string()))
}

fn devices(hook: &Webhook) -> Result<Option<String>, StorageError> {
    hook.devices.as_ref().map(json).transpose()
}

/// Writes a new webhook, unless the workspace has all it may have.
///
/// # Errors
/// [`WebhookError::Full`] or [`WebhookError::Storage`].
pub async fn insert(store: &Store, hook: &Webhook) -> Result<(), WebhookError> {
    let insert = query(
        "INSERT INTO webhooks (id, workspace_id, url, description, events, device_ids, enabled, secret, epoch, \
         seq, revision, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)",
    )
    .bind(&hook.id)
    .bind(&hook.workspace)
    .bind(&hook.url)
    .bind(&hook.description)
    .bind(json(&hook.events)?)
    .bind(devices(hook)?)
    .bind(hook.enabled)
    .bind(&hook.secrets.current)
    .bind(hook.position.epoch.as_str())
    .bind(hook.position.seq)
    .bind(hook.created_at);
    let count = query("SELECT count(*) AS n FROM webhooks WHERE workspace_id = $1").bind(&hook.workspace);
    let write = store.write(move |tx| {
        Box::pin(async move {
            let there = tx.row(count).await?.map(|row| row.int("n")).transpose()?.unwrap_or(0);
            if there >= MAX_WEBHOOKS {
                return Ok(false);
            }
            tx.execute(insert).await?;
            Ok(true)
        })
    });
    if write.await? { Ok(()) } else { Err(WebhookError::Full) }
}

/// Writes what somebody changed, and nothing else: others may change the rest at the same time. What waits is
/// due at once: the change may be what it waited for.
///
/// # Errors
/// [`StorageError`].
pub async fn update(
    store: &Store,
    id: &WebhookId,
    wish: &Wish,
    events: Option<&Filter>,
    now: Millis,
) -> Result<bool, StorageError> {
    let devices = wish.devices.as_ref().and_then(Option::as_ref).map(json).transpose()?;
    let update = query(
        "UPDATE webhooks SET url = COALESCE($2, url), description = COALESCE($3, description), \
         events = COALESCE($4, events), device_ids = CASE WHEN $5 = 1 THEN $6 ELSE device_ids END, \
         enabled = COALESCE($7, enabled), \
         disabled_because = CASE WHEN $7 IS NULL THEN disabled_because ELSE NULL END WHERE id = $1",
    )
    .bind(id)
    .bind(wish.url.clone())
    .bind(wish.description.clone())
    .bind(events.map(json).transpose()?)
    .bind(wish.devices.is_some())
    .bind(devices)
    .bind(wish.enabled.map(i64::from));
    let due = query(
        "UPDATE webhook_deliveries SET due_at = $2 WHERE webhook_id = $1 AND state = 'pending' AND due_at > $2",
    );
    let due = due.bind(id).bind(now);
    let write = store.write(move |tx| {
        Box::pin(async move {
            let changed = tx.execute(update).await? > 0;
            tx.execute(due).await?;
            Ok(changed)
        })
    });
    write.await
}

/// Gives it a new secret; the present one counts beside it until then.
///
/// # Errors
/// [`StorageError`].
pub async fn rotate(
    store: &Store,
    id: &WebhookId,
    secret: &str,
    until: Millis,
) -> Result<bool, StorageError> {
    let update =
        query("UPDATE webhooks SET previous_secret = secret, previous_until = $3, secret = $2 WHERE id = $1");
    Ok(store.execute(update.bind(id).bind(secret).bind(until)).await? > 0)
}

/// Puts its position back. Within one life of the log never on: what lies between would not be delivered at all.
///
/// # Errors
/// [`StorageError`].
pub async fn rewind(store: &Store, id: &WebhookId, position: &Cursor) -> Result<bool, StorageError> {
    let update = query(
        "UPDATE webhooks SET seq = CASE WHEN epoch = $2 AND seq < $3 THEN seq ELSE $3 END, epoch = $2, \
         revision = revision + 1 WHERE id = $1",
    );
    let update = update.bind(id).bind(position.epoch.as_str()).bind(position.seq);
    Ok(store.execute(update).await? > 0)
}

/// Keeps how far its worker has read events that are not for it, unless somebody put it elsewhere meanwhile.
///
/// # Errors
/// [`StorageError`].
pub async fn keep_position(store: &Store, hook: &Webhook, position: &Cursor) -> Result<(), StorageError> {
    let update = query("UPDATE webhooks SET epoch = $3, seq = $4 WHERE id = $1 AND revision = $2");
    let update = update.bind(&hook.id).bind(hook.revision).bind(position.epoch.as_str()).bind(position.seq);
    store.execute(update).await?;
    Ok(())
}

/// Removes it with all its deliveries.
///
/// # Errors
/// [`StorageError`].
pub async fn delete(store: &Store, id: &WebhookId) -> Result<bool, StorageError> {
    Ok(store.execute(query("DELETE FROM webhooks WHERE id = $1").bind(id)).await? > 0)
}
