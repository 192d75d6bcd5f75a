//! What was written before the link: how far it is, and more of it.

use crate::protocol::{Chat, ChatId, DeviceId, HistoryState, Problem};
use crate::server::auth;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(state)).routes(routes!(older)).routes(routes!(older_of_device))
}

/// How much is wanted.
#[derive(Deserialize, ToSchema)]
pub struct OlderMessages {
    /// How many messages, 1 to 500. The phone may send fewer.
    count: u32,
}

/// How far a device's history is: what its phone sends of what was written before the link.
#[utoipa::path(
    get,
    path = "/devices/{device}/history",
    operation_id = "getHistory",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "How far it is", body = HistoryState)),
)]
async fn state(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<HistoryState>> {
    Ok(Out(app.devices.history_state(&who.reach, &device).await?))
}

async fn ask(
    app: &App,
    who: &auth::Principal,
    chat: &ChatId,
    body: &OlderMessages,
) -> Answer<(StatusCode, Out<Chat>)> {
    let chat = app.devices.older_messages(&who.reach, chat, body.count).await?;
    Ok((StatusCode::ACCEPTED, Out(chat)))
}

/// Asks the phone for messages of a chat that are older than all that are here.
///
/// They are here when an event `history.synced` names the chat in `chatId`.
#[utoipa::path(
    post,
    path = "/chats/{chat}/history",
    operation_id = "askForOlderMessages",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 202, description = "The phone was asked; the chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the phone has nothing older, or no message is here to go back from; `not_connected`: the device is not connected", body = Problem), (status = 502, description = "`upstream`: WhatsApp did not answer", body = Problem)),
)]
async fn older(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    Json(body): Json<OlderMessages>,
) -> Answer<(StatusCode, Out<Chat>)> {
    ask(&app, &who, &chat, &body).await
}

/// Asks the phone for messages of a chat that are older than all that are here.
///
/// They are here when an event `history.synced` names the chat in `chatId`.
#[utoipa::path(
    post,
    path = "/devices/{device}/chats/{chat}/history",
    operation_id = "askForOlderMessagesOfDevice",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 202, description = "The phone was asked; the chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the phone has nothing older, or no message is here to go back from; `not_connected`: the device is not connected", body = Problem), (status = 502, description = "`upstream`: WhatsApp did not answer", body = Problem)),
)]
async fn older_of_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    Json(body): Json<OlderMessages>,
) -> Answer<(StatusCode, Out<Chat>)> {
    let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
    ask(&app, &who, &chat.id, &body).await
}
