//! The native stream, `GET /api/v1/stream`: the web client's own wire, and any program's.
//!
//! A WebSocket where the request asks for one, server-sent events else. Both are readings of one pump.

mod commands;
mod socket;
mod sse;

pub use commands::execute;
pub use sse::events;

use super::error::{Answer, Refusal};
use super::extract::{Principal, Query};
use super::leased::MaybeCut;
use super::state::App;
use crate::protocol::{Cursor, Problem, ProblemCode, ServerFrame, UserId};
use crate::server::journal::{Position, Pump};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open))
}

#[derive(Deserialize, IntoParams)]
pub struct StreamQuery {
    /// The cursor of the last event that the caller has.
    since: Option<String>,
}

/// A client's cursor.
pub fn read_cursor(text: &str) -> Answer<Cursor> {
    text.parse().map_err(|error| Refusal::new(ProblemCode::Invalid, format!("{error}.")))
}

/// Likewise where there may be none: an empty one says nothing.
pub fn read_since(text: Option<&str>) -> Answer<Option<Cursor>> {
    text.filter(|text| !text.is_empty()).map(read_cursor).transpose()
}

/// The native stream: every event as it happens.
///
/// A WebSocket where the request asks for one, server-sent events else. The frames are `ServerFrame`, and those
/// of a WebSocket's client `ClientFrame`.
#[utoipa::path(
    get,
    path = "/stream",
    operation_id = "openStream",
    tag = "Events",
    params(StreamQuery),
    responses((status = 101, description = "A WebSocket"), (status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream")),
)]
pub async fn open(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
    cut: MaybeCut,
    headers: HeaderMap,
) -> Answer<Response> {
    let Ok(upgrade) = upgrade else { return events(&app, &who, query.since.as_deref(), cut, &headers).await };
    let since = read_since(query.since.as_deref())?;
    // Before the upgrade: whatever its client does once it is open happens behind this position.
    let lease = app.auth.lease(&who)?;
    let pump = Pump::attach(&app.journal, &who.reach, since.as_ref()).await?;
    let start = Box::new(socket::Start { app, who, pump, lease, waits: since.is_none() });
    // A small buffer: the default of 128 KiB is what most of a connection's memory would be. It grows with a frame.
    let upgrade =
        upgrade.read_buffer_size(1024).max_message_size(socket::MAX_FRAME).max_frame_size(socket::MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| socket::serve(start, socket)))
}

/// What a stream begins with: where it stands, whose it is, and whether the client has to start over.
fn opening(pump: &Pump, user: Option<&UserId>) -> Vec<ServerFrame> {
    let recovered = *pump.position() == Position::Recovered;
    // Whoever begins here takes this for their position: what came since the log was attached still follows.
    let top = if *pump.position() == Position::Fresh { pump.cursor().seq } else { pump.top() };
    let (epoch, user_id) = (pump.epoch().clone(), user.cloned());
    let mut frames = vec![ServerFrame::Hello { recovered, epoch, top, user_id }];
    if let Position::Lost(reason) = pump.position() {
        frames.push(ServerFrame::Resync { reason: *reason, cursor: pump.cursor() });
    }
    frames
}

/// The last frame of a stream whose caller's right to it has ended.
pub fn error_frame(problem: Problem) -> String {
    encode(&ServerFrame::Error { problem })
}

fn encode(frame: &ServerFrame) -> String {
    // Our own types hold nothing that JSON cannot.
    serde_json::to_string(frame).unwrap_or_default()
}
