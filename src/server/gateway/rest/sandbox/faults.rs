//! What goes wrong on purpose.

use super::links::own_devices;
use super::{List, Net};
use crate::protocol::Problem;
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Json, Principal};
use crate::server::gateway::state::App;
use crate::server::reach::Reach;
use crate::server::sandbox::{Fault, Sandbox};
use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;

/// Faults that are set.
#[utoipa::path(
    get,
    path = "/faults",
    operation_id = "listFaults",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Fault>)),
)]
pub async fn faults(
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
pub async fn set_fault(
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
pub async fn clear_faults(Net(net): Net) -> StatusCode {
    net.clear_faults();
    StatusCode::NO_CONTENT
}
