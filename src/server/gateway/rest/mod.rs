//! REST, `/api/v1`: what the stream can do, for programs that ask.

pub mod api_keys;
pub mod capabilities;
pub mod chat_state;
pub mod chats;
pub mod connections;
pub mod contacts;
pub mod devices;
pub mod events;
pub mod export;
pub mod gate;
pub mod group_requests;
pub mod groups;
pub mod history;
pub mod labels;
pub mod media;
pub mod message_actions;
mod message_marks;
pub mod messages;
mod once;
pub mod people;
pub mod pictures;
pub mod presence;
pub mod profile;
pub mod push;
pub mod qr;
pub mod sandbox;
pub mod search;
pub mod stats;
pub mod trace;
pub mod users;
pub mod webhooks;

use super::error::{Answer, Refusal};
use super::extract::{Json, Principal, Query};
use super::state::App;
use super::{stream, web};
use crate::protocol::{ChatId, Command, CommandId, Me, Outcome, ProblemCode, Snapshot};
use axum::Json as Out;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Everything below `/api/v1`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(snapshot))
        .routes(routes!(command))
        .merge(devices::routes())
        .merge(capabilities::routes())
        .merge(qr::routes())
        .merge(connections::routes())
        .merge(chats::routes())
        .merge(chat_state::routes())
        .merge(contacts::routes())
        .merge(labels::routes())
        .merge(groups::routes())
        .merge(group_requests::routes())
        .merge(profile::routes())
        .merge(history::routes())
        .merge(people::routes())
        .merge(messages::routes())
        .merge(message_actions::routes())
        .merge(message_marks::routes())
        .merge(pictures::routes())
        .merge(presence::routes())
        .merge(media::routes())
        .merge(events::routes())
        .merge(export::routes())
        .merge(search::routes())
        .merge(stats::routes())
        .merge(trace::routes())
        .merge(stream::routes())
        .merge(api_keys::routes())
        .merge(users::routes())
        .merge(webhooks::routes())
        .merge(push::routes())
        .nest("/sandbox", sandbox::routes())
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/me",
    operation_id = "getMe",
    tag = "Account",
    responses((status = 200, description = "The user, or the key", body = Me)),
)]
pub async fn me(State(app): State<App>, Principal(principal): Principal) -> Answer<Out<Me>> {
    Ok(Out(web::me(&app, &principal).await?))
}

#[derive(Deserialize, IntoParams)]
pub struct SnapshotQuery {
    /// The chat whose newest messages come along.
    chat: Option<ChatId>,
}

/// Everything that the web client starts from: state in one piece, and the cursor to go on from.
#[utoipa::path(
    get,
    path = "/snapshot",
    operation_id = "getSnapshot",
    tag = "Events",
    params(SnapshotQuery),
    responses((status = 200, description = "The state", body = Snapshot)),
)]
pub async fn snapshot(
    State(app): State<App>,
    Principal(principal): Principal,
    Query(query): Query<SnapshotQuery>,
) -> Answer<Out<Snapshot>> {
    Ok(Out(web::snapshot(&app, &principal, query.chat.as_ref()).await?))
}

/// A command under the name that its sender gave it.
#[derive(Deserialize, ToSchema)]
pub struct CommandBody {
    id: CommandId,
    command: Command,
}

/// How the command of this name ended.
#[derive(Serialize, ToSchema)]
pub struct CommandAnswer {
    id: CommandId,
    outcome: Outcome,
}

/// One command of the native stream, for clients that cannot hold a WebSocket.
///
/// The same id acts once. A command that is refused is answered with 200 and `outcome.error`.
#[utoipa::path(
    post,
    path = "/commands",
    operation_id = "execute",
    tag = "Events",
    responses((status = 200, description = "How it ended", body = CommandAnswer)),
)]
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
