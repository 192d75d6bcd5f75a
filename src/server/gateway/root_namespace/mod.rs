//! Socket.IO path `/socket.io`, namespace `/`, both transports: the dialects of seed 1 ([`chat`](super::chat)) and
//! seed 2 ([`instances`](super::instances)) on one connection.
//!
//! # Credentials
//! A JWT, or the token of a browser session, in `auth.token`, else in the header `Authorization: Bearer`, else in
//! the query `token`. Where there is none, an API key (`auth.apiKey`, header `X-API-Key` or `apiKey`, query
//! `apiKey`), and at last the session's cookie of a page of ours. Refusals are `connect_error`s with a message for
//! people and `data.code` for programs: see [`access`].
//!
//! # Resuming
//! Stock clients since 4.6 come back by themselves (`pid` and offset): for two minutes with their id, their rooms,
//! and everything that they missed. A client whose `pid` is not known any more, because the server was started
//! again, still says where it was (its offset, or `auth.since`, or `query.since`) and gets what it missed, but it
//! is in no room: whoever subscribes to instances is told of those alone. So the log waits for such a client:
//! until 150 ms after its latest `subscribe:instance`, and 1 s at most. Other answers are not held up by that.
//!
//! A position that the log cannot serve, or that is none, is answered by `resync` `{reason, cursor}`: fetch the
//! state again, and go on with the events that follow. Every payload of the log carries `cursor`.
//!
//! When a credential expires or is revoked, `session:ended` `{reason}` is the last event.

mod access;
pub mod answer;
pub mod fields;
mod namespace;
mod session;
#[cfg(test)]
mod tests;
mod translation;

pub use session::Session;

use super::dialect::{Origins, mount};
use super::socketio::{BuildError, Config, Server};
use super::state::App;
use axum::Router;
use namespace::Root;

/// The path of the Socket.IO server, with and without a slash behind it.
pub const PATH: &str = "/socket.io";
/// The namespace's name.
pub const NAMESPACE: &str = "/";

/// Bytes that may wait for one client: several of the largest answers, which go out twice, as event and as
/// acknowledgement.
const MAX_QUEUED: usize = 8 * 1024 * 1024;

/// The server of this namespace.
///
/// # Errors
/// [`BuildError`] if the server's limits contradict each other.
pub fn server(app: &App) -> Result<Server, BuildError> {
    Server::builder(Config { max_queued_bytes: MAX_QUEUED, ..Config::default() })
        .entropy(app.source.clone())
        .policy(Origins(app.auth.clone()))
        .namespace(NAMESPACE, Root::new(app))
        .build()
}

/// Its routes.
pub fn routes(app: &App) -> Router<App> {
    mount(app, PATH, server(app))
}
