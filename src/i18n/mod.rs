//! Everything that the client says, as one typed table per language.
//!
//! The table is a plain value: a text is a `&'static str`, a sentence with something in it a function, so
//! that each language orders and inflects it as it must. English is written in Rust, and a missing entry does
//! not compile. Every other language is a file, `public/i18n/<tag>.json`, which the server has compiled in and
//! a browser loads before the page comes alive; a test holds that each file says everything that English says,
//! with the same things put in. A further language is a further file and a further arm in [`Locale`].

mod details;
mod english;
mod english_chats;
mod english_details;
mod english_health;
mod english_manage;
mod english_notices;
mod english_writing;
mod locale;
mod messages;
mod messages_chats;
mod messages_manage;
mod news;
mod notice;
mod pattern;
mod plural;
mod shapes;
#[cfg(test)]
mod tests;
mod told_notice;
mod told_step;
mod trouble;
mod writing;

#[cfg(not(feature = "ssr"))]
pub use locale::install;
pub use locale::{Locale, spoken};
pub use messages::Messages;
pub use notice::Said;
use shapes::SHELVES;
pub use trouble::FormError;
