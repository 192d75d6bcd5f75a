//! Where a socket was: the cursor of an event, and how many of that event's frames it has seen.
//!
//! Stock clients since 4.6 remember the last argument of every event if it is a text, and show it when they come
//! back (`auth: {pid, offset}`). One event of the log may become several frames of a dialect; a client that was
//! cut off between two of them must get the second and not the first again.

use crate::protocol::{Cursor, CursorError};
use crate::server::gateway::socketio::Handshake;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A position between two frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offset {
    /// Everything up to and with this event was seen, but for what `seen` says.
    pub cursor: Cursor,
    /// So many frames of the event *after* the cursor were seen as well.
    pub seen: usize,
}

impl Offset {
    /// Behind a whole event.
    #[must_use]
    pub fn after(cursor: Cursor) -> Self {
        Self { cursor, seen: 0 }
    }

    /// Whether `self` lies behind `other` in the same life of the log.
    #[must_use]
    pub fn is_later_than(&self, other: &Self) -> bool {
        self.cursor.epoch == other.cursor.epoch
            && (self.cursor.seq, self.seen) > (other.cursor.seq, other.seen)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seen {
            0 => write!(f, "{}", self.cursor),
            seen => write!(f, "{}.{seen}", self.cursor),
        }
    }
}

impl FromStr for Offset {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let Some((cursor, seen)) = text.split_once('.') else { return Ok(Self::after(text.parse()?)) };
        if seen.is_empty() || seen.len() > 3 || !seen.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CursorError);
        }
        Ok(Self { cursor: cursor.parse()?, seen: seen.parse().map_err(|_| CursorError)? })
    }
}

/// Where a client says that it was: `auth.since` or `query.since`, or the offset of a stock client whose `pid` is
/// not known any more. `Some(Err)` for what is no position.
///
/// Clients keep their options for as long as they live, so that `since` may be older than what they have seen: of
/// two positions the later one counts.
#[must_use]
pub fn since(handshake: &Handshake) -> Option<Result<Offset, CursorError>> {
    let explicit = match handshake.auth("since") {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(Value::Null) | None => handshake.query("since"),
        Some(_) => return Some(Err(CursorError)),
    };
    later(explicit, handshake.auth_text("offset"))
}

fn later(since: Option<&str>, offset: Option<&str>) -> Option<Result<Offset, CursorError>> {
    let read = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::parse::<Offset>);
    match (read(since), read(offset)) {
        (Some(Ok(since)), Some(Ok(offset))) if offset.is_later_than(&since) => Some(Ok(offset)),
        (None, offset) => offset,
        (since, _) => since,
    }
}

/// Whether a client copes with an offset behind the arguments of its events. Handlers of python-socketio take
/// exactly the arguments that were sent, and would fail: it is known by its timestamp, which on both transports has a
/// decimal point (`t=1700000000.123`). Its `User-Agent` says nothing: other programs in Python read offsets.
#[must_use]
pub fn knows_offsets(handshake: &Handshake) -> bool {
    !handshake.query("t").is_some_and(is_python_stamp)
}

fn is_python_stamp(t: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    t.split_once('.').is_some_and(|(seconds, rest)| digits(seconds) && digits(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_between_frames() {
        for text in ["e-0", "e-12", "e-12.1", "e-12.999"] {
            assert_eq!(text.parse::<Offset>().map(|offset| offset.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "e", "e-", "e-1.", "e-1.x", "e-1.1.1", "e-1.1000", "e-1.-1"] {
            assert!(text.parse::<Offset>().is_err(), "{text}");
        }
        let at = |text: &str| text.parse::<Offset>().unwrap();
        assert!(at("e-2").is_later_than(&at("e-1.5")) && at("e-1.2").is_later_than(&at("e-1")));
        assert!(!at("f-9").is_later_than(&at("e-1")), "other lives are not compared");
    }

    #[test]
    fn python_socketio_is_known_by_its_timestamp() {
        for stamp in ["1700000000.123", "1700000000.0"] {
            assert!(is_python_stamp(stamp), "{stamp}");
        }
        for other in ["", ".", "1.", ".1", "1700000000", "Oa3xX_1", "1.2.3", "1.2e5"] {
            assert!(!is_python_stamp(other), "{other}");
        }
    }

    #[test]
    fn the_later_of_two_positions_counts() {
        let text = |since, offset| later(since, offset).map(|at| at.map(|at| at.to_string()));
        let at = |text: &str| Some(Ok(text.to_owned()));
        assert_eq!(text(None, None), None);
        assert_eq!(text(Some(""), Some("")), None);
        assert_eq!(text(Some("e-1"), None), at("e-1"));
        assert_eq!(text(None, Some("e-1.2")), at("e-1.2"));
        assert_eq!(text(Some("e-1"), Some("e-1.2")), at("e-1.2"));
        assert_eq!(text(Some("e-3"), Some("e-1")), at("e-3"));
        assert_eq!(text(Some("e-3"), Some("what others send")), at("e-3"));
        assert_eq!(text(Some("f-1"), Some("e-3")), at("f-1"), "what was asked for explicitly");
        assert_eq!(text(Some("?"), Some("e-3")), Some(Err(CursorError)));
    }
}
