//! The history of a device's connection: what happened, and who watched.

use crate::protocol::{ConnectionAnalytics, ConnectionEntry, DeviceId, Page, ProblemCode};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::storage::read;
use axum::Json as Out;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(analytics))
}

#[derive(Deserialize, IntoParams)]
pub struct HistoryQuery {
    /// `next` of the page before.
    #[serde(alias = "cursor")]
    after: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// What happened to a device's connection and who watched it, newest first.
///
/// Kept for 90 days, and at most 1,000 entries of each of the two.
#[utoipa::path(
    get,
    path = "/devices/{device}/connections",
    operation_id = "listConnections",
    tag = "Devices",
    params(("device" = DeviceId, Path), HistoryQuery),
    responses((status = 200, description = "A page of the history", body = Page<ConnectionEntry>)),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Out<Page<ConnectionEntry>>> {
    let limit = page_limit(query.limit, 50, read::CONNECTIONS_PER_PAGE)?;
    if query.after.as_deref().is_some_and(|after| !read::is_connection_place(after)) {
        return Err(Refusal::new(ProblemCode::Invalid, "after is the next of another page."));
    }
    Ok(Out(app.devices.connections(&who.reach, &device, query.after.as_deref(), limit).await?))
}

/// A device's connection in numbers: counts, uptime, times to connect, and who watches now.
#[utoipa::path(
    get,
    path = "/devices/{device}/connections/analytics",
    operation_id = "getConnectionAnalytics",
    tag = "Devices",
    params(("device" = DeviceId, Path)),
    responses((status = 200, description = "The numbers", body = ConnectionAnalytics)),
)]
pub async fn analytics(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
) -> Answer<Out<ConnectionAnalytics>> {
    Ok(Out(app.devices.connection_analytics(&who.reach, &device).await?))
}
