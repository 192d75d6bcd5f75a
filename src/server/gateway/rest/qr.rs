//! The code to scan: as JSON, or as a picture.

use crate::protocol::{DeviceId, Problem, ProblemCode, Qr};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Path, Principal, Query};
use crate::server::gateway::state::App;
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use fast_qr::QRBuilder;
use fast_qr::convert::{Builder as _, svg::SvgBuilder};
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

fn code(text: &str) -> Answer<fast_qr::QRCode> {
    QRBuilder::new(text)
        .build()
        .map_err(|_| Refusal::new(ProblemCode::Internal, "This code does not fit into a picture."))
}

fn svg(text: &str) -> Answer<String> {
    Ok(SvgBuilder::default().margin(2).to_str(&code(text)?))
}

/// Black on white, eight pixels a module, four modules of quiet zone.
fn png(text: &str) -> Answer<Vec<u8>> {
    const SCALE: usize = 8;
    const QUIET: usize = 4;
    let code = code(text)?;
    let side = (code.size + 2 * QUIET) * SCALE;
    let mut rows = Vec::with_capacity(side * (side + 1));
    for y in 0..side {
        for x in 0..side {
            let (column, row) = ((x / SCALE).wrapping_sub(QUIET), (y / SCALE).wrapping_sub(QUIET));
            let dark = column < code.size && row < code.size && code[row][column].value();
            rows.push(if dark { 0 } else { 255 });
        }
    }
    encode_png(&rows, side).map_err(|_| Refusal::new(ProblemCode::Internal, "The picture cannot be made."))
}

fn encode_png(gray: &[u8], side: usize) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let side = u32::try_from(side).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(gray)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_a_picture() {
        let text = format!("2@{},{},{},{},1", "r".repeat(44), "n".repeat(44), "i".repeat(44), "a".repeat(44));
        assert!(svg(&text).unwrap().starts_with("<svg"));
        assert!(png(&text).unwrap().starts_with(b"\x89PNG"));
        assert!(svg(&"x".repeat(5_000)).is_err());
    }
}
