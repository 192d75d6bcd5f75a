//! The same command never acts twice: each leaves its answer behind, in the transaction that did it.

use super::error::DeviceError;
use crate::protocol::{ANSWERS_KEPT, CommandId, Millis};
use crate::server::crash;
use crate::server::storage::{StorageError, Store, Tx, query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who asks, under which id, and what.
#[derive(Debug, Clone)]
pub struct Request {
    /// `user:…` or `key:…`: ids of different principals never meet.
    pub principal: String,
    pub id: CommandId,
    fingerprint: [u8; 32],
    /// Of what was asked, word by word, where it had to be found out what that means.
    asked: Option<[u8; 32]>,
    replayed: Replayed,
}

/// Whether a request turned out to have been done before; its clones all know.
#[derive(Debug, Clone, Default)]
pub struct Replayed(Arc<AtomicBool>);

impl Replayed {
    /// What is known so far: ask when the request is done.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Request {
    /// A request of this principal. `what` is everything that makes it this request and no other.
    #[must_use]
    pub fn new(principal: &str, id: CommandId, what: &[&str]) -> Self {
        Self {
            principal: principal.to_owned(),
            id,
            fingerprint: fingerprint(what),
            asked: None,
            replayed: Replayed::default(),
        }
    }

    /// The same request as it was asked, word by word, before it was found out what that means: finding out may fail
    /// later, or may be answered otherwise. See [`recall_asked`].
    #[must_use]
    pub fn asked_as(mut self, what: &[&str]) -> Self {
        self.asked = Some(fingerprint(what));
        self
    }

    /// To be asked afterwards whether this was done before.
    #[must_use]
    pub fn replayed(&self) -> Replayed {
        self.replayed.clone()
    }
}

fn fingerprint(what: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in what {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Under which id a request is kept as it was asked.
fn asked_id(id: &CommandId) -> String {
    let hash = Sha256::digest(id.as_str());
    hash.iter().take(16).fold("asked_".to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

/// What is known of a request.
pub enum Known<T> {
    /// It is new: do it, then [`remember`].
    New,
    /// It was done: this was the answer.
    Done(T),
    /// Its id stands for another request.
    Other,
}

/// Looks a request up, inside the transaction that would do it.
///
/// # Errors
/// [`StorageError`].
pub async fn recall<T: DeserializeOwned>(
    tx: &mut Tx<'_>,
    request: &Request,
) -> Result<Known<T>, StorageError> {
    let select = query("SELECT fingerprint, result FROM commands WHERE principal = $1 AND id = $2")
        .bind(&request.principal)
        .bind(&request.id);
    let Some(row) = tx.row(select).await? else { return Ok(Known::New) };
    if row.bytes::<32>("fingerprint")? != request.fingerprint {
        return Ok(Known::Other);
    }
    request.replayed.0.store(true, Ordering::Release);
    Ok(Known::Done(row.json("result")?))
}

/// Looks up a request that was asked in just these words: [`Request::asked_as`] with the same. `None` says nothing: it
/// may have been asked in others.
///
/// # Errors
/// [`StorageError`].
pub async fn recall_asked<T: DeserializeOwned>(
    store: &Store,
    request: &Request,
) -> Result<Option<T>, StorageError> {
    let select = query("SELECT fingerprint, result FROM commands WHERE principal = $1 AND id = $2")
        .bind(&request.principal)
        .bind(asked_id(&request.id));
    let Some(row) = store.row(select).await? else { return Ok(None) };
    if Some(row.bytes::<32>("fingerprint")?) != request.asked {
        return Ok(None);
    }
    request.replayed.0.store(true, Ordering::Release);
    Ok(Some(row.json("result")?))
}

/// Keeps the answer, inside the transaction that did it.
///
/// # Errors
/// [`StorageError`].
pub async fn remember<T: Serialize>(
    tx: &mut Tx<'_>,
    request: &Request,
    answer: &T,
    now: Millis,
) -> Result<(), StorageError> {
    let result = serde_json::to_string(answer).map_err(|error| StorageError::Database(error.to_string()))?;
    let insert =
        query("INSERT INTO commands (principal, id, fingerprint, result, at) VALUES ($1, $2, $3, $4, $5)");
    let row = insert.clone().bind(&request.principal).bind(&request.id).bind(request.fingerprint);
    tx.execute(row.bind(&result).bind(now)).await?;
    if let Some(asked) = request.asked {
        let row = insert.bind(&request.principal).bind(asked_id(&request.id)).bind(asked);
        tx.execute(row.bind(result).bind(now)).await?;
    }
    crash::point("remembered");
    Ok(())
}

/// Forgets answers that are older than [`ANSWERS_KEPT`].
///
/// # Errors
/// [`StorageError`].
pub async fn forget_old(store: &Store, now: Millis) -> Result<u64, StorageError> {
    store.execute(query("DELETE FROM commands WHERE at < $1").bind(now - ANSWERS_KEPT)).await
}

impl<T> Known<T> {
    /// The answer that there is already, if any.
    ///
    /// # Errors
    /// [`DeviceError::IdempotencyMismatch`] if the id stands for another request.
    pub fn settled(self) -> Result<Option<T>, DeviceError> {
        match self {
            Self::New => Ok(None),
            Self::Done(answer) => Ok(Some(answer)),
            Self::Other => Err(DeviceError::IdempotencyMismatch),
        }
    }
}
