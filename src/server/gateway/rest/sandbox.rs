//! The sandbox's control surface: what a person does with the phones of the emulated network, and what
//! goes wrong on purpose. Not there while the network is the real one.

use super::chat_state::ChatPatch;
use crate::protocol::{DeviceId, Millis, Permission, Problem, ProblemCode, TypingState};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Query};
use crate::server::gateway::leased::{Leased, MaybeCut};
use crate::server::gateway::state::App;
use crate::server::gateway::stream::error_frame;
use crate::server::reach::Reach;
use crate::server::sandbox::{
    Addressing, Fault, Group, Link, MessageAction, NewPhoneMessage, Phone, PhoneEvent, PhoneEventKind,
    PhoneMessage, Sandbox, SandboxError, ScanTarget,
};
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bytes of what a phone sends at most, media in base64 included.
const MAX_MEDIA_BODY: usize = 32 * 1024 * 1024;

/// Below `/sandbox`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(phones, add_phone))
        .routes(routes!(phone))
        .routes(routes!(set_addressing))
        .routes(routes!(scan))
        // Media travels inside, in base64.
        .merge(
            OpenApiRouter::new().routes(routes!(messages, send)).layer(DefaultBodyLimit::max(MAX_MEDIA_BODY)),
        )
        .routes(routes!(media))
        .routes(routes!(change_message))
        .routes(routes!(chats))
        .routes(routes!(change_chat))
        .routes(routes!(read))
        .routes(routes!(typing))
        .routes(routes!(presence))
        .routes(routes!(call))
        .routes(routes!(links))
        .routes(routes!(unlink))
        .routes(routes!(groups))
        .routes(routes!(add_group))
        .routes(routes!(picture))
        .routes(routes!(faults, set_fault, clear_faults))
        .routes(routes!(events))
        .merge(super::sandbox_script::routes())
}

/// The emulated network, if it is the one that is used.
pub(super) struct Net(pub(super) Arc<Sandbox>);

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
            SandboxError::Exists(_) | SandboxError::Conflict(_) => ProblemCode::Conflict,
            SandboxError::NotPairing => ProblemCode::NotPairing,
            SandboxError::LinkFailed(_) => ProblemCode::Upstream,
            SandboxError::Busy | SandboxError::Closed => ProblemCode::Unavailable,
            SandboxError::Crypto(_) => ProblemCode::Internal,
            SandboxError::Storage(error) => return error.clone().into(),
        };
        Problem::new(code, format!("{error}.")).into()
    }
}

/// All there are.
#[derive(Serialize, ToSchema)]
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

/// Phones of the emulated network.
#[utoipa::path(
    get,
    path = "/phones",
    operation_id = "listPhones",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Phone>)),
)]
async fn phones(Net(net): Net) -> Answer<Out<List<Phone>>> {
    Ok(List::of(net.phones().await?.into_iter().map(with_path).collect()))
}

/// One phone.
#[utoipa::path(
    get,
    path = "/phones/{number}",
    operation_id = "getPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone", body = Phone)),
)]
async fn phone(Net(net): Net, Path(number): Path<String>) -> Answer<Out<Phone>> {
    Ok(Out(with_path(net.phone(&number).await?)))
}

/// A phone to be added.
#[derive(Deserialize, ToSchema)]
struct NewPhone {
    name: String,
    /// Digits; one is found if it is absent.
    number: Option<String>,
    /// By which of its names it comes to others: `pn` its number with its LID beside it, `lid` its LID with the number
    /// beside it, `hidden` its LID alone.
    #[serde(default)]
    addressing: Addressing,
}

/// By which of its names a phone comes to others.
#[derive(Deserialize, ToSchema)]
struct PhoneAddressing {
    addressing: Addressing,
}

/// A phone comes to others by another of its names from now on: one that showed its LID alone shows its number with the
/// next message.
#[utoipa::path(
    put,
    path = "/phones/{number}/addressing",
    operation_id = "setPhoneAddressing",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone", body = Phone)),
)]
async fn set_addressing(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneAddressing>,
) -> Answer<Out<Phone>> {
    Ok(Out(with_path(net.set_addressing(&number, body.addressing).await?)))
}

/// Adds a phone.
#[utoipa::path(
    post,
    path = "/phones",
    operation_id = "addPhone",
    tag = "Sandbox",
    responses((status = 201, description = "The new phone", body = Phone), (status = 409, description = "`conflict`: the number is taken", body = Problem)),
)]
async fn add_phone(Net(net): Net, Json(body): Json<NewPhone>) -> Answer<(StatusCode, Out<Phone>)> {
    let phone = net.add_phone_as(&body.name, body.number.as_deref(), body.addressing).await?;
    Ok((StatusCode::CREATED, Out(with_path(phone))))
}

/// What the phone is held against, or what is typed into it.
#[derive(Deserialize, ToSchema)]
struct PhoneScan {
    qr: Option<String>,
    code: Option<String>,
}

/// The phone links a device: by the text of its QR code, or by a pairing code.
#[utoipa::path(
    post,
    path = "/phones/{number}/scan",
    operation_id = "scan",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone that it is linked to now", body = Phone), (status = 409, description = "`not_pairing`: no device shows this code", body = Problem), (status = 502, description = "`upstream`: the link failed", body = Problem)),
)]
async fn scan(Net(net): Net, Path(number): Path<String>, Json(body): Json<PhoneScan>) -> Answer<Out<Phone>> {
    let target = match (body.qr, body.code) {
        (Some(qr), None) => ScanTarget::Qr(qr),
        (None, Some(code)) => ScanTarget::Code(code),
        _ => return Err(Refusal::new(ProblemCode::Invalid, "Send either \"qr\" or \"code\".")),
    };
    net.scan(&number, &target).await?;
    Ok(Out(with_path(net.phone(&number).await?)))
}

#[derive(Deserialize, IntoParams)]
struct InChat {
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
async fn messages(
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
async fn send(
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
async fn media(Net(net): Net, Path((number, id)): Path<(String, String)>) -> Answer<Response> {
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

/// A chat as its phone lists it.
#[derive(Serialize, ToSchema)]
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
    archived: bool,
    pinned: bool,
    /// `null` while it is not muted; 253402300799999 for always.
    muted_until: Option<Millis>,
    marked_unread: bool,
    /// Seconds after which new messages disappear; `null` for never.
    expires_in: Option<u32>,
    /// WhatsApp's ids of messages that have a star, and of those that were deleted for this account.
    starred: BTreeSet<String>,
    deleted: BTreeSet<String>,
    /// Names of its labels.
    labels: Vec<String>,
}

/// A phone's chats, newest first, made of the messages that it holds.
#[utoipa::path(
    get,
    path = "/phones/{number}/chats",
    operation_id = "listPhoneChats",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The chats", body = List<PhoneChat>)),
)]
async fn chats(Net(net): Net, Path(number): Path<String>) -> Answer<Out<List<PhoneChat>>> {
    let (phones, groups) = (net.phones().await?, net.groups().await?);
    let (messages, settings) = (net.messages(&number, None).await?, net.chat_settings(&number).await?);
    let mut chats: Vec<PhoneChat> = Vec::new();
    for message in messages {
        let jid = if message.from_me || message.to.contains('@') { &message.to } else { &message.from };
        let set = settings.get(jid).cloned().unwrap_or_default();
        // Cleared, or deleted with its chat or alone.
        if set.deleted.contains(&message.id) || set.gone_until.is_some_and(|gone| message.timestamp <= gone) {
            continue;
        }
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
                    archived: set.archived,
                    pinned: set.pinned_at.is_some(),
                    muted_until: set.muted_until,
                    marked_unread: set.marked_unread,
                    expires_in: set.expires_in,
                    starred: set.starred,
                    deleted: set.deleted,
                    labels: set.labels,
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

/// The person archives, pins, mutes or marks a chat on the phone; its linked devices learn of it.
#[utoipa::path(
    post,
    path = "/phones/{number}/chats/{chat}",
    operation_id = "changePhoneChat",
    tag = "Sandbox",
    params(("number" = String, Path), ("chat" = String, Path, description = "A number, or a group's JID.")),
    responses((status = 204, description = "Done")),
)]
async fn change_chat(
    Net(net): Net,
    Path((number, chat)): Path<(String, String)>,
    Json(body): Json<ChatPatch>,
) -> Answer<StatusCode> {
    for change in body.changes() {
        net.change_chat(&number, &chat, change).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What a person does to a message on their phone, for themselves alone.
#[derive(Deserialize, ToSchema)]
struct PhoneMessagePatch {
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
async fn change_message(
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

/// Which chat of a phone.
#[derive(Deserialize, ToSchema)]
struct ChatOfPhone {
    /// A number or a group's JID.
    chat: String,
}

/// The person reads a chat on the phone.
#[utoipa::path(
    post,
    path = "/phones/{number}/read",
    operation_id = "readOnPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
async fn read(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<ChatOfPhone>,
) -> Answer<StatusCode> {
    net.read(&number, &body.chat).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a phone shows that it types.
#[derive(Deserialize, ToSchema)]
struct PhoneTyping {
    /// A number or a group's JID.
    to: String,
    state: TypingState,
}

/// The person types on the phone, or stops.
#[utoipa::path(
    post,
    path = "/phones/{number}/typing",
    operation_id = "typeOnPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
async fn typing(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneTyping>,
) -> Answer<StatusCode> {
    net.typing(&number, &body.to, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a phone shows as online.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PresenceState {
    #[serde(alias = "online")]
    Available,
    #[serde(alias = "offline")]
    Unavailable,
}

/// Whether a phone shows as online.
#[derive(Deserialize, ToSchema)]
struct PhonePresence {
    state: PresenceState,
}

/// The phone shows as online, or not.
#[utoipa::path(
    post,
    path = "/phones/{number}/presence",
    operation_id = "setPhonePresence",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
async fn presence(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhonePresence>,
) -> Answer<StatusCode> {
    net.presence(&number, matches!(body.state, PresenceState::Available)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a phone calls, or who calls it. One of `end`, `answer` and `decline` at most.
#[derive(Deserialize, ToSchema)]
struct PhoneCall {
    /// A number.
    to: String,
    /// With a picture.
    #[serde(default)]
    video: bool,
    /// Hangs up instead.
    #[serde(default)]
    end: bool,
    /// Takes the call of that number instead: its devices hear that it was taken elsewhere.
    #[serde(default)]
    answer: bool,
    /// Declines the call of that number instead.
    #[serde(default)]
    decline: bool,
}

/// The phone calls a number: its linked devices ring for five seconds, or until somebody ends it.
#[utoipa::path(
    post,
    path = "/phones/{number}/call",
    operation_id = "callFromPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done"), (status = 404, description = "`not_found`: no such phone or number", body = Problem)),
)]
async fn call(Net(net): Net, Path(number): Path<String>, Json(body): Json<PhoneCall>) -> Answer<StatusCode> {
    match (body.end, body.answer, body.decline) {
        (false, false, false) => net.call(&number, &body.to, body.video).await?,
        (true, false, false) => net.end_call(&number, &body.to).await?,
        (false, answer, decline) if answer != decline => net.take_call(&number, &body.to, answer).await?,
        _ => return Err(Refusal::new(ProblemCode::Invalid, "One of end, answer and decline at most.")),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Devices that are linked to the phone.
#[utoipa::path(
    get,
    path = "/phones/{number}/links",
    operation_id = "listPhoneLinks",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The links", body = List<Link>)),
)]
async fn links(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    Path(number): Path<String>,
) -> Answer<Out<List<Link>>> {
    Ok(List::of(own_links(&app, &who.reach, &net, &number).await?))
}

/// The links of devices that the caller may see: phones are everybody's, devices are not.
async fn own_links(app: &App, reach: &Reach, net: &Sandbox, number: &str) -> Answer<Vec<Link>> {
    let mut links = net.links(number).await?;
    let own = own_devices(app, reach).await?;
    links.retain(|link| own.contains(&link.device));
    Ok(links)
}

async fn own_devices(app: &App, reach: &Reach) -> Answer<BTreeSet<DeviceId>> {
    let devices = read::devices(app.journal.store(), reach).await?;
    Ok(devices.into_iter().map(|device| device.id).collect())
}

/// Which link a phone ends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PhoneUnlink {
    /// All that the caller may see if it is absent.
    device_id: Option<DeviceId>,
}

/// The person ends a link, or all of them, on the phone.
#[utoipa::path(
    post,
    path = "/phones/{number}/unlink",
    operation_id = "unlinkOnPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
async fn unlink(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneUnlink>,
) -> Answer<StatusCode> {
    if let Some(device) = &body.device_id {
        app.devices.get(&who.reach, device).await?;
        net.unlink(&number, Some(device)).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    for link in own_links(&app, &who.reach, &net, &number).await? {
        net.unlink(&number, Some(&link.device)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Groups of the emulated network.
#[utoipa::path(
    get,
    path = "/groups",
    operation_id = "listPhoneGroups",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Group>)),
)]
async fn groups(Net(net): Net) -> Answer<Out<List<Group>>> {
    Ok(List::of(net.groups().await?))
}

/// A group to be made.
#[derive(Deserialize, ToSchema)]
struct NewPhoneGroup {
    /// 1 to 100 characters.
    subject: String,
    /// Numbers of the others.
    members: Vec<String>,
    /// By which of their names its members come: `pn` their numbers, `lid` their LIDs.
    #[serde(default)]
    addressing: Addressing,
}

/// A phone makes a group with others; it is its administrator.
#[utoipa::path(
    post,
    path = "/phones/{number}/groups",
    operation_id = "addPhoneGroup",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 201, description = "The new group", body = Group)),
)]
async fn add_group(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<NewPhoneGroup>,
) -> Answer<(StatusCode, Out<Group>)> {
    let group = net.create_group_as(&number, &body.subject, &body.members, body.addressing).await?;
    Ok((StatusCode::CREATED, Out(group)))
}

/// A phone's profile picture.
#[utoipa::path(
    get,
    path = "/pictures/{hash}",
    operation_id = "getPhonePicture",
    tag = "Sandbox",
    params(("hash" = String, Path)),
    responses((status = 200, description = "The picture", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))),
)]
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

/// Faults that are set.
#[utoipa::path(
    get,
    path = "/faults",
    operation_id = "listFaults",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Fault>)),
)]
async fn faults(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
) -> Answer<Out<List<Fault>>> {
    own_faults(&app, &who.reach, &net).await
}

/// What goes wrong for everybody, and for devices that the caller may see.
async fn own_faults(app: &App, reach: &Reach, net: &Sandbox) -> Answer<Out<List<Fault>>> {
    let mut faults = net.faults();
    if faults.iter().any(|fault| fault.device.is_some()) {
        let own = own_devices(app, reach).await?;
        faults.retain(|fault| fault.device.as_ref().is_none_or(|device| own.contains(device)));
    }
    Ok(List::of(faults))
}

/// Makes something go wrong on purpose.
#[utoipa::path(
    post,
    path = "/faults",
    operation_id = "setFault",
    tag = "Sandbox",
    responses(
        (status = 201, description = "All faults that are set now", body = List<Fault>),
        (status = 404, description = "`not_found`: the device that it names is not there", body = Problem),
    ),
)]
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
    Ok((StatusCode::CREATED, own_faults(&app, &who.reach, &net).await?))
}

/// Ends all faults.
#[utoipa::path(
    delete,
    path = "/faults",
    operation_id = "clearFaults",
    tag = "Sandbox",
    responses((status = 204, description = "Done")),
)]
async fn clear_faults(Net(net): Net) -> StatusCode {
    net.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, IntoParams)]
struct OfPhone {
    /// Only what happens on this phone.
    phone: Option<String>,
}

/// What happens on the phones, as it happens: server-sent events.
///
/// Each is a `PhoneEvent`. A reader that lags gets `{"type":"missed"}` and reads the phones again.
/// The last is `{"type":"error","problem":…}` where the caller's credential has expired or was revoked.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "openPhoneStream",
    tag = "Sandbox",
    params(OfPhone),
    responses((status = 200, description = "The stream: each `data` is one of these", body = PhoneEvent, content_type = "text/event-stream")),
)]
async fn events(
    State(app): State<App>,
    Principal(who): Principal,
    Net(net): Net,
    Query(query): Query<OfPhone>,
    cut: MaybeCut,
) -> Answer<Response> {
    let phones = net.subscribe();
    let watch = Watch {
        own: own_devices(&app, &who.reach).await?,
        leased: Leased::new(app.auth.lease(&who)?, cut),
        stopping: app.stopping.clone(),
        reach: who.reach,
        over: false,
        number: query.phone,
        app,
        phones,
    };
    let live = stream::unfold(watch, |mut watch| async move {
        let data = watch.next().await?;
        Some((Event::default().data(data), watch))
    });
    let hello = stream::iter([Event::default().data(r#"{"type":"hello"}"#).retry(Duration::from_secs(2))]);
    let all = hello.chain(live).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(all).keep_alive(alive).into_response())
}

/// Somebody who watches the phones.
struct Watch {
    app: App,
    reach: Reach,
    leased: Leased,
    /// Whether the credential's end was told: nothing comes after it.
    over: bool,
    stopping: CancellationToken,
    /// Only this phone.
    number: Option<String>,
    /// Devices known to be theirs, also those that were deleted meanwhile.
    own: BTreeSet<DeviceId>,
    phones: Receiver<PhoneEvent>,
}

impl Watch {
    /// What happens next, as JSON; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        loop {
            let event = tokio::select! {
                event = self.phones.recv() => event,
                ended = self.leased.ended() => {
                    self.over = true;
                    return Some(error_frame(ended.into()));
                }
                () = self.stopping.cancelled() => return None,
            };
            match event {
                Ok(event) if self.number.as_ref().is_some_and(|number| *number != event.number) => {}
                Ok(event) => {
                    if self.may_see(&event).await {
                        return Some(serde_json::to_string(&event).unwrap_or_default());
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(r#"{"type":"missed"}"#.to_owned()),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    async fn may_see(&mut self, event: &PhoneEvent) -> bool {
        let (PhoneEventKind::Linked { device }
        | PhoneEventKind::Unlinked { device }
        | PhoneEventKind::Connected { device, .. }) = &event.kind
        else {
            return true;
        };
        if !self.own.contains(device) && self.app.devices.get(&self.reach, device).await.is_ok() {
            self.own.insert(device.clone());
        }
        self.own.contains(device)
    }
}
