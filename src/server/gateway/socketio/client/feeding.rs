//! Asks a session's feeds, at the pace of its client.

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc};

use futures_util::stream::{self, StreamExt as _};

use super::{
    super::{
        engine::{CloseReason, Pressure},
        feed::Batch,
    },
    Client,
};

impl Client {
    /// `connected` has returned: the feed's time has come.
    pub(super) fn open(&mut self, number: u64) {
        let Some(seat) = self.seats.seats.get_mut(&number) else { return };
        if let Some(feed) = seat.feed.take() {
            let (feed, abort) = stream::abortable(AssertUnwindSafe(feed).catch_unwind());
            seat.abort = Some(abort);
            self.feeds.push(feed.map(move |batch| (number, batch.ok())).boxed());
        }
    }

    pub(super) fn fed(&mut self, number: u64, batch: Option<Batch>) {
        let Some(seat) = self.seats.seats.get(&number) else { return };
        match batch {
            Some(Batch::Frames(frames)) => {
                self.backlog.extend(frames.into_iter().map(|frame| (Arc::clone(&seat.core), frame)));
            }
            Some(Batch::Disconnect) => seat.core.disconnect(),
            Some(Batch::Close) => self.outlet.shut(CloseReason::Forced),
            None => self.broken("a feed"),
        }
    }

    /// Queues as much of the backlog as there is room for, and says how full the queue is then.
    pub(super) fn flush(&mut self) -> Pressure {
        loop {
            let before = self.backlog.len();
            let backlog = &mut self.backlog;
            if before > 0 {
                self.outlet.fill(|| {
                    let (core, frame) = backlog.pop_front()?;
                    let units = core.is_live().then(|| frame.units().collect::<Vec<_>>());
                    Some(units.unwrap_or_default())
                });
            }
            let pressure = self.outlet.pressure();
            // The transport may have taken everything meanwhile: then nothing would tell of the rest, so it goes
            // on. A session that is ending takes nothing any more.
            if pressure > Pressure::Low || self.backlog.is_empty() || self.backlog.len() == before {
                if self.backlog.is_empty() {
                    self.backlog = VecDeque::new();
                }
                return pressure;
            }
        }
    }
}
