//! One Engine.IO session as a state machine: it knows the time only as it is told, and does no I/O.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::{
        Config,
        codec::{CLOSE, EnginePacket, PING, PROBE, Unit},
    },
    connection::Message,
    outbox::Outbox,
    reason::{CloseReason, Pressure},
    request::TransportKind,
};

/// How long a poll that arrives while a WebSocket takes over is held before it is sent home empty-handed. The
/// client should have none open by then; the wait only keeps it from asking in a tight loop.
const HOLD_DURING_UPGRADE: Duration = Duration::from_millis(50);

/// A heartbeat later than this was late through our own fault, which must not shorten the client's time.
const OWN_LATENESS: Duration = Duration::from_millis(100);

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

/// What a poll gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PollStep {
    /// Packets; the poll is over.
    Ready(Vec<Unit>),
    /// A single packet that says that the poll is over.
    Last(Unit),
    /// Nothing yet. With a time, ask again then at the latest.
    Wait(Option<Instant>),
    /// The session now belongs to another transport.
    Gone,
}

/// Why a request to a session is answered 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Closed,
    WrongTransport,
    Overlap,
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
                self.close(CloseReason::TransportClose);
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
    pub fn shut(&mut self, reason: CloseReason, now: Instant, config: &Config) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing(reason, now + config.close_timeout);
        }
    }

    // Polling.

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
            let end = if self.client_ended { super::super::codec::NOOP } else { CLOSE };
            return PollStep::Last(Unit::Text(end));
        }
        if self.carrier != TransportKind::Polling {
            return PollStep::Gone;
        }
        let mut units = self.outbox.take(config.max_poll_packets, config.max_poll_bytes);
        if let Phase::Closing(reason, _) = self.phase
            && self.outbox.is_empty()
            && units.len() < config.max_poll_packets
        {
            units.push(Unit::Text(CLOSE));
            self.close(reason);
        }
        if !units.is_empty() {
            return PollStep::Ready(units);
        }
        match self.upgrade {
            Upgrade::Probed(_) if now >= since + HOLD_DURING_UPGRADE => {
                PollStep::Last(Unit::Text(super::super::codec::NOOP))
            }
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

    // Upgrade.

    /// A WebSocket asks to take over; returns until when it must have.
    pub fn begin_upgrade(&mut self, now: Instant, config: &Config) -> Option<Instant> {
        let may = self.phase == Phase::Open
            && self.carrier == TransportKind::Polling
            && self.upgrade == Upgrade::No
            && config.allow_upgrades;
        let until = now + config.upgrade_timeout;
        may.then(|| self.upgrade = Upgrade::Attached(until)).map(|()| until)
    }

    /// Whether the first packet on the new WebSocket is the probe that it must be.
    pub fn probe(&mut self, packet: &EnginePacket) -> bool {
        let probing = matches!(packet, EnginePacket::Ping(data) if data == PROBE);
        if let (Upgrade::Attached(until), true, Phase::Open) = (self.upgrade, probing, self.phase) {
            self.upgrade = Upgrade::Probed(until);
            return true;
        }
        false
    }

    /// Whether the second one completes the change.
    pub fn complete_upgrade(&mut self, packet: &EnginePacket) -> bool {
        let done = *packet == EnginePacket::Upgrade
            && matches!(self.upgrade, Upgrade::Probed(_))
            && self.closed().is_none();
        if done {
            self.upgrade = Upgrade::No;
            self.carrier = TransportKind::WebSocket;
        }
        done
    }

    /// The WebSocket went away before it took over; polling goes on.
    pub fn abandon_upgrade(&mut self) {
        self.upgrade = Upgrade::No;
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
