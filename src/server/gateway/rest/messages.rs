//! Messages: reading a thread, sending, marking as read, typing.

use super::once::{self, Once};
use crate::protocol::{
    Chat, ChatId, CommandId, DeviceId, Message, MessageId, MessageStatus, Millis, NewMessage, Problem,
    ProblemCode, ThreadPage, TypingState,
};
use crate::server::auth;
use crate::server::devices::{Replayed, Request};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{
    IdempotencyHeader, IdempotencyKey, Json, MaybeJson, Path, Principal, Query, Sender,
};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, send))
        .routes(routes!(read))
        .routes(routes!(typing))
        .routes(routes!(of_device_chat, send_from_device))
        .routes(routes!(read_device_chat))
        .routes(routes!(type_in_device_chat))
        .routes(routes!(get))
        .routes(routes!(retry))
}

#[derive(Deserialize, IntoParams)]
pub struct Before {
    /// The `next` of the page before: messages older than this one. `cursor` is another name of it.
    #[serde(alias = "cursor")]
    before: Option<MessageId>,
    /// Messages newer than this one instead, the oldest of them first; `next` then leads to newer ones.
    after: Option<MessageId>,
    /// This message instead, amid those before and after it.
    around: Option<MessageId>,
    /// The first message that is not older than this time instead, else the newest, amid those before and after it.
    at: Option<Millis>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// A page of a thread, oldest first; `next` is what to pass as `before` for the page of older ones, or as `after` for
/// that of newer ones where this page was asked for so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagePage {
    items: Vec<Message>,
    next: Option<MessageId>,
    /// Whether there are newer ones than the last.
    has_newer: bool,
    /// The same page in the web client's words.
    #[serde(flatten)]
    thread: ThreadPage,
}

async fn page(app: &App, who: &auth::Principal, chat: &ChatId, paging: Before) -> Answer<Out<MessagePage>> {
    let limit = page_limit(paging.limit, 50, read::MESSAGES_PER_PAGE)?;
    let places =
        [paging.before.is_some(), paging.after.is_some(), paging.around.is_some(), paging.at.is_some()];
    if places.into_iter().filter(|asked| *asked).count() > 1 {
        return Err(Refusal::new(
            ProblemCode::Invalid,
            "Ask for messages before, after or around one, or at a time.",
        ));
    }
    if paging.around.is_some() || paging.at.is_some() {
        return amid(app, who, chat, &paging, limit).await;
    }
    if let Some(after) = &paging.after {
        return newer(app, who, chat, after, limit).await;
    }
    let thread =
        read::thread_page(app.journal.store(), &who.reach, chat, paging.before.as_ref(), limit).await?;
    let thread = thread.ok_or_else(|| Refusal::not_found("chat"))?;
    let next = if thread.has_older { thread.messages.first().map(|first| first.id.clone()) } else { None };
    // What comes after the page before is that page.
    let has_newer = paging.before.is_some() && !thread.messages.is_empty();
    Ok(Out(MessagePage { items: thread.messages.clone(), next, has_newer, thread }))
}

/// A message, and as many before it as after it. Of a message that is not in the chat: nothing.
async fn amid(
    app: &App,
    who: &auth::Principal,
    chat: &ChatId,
    paging: &Before,
    limit: i64,
) -> Answer<Out<MessagePage>> {
    let store = app.journal.store();
    let chat = app.devices.chat(&who.reach, chat).await?;
    let place = match (&paging.around, paging.at) {
        (Some(id), _) => read::message(store, &who.reach, id).await?.filter(|place| place.chat_id == chat.id),
        (None, at) => read::thread_at(store, &chat.id, at.unwrap_or_default()).await?,
    };
    let (mut messages, mut has_older, mut has_newer) = (Vec::new(), false, false);
    if let Some(place) = place {
        let half = limit / 2;
        let older = read::thread_page(store, &who.reach, &chat.id, Some(&place.id), half).await?;
        let older = older.ok_or_else(|| Refusal::not_found("chat"))?;
        // Even for a half of nothing, the reading answers with one.
        has_older = older.has_older || (half == 0 && !older.messages.is_empty());
        messages = if half > 0 { older.messages } else { Vec::new() };
        let room = usize::try_from(limit - half - 1).unwrap_or(0);
        let mut newer = read::thread_after(store, &chat.id, &place, limit - half).await?;
        has_newer = newer.len() > room;
        newer.truncate(room);
        messages.push(place);
        messages.extend(newer);
    }
    let thread = ThreadPage { chat_id: chat.id, messages: messages.clone(), has_older };
    Ok(Out(MessagePage { items: messages, next: None, has_newer, thread }))
}

async fn newer(
    app: &App,
    who: &auth::Principal,
    chat: &ChatId,
    after: &MessageId,
    limit: i64,
) -> Answer<Out<MessagePage>> {
    let store = app.journal.store();
    let chat = app.devices.chat(&who.reach, chat).await?;
    let place = read::message(store, &who.reach, after).await?.filter(|place| place.chat_id == chat.id);
    let mut messages = match place {
        Some(place) => read::thread_after(store, &chat.id, &place, limit + 1).await?,
        None => Vec::new(),
    };
    let has_newer = messages.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if has_newer {
        messages.pop();
    }
    let next = messages.last().filter(|_| has_newer).map(|last| last.id.clone());
    // Whatever they come after is older.
    let has_older = !messages.is_empty();
    let thread = ThreadPage { chat_id: chat.id, messages: messages.clone(), has_older };
    Ok(Out(MessagePage { items: messages, next, has_newer, thread }))
}

/// A page of a chat's messages, oldest first.
///
/// The first page holds the newest; `next` leads to older ones. `around` and `at` answer with a page from the midst of
/// the thread: from there, `before` and `after` lead on.
#[utoipa::path(
    get,
    path = "/chats/{chat}/messages",
    operation_id = "listChatMessages",
    tag = "Messages",
    params(("chat" = ChatId, Path), Before),
    responses((status = 200, description = "The page", body = MessagePage)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(chat): Path<ChatId>,
    Query(paging): Query<Before>,
) -> Answer<Out<MessagePage>> {
    page(&app, &who, &chat, paging).await
}

/// One message.
#[utoipa::path(
    get,
    path = "/messages/{message}",
    operation_id = "getMessage",
    tag = "Messages",
    params(("message" = MessageId, Path)),
    responses((status = 200, description = "The message", body = Message)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(message): Path<MessageId>,
) -> Answer<Out<Message>> {
    let found = read::message(app.journal.store(), &who.reach, &message).await?;
    found.map(Out).ok_or_else(|| Refusal::not_found("message"))
}

async fn send_to(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    chat: &ChatId,
    body: NewMessage,
) -> Answer<Once<Message>> {
    let what = once::reads(&body);
    let request = once::request(app, who, key, &["send_message", chat.as_str(), &what])?;
    send_as(app, who, request, chat, body).await
}

async fn send_as(
    app: &App,
    who: &auth::Principal,
    request: Request,
    chat: &ChatId,
    body: NewMessage,
) -> Answer<Once<Message>> {
    let (replayed, changes) = (request.replayed(), body.changes_another());
    let message = app.devices.send(&who.reach, request, chat, body).await?;
    Ok(accepted(message, changes, replayed))
}

/// The answer to a send; of what changes another message, that one as it stands.
fn accepted(message: Message, changes: bool, replayed: Replayed) -> Once<Message> {
    if changes {
        return Once { status: StatusCode::ACCEPTED, body: message, replayed };
    }
    queued(message, replayed)
}

/// A message as the first answer showed it, however far it has come since.
fn queued(message: Message, replayed: Replayed) -> Once<Message> {
    let body = Message { status: MessageStatus::Queued, failure: None, delay: None, ..message };
    Once { status: StatusCode::ACCEPTED, body, replayed }
}

/// Sends a message.
///
/// It is on disk before this is answered, and is sent once, also if the server or the network fails in between.
#[utoipa::path(
    post,
    path = "/chats/{chat}/messages",
    operation_id = "sendMessage",
    tag = "Messages",
    params(("chat" = ChatId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message, queued; events tell how far it comes", body = Message), (status = 409, description = "`not_connected`: the device was never linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
pub async fn send(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewMessage>,
) -> Answer<Once<Message>> {
    send_to(&app, &who, key, &chat, body).await
}

/// Queues a failed message again, with the same WhatsApp id.
#[utoipa::path(
    post,
    path = "/messages/{message}/retry",
    operation_id = "retryMessage",
    tag = "Messages",
    params(("message" = MessageId, Path), IdempotencyHeader),
    responses((status = 202, description = "The message, queued", body = Message), (status = 409, description = "`conflict`: it has not failed", body = Problem)),
)]
pub async fn retry(
    State(app): State<App>,
    Sender(who): Sender,
    Path(message): Path<MessageId>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Once<Message>> {
    let request = once::request(&app, &who, key, &["retry_message", message.as_str()])?;
    let replayed = request.replayed();
    Ok(queued(app.devices.retry(&who.reach, request, &message).await?, replayed))
}

/// Up to where it was read; without it, to the newest.
#[derive(Deserialize, Default, ToSchema)]
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

/// Marks a chat as read, up to a message or to the newest.
///
/// To repeat it changes nothing: it needs no key.
#[utoipa::path(
    post,
    path = "/chats/{chat}/read",
    operation_id = "readChat",
    tag = "Chats",
    request_body = Option<ReadUpTo>,
    params(("chat" = ChatId, Path)),
    responses((status = 204, description = "Done")),
)]
pub async fn read(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    MaybeJson(body): MaybeJson<ReadUpTo>,
) -> Answer<StatusCode> {
    let chat = app.devices.chat(&who.reach, &chat).await?;
    read_chat(&app, &who, &chat, body).await
}

/// What the other side is shown.
#[derive(Deserialize, ToSchema)]
pub struct TypingNotice {
    state: TypingState,
}

/// Shows the other side that somebody types or records here, or stopped.
#[utoipa::path(
    post,
    path = "/chats/{chat}/typing",
    operation_id = "typeInChat",
    tag = "Chats",
    params(("chat" = ChatId, Path)),
    responses((status = 204, description = "Passed on"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem)),
)]
pub async fn typing(
    State(app): State<App>,
    Sender(who): Sender,
    Path(chat): Path<ChatId>,
    Json(body): Json<TypingNotice>,
) -> Answer<StatusCode> {
    app.devices.typing(&who.reach, &chat, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// In a device's path, a chat may be named by its id, its JID or a phone number. One that is not there yet is made,
/// and WhatsApp asked for it: for those who send.
async fn resolve(app: &App, who: &auth::Principal, device: &DeviceId, named: &str) -> Answer<Chat> {
    let device = app.devices.get(&who.reach, device).await?;
    if let Ok(id) = named.parse::<ChatId>()
        && let Ok(chat) = app.devices.chat(&who.reach, &id).await
    {
        return if chat.device_id == device.id { Ok(chat) } else { Err(Refusal::not_found("chat")) };
    }
    Ok(app.devices.open_chat(&who.reach, &device.id, named).await?)
}

/// A page of a chat's messages, oldest first.
///
/// The first page holds the newest; `next` leads to older ones. `around` and `at` answer with a page from the midst of
/// the thread: from there, `before` and `after` lead on.
#[utoipa::path(
    get,
    path = "/devices/{device}/chats/{chat}/messages",
    operation_id = "listDeviceChatMessages",
    tag = "Messages",
    params(("device" = DeviceId, Path), ("chat" = String, Path), Before),
    responses((status = 200, description = "The page", body = MessagePage)),
)]
pub async fn of_device_chat(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, chat)): Path<(DeviceId, String)>,
    Query(paging): Query<Before>,
) -> Answer<Out<MessagePage>> {
    let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
    page(&app, &who, &chat.id, paging).await
}

/// Sends a message.
///
/// It is on disk before this is answered, and is sent once, also if the server or the network fails in between.
#[utoipa::path(
    post,
    path = "/devices/{device}/chats/{chat}/messages",
    operation_id = "sendDeviceMessage",
    tag = "Messages",
    params(("device" = DeviceId, Path), ("chat" = String, Path), IdempotencyHeader),
    responses((status = 202, description = "The message, queued; events tell how far it comes", body = Message), (status = 409, description = "`not_connected`: the device was never linked; `idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
pub async fn send_from_device(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<NewMessage>,
) -> Answer<Once<Message>> {
    let what = once::reads(&body);
    let words = ["send_message_to", device.as_str(), &chat, &what];
    let asked = once::request(&app, &who, key, &[])?.asked_as(&words);
    // Before it is found out who that is: what was sent is answered, also while nobody can be asked.
    if let Some(message) = app.devices.answered(&who.reach, &asked).await? {
        return Ok(accepted(message, body.changes_another(), asked.replayed()));
    }
    let chat = resolve(&app, &who, &device, &chat).await?;
    let request = once::request(&app, &who, Some(asked.id), &["send_message", chat.id.as_str(), &what])?;
    send_as(&app, &who, request.asked_as(&words), &chat.id, body).await
}

/// Marks a chat as read, up to a message or to the newest.
///
/// To repeat it changes nothing: it needs no key.
#[utoipa::path(
    post,
    path = "/devices/{device}/chats/{chat}/read",
    operation_id = "readDeviceChat",
    tag = "Chats",
    request_body = Option<ReadUpTo>,
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 204, description = "Done")),
)]
pub async fn read_device_chat(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    MaybeJson(body): MaybeJson<ReadUpTo>,
) -> Answer<StatusCode> {
    let chat = app.devices.chat_named(&who.reach, &device, &chat).await?;
    read_chat(&app, &who, &chat, body).await
}

/// Shows the other side that somebody types or records here, or stopped.
#[utoipa::path(
    post,
    path = "/devices/{device}/chats/{chat}/typing",
    operation_id = "typeInDeviceChat",
    tag = "Chats",
    params(("device" = DeviceId, Path), ("chat" = String, Path)),
    responses((status = 204, description = "Passed on"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem)),
)]
pub async fn type_in_device_chat(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, chat)): Path<(DeviceId, String)>,
    Json(body): Json<TypingNotice>,
) -> Answer<StatusCode> {
    let chat = resolve(&app, &who, &device, &chat).await?;
    app.devices.typing(&who.reach, &chat.id, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}
