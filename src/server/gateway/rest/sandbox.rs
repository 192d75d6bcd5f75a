//! The sandbox's control surface: what a person does with the phones of the emulated network, and what
//! goes wrong on purpose. Not there while the network is the real one.

use crate::protocol::{DeviceId, Permission, Problem, ProblemCode, TypingState};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyKey, Json, Path, Principal, Query};
use crate::server::gateway::state::App;
use crate::server::sandbox::{Fault, Group, Link, Phone, PhoneMessage, Sandbox, SandboxError, ScanTarget};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json as Out, Router};
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/phones", get(phones).post(add_phone))
        .route("/phones/{number}", get(phone))
        .route("/phones/{number}/scan", post(scan))
        .route("/phones/{number}/messages", get(messages).post(send))
        .route("/phones/{number}/chats", get(chats))
        .route("/phones/{number}/read", post(read))
        .route("/phones/{number}/typing", post(typing))
        .route("/phones/{number}/presence", post(presence))
        .route("/phones/{number}/links", get(links))
        .route("/phones/{number}/unlink", post(unlink))
        .route("/groups", get(groups))
        .route("/pictures/{hash}", get(picture))
        .route("/faults", get(faults).post(set_fault).delete(clear_faults))
        .route("/stream", get(events))
}

/// The emulated network, if it is the one that is used.
struct Net(Arc<Sandbox>);

impl FromRequestParts<App> for Net {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Principal(who) = Principal::from_request_parts(parts, app).await?;
        // What a phone does, its person does: whoever may only read may only look.
        who.require(if parts.method == Method::GET { Permission::Read } else { Permission::Send })?;
        let real =
            || Refusal::new(ProblemCode::NotFound, "The network is the real one: there is no sandbox here.");
        app.sandbox.clone().map(Self).ok_or_else(real)
    }
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        let code = match &error {
            SandboxError::NotFound(_) => ProblemCode::NotFound,
            SandboxError::Invalid(_) | SandboxError::WrongCode => ProblemCode::Invalid,
            SandboxError::Exists(_) => ProblemCode::Conflict,
            SandboxError::NotPairing => ProblemCode::NotPairing,
            SandboxError::LinkFailed(_) => ProblemCode::Upstream,
            SandboxError::Busy | SandboxError::Closed => ProblemCode::Unavailable,
            SandboxError::Crypto(_) => ProblemCode::Internal,
            SandboxError::Storage(error) => return error.clone().into(),
        };
        Problem::new(code, format!("{error}.")).into()
    }
}

#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl<T> List<T> {
    fn of(items: Vec<T>) -> Out<Self> {
        Out(Self { items, next: None })
    }
}

/// Where a phone's picture is served.
fn with_path(mut phone: Phone) -> Phone {
    phone.picture = phone.picture.map(|hash| format!("/api/v1/sandbox/pictures/{hash}"));
    phone
}

async fn phones(Net(net): Net) -> Answer<Out<List<Phone>>> {
    Ok(List::of(net.phones().await?.into_iter().map(with_path).collect()))
}

async fn phone(Net(net): Net, Path(number): Path<String>) -> Answer<Out<Phone>> {
    Ok(Out(with_path(net.phone(&number).await?)))
}

#[derive(Deserialize)]
struct NewPhone {
    name: String,
    number: Option<String>,
}

async fn add_phone(Net(net): Net, Json(body): Json<NewPhone>) -> Answer<(StatusCode, Out<Phone>)> {
    let phone = net.add_phone(&body.name, body.number.as_deref()).await?;
    Ok((StatusCode::CREATED, Out(with_path(phone))))
}

/// What the phone is held against, or what is typed into it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scanned {
    qr: Option<String>,
    code: Option<String>,
}

async fn scan(Net(net): Net, Path(number): Path<String>, Json(body): Json<Scanned>) -> Answer<Out<Phone>> {
    let target = match (body.qr, body.code) {
        (Some(qr), None) => ScanTarget::Qr(qr),
        (None, Some(code)) => ScanTarget::Code(code),
        _ => return Err(Refusal::new(ProblemCode::Invalid, "Send either \"qr\" or \"code\".")),
    };
    net.scan(&number, &target).await?;
    Ok(Out(with_path(net.phone(&number).await?)))
}

#[derive(Deserialize)]
struct InChat {
    chat: Option<String>,
}

async fn messages(
    Net(net): Net,
    Path(number): Path<String>,
    Query(query): Query<InChat>,
) -> Answer<Out<List<PhoneMessage>>> {
    Ok(List::of(net.messages(&number, query.chat.as_deref()).await?))
}

#[derive(Deserialize)]
struct Text {
    to: String,
    text: String,
}

/// The phone sends. The same `Idempotency-Key` sends once.
async fn send(
    Net(net): Net,
    Path(number): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Text>,
) -> Answer<(StatusCode, Out<PhoneMessage>)> {
    let message = match key {
        Some(key) => net.send_text_once(&number, &body.to, &body.text, key.as_str()).await?,
        None => net.send_text(&number, &body.to, &body.text).await?,
    };
    Ok((StatusCode::CREATED, Out(message)))
}

/// A chat as its phone lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhoneChat {
    /// A number, or a group's JID.
    jid: String,
    name: String,
    picture: Option<String>,
    last_text: String,
    last_at: i64,
    last_from_me: bool,
    unread: u32,
}

/// A phone's chats, newest first, made of the messages that it holds.
async fn chats(Net(net): Net, Path(number): Path<String>) -> Answer<Out<List<PhoneChat>>> {
    let (phones, groups) = (net.phones().await?, net.groups().await?);
    let mut chats: Vec<PhoneChat> = Vec::new();
    for message in net.messages(&number, None).await? {
        let jid = if message.from_me || message.to.contains('@') { &message.to } else { &message.from };
        let place = match chats.iter().position(|chat| chat.jid == *jid) {
            Some(place) => place,
            None => {
                let phone = phones.iter().find(|phone| phone.number == *jid);
                let group = groups.iter().find(|group| group.jid == *jid);
                let name = phone
                    .map(|phone| phone.name.clone())
                    .or_else(|| group.map(|group| group.subject.clone()));
                let picture = phone.and_then(|phone| with_path(phone.clone()).picture);
                chats.push(PhoneChat {
                    jid: jid.clone(),
                    name: name.unwrap_or_else(|| jid.clone()),
                    picture,
                    last_text: String::new(),
                    last_at: 0,
                    last_from_me: false,
                    unread: 0,
                });
                chats.len() - 1
            }
        };
        let Some(chat) = chats.get_mut(place) else { continue };
        chat.unread += u32::from(!message.from_me && message.status != crate::protocol::MessageStatus::Read);
        (chat.last_text, chat.last_at, chat.last_from_me) =
            (message.text, message.timestamp, message.from_me);
    }
    chats.sort_by_key(|chat| std::cmp::Reverse(chat.last_at));
    Ok(List::of(chats))
}

#[derive(Deserialize)]
struct Chat {
    chat: String,
}

async fn read(Net(net): Net, Path(number): Path<String>, Json(body): Json<Chat>) -> Answer<StatusCode> {
    net.read(&number, &body.chat).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct Typed {
    to: String,
    state: TypingState,
}

async fn typing(Net(net): Net, Path(number): Path<String>, Json(body): Json<Typed>) -> Answer<StatusCode> {
    net.typing(&number, &body.to, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PresenceState {
    #[serde(alias = "online")]
    Available,
    #[serde(alias = "offline")]
    Unavailable,
}

#[derive(Deserialize)]
struct Presence {
    state: PresenceState,
}

async fn presence(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<Presence>,
) -> Answer<StatusCode> {
    net.presence(&number, matches!(body.state, PresenceState::Available)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn links(Net(net): Net, Path(number): Path<String>) -> Answer<Out<List<Link>>> {
    Ok(List::of(net.links(&number).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unlink {
    device_id: Option<DeviceId>,
}

async fn unlink(Net(net): Net, Path(number): Path<String>, Json(body): Json<Unlink>) -> Answer<StatusCode> {
    net.unlink(&number, body.device_id.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn groups(Net(net): Net) -> Answer<Out<List<Group>>> {
    Ok(List::of(net.groups().await?))
}

async fn picture(Net(net): Net, Path(hash): Path<String>) -> Answer<Response> {
    let bytes = net.picture(&hash).await?;
    let content_type = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    let keep = HeaderValue::from_static("private, max-age=31536000, immutable");
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static(content_type)), (header::CACHE_CONTROL, keep)],
        bytes,
    )
        .into_response())
}

async fn faults(Net(net): Net) -> Out<List<Fault>> {
    List::of(net.faults())
}

async fn set_fault(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    Json(fault): Json<Fault>,
) -> Answer<(StatusCode, Out<List<Fault>>)> {
    if let Some(device) = &fault.device {
        app.devices.get(&who.reach, device).await?;
    }
    net.set_fault(fault).await?;
    Ok((StatusCode::CREATED, List::of(net.faults())))
}

async fn clear_faults(Net(net): Net) -> StatusCode {
    net.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct OfPhone {
    phone: Option<String>,
}

/// What happens on the phones, as it happens. A reader that lags is told to read the phones again.
async fn events(State(app): State<App>, Net(net): Net, Query(query): Query<OfPhone>) -> Response {
    let stopping = app.stopping.clone();
    let live = stream::unfold(net.subscribe(), move |mut phones| {
        let (stopping, number) = (stopping.clone(), query.phone.clone());
        async move {
            loop {
                let event = tokio::select! {
                    event = phones.recv() => event,
                    () = stopping.cancelled() => return None,
                };
                let data = match event {
                    Ok(event) if number.as_ref().is_none_or(|number| *number == event.number) => {
                        serde_json::to_string(&event).unwrap_or_default()
                    }
                    Ok(_) => continue,
                    Err(RecvError::Lagged(_)) => r#"{"type":"missed"}"#.to_owned(),
                    Err(RecvError::Closed) => return None,
                };
                return Some((Event::default().data(data), phones));
            }
        }
    });
    let hello = stream::iter([Event::default().data(r#"{"type":"hello"}"#).retry(Duration::from_secs(2))]);
    let all = hello.chain(live).map(Ok::<_, Infallible>);
    Sse::new(all).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}
