//! Requests that act once, whoever repeats them.

use crate::protocol::CommandId;
use crate::server::auth::Principal;
use crate::server::devices::{Replayed, Request};
use crate::server::gateway::error::Answer;
use crate::server::gateway::state::App;
use crate::server::storage::StorageError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The request under the caller's key, or under a new one where it gave none. `what` is everything that makes it
/// this request and no other.
pub fn request(app: &App, who: &Principal, key: Option<CommandId>, what: &[&str]) -> Answer<Request> {
    let id = match key {
        Some(key) => key,
        None => app
            .source
            .id("cmd")
            .parse()
            .map_err(|_| StorageError::Database("an id was minted wrong".to_owned()))?,
    };
    Ok(Request::new(&who.name(), id, what))
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
        let mut response = (self.status, Json(self.body)).into_response();
        if self.replayed.get() {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
