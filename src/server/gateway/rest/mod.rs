//! REST, `/api/v1`: what the stream can do, for programs that ask.

pub mod chats;
pub mod devices;
pub mod events;
pub mod messages;
pub mod pictures;
pub mod qr;
pub mod sandbox;

use super::error::{Answer, Refusal};
use super::extract::{Json, Principal, Query};
use super::state::App;
use super::{stream, web};
use crate::protocol::{ChatId, Command, CommandId, Me, Outcome, ProblemCode, Snapshot};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// Alive: the process answers.
pub async fn health() -> &'static str {
    "ok"
}

/// Ready: the database answers, too.
pub async fn ready(State(app): State<App>) -> Result<&'static str, (StatusCode, &'static str)> {
    let answer = app.journal.store().row(crate::server::storage::query("SELECT 1 AS one")).await;
    answer.map(|_| "ready").map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"))
}

/// Who is signed in.
pub async fn me(State(app): State<App>, Principal(principal): Principal) -> Answer<Out<Me>> {
    Ok(Out(web::me(&app, &principal).await?))
}

#[derive(Deserialize)]
pub struct SnapshotQuery {
    chat: Option<ChatId>,
}

/// Everything that the web client starts from.
pub async fn snapshot(
    State(app): State<App>,
    Principal(principal): Principal,
    Query(query): Query<SnapshotQuery>,
) -> Answer<Out<Snapshot>> {
    Ok(Out(web::snapshot(&app, &principal, query.chat.as_ref()).await?))
}

#[derive(Deserialize)]
pub struct CommandBody {
    id: CommandId,
    command: Command,
}

#[derive(Serialize)]
pub struct CommandAnswer {
    id: CommandId,
    outcome: Outcome,
}

/// One command of the native stream, for clients that cannot hold a WebSocket.
pub async fn command(
    State(app): State<App>,
    Principal(principal): Principal,
    Json(body): Json<CommandBody>,
) -> Out<CommandAnswer> {
    let outcome = stream::execute(&app, &principal, body.id.clone(), body.command).await;
    Out(CommandAnswer { id: body.id, outcome })
}

/// Whatever is not here.
pub async fn no_such_route() -> Refusal {
    Refusal::new(ProblemCode::NotFound, "There is nothing at this address.")
}

/// The address is right, the method is not.
pub async fn no_such_method() -> Refusal {
    Refusal::new(ProblemCode::MethodNotAllowed, "This address does not take this method.")
}
