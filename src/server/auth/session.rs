//! Browser sessions: a random token in a cookie, its SHA-256 on disk.

use super::users::{User, to_user};
use crate::protocol::{Millis, UserId};
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store, query};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// How long a session lives without being used: 30 days.
pub const SESSION_LIFE: Millis = 30 * 24 * 3_600 * 1_000;
/// How stale the last use on disk may be, so that not every request writes.
const TOUCH: Millis = 3_600 * 1_000;
/// A session token is 43 characters; whatever is much longer is none.
const MAX_TOKEN: usize = 100;

/// A new random token and the hash to keep of it.
pub(super) fn new_token(source: &Source) -> (String, [u8; 32]) {
    let token = BASE64_URL_SAFE_NO_PAD.encode(source.bytes::<32>());
    let hash = hash(&token);
    (token, hash)
}

/// What is kept of a session token, and names the session.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A signed-in browser.
#[derive(Debug, Clone)]
pub struct Session {
    /// What the cookie holds.
    pub token: String,
    pub user: User,
}

pub(super) async fn open(store: &Store, source: &Source, user: &User) -> Result<Session, StorageError> {
    let (token, token_hash) = new_token(source);
    let now = source.now();
    let user_id = user.id.clone();
    let insert = query(
        "INSERT INTO browser_sessions (token_hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)",
    );
    let insert = insert.bind(token_hash).bind(&user_id).bind(now).bind(now + SESSION_LIFE);
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.execute(query("DELETE FROM browser_sessions WHERE expires_at < $1").bind(now)).await?;
                tx.execute(insert).await
            })
        })
        .await?;
    Ok(Session { token, user: user.clone() })
}

/// The user whose session this is, if it is one and has not expired; and whether this use has extended it.
pub(super) async fn find(
    store: &Store,
    source: &Source,
    token: &str,
) -> Result<Option<(User, bool)>, StorageError> {
    if token.len() > MAX_TOKEN {
        return Ok(None);
    }
    let (token_hash, now) = (hash(token), source.now());
    let select = query(
        "SELECT u.*, s.seen_at FROM browser_sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1 AND s.expires_at > $2",
    );
    let Some(row) = store.row(select.bind(token_hash).bind(now)).await? else { return Ok(None) };
    let extends = now - row.int("seen_at")? > TOUCH;
    if extends {
        let update = query("UPDATE browser_sessions SET seen_at = $2, expires_at = $3 WHERE token_hash = $1");
        store.execute(update.bind(token_hash).bind(now).bind(now + SESSION_LIFE)).await?;
    }
    Ok(Some((to_user(&row)?, extends)))
}

pub(super) async fn close(store: &Store, token: &str) -> Result<(), StorageError> {
    store.execute(query("DELETE FROM browser_sessions WHERE token_hash = $1").bind(hash(token))).await?;
    Ok(())
}

/// Ends every session of a user but one.
pub(super) async fn close_others(store: &Store, user: &UserId, keep: &str) -> Result<(), StorageError> {
    let delete = query("DELETE FROM browser_sessions WHERE user_id = $1 AND token_hash <> $2");
    store.execute(delete.bind(user).bind(hash(keep))).await?;
    Ok(())
}
