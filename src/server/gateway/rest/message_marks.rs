//! Stars and pins of messages, and what is pinned in a chat; and messages as they came.

use super::message_actions::act;
use super::once::{self, Once};
use crate::protocol::{ChatId, CommandId, Message, MessageId, NewMessage, NewPin, PIN_SECONDS, Problem};
use crate::server::auth;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{
    IdempotencyHeader, IdempotencyKey, MaybeJson, Path, Principal, Sender,
};
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(star, unstar))
        .routes(routes!(pin, unpin))
        .routes(routes!(pinned))
        .routes(routes!(raw))
}

async fn mark(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    message: &MessageId,
    starred: bool,
) -> Answer<Once<Message>> {
    let what = ["star_message", message.as_str(), if starred { "on" } else { "off" }];
    let request = once::request(app, who, key, &what)?;
    let replayed = request.replayed();
    let body = app.devices.star_message(&who.reach, request, message, starred).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}

/// Marks a message with a star, for this account alone.
///
/// It is so here at once, and on the account's other devices as soon as this one is connected.
#[utoipa::path(
    put,
    path = "/messages/{message}/star",
    operation_id = "starMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 200, description = "The message as it stands now", body = Message), (status = 409, description = "`conflict`: it is a notice, was taken back, or the device is not linked", body = Problem)),
)]
async fn star(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Once<Message>> {
    mark(&app, &who, key, &message, true).await
}

/// No longer marks a message with a star.
#[utoipa::path(
    delete,
    path = "/messages/{message}/star",
    operation_id = "unstarMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 200, description = "The message as it stands now", body = Message), (status = 409, description = "`conflict`: it is a notice, was taken back, or the device is not linked", body = Problem)),
)]
async fn unstar(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Once<Message>> {
    mark(&app, &who, key, &message, false).await
}

/// For how long a message is pinned.
#[derive(Deserialize, Default, ToSchema)]
#[serde(default)]
pub struct PinFor {
    /// 86400, 604800 or 2592000: a day, a week (also if it is absent), or thirty days.
    seconds: Option<u32>,
}

/// Pins a message in its chat, for everybody in it. `pinnedUntil` says until when.
#[utoipa::path(
    put,
    path = "/messages/{message}/pin",
    operation_id = "pinMessage",
    tag = "Messages",
    request_body = Option<PinFor>,
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message as it stands now; the pin is queued", body = Message), (status = 409, description = "`conflict`: it is a notice, was taken back, or the device was never linked", body = Problem)),
)]
async fn pin(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
    MaybeJson(body): MaybeJson<PinFor>,
) -> Answer<Once<Message>> {
    let pin = NewPin { message_id: message.clone(), seconds: body.seconds.unwrap_or(PIN_SECONDS[1]) };
    act(&app, &who, key, &message, NewMessage { pin: Some(pin), ..NewMessage::default() }).await
}

/// No longer pins a message in its chat.
#[utoipa::path(
    delete,
    path = "/messages/{message}/pin",
    operation_id = "unpinMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message as it stands now; the change is queued", body = Message), (status = 409, description = "`conflict`: it was taken back, or the device was never linked", body = Problem)),
)]
async fn unpin(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Once<Message>> {
    let pin = NewPin { message_id: message.clone(), seconds: 0 };
    act(&app, &who, key, &message, NewMessage { pin: Some(pin), ..NewMessage::default() }).await
}

/// What is pinned in a chat.
#[derive(Serialize, ToSchema)]
struct PinnedMessages {
    /// The one that was pinned last first.
    #[schema(max_items = 50)]
    items: Vec<Message>,
}

/// The messages that are pinned in a chat and whose time is not over, the one that was pinned last first.
///
/// Where more than 50 are, those that are pinned for longest.
#[utoipa::path(
    get,
    path = "/chats/{chat}/pinned",
    operation_id = "listPinnedMessages",
    tag = "Messages",
    params(("chat" = ChatId, Path)),
    responses((status = 200, description = "All of them", body = PinnedMessages)),
)]
async fn pinned(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
) -> Answer<Out<PinnedMessages>> {
    let chat = app.devices.chat(&who.reach, &chat).await?;
    let items = read::pinned(app.journal.store(), &chat.id, app.source.now()).await?;
    Ok(Out(PinnedMessages { items }))
}

/// A message in WhatsApp's own encoding, as it came.
///
/// Kept of every message that is more than a text, so that nothing of a kind that this version does not know is lost:
/// protobuf, `Message` of `WAWebProtobufsE2E`.
#[utoipa::path(
    get,
    path = "/messages/{message}/raw",
    operation_id = "getRawMessage",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, description = "`not_found`: there is no such message, or nothing of it is kept so", body = Problem)),
)]
async fn raw(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Response> {
    let bytes = app.devices.raw_message(&who.reach, &message).await?;
    // What somebody sent is never run by a browser.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
    ];
    Ok((headers, bytes).into_response())
}
