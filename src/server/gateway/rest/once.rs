//! Requests that act once, whoever repeats them.

use crate::protocol::CommandId;
use crate::server::auth::Principal;
use crate::server::devices::{DeviceError, Replayed, Request};
use crate::server::gateway::error::Answer;
use crate::server::gateway::state::App;
use crate::server::storage::StorageError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The request under the caller's key, or under a new one where it gave none. `what` is everything that makes it
/// this request and no other.
pub fn request(app: &App, who: &Principal, key: Option<CommandId>, what: &[&str]) -> Answer<Request> {
    Ok(Request::new(&who.name(), id(app, key)?, what))
}

/// The caller's key, or a new one where it gave none.
pub fn id(app: &App, key: Option<CommandId>) -> Answer<CommandId> {
    if let Some(key) = key {
        return Ok(key);
    }
    let minted = app.source.id("cmd").parse();
    Ok(minted.map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?)
}

/// Does what WhatsApp is asked for while the caller waits: once under its key, if it gave one.
pub async fn done<T>(
    app: &App,
    who: &Principal,
    key: Option<CommandId>,
    what: &[&str],
    act: impl Future<Output = Result<T, DeviceError>> + Send + 'static,
) -> Answer<(T, Replayed)>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let Some(key) = key else { return Ok((act.await?, Replayed::default())) };
    let request = Request::new(&who.name(), key, what);
    let replayed = request.replayed();
    Ok((app.devices.once(request, act).await?, replayed))
}

/// The answer of [`done`] with nothing to say but that.
pub fn nothing(replayed: &Replayed) -> Response {
    marked(StatusCode::NO_CONTENT.into_response(), replayed)
}

/// A response that tells a repetition so.
pub fn marked(mut response: Response, replayed: &Replayed) -> Response {
    if replayed.get() {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A body as it reads, not as it was written: the same request in other spacing is the same request.
pub fn reads<T: Serialize>(body: &T) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// The key of one of the things that a request does under its own key.
pub fn part(key: &CommandId, n: usize) -> Option<CommandId> {
    let hash = Sha256::digest(format!("{key}\n{n}"));
    let hex = hash.iter().take(16).fold("part_".to_owned(), |id, byte| id + &format!("{byte:02x}"));
    hex.parse().ok()
}

/// The answer to a request that acts once; a repetition is told so by `Idempotent-Replayed: true`.
pub struct Once<T> {
    pub status: StatusCode,
    pub body: T,
    pub replayed: Replayed,
}

impl<T: Serialize> IntoResponse for Once<T> {
    fn into_response(self) -> Response {
        marked((self.status, Json(self.body)).into_response(), &self.replayed)
    }
}
