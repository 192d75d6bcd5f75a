//! Whether the server is alive and ready: for whoever starts, watches and replaces it.

use super::error::{Answer, Refusal};
use super::state::App;
use crate::protocol::{Network, Problem, ProblemCode};
use crate::server::storage::query;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the database may take to answer.
const DATABASE_WITHIN: Duration = Duration::from_secs(5);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready))
}

/// That the server is as it should be, and for those who sign in some more.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or `ready`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<HealthDetails>,
}

/// What strangers need not know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HealthDetails {
    version: &'static str,
    network: Network,
    /// How long the database took to answer, in milliseconds.
    database_ms: u64,
}

fn answer(health: Health) -> Response {
    let mut response = Json(health).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Alive: the process answers.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "It does", body = Health)),
)]
async fn health() -> Response {
    answer(Health { status: "ok", details: None })
}

/// Ready: the database answers, and the server is not stopping.
///
/// With a key, it says more.
#[utoipa::path(
    get,
    path = "/ready",
    operation_id = "getReady",
    tag = "Operation",
    security(()),
    responses(
        (status = 200, description = "It is", body = Health),
        (status = 503, description = "`unavailable`: not just now; the detail says why", body = Problem),
    ),
)]
async fn ready(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap) -> Answer<Response> {
    let unavailable = |why: &str| Refusal::new(ProblemCode::Unavailable, why);
    if app.stopping.is_cancelled() {
        return Err(unavailable("The server is stopping."));
    }
    let start = Instant::now();
    let asked = timeout(DATABASE_WITHIN, app.journal.store().row(query("SELECT 1 AS one"))).await;
    if !matches!(asked, Ok(Ok(_))) {
        return Err(unavailable("The database does not answer."));
    }
    let database_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let known = app.auth.authenticate(&method, &uri, &headers).await.is_ok();
    let details = known.then(|| HealthDetails {
        version: env!("CARGO_PKG_VERSION"),
        network: app.devices.network(),
        database_ms,
    });
    Ok(answer(Health { status: "ready", details }))
}
