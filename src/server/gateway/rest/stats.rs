//! Numbers of a workspace and of its devices.

use crate::protocol::DeviceId;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use crate::server::storage::read::{self, Stats};
use axum::Json as Out;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(all)).routes(routes!(of_device))
}

/// How many devices, chats and messages there are, of what the caller may see.
#[utoipa::path(
    get,
    path = "/stats",
    operation_id = "getStats",
    tag = "Account",
    responses((status = 200, description = "The numbers as they are now", body = Stats)),
)]
pub async fn all(State(app): State<App>, Principal(who): Principal) -> Answer<Out<Stats>> {
    Ok(Out(read::stats(app.journal.store(), &who.reach, app.source.now()).await?))
}

/// The same numbers of one device.
#[utoipa::path(
    get,
    path = "/devices/{device}/stats",
    operation_id = "getDeviceStats",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The numbers as they are now", body = Stats)),
)]
pub async fn of_device(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Stats>> {
    let device = app.devices.get(&who.reach, &device).await?;
    let reach = who.reach.narrowed(device.id);
    Ok(Out(read::stats(app.journal.store(), &reach, app.source.now()).await?))
}
