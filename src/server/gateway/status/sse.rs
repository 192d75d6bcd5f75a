//! Server-sent events. Each event's `id` is its cursor, which browsers send back by themselves as
//! `Last-Event-ID`.

use super::admit::{Peer, Watcher, address, admit_now};
use super::asked::Asked;
use super::feed::{Feed, Next, Told};
use super::frames::{self, HEARTBEAT};
use super::socket::removed;
use crate::protocol::{Cursor, Problem};
use crate::server::devices::{Watch, Wire};
use crate::server::gateway::error::Answer;
use crate::server::gateway::leased::{Leased, MaybeCut};
use crate::server::gateway::state::App;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, Interval};
use tokio_util::sync::CancellationToken;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// How often the stream says that it is there. A peer that is gone is noticed by writing to it.
const BEAT: Duration = Duration::from_secs(30);

/// A device's connection, live, as server-sent events.
///
/// The same payloads as the WebSocket's, each with its cursor as `id`, and `{"type":"heartbeat"}` every 30 s. An
/// `EventSource` goes on where it was by itself.
#[utoipa::path(
    get,
    path = "/api/v1/whatsapp/connection-events",
    operation_id = "connectionEvents",
    tag = "Events",
    params(super::WatchQuery, ("Last-Event-ID" = Option<String>, Header, description = "The cursor of what was seen last: newer than `since`.")),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream"), (status = 404, description = "There is no such device", body = Problem)),
)]
pub async fn open(
    State(app): State<App>,
    peer: Peer,
    cut: MaybeCut,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    app.auth.check_origin(&headers)?;
    let asked = Asked::read(&uri)?;
    let watcher = admit_now(&app, &asked, &headers, address(peer)).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let since = asked.since(last)?;
    let (following, first) = Following::open(&app, watcher, since.as_ref(), cut).await?;
    let live = stream::unfold(Some(following), |following| async {
        let mut following = following?;
        let (events, goes_on) = following.next().await;
        Some((events, goes_on.then_some(following)))
    });
    let all = stream::iter([first]).chain(live).flat_map(stream::iter).map(Ok::<_, Infallible>);
    Ok(([("x-accel-buffering", "no")], Sse::new(all)).into_response())
}

/// One open stream.
struct Following {
    feed: Feed,
    leased: Leased,
    stopping: CancellationToken,
    beat: Interval,
    _watch: Watch,
}

impl Following {
    async fn open(
        app: &App,
        watcher: Watcher,
        since: Option<&Cursor>,
        cut: MaybeCut,
    ) -> Result<(Self, Vec<Event>), Problem> {
        let lease = app.auth.lease(&watcher.who).map_err(Problem::from)?;
        let mut feed = Feed::open(app, &watcher, since).await?;
        let name = watcher.who.name();
        let watch = app
            .devices
            .watch(&watcher.reach(), &watcher.device, &name, Wire::Sse)
            .await
            .map_err(Problem::from)?;
        let start = feed.start();
        let hello = Event::default()
            .event("hello")
            .id(start.cursor.to_string())
            .retry(RETRY)
            .data(frames::hello(start));
        let first = [hello].into_iter().chain(events(feed.take_first())).collect();
        let following = Self {
            feed,
            leased: Leased::new(lease, cut),
            stopping: app.stopping.clone(),
            beat: tokio::time::interval_at(Instant::now() + BEAT, BEAT),
            _watch: watch,
        };
        Ok((following, first))
    }

    /// What comes next, and whether anything comes after it.
    async fn next(&mut self) -> (Vec<Event>, bool) {
        let refused = |problem: &Problem| Event::default().data(frames::error(problem));
        let next = tokio::select! {
            biased;
            ended = self.leased.ended() => return (vec![refused(&ended.into())], false),
            () = self.stopping.cancelled() => return (Vec::new(), false),
            next = self.feed.next() => next,
            _ = self.beat.tick() => {
                // With the position, so that a browser that saw nothing new for days still has one to go on from.
                let beat = Event::default().id(self.feed.cursor().to_string()).data(HEARTBEAT);
                return (vec![beat], true);
            }
        };
        match next {
            Ok(Next::Told(told)) => (events(told).collect(), true),
            Ok(Next::Removed(told)) => (events(told).chain([refused(&removed())]).collect(), false),
            // Without an id: the browser comes back with its old position, and is told what is true then.
            Ok(Next::Lost { reason, cursor }) => {
                (vec![Event::default().data(frames::resync(reason, &cursor))], false)
            }
            Err(error) => {
                tracing::error!(%error, "the log cannot be read");
                (Vec::new(), false)
            }
        }
    }
}

fn events(told: Vec<Told>) -> impl Iterator<Item = Event> {
    told.into_iter().map(|told| Event::default().id(told.cursor.to_string()).data(told.text))
}
