//! The stream as a WebSocket: JSON text frames of [`ClientFrame`] and [`ServerFrame`].

use super::commands::execute;
use super::{encode, opening};
use crate::protocol::{ClientFrame, Command, CommandId, Cursor, Outcome, Problem, ProblemCode, ServerFrame};
use crate::server::auth::{Lease, Principal};
use crate::server::gateway::state::App;
use crate::server::journal::{Pulled, Pump};
use crate::server::telemetry::Wire;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// The largest frame that a client may send, in bytes: the longest text in JSON's worst spelling fits.
pub const MAX_FRAME: usize = 512 * 1024;
/// How long a client that gave no `since` in the address has to give it in its first frame.
const FIRST_FRAME: Duration = Duration::from_secs(2);
/// How often the client is asked whether it is there, and told how far the log has come.
const PING: Duration = Duration::from_secs(25);
/// A client from which nothing came for so long is gone.
const SILENCE: Duration = Duration::from_secs(70);
/// How long one write may take: a reader that is slower is told to come back by closing.
const WRITE: Duration = Duration::from_secs(30);
/// How long the farewell may take: whoever lost their right to stay is gone within a second.
const FAREWELL: Duration = Duration::from_millis(500);
/// Commands that wait for their turn; beyond it, the client is not read on.
const WAITING: usize = 64;
/// Commands that run side by side.
const SLOW: usize = 8;

type Sink = SplitSink<WebSocket, Message>;
/// A command on its way to the worker. Boxed: a channel keeps room for 32 of what it carries, on every connection.
type Order = Box<(CommandId, Command)>;

/// What a connection begins with.
pub struct Start {
    pub app: App,
    pub who: Principal,
    /// Where it said that it was; else at the end, as that was before the upgrade.
    pub pump: Pump,
    pub lease: Lease,
    /// Whether its first frame may still say where it was.
    pub waits: bool,
}

/// How a connection is closed, where there is anybody to tell.
type Closing = Option<(u16, &'static str)>;

const RESTARTING: Closing = Some((1012, "the server is restarting"));

/// Serves one connection until it ends. What it holds is boxed, and what it needs only at first is gone after that: a
/// future keeps room for each of its values in every future around it.
pub async fn serve(start: Box<Start>, socket: WebSocket) {
    let _open = start.app.metrics.open(Wire::WebSocket);
    if let Some(mut writer) = Box::pin(begin(start, socket)).await {
        let ended = match writer.write_all().await {
            Ok(never) => match never {},
            Err(closing) => closing,
        };
        writer.reader.abort();
        finish(&mut writer.sink, ended).await;
    }
}

/// Up to what the client says first; `None` where it ended before.
async fn begin(start: Box<Start>, socket: WebSocket) -> Option<Box<Writer>> {
    let (mut sink, mut frames) = socket.split();
    let Start { app, who, mut pump, mut lease, waits } = *start;
    let mut early = None;
    if waits {
        match first_frame(&app, &mut lease, &mut frames).await {
            Err(closing) => {
                finish(&mut sink, closing).await;
                return None;
            }
            Ok(Some(Ok(ClientFrame::Hello { since: None }))) | Ok(None) => {}
            Ok(Some(Ok(ClientFrame::Hello { since: Some(since) }))) => {
                pump = match Pump::attach(&app.journal, &who.reach, Some(&since)).await {
                    Ok(pump) => pump,
                    Err(error) => {
                        tracing::error!(%error, "the log cannot be followed");
                        finish(&mut sink, Some((1011, "the log cannot be read just now"))).await;
                        return None;
                    }
                };
            }
            Ok(other) => early = other.map(Box::new),
        }
    }
    let (said, answers) = mpsc::channel(WAITING);
    let commands = Commands { app: app.clone(), who, said, queue: None };
    let reader = AbortOnDropHandle::new(tokio::spawn(read(frames, early, commands)));
    let (shown, heard) = (pump.cursor(), Instant::now());
    Some(Box::new(Writer { app, lease, pump, shown, sink, answers, heard, reader }))
}

/// What the client says first, if it says anything in time.
async fn first_frame(
    app: &App,
    lease: &mut Lease,
    frames: &mut SplitStream<WebSocket>,
) -> Result<Option<Result<ClientFrame, Problem>>, Closing> {
    tokio::select! {
        biased;
        ended = lease.ended() => Err(Some((4401, ended.as_str()))),
        () = app.stopping.cancelled() => Err(RESTARTING),
        said = next_frame(frames) => said.map(Some).ok_or(None),
        () = tokio::time::sleep(FIRST_FRAME) => Ok(None),
    }
}

/// What the reader hands on to the writer.
enum Said {
    Frame(Box<ServerFrame>),
    /// Something came, if only a pong: the client is there.
    Alive,
    Gone,
}

async fn finish(sink: &mut Sink, closing: Closing) {
    let Some((code, reason)) = closing else { return };
    let frame = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
    // Best effort: a client that is gone, or does not read, gets no farewell.
    drop(tokio::time::timeout(FAREWELL, sink.send(frame)).await);
}

/// The next frame with words; `None` at the end.
async fn next_frame(frames: &mut SplitStream<WebSocket>) -> Option<Result<ClientFrame, Problem>> {
    loop {
        match frames.next().await?.ok()? {
            Message::Text(text) => return Some(decode(&text)),
            Message::Binary(_) => {
                return Some(Err(Problem::new(ProblemCode::Malformed, "Frames are JSON text.")));
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return None,
        }
    }
}

fn decode(text: &str) -> Result<ClientFrame, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::new(ProblemCode::Malformed, format!("The frame cannot be read: {error}.")))
}

/// Reads the client: queues commands, answers what needs no work.
async fn read(
    mut frames: SplitStream<WebSocket>,
    mut early: Option<Box<Result<ClientFrame, Problem>>>,
    mut commands: Commands,
) {
    let said = commands.said.clone();
    loop {
        let frame = match early.take() {
            Some(frame) => *frame,
            None => match frames.next().await {
                Some(Ok(Message::Text(text))) => decode(&text),
                Some(Ok(Message::Binary(_))) => {
                    Err(Problem::new(ProblemCode::Malformed, "Frames are JSON text."))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    if said.send(Said::Alive).await.is_err() {
                        return;
                    }
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    drop(said.send(Said::Gone).await);
                    return;
                }
            },
        };
        let passed = match frame {
            Ok(ClientFrame::Command { id, command }) => {
                let queued = commands.give(Box::new((id, command))).await;
                queued && said.send(Said::Alive).await.is_ok()
            }
            Ok(ClientFrame::Ping) => said.send(Said::Frame(Box::new(ServerFrame::Pong))).await.is_ok(),
            Ok(ClientFrame::Hello { .. }) => {
                let problem = Problem::new(
                    ProblemCode::Malformed,
                    "\"hello\" is only for the first frame, and only without ?since=.",
                );
                said.send(Said::Frame(Box::new(ServerFrame::Error { problem }))).await.is_ok()
            }
            Err(problem) => said.send(Said::Frame(Box::new(ServerFrame::Error { problem }))).await.is_ok(),
        };
        if !passed {
            return;
        }
    }
}

/// Where a connection's commands go. Most connections only listen: the worker comes with the first command.
struct Commands {
    app: App,
    who: Principal,
    said: mpsc::Sender<Said>,
    /// The worker's queue; it ends when this does.
    queue: Option<(mpsc::Sender<Order>, AbortOnDropHandle<()>)>,
}

impl Commands {
    /// Queues a command, waiting for room; whether somebody will do it.
    async fn give(&mut self, order: Order) -> bool {
        let (queue, _) = self.queue.get_or_insert_with(|| {
            let (queue, orders) = mpsc::channel(WAITING);
            let worker = work(self.app.clone(), self.who.clone(), orders, self.said.clone());
            (queue, AbortOnDropHandle::new(tokio::spawn(worker)))
        });
        queue.send(order).await.is_ok()
    }
}

/// Does those commands in their order for which it counts; the others go side by side.
async fn work(app: App, who: Principal, mut queue: mpsc::Receiver<Order>, said: mpsc::Sender<Said>) {
    let mut slow = JoinSet::new();
    while let Some(order) = queue.recv().await {
        let (id, command) = *order;
        if !command.keeps_order() {
            while slow.len() >= SLOW {
                slow.join_next().await;
            }
            let (app, who, said) = (app.clone(), who.clone(), said.clone());
            slow.spawn(async move {
                let outcome = counted(&app, &who, id.clone(), command).await;
                drop(said.send(result(id, outcome)).await);
            });
            continue;
        }
        // Boxed: the room that the largest command needs is taken while one runs, not while none does.
        let outcome = Box::pin(counted(&app, &who, id.clone(), command)).await;
        if said.send(result(id, outcome)).await.is_err() {
            return;
        }
    }
    while slow.join_next().await.is_some() {}
}

/// Counts a command as a request of REST is counted. What is too much is answered with the code `rate_limited`, is not
/// done, and may come again under the same id.
async fn counted(app: &App, who: &Principal, id: CommandId, command: Command) -> Outcome {
    match app.auth.count_request(who) {
        Ok(()) => execute(app, who, id, command).await,
        Err(error) => Outcome::Error(Problem::from(error)),
    }
}

fn result(id: CommandId, outcome: Outcome) -> Said {
    Said::Frame(Box::new(ServerFrame::Result { id, outcome }))
}

struct Writer {
    app: App,
    lease: Lease,
    pump: Pump,
    /// The last position that the client was told, by an event or by itself.
    shown: Cursor,
    sink: Sink,
    answers: mpsc::Receiver<Said>,
    heard: Instant,
    /// Ends with the connection, and what it started with it.
    reader: AbortOnDropHandle<()>,
}

impl Writer {
    /// Writes until the client or the server ends it; answers how to close.
    async fn write_all(&mut self) -> Result<Infallible, Closing> {
        let first = opening(&self.pump, self.lease.user_id())
            .iter()
            .map(|frame| Message::text(encode(frame)))
            .collect();
        self.write(first).await?;
        let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
        loop {
            tokio::select! {
                ended = self.lease.ended() => return Err(Some((4401, ended.as_str()))),
                () = self.app.stopping.cancelled() => return Err(RESTARTING),
                said = self.answers.recv() => {
                    self.heard = Instant::now();
                    match said {
                        Some(Said::Frame(frame)) => self.write(vec![Message::text(encode(&frame))]).await?,
                        Some(Said::Alive) => {}
                        Some(Said::Gone) | None => return Err(None),
                    }
                }
                pulled = self.pump.next_or_dry() => match pulled {
                    Ok(Some(Pulled::Events(events))) => {
                        // The pump may be further: past events that this client is not shown.
                        if let Some(last) = events.last() {
                            self.shown = last.event.cursor.clone();
                        }
                        let frames = events.iter().filter_map(|logged| Utf8Bytes::try_from(logged.frame()).ok()).map(Message::Text).collect();
                        self.write(frames).await?;
                    }
                    Ok(Some(Pulled::Live(event))) => {
                        let frame = ServerFrame::Live { event: (*event).clone() };
                        self.write(vec![Message::text(encode(&frame))]).await?;
                    }
                    Ok(Some(Pulled::Lost(reason))) => {
                        let frame = ServerFrame::Resync { reason, cursor: self.pump.cursor() };
                        self.write(vec![Message::text(encode(&frame))]).await?;
                        return Err(Some((4408, "too far behind: fetch the state again")));
                    }
                    // All that there was is through: by this the client knows that it is up to date.
                    Ok(None) => {
                        let position = self.position().into_iter().collect();
                        self.write(position).await?;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the log cannot be read");
                        return Err(Some((1011, "the log cannot be read just now")));
                    }
                },
                _ = ping.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err(Some((4408, "nothing was heard for too long")));
                    }
                    let mut frames = vec![Message::Ping(bytes::Bytes::new())];
                    frames.extend(self.position());
                    self.write(frames).await?;
                }
            }
        }
    }

    /// How far the log has come, if the client was told less: whoever sees only a part of it must not fall behind it while
    /// others are busy.
    fn position(&mut self) -> Option<Message> {
        let cursor = self.pump.cursor();
        if self.shown == cursor {
            return None;
        }
        self.shown = cursor.clone();
        Some(Message::text(encode(&ServerFrame::Cursor { cursor })))
    }

    /// Feeds all frames and flushes once. A client that does not read keeps nobody from ending the connection.
    async fn write(&mut self, frames: Vec<Message>) -> Result<(), Closing> {
        let sink = &mut self.sink;
        let writing = async {
            for frame in frames {
                sink.feed(frame).await?;
            }
            sink.flush().await
        };
        tokio::select! {
            biased;
            written = tokio::time::timeout(WRITE, writing) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(None),
            },
            ended = self.lease.ended() => Err(Some((4401, ended.as_str()))),
            () = self.app.stopping.cancelled() => Err(RESTARTING),
        }
    }
}
