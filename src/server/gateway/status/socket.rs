//! The WebSocket: JSON text frames, a ping every 30 s, and a token that may come in the first frame and be
//! renewed before it expires.

use super::admit::{Peer, Watcher, address, admit_by_frame, admit_if_known};
use super::asked::{Asked, Target};
use super::feed::{Feed, Next, Told};
use super::frames::{self, Said};
use crate::protocol::{Cursor, Problem, ProblemCode};
use crate::server::auth::{AuthError, Ended};
use crate::server::devices::Wire;
use crate::server::gateway::error::{Answer, Refusal};
use crate::server::gateway::state::App;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What is read of a frame at most, in bytes. Beyond [`frames::MAX_TEXT`] a frame is refused, beyond this the
/// connection is closed.
const MAX_FRAME: usize = 256 * 1024;
/// How long a client without a token may take to send one.
const FIRST_FRAME: Duration = Duration::from_secs(10);
/// How many other frames it may send before.
const MAX_EARLY: usize = 16;
/// How often the client is asked whether it is there.
const PING: Duration = Duration::from_secs(30);
/// A client from which nothing came for so long is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// How long one write may take.
const WRITE: Duration = Duration::from_secs(15);
/// How long the last frames may take: whoever lost their right to stay is gone within a second.
const FAREWELL: Duration = Duration::from_millis(500);
/// How long the client may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);

/// A device's connection, live, as a WebSocket.
///
/// JSON text frames: first `authenticated`, then `qr_code_updated`, `whatsapp_connected`,
/// `connection_attempt_failed` and `whatsapp_disconnected`. Without a token in the request the first frame is
/// `{"type":"authenticate","token":"…"}`, within 10 s.
#[utoipa::path(
    get,
    path = "/ws/connection-status",
    operation_id = "watchConnection",
    tag = "Events",
    params(super::WatchQuery),
    responses((status = 101, description = "The WebSocket"), (status = 404, description = "There is no such device", body = Problem)),
)]
pub async fn open(
    State(app): State<App>,
    peer: Peer,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    app.auth.check_origin(&headers)?;
    let asked = Asked::read(&uri)?;
    let peer = address(peer);
    let (target, watcher) = admit_if_known(&app, &asked, &headers, peer).await?;
    let since = asked.since(None)?;
    if let Some(watcher) = &watcher {
        // Only to refuse before the upgrade whatever is over already.
        app.auth.lease(&watcher.who)?;
    }
    let upgrade = upgrade.map_err(|_| match watcher {
        // Without a WebSocket there is no first frame that could bring a token.
        None => Refusal::from(AuthError::Missing),
        Some(_) => Refusal::new(ProblemCode::Malformed, "This address is a WebSocket: ask for an upgrade."),
    })?;
    let upgrade = upgrade.read_buffer_size(4 * 1024).max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let (sink, frames) = socket.split();
        let mut line =
            Line { sink, frames, heard: Instant::now(), stopping: app.stopping.clone(), ended: None };
        let door = Door { app: &app, target: &target, peer };
        let end = match serve(&door, watcher, since, &mut line).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        line.finish(end).await;
    }))
}

/// Why a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// The client is told why, then closed with the code that goes with it.
    Refused(Problem),
    Closed(u16, &'static str),
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

enum Never {}

const RESTARTING: End = End::Closed(1012, "the server is restarting");

/// Waits for the end of a right to stay; for ever where there is none.
async fn over(ended: &mut Option<BoxFuture<'static, Ended>>) -> Ended {
    match ended {
        Some(waiting) => {
            let why = waiting.await;
            // It has answered, and cannot be asked again.
            *ended = None;
            why
        }
        None => std::future::pending().await,
    }
}

/// The two directions of one connection.
struct Line {
    sink: SplitSink<WebSocket, Message>,
    frames: SplitStream<WebSocket>,
    heard: Instant,
    stopping: CancellationToken,
    /// The end of the client's right to stay, once it is known by what it came.
    ended: Option<BoxFuture<'static, Ended>>,
}

impl Line {
    async fn send(&mut self, texts: impl IntoIterator<Item = String>) -> Result<(), End> {
        self.write(texts.into_iter().map(Message::text)).await
    }

    /// Feeds all and flushes once.
    async fn write(&mut self, messages: impl Iterator<Item = Message>) -> Result<(), End> {
        let writing = async {
            for message in messages {
                self.sink.feed(message).await?;
            }
            self.sink.flush().await
        };
        let written = tokio::select! {
            biased;
            written = tokio::time::timeout(WRITE, writing) => written,
            ended = over(&mut self.ended) => return Err(End::Refused(ended.into())),
            () = self.stopping.cancelled() => return Err(RESTARTING),
        };
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Tells the client why, as far as it is still there.
    async fn finish(mut self, end: End) {
        let (frame, code, reason) = match end {
            End::Gone => return,
            End::Closed(code, reason) => (None, code, reason.to_owned()),
            End::Refused(problem) => {
                // RFC 6455: a control frame carries at most 125 bytes, two of them the code.
                let reason = problem.detail.chars().take(40).collect();
                (Some(Message::text(frames::error(&problem))), frames::close_code(&problem), reason)
            }
        };
        let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let telling = async {
            if let Some(frame) = frame {
                self.sink.feed(frame).await?;
            }
            self.sink.send(close).await
        };
        // Whoever does not read is not told.
        if let Ok(Ok(())) = tokio::time::timeout(FAREWELL, telling).await {
            // Until the client has answered, so that what was sent is not lost with the connection.
            let answered = async { while let Some(Ok(_)) = self.frames.next().await {} };
            drop(tokio::time::timeout(GOODBYE, answered).await);
        }
    }
}

/// What the client says next. Safe to drop while it waits.
async fn hear(frames: &mut SplitStream<WebSocket>, heard: &mut Instant) -> Result<Said, End> {
    let message = frames.next().await.ok_or(End::Gone)?;
    *heard = Instant::now();
    match message {
        Ok(Message::Text(text)) => Ok(frames::read(&text)),
        Ok(Message::Binary(_)) => {
            Ok(Said::Unknown(Problem::new(ProblemCode::Malformed, "Frames are JSON text.")))
        }
        Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Said::Alive),
        Ok(Message::Close(_)) => Err(End::Gone),
        // axum does not show which error it is but in words.
        Err(error) if error.to_string().contains("too long") => {
            Err(End::Closed(1009, "the frame is too large"))
        }
        Err(_) => Err(End::Gone),
    }
}

/// How a token in a frame is looked at.
struct Door<'a> {
    app: &'a App,
    target: &'a Target,
    peer: Option<IpAddr>,
}

impl Door<'_> {
    async fn admit(&self, token: &str) -> Result<Watcher, Problem> {
        admit_by_frame(self.app, self.target, token, self.peer).await
    }
}

async fn serve(
    door: &Door<'_>,
    watcher: Option<Watcher>,
    since: Option<Cursor>,
    line: &mut Line,
) -> Result<Never, End> {
    let app = door.app;
    let (mut watcher, since) = match watcher {
        Some(watcher) => (watcher, since),
        None => {
            let (watcher, newer) = first_token(door, line).await?;
            (watcher, newer.or(since))
        }
    };
    line.ended = Some(lease(app, &watcher)?);
    let mut feed = Feed::open(app, &watcher, since.as_ref()).await?;
    let first = feed.take_first();
    let opening = frames::authenticated(&watcher, Some(feed.start()));
    line.send([opening].into_iter().chain(first.into_iter().map(|told| told.text))).await?;
    let name = watcher.who.name();
    let _watch = app
        .devices
        .watch(&watcher.reach(), &watcher.device, &name, Wire::WebSocket)
        .await
        .map_err(Problem::from)?;

    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    loop {
        let said = tokio::select! {
            biased;
            ended = over(&mut line.ended) => return Err(End::Refused(ended.into())),
            () = line.stopping.cancelled() => return Err(RESTARTING),
            next = feed.next() => {
                tell(line, next).await?;
                continue;
            }
            _ = ping.tick() => {
                if line.heard.elapsed() > SILENCE {
                    return Err(End::Closed(4408, "nothing was heard for too long"));
                }
                line.write([Message::Ping(bytes::Bytes::new())].into_iter()).await?;
                continue;
            }
            said = hear(&mut line.frames, &mut line.heard) => said?,
        };
        match said {
            Said::Alive => {}
            Said::Ping => line.send([r#"{"type":"pong"}"#.to_owned()]).await?,
            Said::Unknown(problem) => line.send([frames::error(&problem)]).await?,
            Said::Unreadable(problem) => return Err(problem.into()),
            Said::Authenticate { token, since: _ } => {
                watcher = door.admit(&token).await?;
                line.ended = Some(lease(app, &watcher)?);
                line.send([frames::authenticated(&watcher, None)]).await?;
            }
            Said::Analytics => {
                line.send([analytics(app, &watcher).await]).await?;
            }
        }
    }
}

/// Counts as a request of REST does, for it reads as much.
async fn analytics(app: &App, watcher: &Watcher) -> String {
    if let Err(error) = app.auth.count_request(&watcher.who) {
        return frames::error(&error.into());
    }
    match app.devices.connection_analytics(&watcher.reach(), &watcher.device).await {
        Ok(analytics) => frames::analytics(watcher, &analytics, app.source.now()),
        Err(error) => frames::error(&error.into()),
    }
}

/// Waits for the first frame with a token.
async fn first_token(door: &Door<'_>, line: &mut Line) -> Result<(Watcher, Option<Cursor>), End> {
    let deadline = Instant::now() + FIRST_FRAME;
    let mut early = 0;
    loop {
        let said = tokio::select! {
            said = hear(&mut line.frames, &mut line.heard) => said?,
            () = tokio::time::sleep_until(deadline) => {
                let detail = format!("No token came within {} s.", FIRST_FRAME.as_secs());
                return Err(Problem::new(ProblemCode::Unauthenticated, detail).into());
            }
            () = door.app.stopping.cancelled() => return Err(RESTARTING),
        };
        let problem = match said {
            Said::Authenticate { token, since } => return Ok((door.admit(&token).await?, since)),
            Said::Unreadable(problem) => return Err(problem.into()),
            Said::Unknown(problem) => problem,
            Said::Alive => continue,
            Said::Ping | Said::Analytics => {
                Problem::new(ProblemCode::Unauthenticated, "Send {\"type\":\"authenticate\"} first.")
            }
        };
        early += 1;
        if early > MAX_EARLY {
            return Err(Problem::new(ProblemCode::Malformed, "Too many frames before a token.").into());
        }
        line.send([frames::error(&problem)]).await?;
    }
}

/// One wait for the whole connection: it must not begin anew with each frame.
fn lease(app: &App, watcher: &Watcher) -> Result<BoxFuture<'static, Ended>, Problem> {
    let mut lease = app.auth.lease(&watcher.who).map_err(Problem::from)?;
    Ok(Box::pin(async move { lease.ended().await }))
}

/// What a connection is told whose device was removed.
pub fn removed() -> Problem {
    Problem::new(ProblemCode::NotFound, "The device was removed.")
}

async fn tell(line: &mut Line, next: Result<Next, crate::server::storage::StorageError>) -> Result<(), End> {
    let texts = |told: Vec<Told>| told.into_iter().map(|told| told.text);
    match next {
        Ok(Next::Told(told)) => line.send(texts(told)).await,
        Ok(Next::Removed(told)) => {
            line.send(texts(told)).await?;
            Err(removed().into())
        }
        Ok(Next::Lost { reason, cursor }) => {
            line.send([frames::resync(reason, &cursor)]).await?;
            Err(End::Closed(4408, "too far behind: connect again"))
        }
        Err(error) => {
            tracing::error!(%error, "the log cannot be read");
            Err(End::Closed(1011, "the log cannot be read just now"))
        }
    }
}
