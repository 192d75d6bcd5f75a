//! The code to scan: as JSON, or as a picture.

use crate::protocol::{DeviceId, Problem, ProblemCode, Qr};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::qr_picture::{PictureError, png, svg};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
pub struct Format {
    /// `json`, `svg` or `png`: instead of `Accept`.
    format: Option<String>,
}

/// The code that a phone can scan now.
#[utoipa::path(
    get,
    path = "/devices/{device}/qr",
    operation_id = "getQr",
    tag = "Devices",
    params(("device" = DeviceId, Path), Format),
    responses((status = 200, description = "The code, or its picture", content((Qr = "application/json"), (String = "image/svg+xml"), (Vec<u8> = "image/png"))), (status = 409, description = "`not_pairing`: no code is waiting to be scanned", body = Problem)),
)]
pub async fn get(
    State(app): State<App>,
    Principal(who): Principal,
    Path(device): Path<DeviceId>,
    Query(query): Query<Format>,
    headers: HeaderMap,
) -> Answer<Response> {
    let device = app.devices.get(&who.reach, &device).await?;
    let qr = app.devices.qr(&device.id).ok_or_else(|| {
        Refusal::new(ProblemCode::NotPairing, "No code is waiting to be scanned. Connect the device first.")
    })?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let format = query.format.as_deref().unwrap_or(if accept.contains("image/svg") {
        "svg"
    } else if accept.contains("image/png") {
        "png"
    } else {
        "json"
    });
    let mut response = match format {
        "json" => Out(&qr).into_response(),
        "svg" => ([(header::CONTENT_TYPE, "image/svg+xml")], svg(&qr.qr)?).into_response(),
        "png" => ([(header::CONTENT_TYPE, "image/png")], png(&qr.qr)?).into_response(),
        _ => return Err(Refusal::new(ProblemCode::Invalid, "A code comes as json, svg or png.")),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl From<PictureError> for Refusal {
    fn from(error: PictureError) -> Self {
        Self::new(ProblemCode::Internal, format!("{error}."))
    }
}
