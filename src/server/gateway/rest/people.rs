//! People: whether they are on WhatsApp, what they say about themselves, whom the account has blocked, and what it
//! calls them.
//!
//! All of it is asked of WhatsApp while the caller waits: the device has to be connected.

use super::once::{self, Once};
use crate::protocol::{CommandId, Contact, DeviceId, Problem};
use crate::server::auth;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Sender};
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(check))
        .routes(routes!(blocked))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .routes(routes!(about))
        .routes(routes!(save))
}

/// Numbers to look up.
#[derive(Deserialize, ToSchema)]
struct NumbersToCheck {
    /// Phone numbers in any usual spelling.
    #[schema(min_items = 1, max_items = 50)]
    numbers: Vec<String>,
}

/// A number that was looked up.
#[derive(Serialize, ToSchema)]
struct CheckedNumber {
    /// Digits only.
    number: String,
    exists: bool,
    /// The account's JID, if there is one.
    jid: Option<String>,
}

/// Numbers that were looked up, in the order in which they were given.
#[derive(Serialize, ToSchema)]
struct CheckedNumbers {
    items: Vec<CheckedNumber>,
}

/// Looks up which numbers are on WhatsApp.
#[utoipa::path(
    post,
    path = "/devices/{device}/numbers/check",
    operation_id = "checkNumbers",
    tag = "Contacts",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "What was found", body = CheckedNumbers), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn check(
    State(app): State<App>,
    Sender(who): Sender,
    Path(device): Path<DeviceId>,
    Json(body): Json<NumbersToCheck>,
) -> Answer<Out<CheckedNumbers>> {
    let checked = app.devices.check_numbers(&who.reach, &device, &body.numbers).await?;
    let items = checked
        .into_iter()
        .map(|one| CheckedNumber { number: one.number, exists: one.jid.is_some(), jid: one.jid })
        .collect();
    Ok(Out(CheckedNumbers { items }))
}

/// Somebody who is blocked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BlockedContact {
    jid: String,
    /// Digits only, where it is known.
    phone_number: Option<String>,
}

/// Everybody who is blocked.
#[derive(Serialize, ToSchema)]
struct BlockedContacts {
    items: Vec<BlockedContact>,
}

/// People whom the account has blocked.
#[utoipa::path(
    get,
    path = "/devices/{device}/blocked",
    operation_id = "listBlocked",
    tag = "Contacts",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "All of them", body = BlockedContacts), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn blocked(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<BlockedContacts>> {
    let blocked = app.devices.blocked(&who.reach, &device).await?;
    let one = |jid: String| BlockedContact { phone_number: read::number_of(&jid).map(str::to_owned), jid };
    Ok(Out(BlockedContacts { items: blocked.into_iter().map(one).collect() }))
}

async fn set_blocked(
    app: &App,
    who: &auth::Principal,
    key: Option<CommandId>,
    device: DeviceId,
    contact: String,
    blocked: bool,
) -> Answer<Response> {
    let (devices, reach) = (app.devices.clone(), who.reach.clone());
    let words = [device.to_string(), contact.clone(), blocked.to_string()];
    let act = async move { devices.block(&reach, &device, &contact, blocked).await };
    let what = ["block", &words[0], &words[1], &words[2]];
    let ((), replayed) = once::done(app, who, key, &what, act).await?;
    Ok(once::nothing(&replayed))
}

/// Blocks somebody: they can neither write to the account nor see it.
#[utoipa::path(
    post,
    path = "/devices/{device}/contacts/{contact}/block",
    operation_id = "blockContact",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ("contact" = String, Path), IdempotencyHeader),
    responses((status = 204, description = "Done"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn block(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, contact)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Response> {
    set_blocked(&app, &who, key, device, contact, true).await
}

/// Ends that somebody is blocked.
#[utoipa::path(
    post,
    path = "/devices/{device}/contacts/{contact}/unblock",
    operation_id = "unblockContact",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ("contact" = String, Path), IdempotencyHeader),
    responses((status = 204, description = "Done"), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn unblock(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, contact)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
) -> Answer<Response> {
    set_blocked(&app, &who, key, device, contact, false).await
}

/// What somebody says about themselves.
#[derive(Serialize, ToSchema)]
struct ContactAbout {
    /// `null` if they say nothing, or not to this account.
    about: Option<String>,
}

/// What somebody says about themselves, asked of WhatsApp now.
#[utoipa::path(
    get,
    path = "/devices/{device}/contacts/{contact}/about",
    operation_id = "getContactAbout",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ("contact" = String, Path)),
    responses((status = 200, description = "What they say", body = ContactAbout), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn about(
    State(app): State<App>,
    Principal(who): Principal,
    Path((device, contact)): Path<(DeviceId, String)>,
) -> Answer<Out<ContactAbout>> {
    Ok(Out(ContactAbout { about: app.devices.about(&who.reach, &device, &contact).await? }))
}

/// What somebody is to be called.
#[derive(Deserialize, ToSchema)]
struct ContactName {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Saves somebody in the address book of the phone, under a name.
#[utoipa::path(
    put,
    path = "/devices/{device}/contacts/{contact}",
    operation_id = "saveContact",
    tag = "Contacts",
    params(("device" = DeviceId, Path), ("contact" = String, Path), IdempotencyHeader),
    responses((status = 200, description = "The contact", body = Contact), (status = 409, description = "`not_connected`: the device is not connected now", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused, or did not answer", body = Problem)),
)]
async fn save(
    State(app): State<App>,
    Sender(who): Sender,
    Path((device, contact)): Path<(DeviceId, String)>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<ContactName>,
) -> Answer<Once<Contact>> {
    let (devices, reach) = (app.devices.clone(), who.reach.clone());
    let words = [device.to_string(), contact.clone(), body.name.clone()];
    let act = async move { devices.save_contact(&reach, &device, &contact, &body.name).await };
    let what = ["save_contact", &words[0], &words[1], &words[2]];
    let (body, replayed) = once::done(&app, &who, key, &what, act).await?;
    Ok(Once { status: StatusCode::OK, body, replayed })
}
