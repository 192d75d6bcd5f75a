//! Subscriptions and the server's key in the database.

use super::cipher::Recipient;
use super::keys::PrivateKey;
use super::service::Wish;
use crate::i18n::Locale;
use crate::protocol::{Millis, WorkspaceId};
use crate::server::source::Source;
use crate::server::storage::{Row, StorageError, Store, query};
use sha2::{Digest as _, Sha256};

const KEY: &str = "vapid";
/// How many subscriptions a session may have: a browser has one.
pub const MOST: i64 = 4;

/// Where to push to.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub endpoint: String,
    pub to: Recipient,
    pub wish: Wish,
    /// Whom the service may write to.
    pub email: String,
}

fn id(endpoint: &str) -> [u8; 32] {
    Sha256::digest(endpoint.as_bytes()).into()
}

/// The server's key; the first call makes it.
pub async fn key(store: &Store, source: &Source) -> Result<PrivateKey, StorageError> {
    let made = PrivateKey::new(source);
    let insert =
        query("INSERT INTO server_keys (name, private) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
    store.execute(insert.bind(KEY).bind(made.bytes())).await?;
    let row = store.row(query("SELECT private FROM server_keys WHERE name = $1").bind(KEY)).await?;
    let bytes = row.map(|row| row.bytes("private")).transpose()?;
    let key = bytes.and_then(|bytes| PrivateKey::read(&bytes));
    key.ok_or_else(|| StorageError::Database("the server's key for pushes cannot be read".to_owned()))
}

/// Keeps a subscription of a session, in the place of what was known of its address. `false` if the session has
/// all that it may have.
pub async fn keep(
    store: &Store,
    workspace: &WorkspaceId,
    session: [u8; 32],
    subscription: &Subscription,
    now: Millis,
) -> Result<bool, StorageError> {
    let id = id(&subscription.endpoint);
    let count = query("SELECT count(*) AS n FROM push_subscriptions WHERE session_hash = $1 AND id <> $2");
    let row = store.row(count.bind(session.as_slice()).bind(id.as_slice())).await?;
    if row.map(|row| row.int("n")).transpose()?.unwrap_or(0) >= MOST {
        return Ok(false);
    }
    let unwritten = |error: serde_json::Error| StorageError::Database(error.to_string());
    let wish = &subscription.wish;
    let quiet = serde_json::to_string(&wish.quiet).map_err(unwritten)?;
    let hours = wish.hours.as_ref().map(serde_json::to_string).transpose().map_err(unwritten)?;
    let insert = query(
        "INSERT INTO push_subscriptions (id, workspace_id, session_hash, endpoint, public_key, secret, quiet, \
         quiet_hours, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET \
         workspace_id = excluded.workspace_id, session_hash = excluded.session_hash, public_key = excluded.public_key, secret = excluded.secret, \
         quiet = excluded.quiet, quiet_hours = excluded.quiet_hours, language = excluded.language",
    );
    let insert = insert
        .bind(id.as_slice())
        .bind(workspace)
        .bind(session.as_slice())
        .bind(&subscription.endpoint)
        .bind(subscription.to.public_key.as_slice())
        .bind(subscription.to.secret.as_slice())
        .bind(quiet)
        .bind(hours)
        .bind(wish.language.tag())
        .bind(now);
    store.execute(insert).await?;
    Ok(true)
}

/// The session wants no more pushes to this address.
pub async fn forget(store: &Store, session: [u8; 32], endpoint: &str) -> Result<(), StorageError> {
    let delete = query("DELETE FROM push_subscriptions WHERE id = $1 AND session_hash = $2");
    store.execute(delete.bind(id(endpoint).as_slice()).bind(session.as_slice())).await.map(drop)
}

/// The service says that nobody is there any more.
pub async fn gone(store: &Store, endpoint: &str) -> Result<(), StorageError> {
    let delete = query("DELETE FROM push_subscriptions WHERE id = $1");
    store.execute(delete.bind(id(endpoint).as_slice())).await.map(drop)
}

/// The workspaces that anybody subscribed in.
pub async fn workspaces(store: &Store) -> Result<Vec<WorkspaceId>, StorageError> {
    let rows = store.rows(query("SELECT DISTINCT workspace_id FROM push_subscriptions")).await?;
    rows.iter().map(|row| row.parse("workspace_id")).collect()
}

/// Everybody in a workspace whose session still counts.
pub async fn subscribers(
    store: &Store,
    workspace: &WorkspaceId,
    now: Millis,
) -> Result<Vec<Subscription>, StorageError> {
    let select = query(
        "SELECT p.*, u.email FROM push_subscriptions p JOIN browser_sessions s ON s.token_hash = p.session_hash \
         JOIN users u ON u.id = s.user_id WHERE p.workspace_id = $1 AND u.workspace_id = $1 AND s.expires_at > $2",
    );
    store.rows(select.bind(workspace).bind(now)).await?.iter().map(read).collect()
}

/// How many chats of a workspace wait to be read, as the icon of the installed client counts them.
pub async fn waiting(store: &Store, workspace: &WorkspaceId) -> Result<i64, StorageError> {
    let count = query(
        "SELECT count(*) AS n FROM chats WHERE workspace_id = $1 AND archived = 0 AND (unread > 0 OR marked_unread = 1)",
    );
    let row = store.row(count.bind(workspace)).await?;
    Ok(row.map(|row| row.int("n")).transpose()?.unwrap_or(0))
}

fn read(row: &Row) -> Result<Subscription, StorageError> {
    Ok(Subscription {
        endpoint: row.text("endpoint")?,
        to: Recipient { public_key: row.bytes("public_key")?, secret: row.bytes("secret")? },
        wish: Wish {
            quiet: row.json("quiet")?,
            hours: row.opt_json("quiet_hours")?,
            language: row.opt_text("language")?.and_then(|tag| Locale::of_tag(&tag)).unwrap_or_default(),
        },
        email: row.text("email")?,
    })
}
