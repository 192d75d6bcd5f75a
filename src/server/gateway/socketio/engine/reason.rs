//! Why a session ends, and how near it is to that.

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The client said so, or its transport ended in order.
    TransportClose,
    /// Its transport broke, or broke the rules of transports.
    TransportError,
    /// It did not answer a ping in time.
    PingTimeout,
    /// What it sent was no packet.
    ParseError,
    /// It sent more than allowed.
    TooLarge,
    /// It read slower than its queue filled.
    Overflow,
    /// We ended it.
    Forced,
    /// The server is going down.
    Shutdown,
}

/// How full a session's queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// Feeds may be asked for more.
    Low,
    /// Feeds wait.
    Some,
    /// Nothing more is read from the client either, because its events would be answered.
    High,
}
