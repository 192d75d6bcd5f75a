//! The code to scan: as JSON, or as a picture.

use crate::protocol::{DeviceId, Problem, ProblemCode, Qr};
use crate::server::gateway::accept;
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

const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";
/// What a code comes as; the first where the client has no preference.
const FORMS: [&str; 3] = [JSON, SVG, PNG];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
pub struct Format {
    /// Instead of `Accept`: `json`, `svg` or `png`.
    format: Option<String>,
}

/// The code that a phone can scan now.
#[utoipa::path(
    get,
    path = "/devices/{device}/qr",
    operation_id = "getQr",
    tag = "Devices",
    params(("device" = DeviceId, Path), Format),
    responses((status = 200, description = "The code, or its picture", content((Qr = "application/json"), (String = "image/svg+xml"), (Vec<u8> = "image/png"))), (status = 406, description = "`not_acceptable`: `Accept` names none of these", body = Problem), (status = 409, description = "`not_pairing`: no code is waiting to be scanned", body = Problem)),
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
    let form = match query.format.as_deref() {
        None => accept::best(&headers, &FORMS).ok_or_else(|| {
            Refusal::new(ProblemCode::NotAcceptable, format!("A code comes as {}.", FORMS.join(", ")))
        })?,
        Some("json") => JSON,
        Some("svg") => SVG,
        Some("png") => PNG,
        Some(_) => return Err(Refusal::new(ProblemCode::Invalid, "format is json, svg or png.")),
    };
    let mut response = match form {
        SVG => ([(header::CONTENT_TYPE, SVG)], svg(&qr.qr)?).into_response(),
        PNG => ([(header::CONTENT_TYPE, PNG)], png(&qr.qr)?).into_response(),
        _ => Out(&qr).into_response(),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl From<PictureError> for Refusal {
    fn from(error: PictureError) -> Self {
        Self::new(ProblemCode::Internal, format!("{error}."))
    }
}
