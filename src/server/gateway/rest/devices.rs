//! Devices.

use super::once::{self, Once};
use crate::protocol::{Device, DeviceId, Page, PairingCode, Problem, ProblemCode};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{
    Admin, IdempotencyHeader, IdempotencyKey, Json, Path, Principal, Query,
};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, rename, delete))
        .routes(routes!(connect))
        .routes(routes!(disconnect))
        .routes(routes!(restart))
        .routes(routes!(log_out))
        .routes(routes!(pairing_code))
}

#[derive(Deserialize, IntoParams)]
pub struct Paging {
    /// The `next` of the page before. `cursor` is another name of it.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 200, default = 200)]
    limit: Option<i64>,
}

/// Devices that the caller may see, in the order in which they were added.
#[utoipa::path(
    get,
    path = "/devices",
    operation_id = "listDevices",
    tag = "Devices",
    params(Paging),
    responses((status = 200, description = "A page of devices, oldest first", body = Page<Device>)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Query(paging): Query<Paging>,
) -> Answer<Out<Page<Device>>> {
    let cursor = app.journal.cursor(&who.reach.workspace).await?;
    // Whoever does not page gets as many as there can be.
    let limit = page_limit(paging.limit, read::DEVICES_PER_PAGE, read::DEVICES_PER_PAGE)?;
    if paging.after.as_deref().is_some_and(|after| !read::is_device_place(after)) {
        return Err(Refusal::new(ProblemCode::Invalid, "after is the next of another page."));
    }
    let mut page = read::device_page(app.journal.store(), &who.reach, paging.after.as_deref(), limit).await?;
    page.cursor = Some(cursor);
    Ok(Out(page))
}

/// What a device is called.
#[derive(Deserialize, ToSchema)]
pub struct DeviceName {
    /// 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
}

/// Adds a device.
///
/// It is not connected yet: `POST …/connect` starts it.
#[utoipa::path(
    post,
    path = "/devices",
    operation_id = "createDevice",
    tag = "Devices",
    params(IdempotencyHeader),
    responses((status = 201, description = "The new device", body = Device), (status = 409, description = "`idempotency_mismatch`: the key came with another request before", body = Problem)),
)]
pub async fn create(
    State(app): State<App>,
    Admin(who): Admin,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<DeviceName>,
) -> Answer<Once<Device>> {
    let request = once::request(&app, &who, key, &["create_device", &body.name])?;
    let replayed = request.replayed();
    let device = app.devices.create(&who.reach, request, &body.name).await?;
    Ok(Once { status: StatusCode::CREATED, body: device, replayed })
}

/// One device.
#[utoipa::path(
    get,
    path = "/devices/{device}",
    operation_id = "getDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The device", body = Device)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.get(&who.reach, &device).await?))
}

/// Renames a device.
#[utoipa::path(
    patch,
    path = "/devices/{device}",
    operation_id = "renameDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The device with its new name", body = Device)),
)]
pub async fn rename(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
    Json(body): Json<DeviceName>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.rename(&who.reach, &device, &body.name).await?))
}

/// Removes a device with everything that it has: keys, chats, messages, contacts.
#[utoipa::path(
    delete,
    path = "/devices/{device}",
    operation_id = "deleteDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 204, description = "It is gone")),
)]
pub async fn delete(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<StatusCode> {
    app.devices.delete(&who.reach, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a device: reconnects it if it is linked, else shows codes to scan.
#[utoipa::path(
    post,
    path = "/devices/{device}/connect",
    operation_id = "connectDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 202, description = "It starts; events tell how it goes on", body = Device), (status = 409, description = "`conflict`: not in this state", body = Problem)),
)]
pub async fn connect(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<(StatusCode, Out<Device>)> {
    Ok((StatusCode::ACCEPTED, Out(app.devices.connect(&who.reach, &device).await?)))
}

/// Stops a device and keeps its keys.
#[utoipa::path(
    post,
    path = "/devices/{device}/disconnect",
    operation_id = "disconnectDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The device, stopped", body = Device), (status = 409, description = "`conflict`: not in this state", body = Problem)),
)]
pub async fn disconnect(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.disconnect(&who.reach, &device).await?))
}

/// Stops a device and starts it again.
#[utoipa::path(
    post,
    path = "/devices/{device}/restart",
    operation_id = "restartDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 202, description = "It starts; events tell how it goes on", body = Device), (status = 409, description = "`conflict`: not in this state", body = Problem)),
)]
pub async fn restart(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<(StatusCode, Out<Device>)> {
    Ok((StatusCode::ACCEPTED, Out(app.devices.restart(&who.reach, &device).await?)))
}

/// Ends the link on WhatsApp's side and forgets the keys.
///
/// To use the device again it has to be linked anew.
#[utoipa::path(
    post,
    path = "/devices/{device}/logout",
    operation_id = "logOutDevice",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The device, no longer linked", body = Device), (status = 409, description = "`conflict`: not in this state", body = Problem)),
)]
pub async fn log_out(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.log_out(&who.reach, &device).await?))
}

/// Whose phone will enter the code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairingNumber {
    /// E.164, with or without `+`.
    #[schema(example = "34600111222")]
    phone_number: String,
}

/// A code of eight characters that the phone with this number can enter, instead of scanning.
#[utoipa::path(
    post,
    path = "/devices/{device}/pairing-code",
    operation_id = "requestPairingCode",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The code and how long it can be used", body = PairingCode), (status = 409, description = "`not_pairing`: the device waits for no code now; `conflict`: it is linked already", body = Problem), (status = 502, description = "`upstream`: WhatsApp refused", body = Problem)),
)]
pub async fn pairing_code(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
    Json(body): Json<PairingNumber>,
) -> Answer<Out<PairingCode>> {
    Ok(Out(app.devices.pairing_code(&who.reach, &device, &body.phone_number).await?))
}
