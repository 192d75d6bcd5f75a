//! Everything that the client says, as one typed table per language.
//!
//! A table is a plain value: a text is a `&'static str`, a sentence with something in it a function, so
//! that each language orders and inflects it as it must. A missing entry does not compile. A further
//! language is a further file with a further table and one arm in [`Locale::messages`].

mod english;
mod english_notices;
mod english_writing;
mod messages;
mod notice;
mod writing;

pub use messages::Messages;
pub use notice::Said;

/// A language that the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    #[default]
    English,
}

impl Locale {
    /// What `<html lang>` says.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// What `<html dir>` says.
    #[must_use]
    pub fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
        }
    }

    /// The table.
    #[must_use]
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::English => &english::MESSAGES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn numbers_inflect() {
        let t = Locale::default().messages();
        assert_eq!((t.thread.new_messages)(1), "1 new message");
        assert_eq!((t.thread.new_messages)(2), "2 new messages");
        assert_eq!((t.connection.queued)(1), "1 message waits to be sent.");
    }
}
