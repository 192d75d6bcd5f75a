//! The log in pages, with long poll: the wire for where neither WebSocket nor SSE gets through.

use crate::protocol::{Cursor, Event, Problem, ResyncReason};
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::extract::{Principal, Query};
use crate::server::gateway::leased::MaybeCut;
use crate::server::gateway::limits::page_limit;
use crate::server::gateway::state::App;
use crate::server::gateway::stream;
use crate::server::journal::{Position, Pulled, Pump};
use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The longest wait of a long poll, in seconds.
const MAX_WAIT: u64 = 50;
const MAX_LIMIT: i64 = 1_000;

#[derive(Deserialize, IntoParams)]
pub struct EventsQuery {
    /// The cursor of the last event that the caller has. `cursor` and `after` are other names of it.
    #[serde(alias = "cursor", alias = "after")]
    since: Option<String>,
    /// How many to answer with.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<i64>,
    /// How long to wait for news, in seconds. After 50 s the answer comes in any case.
    #[param(minimum = 0, default = 0)]
    wait: Option<u64>,
}

/// Events after a cursor, with the cursor to go on from.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    items: Vec<Event>,
    /// Pass it as `since` for the next page.
    next: Option<Cursor>,
    cursor: Cursor,
    /// Set when the log cannot serve `since`: fetch the state again, then go on from `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    resync: Option<ResyncReason>,
}

/// Events after a cursor.
///
/// Without `since`, nothing but the present cursor. With `wait`, waits for news if there are none (long poll).
/// With `Accept: text/event-stream` the same events come as server-sent events, as from `GET /api/v1/stream`.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "listEvents",
    tag = "Events",
    params(EventsQuery),
    responses((status = 200, description = "A page of events, or the stream of them", content((EventPage = "application/json"), (String = "text/event-stream")))),
)]
pub async fn list(
    State(app): State<App>,
    Principal(who): Principal,
    Query(query): Query<EventsQuery>,
    cut: MaybeCut,
    headers: HeaderMap,
) -> Answer<Response> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if accept.contains("text/event-stream") {
        return stream::events(&app, &who, query.since.as_deref(), cut, &headers).await;
    }
    let since = stream::read_since(query.since.as_deref())?;
    let limit = page_limit(query.limit, 200, MAX_LIMIT)?;
    let limit = usize::try_from(limit).unwrap_or(1);
    let mut lease = app.auth.lease(&who)?;
    let mut pump = Pump::attach(&app.journal, &who.reach, since.as_ref()).await?;
    let resync = match pump.position() {
        Position::Lost(reason) => Some(*reason),
        Position::Fresh | Position::Recovered => None,
    };
    let wait = Duration::from_secs(query.wait.unwrap_or(0).min(MAX_WAIT));
    let mut items = Vec::new();
    let mut cursor = pump.cursor();
    let mut waited = false;
    if resync.is_none() {
        let deadline = Instant::now() + wait;
        while items.len() < limit {
            let pulled = match pump.ready().await? {
                Some(pulled) => pulled,
                // Once something came, nothing more is waited for.
                None if !items.is_empty() => break,
                None => {
                    waited = !wait.is_zero();
                    tokio::select! {
                        biased;
                        ended = lease.ended() => return Err(Problem::from(ended).into()),
                        pulled = pump.next() => pulled?,
                        () = tokio::time::sleep_until(deadline) => break,
                        () = app.stopping.cancelled() => break,
                    }
                }
            };
            match pulled {
                Pulled::Live(_) => {}
                Pulled::Lost(_) => {
                    return Err(Refusal::new(
                        crate::protocol::ProblemCode::Unavailable,
                        "The log was trimmed meanwhile: ask again.",
                    ));
                }
                Pulled::Events(events) => {
                    for logged in events.into_iter().take(limit - items.len()) {
                        cursor = logged.event.cursor.clone();
                        items.push(logged.event.clone());
                    }
                }
            }
        }
        if items.is_empty() {
            cursor = pump.cursor();
        }
    }
    if waited {
        // Another node may have taken the credential back meanwhile.
        lease.counts_now().await.map_err(Problem::from)?;
    }
    Ok(Out(EventPage { items, next: Some(cursor.clone()), cursor, resync }).into_response())
}
