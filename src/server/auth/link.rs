//! One-time sign-in links: for the first look, and for whoever has no password yet.

use super::session::{hash, new_token};
use super::users::{User, to_user};
use crate::protocol::{Millis, UserId};
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store, query};

/// How long a link can be used: a day.
const LIFE: Millis = 24 * 3_600 * 1_000;

/// Makes a link's token for a user. It works once.
///
/// # Errors
/// [`StorageError`].
pub async fn create_link(store: &Store, source: &Source, user: &UserId) -> Result<String, StorageError> {
    let (token, token_hash) = new_token(source);
    let (user, now) = (user.clone(), source.now());
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.execute(query("DELETE FROM sign_in_links WHERE expires_at < $1").bind(now)).await?;
                let insert =
                    query("INSERT INTO sign_in_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)");
                tx.execute(insert.bind(token_hash).bind(&user).bind(now + LIFE)).await
            })
        })
        .await?;
    Ok(token)
}

/// Whose link this is, without using it up; `None` if it was used, has expired or never was one.
///
/// # Errors
/// [`StorageError`].
pub(super) async fn owner_of_link(
    store: &Store,
    source: &Source,
    token: &str,
) -> Result<Option<User>, StorageError> {
    let select = query(
        "SELECT u.* FROM sign_in_links l JOIN users u ON u.id = l.user_id WHERE l.token_hash = $1 AND l.expires_at > $2",
    );
    let row = store.row(select.bind(hash(token)).bind(source.now())).await?;
    row.as_ref().map(to_user).transpose()
}

/// Uses a link up; `None` if it was used, has expired or never was one.
///
/// # Errors
/// [`StorageError`].
pub async fn redeem_link(store: &Store, source: &Source, token: &str) -> Result<Option<User>, StorageError> {
    let (token_hash, now) = (hash(token), source.now());
    store
        .write(move |tx| {
            Box::pin(async move {
                let delete =
                    query("DELETE FROM sign_in_links WHERE token_hash = $1 RETURNING user_id, expires_at")
                        .bind(token_hash);
                let Some(row) = tx.row(delete).await? else { return Ok(None) };
                if row.int("expires_at")? <= now {
                    return Ok(None);
                }
                let user =
                    tx.row(query("SELECT * FROM users WHERE id = $1").bind(row.text("user_id")?)).await?;
                user.as_ref().map(to_user).transpose()
            })
        })
        .await
}
