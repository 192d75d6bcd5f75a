//! One connection's reading of the log: from its position to the end, and on as the log grows.

use super::hub::{Logged, Recent, Subscription};
use super::log::Journal;
use crate::protocol::{Cursor, Epoch, Event, LiveEvent, ResyncReason};
use crate::server::reach::Reach;
use crate::server::storage::StorageError;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// How many events are pulled at once: the bound of a connection's memory.
const PAGE: i64 = 200;

/// Whether a client's position can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// The client gave none: it starts at the end.
    Fresh,
    /// Everything since follows.
    Recovered,
    /// It cannot: the client has to fetch the state again, and goes on from the end.
    Lost(ResyncReason),
}

/// What a pump hands out next.
pub enum Pulled {
    /// The next events of the log, in order; at least one.
    Events(Vec<Arc<Logged>>),
    /// An ephemeral signal.
    Live(Arc<LiveEvent>),
    /// The log was trimmed past this reader: it is too slow to be served without a hole.
    Lost(ResyncReason),
}

/// Reads what somebody may see of one workspace's log for one connection, at the connection's pace: nothing
/// is queued for it.
pub struct Pump {
    journal: Journal,
    reach: Reach,
    subscription: Subscription,
    seq: i64,
    position: Position,
    /// Whether it has handed out everything that there was when it was last asked.
    dry: bool,
}

impl Pump {
    /// Attaches to the log at `since`, or at its end.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn attach(
        journal: &Journal,
        reach: &Reach,
        since: Option<&Cursor>,
    ) -> Result<Self, StorageError> {
        // Subscribed first: whatever is committed from here on wakes this pump.
        let subscription = journal.subscribe(&reach.workspace).await?;
        let (epoch, top, floor) = journal.state(&reach.workspace).await?;
        let (seq, position) = match since {
            None => (top, Position::Fresh),
            Some(since) if since.epoch != epoch => (top, Position::Lost(ResyncReason::Epoch)),
            Some(since) if since.seq > top => (top, Position::Lost(ResyncReason::Ahead)),
            Some(since) if since.seq < floor => (top, Position::Lost(ResyncReason::Floor)),
            Some(since) => (since.seq, Position::Recovered),
        };
        Ok(Self { journal: journal.clone(), reach: reach.clone(), subscription, seq, position, dry: false })
    }

    /// Whether the client's position could be served.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The log's epoch.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.subscription.channel.epoch
    }

    /// The last event of the log as it stands now.
    #[must_use]
    pub fn top(&self) -> i64 {
        self.subscription.channel.top()
    }

    /// Up to where this pump has handed out.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch().clone(), seq: self.seq }
    }

    /// Whose data it reads.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Waits for what comes next. Safe to drop while it waits: nothing is taken before it is answered.
    ///
    /// Codes that have expired are left out when they come from the past.
    ///
    /// # Errors
    /// [`StorageError`] if the log cannot be read, or ended.
    pub async fn next(&mut self) -> Result<Pulled, StorageError> {
        loop {
            // Marked as seen before looking, so that a commit between the look and the wait wakes it.
            self.subscription.top.borrow_and_update();
            if let Some(pulled) = self.ready().await? {
                return Ok(pulled);
            }
            tokio::select! {
                biased;
                changed = self.subscription.top.changed() => changed.map_err(|_| StorageError::Closed)?,
                signal = self.subscription.live.recv() => match signal {
                    Ok(signal) if self.reach.covers_signal(&signal) => return Ok(Pulled::Live(signal)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err(StorageError::Closed),
                },
            }
        }
    }

    /// As [`next`](Self::next), but answers `None` once: when everything that there was is handed out, and it would
    /// wait for the first time. Safe to drop.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_or_dry(&mut self) -> Result<Option<Pulled>, StorageError> {
        if self.dry {
            return self.next().await.map(Some);
        }
        let pulled = self.ready().await?;
        self.dry = pulled.is_none();
        Ok(pulled)
    }

    /// What is there already, without waiting for more; `None` at the log's end. Safe to drop.
    ///
    /// # Errors
    /// [`StorageError`] if the log cannot be read.
    pub async fn ready(&mut self) -> Result<Option<Pulled>, StorageError> {
        let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
        loop {
            let events = match self.subscription.channel.after(self.seq, limit) {
                Recent::Nothing => return Ok(None),
                Recent::Events(events) => events,
                Recent::Older => {
                    let epoch = &self.subscription.channel.epoch;
                    // Boxed: a connection keeps no room for a question that it seldom asks.
                    let page = self.journal.page(&self.reach.workspace, epoch, self.seq, PAGE);
                    let page = Box::pin(page).await?;
                    // Seqs have no holes: if the next is missing, it was trimmed away under a slow reader.
                    if page.first().is_none_or(|first| first.event.cursor.seq != self.seq + 1) {
                        return Ok(Some(Pulled::Lost(ResyncReason::Lag)));
                    }
                    page
                }
            };
            let Some(last) = events.last() else { return Ok(None) };
            self.seq = last.event.cursor.seq;
            let now = self.journal.now();
            let fresh = |event: &Event| event.kind.expires_at().is_none_or(|at| at > now);
            let mut events = events;
            events.retain(|logged| fresh(&logged.event) && self.reach.covers_event(&logged.event));
            // Nothing but expired codes and other people's events: on with what is behind them.
            if !events.is_empty() {
                return Ok(Some(Pulled::Events(events)));
            }
        }
    }
}
