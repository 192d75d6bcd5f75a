//! Devices that are linked to a phone. Phones are everybody's, devices are not.

use super::{List, Net};
use crate::protocol::DeviceId;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Path, Principal};
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use crate::server::sandbox::{Link, Sandbox};
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Devices that are linked to the phone.
#[utoipa::path(
    get,
    path = "/phones/{number}/links",
    operation_id = "listPhoneLinks",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The links", body = List<Link>)),
)]
pub async fn links(
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

/// Devices that the caller may see.
pub async fn own_devices(app: &App, reach: &Reach) -> Answer<BTreeSet<DeviceId>> {
    let devices = read::devices(app.journal.store(), reach).await?;
    Ok(devices.into_iter().map(|device| device.id).collect())
}

/// Which link a phone ends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneUnlink {
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
pub async fn unlink(
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
