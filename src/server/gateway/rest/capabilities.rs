//! What a device can do.

use crate::protocol::DeviceId;
use crate::server::devices::{Capability, Support};
use crate::server::gateway::error::Answer;
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What a device's connection to WhatsApp can do.
#[derive(Serialize, ToSchema)]
pub struct Capabilities {
    /// `linked` (a linked device of a phone) or `cloud` (a number at Meta's Cloud API).
    engine: &'static str,
    items: Vec<CapabilityView>,
}

/// One operation.
#[derive(Serialize, ToSchema)]
pub struct CapabilityView {
    /// Stable: for programs.
    operation: &'static str,
    /// In words.
    title: &'static str,
    supported: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The route that does it, where it is supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'static str>,
}

impl CapabilityView {
    fn of(row: &Capability, support: Support) -> Self {
        let reason = match support {
            Support::Yes => None,
            Support::No(why) => Some(why),
        };
        let route = row.route.filter(|_| reason.is_none());
        Self {
            operation: row.name,
            title: row.title,
            supported: reason.is_none(),
            reason,
            method: route.map(|(method, _)| method),
            path: route.map(|(_, path)| path),
        }
    }
}

/// What a device can do, and what not and why.
///
/// What it cannot do is answered 501 `not_supported`.
#[utoipa::path(
    get,
    path = "/devices/{device}/capabilities",
    operation_id = "listCapabilities",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "Every operation", body = Capabilities)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<Capabilities>> {
    let (engine, rows) = app.devices.capabilities(&who.reach, &device).await?;
    let items = rows.iter().map(|row| CapabilityView::of(row, row.of(engine))).collect();
    Ok(Out(Capabilities { engine: engine.as_str(), items }))
}

#[cfg(test)]
mod tests {
    use crate::server::devices::CAPABILITIES;
    use crate::server::gateway::rest;

    #[test]
    fn what_is_said_to_be_done_has_a_route_in_the_document() {
        let document = serde_json::to_value(rest::routes().into_openapi()).unwrap();
        for row in CAPABILITIES {
            let Some((method, path)) = row.route else { continue };
            let path = path.strip_prefix("/api/v1").expect("below /api/v1");
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{}: there is no {method} {path}", row.name);
        }
    }
}
