//! How a WebSocket takes over from polling.

use tokio::time::Instant;

use super::{
    super::{
        super::{
            Config,
            codec::{EnginePacket, PROBE},
        },
        request::TransportKind,
    },
    Phase, Session, Upgrade,
};

impl Session {
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
}
