//! Whether the server is alive and ready: for whoever starts, watches and replaces it.

use super::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready))
}

/// Alive: the process answers.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "It does", body = String)),
)]
async fn health() -> &'static str {
    "ok"
}

/// Ready: the database answers, too.
#[utoipa::path(
    get,
    path = "/ready",
    operation_id = "getReady",
    tag = "Operation",
    security(()),
    responses(
        (status = 200, description = "It does", body = String),
        (status = 503, description = "Not just now", body = String),
    ),
)]
async fn ready(State(app): State<App>) -> Result<&'static str, (StatusCode, &'static str)> {
    let answer = app.journal.store().row(crate::server::storage::query("SELECT 1 AS one")).await;
    answer.map(|_| "ready").map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"))
}
