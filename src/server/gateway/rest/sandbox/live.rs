//! What others see of a phone while it lasts: that it types, is online, or calls.

use super::Net;
use crate::protocol::{Problem, ProblemCode, TypingState};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Json, Path};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Whom a phone shows that it types.
#[derive(Deserialize, ToSchema)]
pub struct PhoneTyping {
    /// A number or a group's JID.
    to: String,
    state: TypingState,
}

/// The person types on the phone, or stops.
#[utoipa::path(
    post,
    path = "/phones/{number}/typing",
    operation_id = "typeOnPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
pub async fn typing(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneTyping>,
) -> Answer<StatusCode> {
    net.typing(&number, &body.to, body.state).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a phone shows as online.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    #[serde(alias = "online")]
    Available,
    #[serde(alias = "offline")]
    Unavailable,
}

/// Whether a phone shows as online.
#[derive(Deserialize, ToSchema)]
pub struct PhonePresence {
    state: PresenceState,
}

/// The phone shows as online, or not.
#[utoipa::path(
    post,
    path = "/phones/{number}/presence",
    operation_id = "setPhonePresence",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done")),
)]
pub async fn presence(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhonePresence>,
) -> Answer<StatusCode> {
    net.presence(&number, matches!(body.state, PresenceState::Available)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whom a phone calls, or who calls it. One of `end`, `answer` and `decline` at most.
#[derive(Deserialize, ToSchema)]
pub struct PhoneCall {
    /// A number.
    to: String,
    /// With a picture.
    #[serde(default)]
    video: bool,
    /// Hangs up instead.
    #[serde(default)]
    end: bool,
    /// Takes the call of that number instead: its devices hear that it was taken elsewhere.
    #[serde(default)]
    answer: bool,
    /// Declines the call of that number instead.
    #[serde(default)]
    decline: bool,
}

/// The phone calls a number: its linked devices ring for five seconds, or until somebody ends it.
#[utoipa::path(
    post,
    path = "/phones/{number}/call",
    operation_id = "callFromPhone",
    tag = "Sandbox",
    params(("number" = String, Path)),
    responses((status = 204, description = "Done"), (status = 404, description = "`not_found`: no such phone or number", body = Problem)),
)]
pub async fn call(
    Net(net): Net,
    Path(number): Path<String>,
    Json(body): Json<PhoneCall>,
) -> Answer<StatusCode> {
    match (body.end, body.answer, body.decline) {
        (false, false, false) => net.call(&number, &body.to, body.video).await?,
        (true, false, false) => net.end_call(&number, &body.to).await?,
        (false, answer, decline) if answer != decline => net.take_call(&number, &body.to, answer).await?,
        _ => return Err(Refusal::new(ProblemCode::Invalid, "One of end, answer and decline at most.")),
    }
    Ok(StatusCode::NO_CONTENT)
}
