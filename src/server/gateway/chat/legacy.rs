//! The REST routes that the events of seed 1 took the place of, for clients half-way through that migration.
//!
//! They answer what the events answer, with the status of the outcome; what went wrong is problem+json, too
//! (RFC 9457), with `success` and `error` beside its own members. They are marked as deprecated in the API document
//! and by the headers `Deprecation` (RFC 9745) and `Link` to what took their place (RFC 5829).

use super::{contacts, history, pairing, sending};
use crate::protocol::Problem;
use crate::server::gateway::error::Answer as Answered;
use crate::server::gateway::extract::{IdempotencyKey, Json, Principal, Query};
use crate::server::gateway::root_namespace::answer::{Payload, enveloped, object};
use crate::server::gateway::root_namespace::fields::Fields;
use crate::server::gateway::state::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use utoipa::openapi::Deprecated;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Since when: 2026-01-01T00:00:00Z, as RFC 9745 writes it.
const DEPRECATED_SINCE: &str = "@1767225600";
/// What took their place, and where that is described.
const SUCCESSOR: &str =
    "</socket.io/>; rel=\"successor-version\", </docs>; rel=\"deprecation\"; type=\"text/html\"";

const UNSTORED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The four routes, with their description.
pub fn routes() -> OpenApiRouter<App> {
    let mut routes = OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(list_messages))
        .routes(routes!(get_code))
        .routes(routes!(send_message));
    for path in routes.get_openapi_mut().paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
            operation.deprecated = Some(Deprecated::True);
        }
    }
    routes
}

/// The four paths.
const PATHS: [&str; 4] = [
    "/api/whatsapp/contacts",
    "/api/whatsapp/messages/between",
    "/api/whatsapp/qr",
    "/api/whatsapp/send-message",
];

/// Marks whatever is answered on them, also where the guard or a limit answers in their place.
pub async fn mark_deprecated(request: Request, next: Next) -> Response {
    let deprecated = PATHS.contains(&request.uri().path());
    let mut response = next.run(request).await;
    if !deprecated {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("deprecation"), HeaderValue::from_static(DEPRECATED_SINCE));
    headers.append(header::LINK, HeaderValue::from_static(SUCCESSOR));
    response
}

type Given = HashMap<String, String>;

fn map(query: Given) -> Map<String, Value> {
    query.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

fn reply(outcome: Result<Payload, Problem>) -> Response {
    match outcome {
        Ok(payload) => (UNSTORED, axum::Json(enveloped(Ok(payload)))).into_response(),
        Err(problem) => refuse(problem.clone(), enveloped(Err(problem))),
    }
}

/// The problem with what the event would say of it.
fn refuse(problem: Problem, payload: Payload) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = object(json!(problem));
    body.extend(payload);
    let mut response = (status, UNSTORED, axum::Json(body)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// Contacts: what `get_contacts` answers.
#[utoipa::path(
    get,
    path = "/api/whatsapp/contacts",
    operation_id = "legacyListContacts",
    tag = "Legacy",
    params(
        ("limit" = Option<i64>, Query, description = "At most so many; 5000 at most"),
        ("offset" = Option<i64>, Query, description = "So many are left out"),
        ("deviceId" = Option<String>, Query, description = "Only those of this device"),
    ),
    responses(
        (status = 200, description = "`{success: true, data: […], pagination}`"),
        (status = 404, description = "`not_found`: there is no such device", body = Problem),
    )
)]
pub async fn list_contacts(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<Given>,
) -> Response {
    let query = map(query);
    reply(contacts::list(&app, &who, Ok(Fields::from(&query))).await)
}

/// The messages between two numbers: what `get_messages_between` answers.
#[utoipa::path(
    get,
    path = "/api/whatsapp/messages/between",
    operation_id = "legacyListMessages",
    tag = "Legacy",
    params(
        ("fromNumber" = String, Query, description = "E.164 with or without `+`, or a JID; one of the two is a device's"),
        ("toNumber" = String, Query, description = "Likewise"),
        ("limit" = Option<i64>, Query, description = "At most so many; 50 by default, 500 at most"),
        ("offset" = Option<i64>, Query, description = "So many of the newest are left out"),
    ),
    responses(
        (status = 200, description = "`{success: true, data: […], pagination, conversationId}`"),
        (status = 404, description = "`not_found`: neither number is a device's", body = Problem),
    )
)]
pub async fn list_messages(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<Given>,
) -> Response {
    let query = map(query);
    reply(history::between(&app, &who, Ok(Fields::from(&query))).await)
}

/// A code to scan: what `get_qr_code` answers. It may start a device, and make one where there is none.
#[utoipa::path(
    get,
    path = "/api/whatsapp/qr",
    operation_id = "legacyGetCode",
    tag = "Legacy",
    params(
        ("forceNew" = Option<bool>, Query, description = "Start linking afresh, with a new code"),
        ("deviceId" = Option<String>, Query, description = "Of this device"),
    ),
    responses(
        (status = 200, description = "`{success: true, data: {connected, qr, qrCode, expiresAt, …}}`"),
        (status = 404, description = "`not_found`: there is no such device", body = Problem),
        (status = 502, description = "`upstream`: linking failed", body = Problem),
    )
)]
pub async fn get_code(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<Given>,
    headers: HeaderMap,
) -> Answered<Response> {
    // A GET that acts: the guard lets other sites' pages send those, and a browser sends the cookie along.
    app.auth.check_origin(&headers)?;
    let query = map(query);
    Ok(reply(pairing::code(&app, &who, Ok(Fields::from(&query))).await))
}

/// Sends a text: what `send_message` answers.
#[utoipa::path(
    post,
    path = "/api/whatsapp/send-message",
    operation_id = "legacySendMessage",
    tag = "Legacy",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key never sends twice")),
    request_body(content = Object, description = "`{to, message, conversationId?}`"),
    responses(
        (status = 200, description = "`{success: true, messageId, timestamp, …}`: the message is on disk"),
        (status = 404, description = "`not_found`: nobody has this number, or there is no device", body = Problem),
        (status = 409, description = "`not_connected`, or `conflict`: the device cannot send now; `idempotency_mismatch`", body = Problem),
        (status = 502, description = "`upstream`: WhatsApp did not do it", body = Problem),
    )
)]
pub async fn send_message(
    State(app): State<App>,
    Principal(who): Principal,
    IdempotencyKey(key): IdempotencyKey,
    Json(mut body): Json<Map<String, Value>>,
) -> Response {
    if let Some(key) = key {
        body.insert("idempotencyKey".to_owned(), key.as_str().into());
    }
    let fields = Fields::from(&body);
    match sending::send(&app, &who, fields).await {
        Ok(sent) => reply(Ok(sent)),
        Err(problem) => refuse(problem.clone(), sending::refused(fields, problem)),
    }
}
