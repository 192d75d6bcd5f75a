//! Opaque ids, one Rust type for each kind, so that a chat's id can never be passed for a device's.
//!
//! An id never changes and is held in many places at once, so its copies share one text.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest id that is accepted, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text is longer than [`MAX_ID_LENGTH`].
    #[error("an id has at most {MAX_ID_LENGTH} characters")]
    TooLong,
    /// The text has a character other than `A-Z a-z 0-9 _ -`.
    #[error("an id has only letters, digits, '_' and '-'")]
    Character,
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_ID_LENGTH {
        return Err(IdError::TooLong);
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if text.bytes().all(fits) { Ok(()) } else { Err(IdError::Character) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
        #[cfg_attr(
            feature = "ssr",
            schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")
        )]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text)?;
                Ok(Self(text.into()))
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(text.into()))
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A tenant: owns users, keys and devices.
    WorkspaceId
}
id! {
    /// A person who signs in.
    UserId
}
id! {
    /// One linked WhatsApp account; `botId`, `instanceId` and `deviceId` on the wires.
    DeviceId
}
id! {
    /// A conversation of one device, with a person or a group.
    ChatId
}
id! {
    /// A message of one chat. Ids sort by the time they were minted.
    MessageId
}
id! {
    /// An entry of the event log.
    EventId
}
id! {
    /// A client's own name for a command; the same id never acts twice.
    CommandId
}

id! {
    /// A receiver of events elsewhere.
    WebhookId
}
id! {
    /// A file: one that was uploaded, or one that came with a message.
    MediaId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_we_mint_and_refuses_the_rest() {
        assert_eq!("dev_01HX-z".parse::<DeviceId>().map(String::from), Ok("dev_01HX-z".into()));
        assert_eq!("".parse::<DeviceId>(), Err(IdError::Empty));
        assert_eq!("a/b".parse::<DeviceId>(), Err(IdError::Character));
        assert_eq!("é".parse::<DeviceId>(), Err(IdError::Character));
        assert!("x".repeat(MAX_ID_LENGTH).parse::<DeviceId>().is_ok());
        assert_eq!("x".repeat(MAX_ID_LENGTH + 1).parse::<DeviceId>(), Err(IdError::TooLong));
        assert!(serde_json::from_str::<DeviceId>("\"a b\"").is_err());
    }

    #[test]
    fn copies_share_one_text() {
        let id: ChatId = "cht_1".parse().unwrap();
        let other: ChatId = "cht_1".parse().unwrap();
        assert_eq!(id.as_str().as_ptr(), id.clone().as_str().as_ptr());
        assert_ne!(id.as_str().as_ptr(), other.as_str().as_ptr());
        assert_eq!(id, other);
    }

    #[test]
    fn they_are_written_as_their_text() {
        let id: ChatId = "cht_1".parse().unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"cht_1\"");
        assert_eq!(serde_json::from_str::<ChatId>("\"cht_1\"").unwrap(), id);
        assert_eq!((format!("{id}"), format!("{id:?}")), ("cht_1".to_owned(), "cht_1".to_owned()));
    }
}
