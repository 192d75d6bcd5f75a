//! One Engine.IO session as a state machine: it knows the time only as it is told, and does no I/O.

mod polling;
#[cfg(test)]
mod tests;
mod upgrade;

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        Config,
        codec::{EnginePacket, PING, Unit},
    },
    connection::Message,
    outbox::Outbox,
    reason::{CloseReason, Pressure},
    request::TransportKind,
};

pub(super) use polling::{PollStep, Refused};

/// A heartbeat later than this was late through our own fault, which must not shorten the client's time.
const OWN_LATENESS: Duration = Duration::from_millis(100);

/// How long a session that its client has ended waits for a poll that was sent before, but is slower on its own
/// connection.
const CROSSING: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Nothing more goes in; what is queued may still go out until then.
    Closing(CloseReason, Instant),
    Closed(CloseReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upgrade {
    No,
    /// A WebSocket is there and must take over until then.
    Attached(Instant),
    /// It has asked whether it may, and was told so.
    Probed(Instant),
}

#[derive(Debug)]
pub(super) struct Session {
    phase: Phase,
    carrier: TransportKind,
    upgrade: Upgrade,
    polling: bool,
    posting: bool,
    /// When the next ping is due, or the pong for the last one.
    heartbeat: Instant,
    awaiting_pong: bool,
    outbox: Outbox,
    client_ended: bool,
    /// We do not read what the client sends, because what it sent before is not done with.
    stalled: bool,
}

impl Session {
    pub fn new(now: Instant, carrier: TransportKind, config: &Config) -> Self {
        Self {
            phase: Phase::Open,
            carrier,
            upgrade: Upgrade::No,
            polling: false,
            posting: false,
            heartbeat: now + config.ping_interval,
            awaiting_pong: false,
            outbox: Outbox::default(),
            client_ended: false,
            stalled: false,
        }
    }

    pub fn closed(&self) -> Option<CloseReason> {
        if let Phase::Closed(reason) = self.phase { Some(reason) } else { None }
    }

    /// Why the session is ending or has ended.
    pub fn ending(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Open => None,
            Phase::Closing(reason, _) | Phase::Closed(reason) => Some(reason),
        }
    }

    pub fn carrier(&self) -> TransportKind {
        self.carrier
    }

    /// Does what is due, and says when to come back.
    pub fn tick(&mut self, now: Instant, config: &Config) -> Option<Instant> {
        if let Phase::Closing(reason, until) = self.phase
            && now >= until
        {
            self.close(reason);
        }
        if self.phase == Phase::Open && now >= self.heartbeat {
            if self.awaiting_pong && self.stalled && self.outbox.is_empty() {
                // It takes what we send; its pong may stand behind what we do not read.
                self.heartbeat = now + config.ping_timeout;
            } else if self.awaiting_pong {
                self.close(CloseReason::PingTimeout);
            } else {
                let late = now.duration_since(self.heartbeat) > OWN_LATENESS;
                let from = if late { now } else { self.heartbeat };
                self.awaiting_pong = true;
                self.heartbeat = from + config.ping_timeout;
                self.outbox.push(Unit::Text(PING));
            }
        }
        match self.phase {
            Phase::Open => Some(self.heartbeat),
            Phase::Closing(_, until) => Some(until),
            Phase::Closed(_) => None,
        }
    }

    /// Takes a packet from the transport that carries the session; returns what is for the layer above.
    pub fn receive(&mut self, packet: EnginePacket, now: Instant, config: &Config) -> Option<Message> {
        if self.phase != Phase::Open {
            return None;
        }
        match packet {
            EnginePacket::Message(text) => return Some(Message::Text(text)),
            EnginePacket::Binary(bytes) => return Some(Message::Binary(bytes)),
            EnginePacket::Pong(_) => {
                if self.awaiting_pong {
                    self.awaiting_pong = false;
                    self.heartbeat = now + config.ping_interval;
                }
            }
            EnginePacket::Close => {
                self.client_ended = true;
                if self.carrier == TransportKind::Polling && !self.polling {
                    self.outbox.clear();
                    self.phase = Phase::Closing(CloseReason::TransportClose, now + CROSSING);
                } else {
                    self.close(CloseReason::TransportClose);
                }
            }
            // Heartbeats go the other way since revision 4.
            EnginePacket::Ping(_) => self.close(CloseReason::TransportError),
            EnginePacket::Open(_) | EnginePacket::Upgrade | EnginePacket::Noop => {}
        }
        None
    }

    /// Queues packets. Over the bound the session is closed.
    pub fn push(&mut self, units: impl Iterator<Item = Unit>, config: &Config) -> bool {
        if self.phase != Phase::Open {
            return false;
        }
        units.for_each(|unit| self.outbox.push(unit));
        let over =
            self.outbox.len() > config.max_queued_packets || self.outbox.bytes() > config.max_queued_bytes;
        if over {
            self.close(CloseReason::Overflow);
            return false;
        }
        true
    }

    /// Whether something sent now would leave now.
    pub fn is_writable(&self) -> bool {
        let reading = self.carrier == TransportKind::WebSocket || self.polling;
        self.phase == Phase::Open && reading && self.outbox.is_empty()
    }

    /// How full the queue is.
    pub fn pressure(&self, config: &Config) -> Pressure {
        let (packets, bytes) = (self.outbox.len(), self.outbox.bytes());
        if packets < config.feed_below_packets && bytes < config.feed_below_bytes {
            Pressure::Low
        } else if packets <= config.max_queued_packets / 2 && bytes <= config.max_queued_bytes / 2 {
            Pressure::Some
        } else {
            Pressure::High
        }
    }

    pub fn has_output(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Queues packets as long as the queue is nearly empty and there are any; whoever gives them cannot overfill
    /// it, so that they alone never close the session.
    pub fn fill<U: IntoIterator<Item = Unit>>(
        &mut self,
        config: &Config,
        mut next: impl FnMut() -> Option<U>,
    ) {
        while self.phase == Phase::Open
            && self.pressure(config) == Pressure::Low
            && let Some(units) = next()
        {
            units.into_iter().for_each(|unit| self.outbox.push(unit));
        }
    }

    /// Whether what the client sends waits for us.
    pub fn set_stalled(&mut self, stalled: bool) {
        self.stalled = stalled;
    }

    /// Ends the session at once; what is queued is lost.
    pub fn close(&mut self, reason: CloseReason) {
        if !matches!(self.phase, Phase::Closed(_)) {
            self.phase = Phase::Closed(reason);
            self.outbox.clear();
        }
    }

    /// Ends the session once its client has taken what is queued.
    /// It is not waited for longer than `until`.
    pub fn shut(&mut self, reason: CloseReason, until: Instant) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing(reason, until);
        }
    }

    /// What a WebSocket writes next, or `None` when it is time to close it.
    pub fn take_output(&mut self) -> Option<Vec<Unit>> {
        let units = self.outbox.take(usize::MAX, usize::MAX);
        match self.phase {
            Phase::Closed(_) => None,
            Phase::Closing(reason, _) if units.is_empty() => {
                self.close(reason);
                None
            }
            _ => Some(units),
        }
    }
}
