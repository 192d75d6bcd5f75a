//! What can be done to one message: react, edit, take back, vote, pass on. Each is a form of sending: the same
//! requests can be made by `POST …/messages`.

use super::once::{self, Once};
use crate::protocol::{
    ChatId, CommandId, Message, MessageId, Millis, NewEdit, NewForward, NewMessage, NewReaction, NewRevoke,
    NewVote, Problem, ProblemCode,
};
use crate::server::auth;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{
    IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Query, Sender,
};
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most chats that one request passes a message on to.
const MAX_FORWARDS: usize = 50;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(react))
        .routes(routes!(edit, revoke))
        .routes(routes!(edits))
        .routes(routes!(receipts))
        .routes(routes!(played))
        .routes(routes!(vote))
        .routes(routes!(forward))
        .routes(routes!(reject))
}

pub(super) async fn act(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    message: &MessageId,
    body: NewMessage,
) -> Answer<Once<Message>> {
    let found = read::message(app.journal.store(), &who.reach, message).await?;
    let chat = found.ok_or_else(|| Refusal::not_found("message"))?.chat_id;
    let what = serde_json::to_string(&body).unwrap_or_default();
    let request = once::request(app, who, key, &["send_message", chat.as_str(), &what])?;
    let replayed = request.replayed();
    let body = app.devices.send(&who.reach, request, &chat, body).await?;
    Ok(Once { status: StatusCode::ACCEPTED, body, replayed })
}

/// Declines a call that rings: the message is its notice.
///
/// Where it is through, the notice says `rejected_call`. To decline once more changes nothing.
#[utoipa::path(
    post,
    path = "/messages/{message}/reject",
    operation_id = "rejectCall",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The call's notice as it stands now", body = Message), (status = 409, description = "`conflict`: it is no call, or none that rings; `not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp did not take it", body = Problem)),
)]
pub async fn reject(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
) -> Answer<Out<Message>> {
    Ok(Out(app.devices.reject_call(&who.reach, &message).await?))
}

/// A reaction.
#[derive(Deserialize, ToSchema)]
pub struct Emoji {
    /// One emoji; empty takes the reaction back.
    #[schema(max_length = 64)]
    emoji: String,
}

/// Reacts to a message, changes the reaction, or takes it back.
#[utoipa::path(
    put,
    path = "/messages/{message}/reaction",
    operation_id = "reactToMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message with the reaction, which is queued", body = Message), (status = 409, description = "`conflict`: it was taken back, or the device was never linked", body = Problem)),
)]
pub async fn react(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Emoji>,
) -> Answer<Once<Message>> {
    let reaction = NewReaction { message_id: message.clone(), emoji: body.emoji };
    act(&app, &who, key, &message, NewMessage { reaction: Some(reaction), ..NewMessage::default() }).await
}

/// Another text.
#[derive(Deserialize, ToSchema)]
pub struct NewText {
    /// 1 to 65,536 characters.
    #[schema(min_length = 1, max_length = 65_536)]
    text: String,
    /// Numbers of those who are named in it.
    #[serde(default)]
    mentions: Vec<String>,
}

/// Changes the text of an own message.
///
/// WhatsApp allows it for 15 minutes.
#[utoipa::path(
    patch,
    path = "/messages/{message}",
    operation_id = "editMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message with its new text; the edit is queued", body = Message), (status = 409, description = "`conflict`: it is not an own text, too old, or was taken back", body = Problem)),
)]
pub async fn edit(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewText>,
) -> Answer<Once<Message>> {
    let edit = NewEdit { message_id: message.clone(), text: body.text };
    let body = NewMessage { edit: Some(edit), mentions: body.mentions, ..NewMessage::default() };
    act(&app, &who, key, &message, body).await
}

/// Whom a message is deleted for.
#[derive(Deserialize, IntoParams)]
pub struct DeleteFor {
    /// `everybody` (the default) takes it back; `me` deletes it for this account alone.
    #[serde(default, rename = "for")]
    #[param(inline)]
    whom: Whom,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Whom {
    #[default]
    Everybody,
    Me,
}

/// Takes a message back for everybody, or with `for=me` deletes it for this account alone.
///
/// Own messages are taken back, and in groups those of others where this account is an admin; WhatsApp allows it for
/// 60 hours. Any message can be deleted for this account alone: it is gone here at once, and on the account's other
/// devices as soon as this one is connected.
#[utoipa::path(
    delete,
    path = "/messages/{message}",
    operation_id = "revokeMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), DeleteFor, IdempotencyHeader),
    responses((status = 202, description = "What is left of the message; the revocation is queued", body = Message), (status = 204, description = "With `for=me`: it is gone"), (status = 409, description = "`conflict`: it is not theirs to take back, too old, or was taken back before", body = Problem)),
)]
pub async fn revoke(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    Query(query): Query<DeleteFor>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Response> {
    if query.whom == Whom::Me {
        let request = once::request(&app, &who, key, &["delete_message", message.as_str()])?;
        app.devices.delete_message(&who.reach, request, &message).await?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let revoke = NewRevoke { message_id: message.clone() };
    let body = NewMessage { revoke: Some(revoke), ..NewMessage::default() };
    Ok(act(&app, &who, key, &message, body).await?.into_response())
}

/// Marks audio of somebody else as listened to, and has its sender told.
///
/// The message is read with it. To repeat it changes nothing: it needs no key.
#[utoipa::path(
    post,
    path = "/messages/{message}/played",
    operation_id = "playMessage",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The message, with when it was first listened to", body = Message), (status = 409, description = "`conflict`: it is no audio of somebody else", body = Problem)),
)]
pub async fn played(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
) -> Answer<Out<Message>> {
    Ok(Out(app.devices.mark_played(&who.reach, &message).await?))
}

/// A choice in a poll.
#[derive(Deserialize, ToSchema)]
pub struct Choice {
    /// The chosen options, word by word; none takes the vote back.
    #[schema(max_items = 12)]
    options: Vec<String>,
}

/// Votes in a poll, instead of whatever was chosen before.
#[utoipa::path(
    put,
    path = "/messages/{message}/vote",
    operation_id = "voteInPoll",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The poll with the vote, which is queued", body = Message), (status = 409, description = "`conflict`: it is no poll, or was taken back", body = Problem)),
)]
pub async fn vote(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Choice>,
) -> Answer<Once<Message>> {
    let vote = NewVote { message_id: message.clone(), options: body.options };
    act(&app, &who, key, &message, NewMessage { vote: Some(vote), ..NewMessage::default() }).await
}

/// Where a message is passed on to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForwardTo {
    /// 1 to 50 chats of the same device.
    #[schema(min_items = 1, max_items = 50)]
    chat_ids: Vec<ChatId>,
}

/// The messages that were queued, in the order of the chats.
#[derive(Serialize, ToSchema)]
pub struct Forwarded {
    items: Vec<Message>,
}

/// Passes a message on to other chats, with WhatsApp's mark of a forwarded message.
///
/// With an `Idempotency-Key`, a repetition goes on where the first request ended.
#[utoipa::path(
    post,
    path = "/messages/{message}/forward",
    operation_id = "forwardMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The messages, queued", body = Forwarded), (status = 409, description = "`conflict`: it cannot be forwarded", body = Problem)),
)]
pub async fn forward(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<ForwardTo>,
) -> Answer<(StatusCode, Out<Forwarded>)> {
    if !(1..=MAX_FORWARDS).contains(&body.chat_ids.len()) {
        return Err(Refusal::new(
            ProblemCode::Invalid,
            format!("A message is forwarded to 1 to {MAX_FORWARDS} chats."),
        ));
    }
    let found = read::message(app.journal.store(), &who.reach, &message).await?;
    found.ok_or_else(|| Refusal::not_found("message"))?;
    let mut items = Vec::with_capacity(body.chat_ids.len());
    for (n, chat) in body.chat_ids.iter().enumerate() {
        let forward = Some(NewForward { message_id: message.clone() });
        let new = NewMessage { forward, ..NewMessage::default() };
        // One key for the request, one for each of its messages.
        let key = key.as_ref().and_then(|key| once::part(key, n));
        let request = once::request(&app, &who, key, &["forward", chat.as_str(), message.as_str()])?;
        items.push(app.devices.send(&who.reach, request, chat, new).await?);
    }
    Ok((StatusCode::ACCEPTED, Out(Forwarded { items })))
}

/// A text that a message had before.
#[derive(Serialize, ToSchema)]
pub struct EarlierText {
    text: String,
    /// Until when it stood so.
    until: Millis,
}

/// What a message said before it was edited, oldest first.
#[derive(Serialize, ToSchema)]
pub struct EarlierTexts {
    items: Vec<EarlierText>,
}

/// The texts that a message had before it was edited, oldest first.
#[utoipa::path(
    get,
    path = "/messages/{message}/edits",
    operation_id = "listMessageEdits",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The texts", body = EarlierTexts)),
)]
pub async fn edits(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Out<EarlierTexts>> {
    let texts = app.devices.earlier_texts(&who.reach, &message).await?;
    let items = texts.into_iter().map(|(until, text)| EarlierText { text, until }).collect();
    Ok(Out(EarlierTexts { items }))
}

/// How far a message came with one person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonReceipt {
    /// Digits of the number, or a JID.
    person: String,
    delivered_at: Option<Millis>,
    read_at: Option<Millis>,
    /// Voice notes, and what can be seen once.
    played_at: Option<Millis>,
}

/// How far a message came with each person.
#[derive(Serialize, ToSchema)]
pub struct PersonReceipts {
    items: Vec<PersonReceipt>,
}

/// Who got, read and played a message of ours: in groups, one line for each member that told.
#[utoipa::path(
    get,
    path = "/messages/{message}/receipts",
    operation_id = "listMessageReceipts",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The receipts, each with its first time", body = PersonReceipts)),
)]
pub async fn receipts(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Out<PersonReceipts>> {
    let receipts = app.devices.receipts(&who.reach, &message).await?;
    let items = receipts
        .into_iter()
        .map(|receipt| PersonReceipt {
            person: receipt.person,
            delivered_at: receipt.delivered_at,
            read_at: receipt.read_at,
            played_at: receipt.played_at,
        })
        .collect();
    Ok(Out(PersonReceipts { items }))
}
