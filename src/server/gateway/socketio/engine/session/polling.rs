//! What polls and POSTs may do, and what a poll gets.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        super::{
            Config,
            codec::{CLOSE, NOOP, Unit},
        },
        reason::CloseReason,
        request::TransportKind,
    },
    Phase, Session, Upgrade,
};

/// How long a poll that arrives while a WebSocket takes over is held before it is sent home empty-handed. The
/// client should have none open by then; the wait only keeps it from asking in a tight loop.
const HOLD_DURING_UPGRADE: Duration = Duration::from_millis(50);

/// What a poll gets.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum PollStep {
    /// Packets; the poll is over.
    Ready(Vec<Unit>),
    /// A single packet that says that the poll is over.
    Last(Unit),
    /// Nothing yet. With a time, ask again then at the latest.
    Wait(Option<Instant>),
}

/// Why a request to a session is answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Refused {
    Closed,
    WrongTransport,
    Overlap,
}

impl Session {
    pub fn begin_poll(&mut self) -> Result<(), Refused> {
        self.check_polling()?;
        if self.polling {
            self.close(CloseReason::TransportError);
            return Err(Refused::Overlap);
        }
        self.polling = true;
        Ok(())
    }

    /// What a poll that has been open since then gets now.
    pub fn poll(&mut self, now: Instant, since: Instant, config: &Config) -> PollStep {
        if let Phase::Closed(_) = self.phase {
            let end = if self.client_ended { NOOP } else { CLOSE };
            return PollStep::Last(Unit::Text(end));
        }
        if self.carrier != TransportKind::Polling {
            // It was open before the WebSocket took over, which has everything else.
            return PollStep::Last(Unit::Text(NOOP));
        }
        let mut units = self.outbox.take(config.max_poll_packets, config.max_poll_bytes);
        if let Phase::Closing(reason, _) = self.phase
            && self.outbox.is_empty()
            && units.len() < config.max_poll_packets
        {
            units.push(Unit::Text(if self.client_ended { NOOP } else { CLOSE }));
            self.close(reason);
        }
        if !units.is_empty() {
            return PollStep::Ready(units);
        }
        match self.upgrade {
            Upgrade::Probed(_) if now >= since + HOLD_DURING_UPGRADE => PollStep::Last(Unit::Text(NOOP)),
            Upgrade::Probed(_) => PollStep::Wait(Some(since + HOLD_DURING_UPGRADE)),
            _ => PollStep::Wait(None),
        }
    }

    /// The poll was answered (`answered`), or its client went away before.
    pub fn end_poll(&mut self, answered: bool) {
        self.polling = false;
        if !answered && self.carrier == TransportKind::Polling {
            self.close(CloseReason::TransportError);
        }
    }

    pub fn begin_post(&mut self) -> Result<(), Refused> {
        self.check_polling()?;
        if self.posting {
            self.close(CloseReason::TransportError);
            return Err(Refused::Overlap);
        }
        self.posting = true;
        Ok(())
    }

    pub fn end_post(&mut self, complete: bool) {
        self.posting = false;
        if !complete && self.carrier == TransportKind::Polling {
            self.close(CloseReason::TransportError);
        }
    }

    fn check_polling(&self) -> Result<(), Refused> {
        match (self.closed(), self.carrier) {
            (Some(_), _) => Err(Refused::Closed),
            (None, TransportKind::Polling) => Ok(()),
            (None, TransportKind::WebSocket) => Err(Refused::WrongTransport),
        }
    }
}
