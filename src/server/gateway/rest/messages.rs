//! Messages: reading a thread, sending, marking as read, typing.

use crate::protocol::{Chat, ChatId, CommandId, DeviceId, Message, MessageId, ThreadPage, TypingState};
use crate::server::auth;
use crate::server::devices::Request;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyKey, Json, Path, Principal, Query, Sender};
use crate::server::gateway::state::App;
use crate::server::storage::{StorageError, read};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// The caller's key, or a new one where it gave none.
pub fn id_or_new(app: &App, key: Option<CommandId>) -> Answer<CommandId> {
    match key {
        Some(key) => Ok(key),
        None => app
            .source
            .id("cmd")
            .parse()
            .map_err(|_| StorageError::Database("an id was minted wrong".to_owned()).into()),
    }
}

#[derive(Deserialize)]
pub struct Paging {
    before: Option<MessageId>,
    limit: Option<i64>,
}

/// A page of a thread, oldest first; `next` is what to pass as `before` for the page of older ones.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagePage {
    items: Vec<Message>,
    next: Option<MessageId>,
    /// The same page in the web client's words.
    #[serde(flatten)]
    thread: ThreadPage,
}

async fn page(app: &App, who: &auth::Principal, chat: &ChatId, paging: Paging) -> Answer<Out<MessagePage>> {
    let limit = paging.limit.unwrap_or(50);
    let thread =
        read::thread_page(app.journal.store(), &who.reach, chat, paging.before.as_ref(), limit).await?;
    let thread = thread.ok_or_else(|| Refusal::not_found("chat"))?;
    let next = if thread.has_older { thread.messages.first().map(|first| first.id.clone()) } else { None };
    Ok(Out(MessagePage { items: thread.messages.clone(), next, thread }))
}

pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
    Query(paging): Query<Paging>,
) -> Answer<Out<MessagePage>> {
    page(&app, &who, &chat, paging).await
}

pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Out<Message>> {
    let found = read::message(app.journal.store(), &who.reach, &message).await?;
    found.map(Out).ok_or_else(|| Refusal::not_found("message"))
}

/// What is sent.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Content {
    Text { text: String },
}

/// A body without `kind` is a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sent {
    Kind(Content),
    Text { text: String },
}

#[derive(Deserialize)]
#[serde(transparent)]
pub struct Body(Sent);

async fn send_to(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    chat: &ChatId,
    body: Body,
) -> Answer<(StatusCode, Out<Message>)> {
    let (Sent::Kind(Content::Text { text }) | Sent::Text { text }) = body.0;
    let request = Request::new(&who.name(), id_or_new(app, key)?, &["send_text", chat.as_str(), &text]);
    let message = app.devices.send_text(&who.reach, request, chat, &text).await?;
    Ok((StatusCode::ACCEPTED, Out(message)))
}

pub async fn send(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Body>,
) -> Answer<(StatusCode, Out<Message>)> {
    send_to(&app, &who, key, &chat, body).await
}

pub async fn retry(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
) -> Answer<(StatusCode, Out<Message>)> {
    Ok((StatusCode::ACCEPTED, Out(app.devices.retry(&who.reach, &message).await?)))
}

/// Up to where it was read; without it, to the newest.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct ReadUpTo {
    message_id: Option<MessageId>,
}

async fn read_chat(app: &App, who: &auth::Principal, chat: &Chat, body: ReadUpTo) -> Answer<StatusCode> {
    let newest = || chat.last_message.as_ref().map(|last| last.id.clone());
    if let Some(up_to) = body.message_id.or_else(newest) {
        app.devices.mark_read(&who.reach, &chat.id, &up_to).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

pub async fn read(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    Json(body): Json<ReadUpTo>,
) -> Answer<StatusCode> {
    let chat = app.devices.chat(&who.reach, &chat).await?;
    read_chat(&app, &who, &chat, body).await
}

#[derive(Deserialize)]
pub struct TypingBody {
    state: TypingState,
}

pub async fn typing(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    Json(body): Json<TypingBody>,
) -> Answer<StatusCode> {
    app.devices.typing(&who.reach, &chat, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// In a device's path, a chat may be named by its id, its JID or a phone number.
async fn resolve(app: &App, who: &auth::Principal, device: &DeviceId, named: &str) -> Answer<Chat> {
    let device = app.devices.get(&who.reach, device).await?;
    if let Ok(id) = named.parse::<ChatId>()
        && let Ok(chat) = app.devices.chat(&who.reach, &id).await
    {
        return if chat.device_id == device.id { Ok(chat) } else { Err(Refusal::not_found("chat")) };
    }
    Ok(app.devices.open_chat(&who.reach, &device.id, named).await?)
}

pub async fn of_device_chat(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, named)): Path<(DeviceId, String)>,
    Query(paging): Query<Paging>,
) -> Answer<Out<MessagePage>> {
    let chat = resolve(&app, &who, &device, &named).await?;
    page(&app, &who, &chat.id, paging).await
}

pub async fn send_from_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, named)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Body>,
) -> Answer<(StatusCode, Out<Message>)> {
    let chat = resolve(&app, &who, &device, &named).await?;
    send_to(&app, &who, key, &chat.id, body).await
}

pub async fn read_device_chat(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, named)): Path<(DeviceId, String)>,
    Json(body): Json<ReadUpTo>,
) -> Answer<StatusCode> {
    let chat = resolve(&app, &who, &device, &named).await?;
    read_chat(&app, &who, &chat, body).await
}

pub async fn type_in_device_chat(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, named)): Path<(DeviceId, String)>,
    Json(body): Json<TypingBody>,
) -> Answer<StatusCode> {
    let chat = resolve(&app, &who, &device, &named).await?;
    app.devices.typing(&who.reach, &chat.id, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}
