//! Web Push: the browser of somebody who is signed in is told of new messages, and of devices that are down, while no page
//! is looked at.

use crate::i18n::Locale;
use crate::model::quiet::QuietHours;
use crate::protocol::{DeviceId, Problem, ProblemCode, WorkspaceId};
use crate::server::auth::{Principal as Caller, Who, session_hash, session_token};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Json, Principal, Query};
use crate::server::gateway::state::App;
use crate::server::push::{PushError, Quiet, Recipient, Wish};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// As browsers write it, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(key)).routes(routes!(subscribe, unsubscribe))
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Self {
        Problem::from(error).into()
    }
}

/// The server's key for pushes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushKey {
    /// A point of P-256 in base64url: `applicationServerKey` of `PushManager.subscribe`.
    public_key: String,
}

/// The key that browsers subscribe with.
#[utoipa::path(
    get,
    path = "/push/key",
    operation_id = "getPushKey",
    tag = "Account",
    responses((status = 200, description = "The key", body = PushKey)),
)]
async fn key(State(app): State<App>, _who: Principal) -> Out<PushKey> {
    Out(PushKey { public_key: app.push.public_key() })
}

/// A browser's subscription, as `PushSubscription.toJSON()` writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PushSubscription {
    /// Where the browser's push service takes messages for it. It has to be a target that webhooks may have.
    endpoint: String,
    keys: PushKeys,
    /// Devices of which nothing is pushed to this browser: neither their messages nor that they are down.
    #[serde(default)]
    quiet_device_ids: Vec<DeviceId>,
    /// Hours in which nothing is pushed to this browser. What comes in them is not pushed later either.
    #[serde(default)]
    quiet_hours: Option<QuietHours>,
    /// How far the clock of `quietHours` is east of UTC, in minutes. It does not follow summer time: subscribe again where
    /// that begins or ends.
    #[serde(default)]
    #[schema(minimum = -840, maximum = 840)]
    offset_minutes: i32,
    /// The language of what is pushed, such as `de` or `de-AT`: where a message has no text, the push says what it is. Without
    /// it, and where it is none that the web client speaks, English.
    #[serde(default)]
    #[schema(max_length = 35)]
    language: Option<String>,
}

/// What messages to a browser are encrypted with.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PushKeys {
    /// Its public key, in base64url.
    p256dh: String,
    /// Its secret: 16 bytes in base64url.
    auth: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Endpoint {
    /// The subscription's address.
    endpoint: String,
}

/// Whoever sits at a browser, and the session that the subscription ends with.
fn at_browser(who: &Caller, headers: &HeaderMap) -> Answer<(WorkspaceId, [u8; 32])> {
    let refused =
        || Refusal::new(ProblemCode::Forbidden, "Only the browser of a signed-in user can subscribe.");
    let Who::User(_) = &who.who else { return Err(refused()) };
    if !who.is_at_browser() || !who.reach.is_whole() {
        return Err(refused());
    }
    let token = session_token(headers).ok_or_else(refused)?;
    Ok((who.reach.workspace.clone(), session_hash(&token)))
}

/// Subscribes this browser, or changes its subscription. It ends with the session.
#[utoipa::path(
    put,
    path = "/push/subscription",
    operation_id = "subscribeToPush",
    tag = "Account",
    request_body = PushSubscription,
    responses(
        (status = 204, description = "Subscribed"),
        (status = 400, description = "The subscription cannot be used", body = Problem),
        (status = 403, description = "Not the browser of a signed-in user", body = Problem),
        (status = 409, description = "`conflict`: the session has too many", body = Problem),
    ),
)]
async fn subscribe(
    State(app): State<App>,
    Principal(who): Principal,
    headers: HeaderMap,
    Json(wish): Json<PushSubscription>,
) -> Answer<StatusCode> {
    let (workspace, session) = at_browser(&who, &headers)?;
    let to = Recipient {
        public_key: bytes(&wish.keys.p256dh, "p256dh is 65 bytes in base64url.")?,
        secret: bytes(&wish.keys.auth, "auth is 16 bytes in base64url.")?,
    };
    let hours = wish.quiet_hours.map(|hours| Quiet::new(hours, wish.offset_minutes)).transpose()?;
    let language = wish.language.as_deref().and_then(Locale::of_tag).unwrap_or_default();
    let wanted = Wish { quiet: wish.quiet_device_ids, hours, language };
    app.push.subscribe(&workspace, session, wish.endpoint, to, wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn bytes<const N: usize>(text: &str, otherwise: &str) -> Answer<[u8; N]> {
    let decoded = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    decoded.ok_or_else(|| Refusal::new(ProblemCode::Invalid, otherwise))
}

/// Ends a subscription of this session.
#[utoipa::path(
    delete,
    path = "/push/subscription",
    operation_id = "unsubscribeFromPush",
    tag = "Account",
    params(Endpoint),
    responses(
        (status = 204, description = "It is not there any more"),
        (status = 403, description = "Not the browser of a signed-in user", body = Problem),
    ),
)]
async fn unsubscribe(
    State(app): State<App>,
    Principal(who): Principal,
    headers: HeaderMap,
    Query(query): Query<Endpoint>,
) -> Answer<StatusCode> {
    let (_, session) = at_browser(&who, &headers)?;
    app.push.unsubscribe(session, &query.endpoint).await?;
    Ok(StatusCode::NO_CONTENT)
}
