//! Server-sent events: the same frames, one way. Each event's `id` is its cursor, which browsers send
//! back by themselves as `Last-Event-ID`.

use super::{encode, error_frame, opening, read_since};
use crate::protocol::ServerFrame;
use crate::server::auth::Principal;
use crate::server::gateway::error::Answer;
use crate::server::gateway::leased::{Leased, MaybeCut};
use crate::server::gateway::state::App;
use crate::server::journal::{Pulled, Pump};
use crate::server::telemetry::Wire;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use std::convert::Infallible;
use std::time::Duration;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// The log from the client's cursor on, then live.
pub async fn events(
    app: &App,
    who: &Principal,
    since: Option<&str>,
    cut: MaybeCut,
    headers: &HeaderMap,
) -> Answer<Response> {
    // What the browser remembers is newer than what the page's address says.
    let last =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|last| !last.is_empty());
    let since = read_since(last.or(since))?;
    let lease = app.auth.lease(who)?;
    let pump = Pump::attach(&app.journal, &who.reach, since.as_ref()).await?;
    let mut first: Vec<Event> = opening(&pump, who.user_id())
        .iter()
        .map(|frame| Event::default().id(pump.cursor().to_string()).data(encode(frame)))
        .collect();
    if let Some(event) = first.first_mut() {
        *event = std::mem::take(event).retry(RETRY);
    }
    let stopping = app.stopping.clone();
    let leased = Leased::new(lease, cut);
    let open = app.metrics.open(Wire::Sse);
    let told = pump.cursor();
    let live = stream::unfold(Some((pump, leased, told)), move |following| {
        // Counted for as long as the stream lives.
        let _ = &open;
        let stopping = stopping.clone();
        async move {
            let (mut pump, mut leased, mut told) = following?;
            let pulled = tokio::select! {
                pulled = pump.next_or_dry() => pulled.ok()?,
                ended = leased.ended() => {
                    // Without an id: whoever comes back with a new credential goes on where it was.
                    return Some((vec![Event::default().data(error_frame(ended.into()))], None));
                }
                () = stopping.cancelled() => return None,
            };
            Some(match pulled {
                Some(Pulled::Events(events)) => {
                    if let Some(last) = events.last() {
                        told = last.event.cursor.clone();
                    }
                    let events = events
                        .iter()
                        .map(|logged| {
                            Event::default().id(logged.event.cursor.to_string()).data(text(&logged.frame()))
                        })
                        .collect();
                    (events, Some((pump, leased, told)))
                }
                Some(Pulled::Live(event)) => {
                    let frame = ServerFrame::Live { event: (*event).clone() };
                    (vec![Event::default().data(encode(&frame))], Some((pump, leased, told)))
                }
                Some(Pulled::Lost(reason)) => {
                    let frame = ServerFrame::Resync { reason, cursor: pump.cursor() };
                    (vec![Event::default().data(encode(&frame))], None)
                }
                // All that there was is through, up to here: the last of it may be nothing that this client is shown.
                None => {
                    let cursor = pump.cursor();
                    let frame = ServerFrame::Cursor { cursor: cursor.clone() };
                    let event = Event::default().id(cursor.to_string()).data(encode(&frame));
                    let news = (told != cursor).then_some(event);
                    (news.into_iter().collect(), Some((pump, leased, cursor)))
                }
            })
        }
    });
    let all = stream::iter([first]).chain(live).flat_map(stream::iter).map(Ok::<_, Infallible>);
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(([("x-accel-buffering", "no")], Sse::new(all).keep_alive(alive)).into_response())
}

fn text(frame: &[u8]) -> String {
    String::from_utf8_lossy(frame).into_owned()
}
