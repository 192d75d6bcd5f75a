//! Labels of an account and of its chats; and what somebody began to write.

use super::once::{self, Once};
use crate::protocol::{Chat, ChatDraft, ChatId, DeviceId, Label, Problem};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, delete))
        .routes(routes!(label, unlabel))
        .routes(routes!(set_draft, drop_draft))
}

/// The labels of an account.
#[derive(Serialize, ToSchema)]
struct Labels {
    items: Vec<Label>,
}

/// The labels of a device's account, by name.
#[utoipa::path(
    get,
    path = "/devices/{device}/labels",
    operation_id = "listLabels",
    tag = "Chats",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "All of them", body = Labels)),
)]
async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Labels>> {
    Ok(Out(Labels { items: app.devices.labels(&who.reach, &device).await? }))
}

/// A label to be made.
#[derive(Deserialize, ToSchema)]
struct NewLabel {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// An index into WhatsApp's palette.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 19)]
    color: u32,
}

/// Makes a label.
///
/// It is there at once, and on the phone as soon as the device is connected. Only business accounts show labels.
#[utoipa::path(
    post,
    path = "/devices/{device}/labels",
    operation_id = "createLabel",
    tag = "Chats",
    params(("device" = DeviceId, Path), IdempotencyHeader),
    responses((status = 201, description = "The label", body = Label), (status = 409, description = "`conflict`: the device is not linked, or has too many labels; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
async fn create(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewLabel>,
) -> Answer<Once<Label>> {
    let what = ["create_label", device.as_str(), &body.name, &body.color.to_string()];
    let request = once::request(&app, &who, key, &what)?;
    let replayed = request.replayed();
    let label = app.devices.create_label(&who.reach, request, &device, &body.name, body.color).await?;
    Ok(Once { status: StatusCode::CREATED, body: label, replayed })
}

/// What is to change of a label; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
struct LabelPatch {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(minimum = 0, maximum = 19)]
    color: Option<u32>,
}

/// Changes what a label is called, or its colour.
#[utoipa::path(
    patch,
    path = "/devices/{device}/labels/{label}",
    operation_id = "changeLabel",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("label" = String, Path)),
    responses((status = 200, description = "The label as it is now", body = Label), (status = 409, description = "`conflict`: the device is not linked", body = Problem)),
)]
async fn change(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, label)): Path<(DeviceId, String)>,
    Json(body): Json<LabelPatch>,
) -> Answer<Out<Label>> {
    Ok(Out(app.devices.change_label(&who.reach, &device, &label, body.name, body.color).await?))
}

/// Deletes a label; no chat has it any more.
#[utoipa::path(
    delete,
    path = "/devices/{device}/labels/{label}",
    operation_id = "deleteLabel",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("label" = String, Path)),
    responses((status = 204, description = "Done"), (status = 409, description = "`conflict`: the device is not linked", body = Problem)),
)]
async fn delete(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, label)): Path<(DeviceId, String)>,
) -> Answer<StatusCode> {
    app.devices.delete_label(&who.reach, &device, &label).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a label to a chat. To repeat it changes nothing.
#[utoipa::path(
    put,
    path = "/chats/{chat}/labels/{label}",
    operation_id = "labelChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), ("label" = String, Path)),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked", body = Problem)),
)]
async fn label(
    State(app): State<App>,
    Sender(who): Sender,
    Path((chat, label)): Path<(ChatId, String)>,
) -> Answer<Out<Chat>> {
    Ok(Out(app.devices.label_chat(&who.reach, &chat, &label, true).await?))
}

/// Takes a label from a chat. To repeat it changes nothing.
#[utoipa::path(
    delete,
    path = "/chats/{chat}/labels/{label}",
    operation_id = "unlabelChat",
    tag = "Chats",
    params(("chat" = ChatId, Path), ("label" = String, Path)),
    responses((status = 200, description = "The chat as it stands now", body = Chat), (status = 409, description = "`conflict`: the device is not linked", body = Problem)),
)]
async fn unlabel(
    State(app): State<App>,
    Sender(who): Sender,
    Path((chat, label)): Path<(ChatId, String)>,
) -> Answer<Out<Chat>> {
    Ok(Out(app.devices.label_chat(&who.reach, &chat, &label, false).await?))
}

/// What somebody began to write.
#[derive(Deserialize, ToSchema)]
struct NewDraft {
    /// Empty gives it up.
    #[schema(max_length = 65_536)]
    text: String,
}

/// The draft of a chat.
#[derive(Serialize, ToSchema)]
struct Draft {
    /// `null` where there is none.
    draft: Option<ChatDraft>,
}

/// Keeps what the caller began to write in a chat.
///
/// A draft is the user's who wrote it (or the key's), on every device that they use: nobody else sees it, and WhatsApp
/// knows nothing of it. It is gone once that text is sent.
#[utoipa::path(
    put,
    path = "/chats/{chat}/draft",
    operation_id = "setDraft",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 200, description = "The draft", body = Draft)),
)]
async fn set_draft(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    Json(body): Json<NewDraft>,
) -> Answer<Out<Draft>> {
    Ok(Out(Draft { draft: app.devices.set_draft(&who.reach, &who.name(), &chat, &body.text).await? }))
}

/// Gives up what the caller began to write in a chat.
#[utoipa::path(
    delete,
    path = "/chats/{chat}/draft",
    operation_id = "dropDraft",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 204, description = "Done")),
)]
async fn drop_draft(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
) -> Answer<StatusCode> {
    app.devices.set_draft(&who.reach, &who.name(), &chat, "").await?;
    Ok(StatusCode::NO_CONTENT)
}
