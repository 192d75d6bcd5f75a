//! Where a message keeps what only some messages have: nowhere, for most.

use super::Details;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// What messages without anything of their own are read from.
static EMPTY: Details = Details {
    quoted: None,
    reactions: Vec::new(),
    mentions: Vec::new(),
    media: None,
    location: None,
    contacts: Vec::new(),
    poll: None,
    link_preview: None,
    forwards: 0,
    edited_at: None,
    revoked_at: None,
    starred: false,
    pinned_until: None,
    pinned_at: None,
    played_at: None,
    view_once: false,
    expires_in: None,
    notice: None,
};

/// A message's [`Details`], which take no memory while there are none: a client holds thousands of plain texts.
///
/// It reads, compares and travels as the details themselves. Only writing into it makes room for them, so whoever
/// only reads goes through `&`.
#[derive(Clone, Default)]
pub struct Extras(Option<Box<Details>>);

impl Extras {
    /// The details by themselves.
    #[must_use]
    pub fn into_inner(self) -> Details {
        self.0.map(|details| *details).unwrap_or_default()
    }
}

impl Deref for Extras {
    type Target = Details;

    fn deref(&self) -> &Details {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for Extras {
    fn deref_mut(&mut self) -> &mut Details {
        self.0.get_or_insert_default()
    }
}

impl From<Details> for Extras {
    fn from(details: Details) -> Self {
        Self((details != EMPTY).then(|| Box::new(details)))
    }
}

/// What is there and empty is as good as what is not there.
impl PartialEq for Extras {
    fn eq(&self, other: &Self) -> bool {
        // Most have nothing: then there is nothing to compare either.
        (self.0.is_none() && other.0.is_none()) || **self == **other
    }
}

impl Eq for Extras {}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl Serialize for Extras {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Details::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Extras {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Details::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MessageId, read_record};
    use serde_json::json;

    /// Stands for a message: its details are written among its own fields.
    #[derive(Debug, PartialEq, Serialize)]
    struct Carrier {
        id: MessageId,
        #[serde(flatten)]
        extras: Extras,
    }

    read_record!(Carrier { id: "id"; rest extras });

    fn starred() -> Details {
        Details { starred: true, mentions: vec!["34600111222".into()], ..Details::default() }
    }

    #[test]
    fn nothing_takes_no_memory() {
        assert_eq!(EMPTY, Details::default());
        assert!(Extras::default().0.is_none());
        assert!(Extras::from(Details::default()).0.is_none());
        assert!(Extras::from(starred()).0.is_some());
        assert!(serde_json::from_value::<Extras>(json!({})).unwrap().0.is_none());
        assert_eq!(size_of::<Extras>(), size_of::<usize>());
    }

    #[test]
    fn reading_makes_no_room_and_writing_does() {
        let mut extras = Extras::default();
        assert!(!extras.starred && extras.media.is_none());
        assert!(extras.0.is_none());
        extras.starred = true;
        assert!(extras.starred && extras.0.is_some());
        assert!(extras.into_inner().starred);
        assert_eq!(Extras::default().into_inner(), Details::default());
    }

    #[test]
    fn equal_is_what_has_the_same_content() {
        let mut emptied = Extras::from(starred());
        assert_eq!(emptied, Extras::from(starred()));
        assert_ne!(emptied, Extras::default());
        *emptied = Details::default();
        assert!(emptied.0.is_some());
        assert_eq!(emptied, Extras::default());
        assert_eq!(Extras::default(), emptied);
    }

    #[test]
    fn it_is_written_as_details_are() {
        for details in [Details::default(), starred()] {
            let written = serde_json::to_string(&details).unwrap();
            assert_eq!(serde_json::to_string(&Extras::from(details.clone())).unwrap(), written);
            assert_eq!(serde_json::from_str::<Extras>(&written).unwrap(), Extras::from(details));
        }
        assert_eq!(format!("{:?}", Extras::default()), format!("{:?}", Details::default()));
    }

    #[test]
    fn it_travels_among_the_fields_of_its_message() {
        let id = || "msg_1".parse::<MessageId>().unwrap();
        let full = Carrier { id: id(), extras: starred().into() };
        let value = serde_json::to_value(&full).unwrap();
        assert_eq!(value, json!({ "id": "msg_1", "starred": true, "mentions": ["34600111222"] }));
        assert_eq!(serde_json::from_value::<Carrier>(value).unwrap(), full);

        let plain = Carrier { id: id(), extras: Extras::default() };
        let value = serde_json::to_value(&plain).unwrap();
        assert_eq!(value, json!({ "id": "msg_1" }));
        assert!(serde_json::from_value::<Carrier>(value).unwrap().extras.0.is_none());
    }
}
