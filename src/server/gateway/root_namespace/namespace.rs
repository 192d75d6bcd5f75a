//! The rules of the namespace: who enters, and who answers what.

use super::answer::{Answer, enveloped};
use super::session::{Asked, Session};
use super::translation::Translation;
use super::{NAMESPACE, access};
use crate::protocol::{Problem, ProblemCode, ResyncReason};
use crate::server::auth::Principal;
use crate::server::gateway::chat;
use crate::server::gateway::dialect::{LogFeed, Reader, Stay, knows_offsets, resync, since};
use crate::server::gateway::instances::{self, StatsBoard};
use crate::server::gateway::socketio::{
    Ack, Args, Event, Frame, Handshake, Keeper, Lost, MemoryKeeper, Namespace, Opened, Refusal, Socket, Start,
};
use crate::server::gateway::state::App;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a client that was cut off gets its id and its rooms back: as long as with the reference server.
const KEEP: Duration = Duration::from_secs(120);
/// How many clients are remembered at most, connected ones among them. Those beyond come back by their offset.
const REMEMBERED: usize = 20_000;

/// Seeds 1 and 2.
pub struct Root {
    app: App,
    keeper: Arc<MemoryKeeper>,
    stats: StatsBoard,
}

impl Root {
    pub fn new(app: &App) -> Self {
        let keeper = Arc::new(MemoryKeeper::new(KEEP, REMEMBERED));
        Self { app: app.clone(), keeper, stats: StatsBoard::new(app) }
    }

    async fn reader(&self, socket: &Socket<Session>, recovered: bool) -> Result<Reader<Translation>, Lost> {
        let session = socket.session();
        let mut first = Vec::new();
        if !recovered && matches!(session.since, Some(Err(_))) {
            let cursor =
                self.app.journal.cursor(&session.principal.reach.workspace).await.map_err(|error| {
                    tracing::error!(%error, "the log's end cannot be read");
                    Lost
                })?;
            let (name, payload) = resync(ResyncReason::Epoch, &cursor);
            first.extend(Frame::event_of(NAMESPACE, name, &payload, None).ok());
        }
        let resumes = !recovered && matches!(session.since, Some(Ok(_)));
        Ok(Reader {
            namespace: NAMESPACE.to_owned(),
            stopping: self.app.stopping.clone(),
            translate: Translation::new(&self.app, socket.clone(), &self.stats, resumes),
            offsets: session.offsets,
            first,
        })
    }

    async fn answer(&self, socket: &Socket<Session>, name: &str, args: &Args) -> Answer {
        if let Some(answer) = instances::answer(&self.app, socket, name, args).await {
            return answer;
        }
        if let Some(answer) = chat::answer(&self.app, socket, name, args).await {
            return answer;
        }
        let unknown = Problem::new(ProblemCode::NotSupported, "There is no event of this name.");
        Answer::quiet(enveloped(Err(unknown)))
    }

    /// A code to scan may take its time to come; nothing else of this client waits for it.
    fn pair(&self, socket: &Socket<Session>, event: Event) {
        let (app, socket) = (self.app.clone(), socket.clone());
        tokio::spawn(async move {
            let answer = if socket.session().pairing.swap(true, Ordering::SeqCst) {
                chat::already_pairing()
            } else {
                let answer = chat::pair(&app, &socket.session().principal, &event.args).await;
                socket.session().pairing.store(false, Ordering::SeqCst);
                answer
            };
            send(&socket, event.ack, answer);
        });
    }
}

/// The room of everybody in a workspace.
fn room(who: &Principal) -> String {
    format!("subscription:{}", who.reach.workspace)
}

fn send(socket: &Socket<Session>, ack: Option<Ack>, answer: Answer) {
    if let Some(event) = answer.event
        && let Err(error) = socket.emit_of(event, &answer.payload)
    {
        tracing::debug!(socket = socket.id(), %error, "an answer did not leave");
    }
    if let Some(ack) = ack
        && let Err(error) = ack.send(&Args::one(answer.payload.into()))
    {
        tracing::debug!(socket = socket.id(), %error, "an acknowledgement did not leave");
    }
}

impl Namespace for Root {
    type Session = Session;

    async fn authenticate(&self, handshake: &Handshake) -> Result<Session, Refusal> {
        let (principal, lease) = access::authenticate(&self.app.auth, handshake).await?;
        Ok(Session {
            principal,
            stay: Stay::new(lease),
            since: since(handshake),
            offsets: knows_offsets(handshake),
            asked: Asked::default(),
            pairing: false.into(),
        })
    }

    fn owner(&self, session: &Session) -> String {
        session.principal.name()
    }

    fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        Some(Arc::clone(&self.keeper) as Arc<dyn Keeper>)
    }

    fn recovers(&self, session: &Session) -> bool {
        session.offsets
    }

    async fn feed(&self, socket: &Socket<Session>, start: Start) -> Result<Opened, Lost> {
        let session = socket.session();
        let (journal, reach) = (&self.app.journal, &session.principal.reach);
        let feed = match &start {
            Start::Now => {
                let since = session.since.as_ref().and_then(|since| since.as_ref().ok());
                LogFeed::open(journal, reach, since, self.reader(socket, false).await?).await?
            }
            Start::After(past) => {
                LogFeed::reopen(journal, reach, past, self.reader(socket, true).await?).await?
            }
        };
        let start = feed.start();
        Ok(Opened::new(feed, Some(start)))
    }

    async fn connected(&self, socket: &Socket<Session>) {
        socket.join(&room(&socket.session().principal));
    }

    async fn expelled(&self, socket: &Socket<Session>) -> Option<Frame> {
        socket.session().stay.over(NAMESPACE).await
    }

    async fn event(&self, socket: &Socket<Session>, event: Event) {
        // What waited while the socket was made to leave is not done any more.
        if !socket.is_connected() {
            return;
        }
        if event.name == chat::PAIRING {
            return self.pair(socket, event);
        }
        let answer = self.answer(socket, &event.name, &event.args).await;
        send(socket, event.ack, answer);
    }
}
