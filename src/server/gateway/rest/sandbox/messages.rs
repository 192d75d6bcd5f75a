//! What a phone holds and sends.

use super::{List, Net};
use crate::protocol::Problem;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Query};
use crate::server::sandbox::{MessageAction, NewPhoneMessage, PhoneMessage};
use axum::Json as Out;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
pub struct InChat {
    /// Only those with this number or group.
    chat: Option<String>,
}

/// What the phone holds, in order: the proof of what was delivered, and how often.
#[utoipa::path(
    get,
    path = "/phones/{number}/messages",
    operation_id = "listPhoneMessages",
    tag = "Sandbox",
    params(("number" = String, Path), InChat),
    responses((status = 200, description = "The messages, oldest first", body = List<PhoneMessage>)),
)]
pub async fn messages(
    Net(net): Net,
    Path(number): Path<String>,
    Query(query): Query<InChat>,
) -> Answer<Out<List<PhoneMessage>>> {
    Ok(List::of(net.messages(&number, query.chat.as_deref()).await?))
}

/// The phone sends a message of any kind, or does something to one. The same `Idempotency-Key` sends once.
#[utoipa::path(
    post,
    path = "/phones/{number}/messages",
    operation_id = "sendFromPhone",
    tag = "Sandbox",
    params(("number" = String, Path), IdempotencyHeader),
    responses((status = 201, description = "The message, as the phone holds it; of what is done to a message, that message", body = PhoneMessage), (status = 404, description = "`not_found`: no such phone, recipient, group or message", body = Problem), (status = 409, description = "`conflict`: the message does not allow it, or the key stands for another one", body = Problem)),
)]
pub async fn send(
    Net(net): Net,
    Path(number): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewPhoneMessage>,
) -> Answer<(StatusCode, Out<PhoneMessage>)> {
    let message = net.send(&number, body, key.as_ref().map(|key| key.as_str())).await?;
    Ok((StatusCode::CREATED, Out(message)))
}

/// The media of a message that the phone holds, opened: the proof that what was uploaded arrives.
#[utoipa::path(
    get,
    path = "/phones/{number}/messages/{id}/media",
    operation_id = "getPhoneMedia",
    tag = "Sandbox",
    params(("number" = String, Path), ("id" = String, Path, description = "WhatsApp's id")),
    responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, description = "`not_found`: no such message, or it has no media", body = Problem)),
)]
pub async fn media(Net(net): Net, Path((number, id)): Path<(String, String)>) -> Answer<Response> {
    let media = net.media(&number, &id).await?;
    // What a phone was sent is never run by a browser.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_str(&media.content_type).ok()),
        (header::X_CONTENT_TYPE_OPTIONS, Some(HeaderValue::from_static("nosniff"))),
        (header::CONTENT_SECURITY_POLICY, Some(HeaderValue::from_static("sandbox; default-src 'none'"))),
    ];
    let mut response = media.bytes.into_response();
    for (name, value) in headers {
        let value = value.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// What a person does to a message on their phone, for themselves alone.
#[derive(Deserialize, ToSchema)]
pub struct PhoneMessagePatch {
    /// The chat that it is in: a number or a group's JID.
    chat: String,
    /// With a star, or without.
    starred: Option<bool>,
    /// Deletes it.
    #[serde(default)]
    deleted: bool,
}

/// The person stars a message on the phone, or deletes it there for themselves; the linked devices learn of it.
#[utoipa::path(
    patch,
    path = "/phones/{number}/messages/{id}",
    operation_id = "changePhoneMessage",
    tag = "Sandbox",
    params(("number" = String, Path), ("id" = String, Path, description = "WhatsApp's id")),
    responses((status = 204, description = "Done"), (status = 404, description = "`not_found`: no such phone or message", body = Problem)),
)]
pub async fn change_message(
    Net(net): Net,
    Path((number, id)): Path<(String, String)>,
    Json(body): Json<PhoneMessagePatch>,
) -> Answer<StatusCode> {
    if let Some(starred) = body.starred {
        net.change_message(&number, &body.chat, &id, MessageAction::Star(starred)).await?;
    }
    if body.deleted {
        net.change_message(&number, &body.chat, &id, MessageAction::DeleteForMe).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
