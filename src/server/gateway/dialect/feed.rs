//! A socket's reading of the log: pulled as fast as its client reads, translated by its dialect.

use super::{Frames, Offset, Said};
use crate::protocol::{Cursor, LiveEvent, ResyncReason};
use crate::server::gateway::socketio::{Batch, Feed, Frame, Lost, Position as Past};
use crate::server::journal::{Journal, Logged, Position, Pulled, Pump};
use crate::server::reach::Reach;
use crate::server::storage::StorageError;
use serde_json::{Map, json};
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What a dialect makes of what happens, for one socket.
pub trait Translate: Send + 'static {
    /// The frames of a logged event; `None` where this socket is not told.
    fn event(&mut self, logged: &Logged) -> Option<Arc<Frames>>;

    /// What an ephemeral signal becomes.
    fn signal(&mut self, _event: &LiveEvent) -> Option<Frame> {
        None
    }

    /// Whether the event that was translated last is the socket's last: it then leaves its namespace.
    fn is_over(&self) -> bool {
        false
    }

    /// Waits until the socket is ready for the log; asked once, before anything is read. Safe to drop.
    fn admitted(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Waits until this socket is to be told something that is not in the log, such as a present state that
    /// it asked for. Safe to drop.
    fn called(&mut self) -> impl Future<Output = ()> + Send {
        pending()
    }

    /// Finds out what that is. Answers the seq of the last event that it already takes into account: it is
    /// said behind that event, and so neither before news that are older nor after some that are newer.
    fn prepare(&mut self) -> impl Future<Output = i64> + Send {
        ready(0)
    }

    /// What was prepared. The socket has read the log up to `at`, or there is nothing more in it.
    fn aside(&mut self, _at: &Cursor) -> Vec<Frame> {
        Vec::new()
    }
}

/// What a client is told whose position the log cannot serve: that it has to fetch the state again, why, and the
/// position that it goes on from.
#[must_use]
pub fn resync(reason: ResyncReason, cursor: &Cursor) -> Said {
    let mut payload = Map::new();
    payload.insert("reason".to_owned(), json!(reason));
    payload.insert("cursor".to_owned(), cursor.to_string().into());
    ("resync", payload)
}

/// How long the log may keep something waiting that stands at its very end: only events that nobody here is
/// told of can be between them.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A [`Feed`] of the log from a position on.
pub struct LogFeed<T> {
    namespace: String,
    pump: Pump,
    stopping: CancellationToken,
    translate: T,
    offsets: bool,
    /// Frames of the next event that the client has seen already.
    skip: Option<(i64, usize)>,
    /// What the socket begins with.
    first: Vec<Frame>,
    admitted: bool,
    /// What the translation has prepared is said behind this event.
    aside: Option<i64>,
    over: Option<Batch>,
}

impl<T: Translate> LogFeed<T> {
    /// Opens the log behind `since`, or at its end. A position that the log cannot serve is answered by a
    /// `resync` event before anything else.
    ///
    /// # Errors
    /// [`Lost`] if the log cannot be read.
    pub async fn open(
        journal: &Journal,
        reach: &Reach,
        since: Option<&Offset>,
        socket: Reader<T>,
    ) -> Result<Self, Lost> {
        let pump = Pump::attach(journal, reach, since.map(|since| &since.cursor)).await.map_err(|error| {
            tracing::error!(%error, "the log cannot be followed");
            Lost
        })?;
        let Reader { namespace, stopping, translate, offsets, first } = socket;
        let mut feed = Self {
            namespace,
            pump,
            stopping,
            translate,
            offsets,
            skip: None,
            first,
            admitted: false,
            aside: None,
            over: None,
        };
        match feed.pump.position() {
            Position::Fresh => {}
            Position::Recovered => {
                feed.skip = since.filter(|since| since.seen > 0).map(|s| (s.cursor.seq + 1, s.seen));
            }
            Position::Lost(reason) => {
                let resync = feed.resync(*reason);
                feed.first.splice(0..0, resync);
            }
        }
        Ok(feed)
    }

    /// As [`LogFeed::open`] for a client that comes back as the one that it was.
    ///
    /// # Errors
    /// [`Lost`] also where the log cannot serve the position: the client then starts afresh.
    pub async fn reopen(
        journal: &Journal,
        reach: &Reach,
        past: &Past,
        socket: Reader<T>,
    ) -> Result<Self, Lost> {
        let read = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Offset>().ok());
        let since = match (read(&past.seen), read(&past.opened)) {
            (Some(seen), Some(opened)) if opened.is_later_than(&seen) => opened,
            (Some(seen), _) => seen,
            (None, Some(opened)) => opened,
            (None, None) => return Err(Lost),
        };
        let feed = Self::open(journal, reach, Some(&since), socket).await?;
        if *feed.pump.position() == Position::Recovered { Ok(feed) } else { Err(Lost) }
    }

    /// Where the feed stands, for [`Opened::new`](crate::server::gateway::socketio::Opened::new).
    #[must_use]
    pub fn start(&self) -> String {
        let mut at = Offset::after(self.pump.cursor());
        at.seen = self.skip.map_or(0, |(_, seen)| seen);
        at.to_string()
    }

    /// Why the log could not serve the position, if it could not.
    #[must_use]
    pub fn lost(&self) -> Option<ResyncReason> {
        match self.pump.position() {
            Position::Lost(reason) => Some(*reason),
            Position::Fresh | Position::Recovered => None,
        }
    }

    fn resync(&self, reason: ResyncReason) -> Option<Frame> {
        let cursor = self.pump.cursor();
        let (name, payload) = resync(reason, &cursor);
        let offset = self.offsets.then(|| cursor.to_string());
        Frame::event_of(&self.namespace, name, &payload, offset.as_deref()).ok()
    }

    fn frames(&mut self, events: &[Arc<Logged>]) -> Vec<Frame> {
        let mut frames = Vec::with_capacity(events.len());
        for logged in events {
            let Some(made) = self.translate.event(logged) else { continue };
            let seen = match self.skip.take() {
                Some((seq, seen)) if seq == logged.event.cursor.seq => seen,
                _ => 0,
            };
            frames.extend(made.get(self.offsets).iter().skip(seen).cloned());
            if self.translate.is_over() {
                self.over = Some(Batch::Disconnect);
                break;
            }
        }
        frames
    }
}

/// The next of the log up to an event, or that it has been read so far.
async fn behind(pump: &mut Pump, seq: i64) -> Waited {
    loop {
        if pump.cursor().seq >= seq {
            return Waited::Due;
        }
        // The end first: what is committed after this look is newer than what waits.
        let end = pump.top();
        match pump.ready().await {
            Ok(Some(pulled)) => return Waited::Pulled(Ok(pulled)),
            Ok(None) if end >= seq => return Waited::Due,
            Ok(None) => {}
            Err(error) => return Waited::Pulled(Err(error)),
        }
        if let Ok(pulled) = tokio::time::timeout(LOOK_AGAIN, pump.next()).await {
            return Waited::Pulled(pulled);
        }
    }
}

/// What a [`LogFeed`] needs to know of its socket.
pub struct Reader<T> {
    pub namespace: String,
    /// Cancelled when the server stops: the socket's session is closed then, and its client comes back.
    pub stopping: CancellationToken,
    pub translate: T,
    /// Whether events carry offsets: [`super::knows_offsets`].
    pub offsets: bool,
    /// What the socket begins with, for example the present state.
    pub first: Vec<Frame>,
}

impl<T: Translate> Feed for LogFeed<T> {
    async fn next(&mut self) -> Batch {
        if let Some(over) = self.over.take() {
            return over;
        }
        if !self.first.is_empty() {
            return Batch::Frames(std::mem::take(&mut self.first));
        }
        match self.wait().await {
            Waited::Stopping => Batch::Close,
            Waited::Admitted => {
                self.admitted = true;
                Batch::Frames(Vec::new())
            }
            Waited::Called => {
                self.aside = Some(self.translate.prepare().await);
                Batch::Frames(Vec::new())
            }
            Waited::Due => {
                self.aside = None;
                Batch::Frames(self.translate.aside(&self.pump.cursor()))
            }
            Waited::Pulled(pulled) => self.pulled(pulled),
        }
    }
}

/// What a feed waited for.
enum Waited {
    Stopping,
    Admitted,
    Called,
    Due,
    Pulled(Result<Pulled, StorageError>),
}

impl<T: Translate> LogFeed<T> {
    async fn wait(&mut self) -> Waited {
        let (pump, translate) = (&mut self.pump, &mut self.translate);
        let (admitted, aside) = (self.admitted, self.aside);
        let next = async move {
            if !admitted {
                translate.admitted().await;
                return Waited::Admitted;
            }
            match aside {
                Some(seq) => behind(pump, seq).await,
                None => tokio::select! {
                    biased;
                    () = translate.called() => Waited::Called,
                    pulled = pump.next() => Waited::Pulled(pulled),
                },
            }
        };
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Waited::Stopping,
            waited = next => waited,
        }
    }

    fn pulled(&mut self, pulled: Result<Pulled, StorageError>) -> Batch {
        match pulled {
            Ok(Pulled::Events(events)) => Batch::Frames(self.frames(&events)),
            Ok(Pulled::Live(event)) => Batch::Frames(self.translate.signal(&event).into_iter().collect()),
            Ok(Pulled::Lost(reason)) => {
                self.over = Some(Batch::Close);
                Batch::Frames(self.resync(reason).into_iter().collect())
            }
            Err(error) => {
                tracing::error!(%error, "the log cannot be read");
                Batch::Close
            }
        }
    }
}
