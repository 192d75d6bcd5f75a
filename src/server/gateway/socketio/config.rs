//! What one server allows: intervals and limits.

use std::time::Duration;

/// Intervals and limits of a [`Server`](super::Server). The defaults of the protocol's own values are those of
/// the reference server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long after the opening, and after each pong, a ping is sent (25 s).
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping before its session is closed (20 s).
    pub ping_timeout: Duration,
    /// How long a WebSocket may take to take over from polling before it is closed (10 s).
    pub upgrade_timeout: Duration,
    /// How long a session may live without being in any namespace (45 s).
    pub connect_timeout: Duration,
    /// How long a session that we close waits for its client to fetch what is still queued (30 s).
    pub close_timeout: Duration,
    /// How long `emit_with_ack` waits when its caller names no time (10 s).
    pub ack_timeout: Duration,
    /// Whether a polling session may move to a WebSocket.
    pub allow_upgrades: bool,
    /// Bytes of one POST body or one WebSocket message, as `maxPayload` of the handshake (1,000,000).
    pub max_payload: usize,
    /// Bytes of one Socket.IO packet with all its attachments (4,000,000).
    pub max_packet: usize,
    /// Binary attachments of one packet (10).
    pub max_attachments: usize,
    /// Bytes of a namespace's name (256).
    pub max_namespace_length: usize,
    /// How deep the JSON of a packet may nest (32, and never more than 120).
    pub max_json_depth: usize,
    /// Values in the JSON of one packet (50,000): a value in memory is much larger than on the wire.
    pub max_json_values: usize,
    /// Bytes of the payload of a CONNECT packet, which is read before anybody is authenticated (16 KiB).
    pub max_auth: usize,
    /// Namespaces that one session may be in, or be entering, at once (256).
    pub max_namespaces: usize,
    /// Namespaces that one session may be entering at once (16); then no more is read from its transport.
    pub max_entering: usize,
    /// Refusals after which a session is ended (64): who guesses keys shall not do so on one connection.
    pub max_refusals: usize,
    /// Rooms that one socket may be in (1,024).
    pub max_rooms: usize,
    /// Acknowledgements that one socket may owe us at once (256).
    pub max_pending_acks: usize,
    /// Events of one session that wait for their handler (64); then no more are read from its transport.
    pub max_pending_events: usize,
    /// Packets that may wait for one client (1,024). A session over it is closed.
    pub max_queued_packets: usize,
    /// Bytes that may wait for one client (4 MiB). A session over it is closed.
    pub max_queued_bytes: usize,
    /// Feeds are asked for more while fewer packets than this wait (256) ...
    pub feed_below_packets: usize,
    /// ... and fewer bytes than this (64 KiB).
    pub feed_below_bytes: usize,
    /// Bytes after which the answer to one poll is cut; the rest goes with the next (1 MiB).
    pub max_poll_bytes: usize,
    /// Packets in the answer to one poll (16): python-engineio takes no more, and hangs up.
    pub max_poll_packets: usize,
    /// Sessions of this server (100,000). A handshake beyond is answered 503.
    pub max_sessions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(45),
            close_timeout: Duration::from_secs(30),
            ack_timeout: Duration::from_secs(10),
            allow_upgrades: true,
            max_payload: 1_000_000,
            max_packet: 4_000_000,
            max_attachments: 10,
            max_namespace_length: 256,
            max_json_depth: 32,
            max_json_values: 50_000,
            max_auth: 16 * 1024,
            max_namespaces: 256,
            max_entering: 16,
            max_refusals: 64,
            max_rooms: 1_024,
            max_pending_acks: 256,
            max_pending_events: 64,
            max_queued_packets: 1_024,
            max_queued_bytes: 4 * 1024 * 1024,
            feed_below_packets: 256,
            feed_below_bytes: 64 * 1024,
            max_poll_bytes: 1024 * 1024,
            max_poll_packets: 16,
            max_sessions: 100_000,
        }
    }
}

/// A configuration that cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An interval is zero.
    #[error("{0} must be longer than zero")]
    NoTime(&'static str),
    /// A limit is zero.
    #[error("{0} must be at least 1")]
    NoRoom(&'static str),
    /// The JSON reader itself stops at 128 levels.
    #[error("max_json_depth must be at most 120")]
    TooDeep,
    /// Feeds would be pulled although the queue is full.
    #[error(
        "feed_below_packets and feed_below_bytes must not be over max_queued_packets and max_queued_bytes"
    )]
    FeedOverQueue,
}

impl Config {
    /// Whether the values can work together.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (name, value) in [
            ("ping_interval", self.ping_interval),
            ("ping_timeout", self.ping_timeout),
            ("upgrade_timeout", self.upgrade_timeout),
            ("connect_timeout", self.connect_timeout),
            ("close_timeout", self.close_timeout),
            ("ack_timeout", self.ack_timeout),
        ] {
            if value.is_zero() {
                return Err(ConfigError::NoTime(name));
            }
        }
        for (name, value) in [
            ("max_payload", self.max_payload),
            ("max_packet", self.max_packet),
            ("max_namespace_length", self.max_namespace_length),
            ("max_json_depth", self.max_json_depth),
            ("max_json_values", self.max_json_values),
            ("max_auth", self.max_auth),
            ("max_namespaces", self.max_namespaces),
            ("max_entering", self.max_entering),
            ("max_refusals", self.max_refusals),
            ("max_rooms", self.max_rooms),
            ("max_pending_acks", self.max_pending_acks),
            ("max_pending_events", self.max_pending_events),
            ("max_queued_packets", self.max_queued_packets),
            ("max_queued_bytes", self.max_queued_bytes),
            ("feed_below_packets", self.feed_below_packets),
            ("feed_below_bytes", self.feed_below_bytes),
            ("max_poll_bytes", self.max_poll_bytes),
            ("max_poll_packets", self.max_poll_packets),
            ("max_sessions", self.max_sessions),
        ] {
            if value == 0 {
                return Err(ConfigError::NoRoom(name));
            }
        }
        if self.max_json_depth > 120 {
            return Err(ConfigError::TooDeep);
        }
        if self.feed_below_packets > self.max_queued_packets || self.feed_below_bytes > self.max_queued_bytes
        {
            return Err(ConfigError::FeedOverQueue);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn impossible_values_are_named() {
        let base = Config::default;
        let cases = [
            (Config { ping_timeout: Duration::ZERO, ..base() }, ConfigError::NoTime("ping_timeout")),
            (Config { max_rooms: 0, ..base() }, ConfigError::NoRoom("max_rooms")),
            (Config { max_json_depth: 121, ..base() }, ConfigError::TooDeep),
            (Config { feed_below_bytes: usize::MAX, ..base() }, ConfigError::FeedOverQueue),
        ];
        for (config, error) in cases {
            assert_eq!(config.check(), Err(error));
        }
    }
}
