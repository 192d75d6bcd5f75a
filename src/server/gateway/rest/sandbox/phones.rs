//! The phones themselves: which there are, what they are held against, and their pictures.

use super::{List, Net};
use crate::protocol::{Problem, ProblemCode};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Json, Path};
use crate::server::sandbox::{Addressing, Phone, ScanTarget};
use axum::Json as Out;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

/// Where a phone's picture is served.
pub fn with_path(mut phone: Phone) -> Phone {
    phone.picture = phone.picture.map(|hash| format!("/api/v1/sandbox/pictures/{hash}"));
    phone
}

/// Phones of the emulated network.
#[utoipa::path(
    get,
    path = "/phones",
    operation_id = "listPhones",
    tag = "Sandbox",
    responses((status = 200, description = "All of them", body = List<Phone>)),
)]
pub async fn phones(Net(net): Net) -> Answer<Out<List<Phone>>> {
    Ok(List::of(net.phones().await?.into_iter().map(with_path).collect()))
}

/// One phone.
#[utoipa::path(
    get,
    path = "/phones/{number}",
    operation_id = "getPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone", body = Phone)),
)]
pub async fn phone(Net(net): Net, Path(number): Path<String>) -> Answer<Out<Phone>> {
    Ok(Out(with_path(net.phone(&number).await?)))
}

/// A phone to be added.
#[derive(Deserialize, ToSchema)]
pub struct NewPhone {
    name: String,
    /// Digits; one is found if it is absent.
    number: Option<String>,
    /// By which of its names it comes to others: `pn` its number with its LID beside it, `lid` its LID with the number
    /// beside it, `hidden` its LID alone.
    #[serde(default)]
    addressing: Addressing,
}

/// By which of its names a phone comes to others.
#[derive(Deserialize, ToSchema)]
pub struct PhoneAddressing {
    addressing: Addressing,
}

/// A phone comes to others by another of its names from now on: one that showed its LID alone shows its number with the
/// next message.
#[utoipa::path(
    put,
    path = "/phones/{number}/addressing",
    operation_id = "setPhoneAddressing",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone", body = Phone)),
)]
pub async fn set_addressing(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneAddressing>,
) -> Answer<Out<Phone>> {
    Ok(Out(with_path(net.set_addressing(&number, body.addressing).await?)))
}

/// Adds a phone.
#[utoipa::path(
    post,
    path = "/phones",
    operation_id = "addPhone",
    tag = "Sandbox",
    responses((status = 201, description = "The new phone", body = Phone), (status = 409, description = "`conflict`: the number is taken", body = Problem)),
)]
pub async fn add_phone(Net(net): Net, Json(body): Json<NewPhone>) -> Answer<(StatusCode, Out<Phone>)> {
    let phone = net.add_phone_as(&body.name, body.number.as_deref(), body.addressing).await?;
    Ok((StatusCode::CREATED, Out(with_path(phone))))
}

/// What the phone is held against, or what is typed into it.
#[derive(Deserialize, ToSchema)]
pub struct PhoneScan {
    qr: Option<String>,
    code: Option<String>,
}

/// The phone links a device: by the text of its QR code, or by a pairing code.
#[utoipa::path(
    post,
    path = "/phones/{number}/scan",
    operation_id = "scan",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 200, description = "The phone that it is linked to now", body = Phone), (status = 409, description = "`not_pairing`: no device shows this code", body = Problem), (status = 502, description = "`upstream`: the link failed", body = Problem)),
)]
pub async fn scan(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneScan>,
) -> Answer<Out<Phone>> {
    let target = match (body.qr, body.code) {
        (Some(qr), None) => ScanTarget::Qr(qr),
        (None, Some(code)) => ScanTarget::Code(code),
        _ => return Err(Refusal::new(ProblemCode::Invalid, "Send either \"qr\" or \"code\".")),
    };
    net.scan(&number, &target).await?;
    Ok(Out(with_path(net.phone(&number).await?)))
}

/// A phone's profile picture.
#[utoipa::path(
    get,
    path = "/pictures/{hash}",
    operation_id = "getPhonePicture",
    tag = "Sandbox",
    params(("hash" = String, Path)),
    responses((status = 200, description = "The picture", content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png")))),
)]
pub async fn picture(Net(net): Net, Path(hash): Path<String>) -> Answer<Response> {
    let bytes = net.picture(&hash).await?;
    let content_type = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    let keep = HeaderValue::from_static("private, max-age=31536000, immutable");
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static(content_type)), (header::CACHE_CONTROL, keep)],
        bytes,
    )
        .into_response())
}
