//! Scenarios of the emulated network.

use super::Net;
use crate::protocol::Problem;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal};
use crate::server::gateway::state::App;
use crate::server::sandbox::{Script, ScriptReport};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Below `/sandbox`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(play)).routes(routes!(report, stop))
}

/// A scenario that was begun.
#[derive(Serialize, ToSchema)]
struct Begun {
    id: String,
}

/// Plays a scenario: what people do with their phones and what goes wrong, step by step.
///
/// Every wait, choice and id comes from the seed: on a new sandbox the same scenario does the same, to the byte. The
/// steps are done one after the other; one that cannot be done is noted with its error. At most 16 are played at a
/// time; they end with the server. The same `Idempotency-Key` plays once.
#[utoipa::path(
    post,
    path = "/script",
    operation_id = "playScript",
    tag = "Sandbox",
    params(IdempotencyHeader),
    responses(
        (status = 202, description = "It is being played", body = Begun),
        (status = 404, description = "`not_found`: a device that it names is not there", body = Problem),
        (status = 409, description = "`conflict`: the key stands for another scenario", body = Problem),
        (status = 503, description = "`unavailable`: too many are being played", body = Problem),
    ),
)]
async fn play(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    IdempotencyKey(key): IdempotencyKey,
    Json(script): Json<Script>,
) -> Answer<(StatusCode, Out<Begun>)> {
    for device in script.devices() {
        app.devices.get(&who.reach, device).await?;
    }
    let id = net.play(&who.reach.workspace, script, key.as_ref().map(|key| key.as_str())).await?;
    Ok((StatusCode::ACCEPTED, Out(Begun { id })))
}

/// What a scenario did so far.
#[utoipa::path(
    get,
    path = "/script/{id}",
    operation_id = "getScript",
    tag = "Sandbox",
    params(("id" = String, Path, description = "The scenario's id")),
    responses((status = 200, description = "Its steps, in order", body = ScriptReport)),
)]
async fn report(
    Principal(who): Principal,
    Net(net): Net,
    Path(id): Path<String>,
) -> Answer<Out<ScriptReport>> {
    Ok(Out(net.script(&who.reach.workspace, &id)?))
}

/// Ends a scenario; what it did stays done.
#[utoipa::path(
    delete,
    path = "/script/{id}",
    operation_id = "stopScript",
    tag = "Sandbox",
    params(("id" = String, Path, description = "The scenario's id")),
    responses((status = 204, description = "It does nothing more")),
)]
async fn stop(Principal(who): Principal, Net(net): Net, Path(id): Path<String>) -> Answer<StatusCode> {
    net.stop_script(&who.reach.workspace, &id)?;
    Ok(StatusCode::NO_CONTENT)
}
