//! Whether people are online, and whether the account is shown so.

use crate::protocol::{ChatId, ChatPresence, DeviceId, Problem};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, MaybeJson, Path, Sender};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow, leave)).routes(routes!(show))
}

/// For how long.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
struct FollowFor {
    /// Seconds from now.
    #[schema(minimum = 300, maximum = 86_400, default = 3_600)]
    seconds: Option<u32>,
}

/// Follows whether the person of a chat is online.
///
/// Answers what was last heard. From then on, `presence` signals pass live on the streams until the time is over,
/// also after the device connects anew. Ask again before, to go on. A device follows at most 500 people.
#[utoipa::path(
    put,
    path = "/chats/{chat}/presence-subscription",
    operation_id = "followPresence",
    tag = "Chats",
    request_body = Option<FollowFor>,
    params(("chat" = ChatId, Path)),
    responses((status = 200, description = "What was last heard", body = ChatPresence), (status = 409, description = "`conflict`: the device follows too many", body = Problem)),
)]
async fn follow(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    MaybeJson(body): MaybeJson<FollowFor>,
) -> Answer<Out<ChatPresence>> {
    Ok(Out(app.devices.follow_presence(&who.reach, &chat, body.seconds).await?))
}

/// Follows the person of a chat no longer.
#[utoipa::path(
    delete,
    path = "/chats/{chat}/presence-subscription",
    operation_id = "leavePresence",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 204, description = "Done")),
)]
async fn leave(State(app): State<App>, Sender(who): Sender, Path(chat): Path<ChatId>) -> Answer<StatusCode> {
    app.devices.leave_presence(&who.reach, &chat).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the account is shown as online.
#[derive(Deserialize, ToSchema)]
struct OwnPresence {
    available: bool,
}

/// Shows the account as online while the device is connected, or not.
///
/// It is at first. While it is not, WhatsApp tells nobody's typing, and the phone notifies of messages as if no other
/// device were in use. Kept for every connection from then on.
#[utoipa::path(
    put,
    path = "/devices/{device}/presence",
    operation_id = "setPresence",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 204, description = "Done"), (status = 502, description = "`upstream`: WhatsApp did not take it now; it is told with the next connection", body = Problem)),
)]
async fn show(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<OwnPresence>,
) -> Answer<StatusCode> {
    app.devices.set_available(&who.reach, &device, body.available).await?;
    Ok(StatusCode::NO_CONTENT)
}
