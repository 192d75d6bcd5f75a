//! Devices.

use crate::protocol::{Device, DeviceId, Page, PairingCode};
use crate::server::devices::Request;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Admin, IdempotencyKey, Json, Path, Principal};
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

pub async fn list(State(app): State<App>, Principal(who): Principal) -> Answer<Out<Page<Device>>> {
    let cursor = app.journal.cursor(&who.reach.workspace).await?;
    let items = read::devices(app.journal.store(), &who.reach).await?;
    Ok(Out(Page { items, next: None, cursor: Some(cursor) }))
}

#[derive(Deserialize)]
pub struct Named {
    name: String,
}

pub async fn create(
    State(app): State<App>,
    Admin(who): Admin,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<Named>,
) -> Answer<(StatusCode, Out<Device>)> {
    let request =
        Request::new(&who.name(), super::messages::id_or_new(&app, key)?, &["create_device", &body.name]);
    let device = app.devices.create(&who.reach, request, &body.name).await?;
    Ok((StatusCode::CREATED, Out(device)))
}

pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.get(&who.reach, &device).await?))
}

pub async fn rename(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
    Json(body): Json<Named>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.rename(&who.reach, &device, &body.name).await?))
}

pub async fn delete(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<StatusCode> {
    app.devices.delete(&who.reach, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn connect(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<(StatusCode, Out<Device>)> {
    Ok((StatusCode::ACCEPTED, Out(app.devices.connect(&who.reach, &device).await?)))
}

pub async fn disconnect(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.disconnect(&who.reach, &device).await?))
}

pub async fn restart(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<(StatusCode, Out<Device>)> {
    Ok((StatusCode::ACCEPTED, Out(app.devices.restart(&who.reach, &device).await?)))
}

pub async fn log_out(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Device>> {
    Ok(Out(app.devices.log_out(&who.reach, &device).await?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForNumber {
    phone_number: String,
}

pub async fn pairing_code(
    State(app): State<App>,
    Admin(who): Admin,
    Path(device): Path<DeviceId>,
    Json(body): Json<ForNumber>,
) -> Answer<Out<PairingCode>> {
    Ok(Out(app.devices.pairing_code(&who.reach, &device, &body.phone_number).await?))
}
