//! Where a socket's events come from: they are pulled, as fast as its client reads.

use std::fmt;

use futures_util::stream::{self, BoxStream, StreamExt as _};

use super::codec::Frame;

/// A source of events for one socket. It is asked for the next batch once the client has taken most of the last,
/// so that a slow client costs no memory and loses nothing: it is simply asked for later.
pub trait Feed: Send + 'static {
    /// Waits for the next batch. The future is never dropped half-way while the socket lives. A batch should be
    /// small, some tens of kilobytes: it is held as a whole.
    fn next(&mut self) -> impl Future<Output = Batch> + Send;
}

/// What a [`Feed`] has next.
#[derive(Debug)]
pub enum Batch {
    /// Events for the socket's namespace, in order. May be empty.
    Frames(Vec<Frame>),
    /// The socket is to leave its namespace; a stock client does not come back by itself.
    Disconnect,
    /// The session is to end; a stock client comes back and says where it was.
    Close,
}

/// A feed that is open, and where it begins.
pub struct Opened {
    pub(super) stream: Option<BoxStream<'static, Batch>>,
    pub(super) start: Option<String>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("start", &self.start).finish_non_exhaustive()
    }
}

impl Opened {
    /// No events but those that are emitted or broadcast.
    pub fn silent() -> Self {
        Self { stream: None, start: None }
    }

    /// A feed. `start` is the position that it begins behind: a client that is cut off before its first event
    /// comes back to there.
    pub fn new(feed: impl Feed, start: Option<String>) -> Self {
        let stream = stream::unfold(feed, |mut feed| async move {
            let batch = feed.next().await;
            Some((batch, feed))
        });
        Self { stream: Some(stream.boxed()), start }
    }
}

/// Where a feed is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what happens from now on, or wherever the session says.
    Now,
    /// Behind what the client has seen.
    After(Position),
}

/// Where a client that comes back was. Both are offsets of our own making, but the client holds the first and may
/// have kept it from an earlier socket: the later of the two is where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The offset of the last event that it has seen, if it has seen any.
    pub seen: Option<String>,
    /// Where its feed began.
    pub opened: Option<String>,
}

/// The position cannot be found any more: what was missed is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the position is lost")]
pub struct Lost;
