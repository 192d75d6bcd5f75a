//! Profile pictures, by the hash of their bytes.

use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal};
use crate::server::gateway::state::App;
use crate::server::storage::query;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// A profile picture, by the hash of its bytes.
///
/// A hash names its bytes for good, so browsers may keep them; only somebody who may see a contact with this
/// picture gets it.
#[utoipa::path(
    get,
    path = "/pictures/{hash}",
    operation_id = "getPicture",
    tag = "Contacts",
    params(("hash" = String, Path)),
    responses((status = 200, description = "The picture", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(hash): Path<String>,
) -> Answer<Response> {
    let select = query(
        "SELECT p.content_type, p.bytes FROM pictures p WHERE p.hash = $1 AND EXISTS \
         (SELECT 1 FROM contacts k JOIN devices d ON d.id = k.device_id WHERE k.picture_hash = p.hash AND d.workspace_id = $2",
    );
    let select = who.reach.within(select.bind(&hash).bind(&who.reach.workspace), " AND d.id IN").then(")");
    let row = app.journal.store().row(select).await?;
    let row = row.ok_or_else(|| Refusal::not_found("picture"))?;
    let content_type = HeaderValue::from_str(&row.text("content_type")?)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let keep = HeaderValue::from_static("private, max-age=31536000, immutable");
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, keep)], row.blob("bytes")?)
        .into_response())
}
