//! A position in a workspace's event log: `"<epoch>-<seq>"`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Names one life of a log. It is random, and changes when a log is restored or truncated, so that
/// a position of an older life is never mistaken for one of this.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9]+$"))]
#[serde(try_from = "String", into = "String")]
pub struct Epoch(String);

impl Epoch {
    /// The epoch as text: 1 to 32 lower-case letters and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Epoch {
    type Error = CursorError;
    fn try_from(text: String) -> Result<Self, CursorError> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if text.is_empty() || text.len() > 32 || !text.bytes().all(fits) {
            return Err(CursorError);
        }
        Ok(Self(text))
    }
}

impl From<Epoch> for String {
    fn from(epoch: Epoch) -> String {
        epoch.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A position in a workspace's event log: everything up to and with `seq` has been seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The life of the log that `seq` counts in.
    pub epoch: Epoch,
    /// The last event that was seen; 0 before the first.
    pub seq: i64,
}

/// On the wire a cursor is one text, whatever its fields are here.
#[cfg(feature = "ssr")]
impl utoipa::PartialSchema for Cursor {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[a-z0-9]{1,32}-[0-9]{1,19}$"))
            .description(Some("A position in the workspace's event log: `<epoch>-<seq>`. Opaque to clients."))
            .into()
    }
}

#[cfg(feature = "ssr")]
impl utoipa::ToSchema for Cursor {}

/// The text is not `"<epoch>-<seq>"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor looks like \"<epoch>-<seq>\"")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (epoch, seq) = text.rsplit_once('-').ok_or(CursorError)?;
        // `parse` alone would take "+1" as well.
        if !seq.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CursorError);
        }
        Ok(Self { epoch: Epoch::try_from(epoch.to_owned())?, seq: seq.parse().map_err(|_| CursorError)? })
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;
    fn try_from(text: String) -> Result<Self, CursorError> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(epoch in "[a-z0-9]{1,32}", seq in 0..=i64::MAX) {
            let cursor: Cursor = format!("{epoch}-{seq}").parse().unwrap();
            prop_assert_eq!((cursor.epoch.as_str(), cursor.seq), (epoch.as_str(), seq));
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }

        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = text.parse::<Cursor>();
        }
    }

    #[test]
    fn refuses_what_is_not_a_cursor() {
        for text in ["", "-", "abc", "abc-", "-1", "abc-+1", "ABC-1", "abc--1", "abc-9223372036854775808"] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
