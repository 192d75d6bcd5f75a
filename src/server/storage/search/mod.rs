//! Finding messages by their words: which words they have, and the index that is kept in each database.
//!
//! **One definition, two indexes.** [`words`] says what a text is found by; SQLite's FTS5 and PostgreSQL's
//! `tsvector` get its words ready made and only look them up. A message's *place* sorts by its time, so that both find
//! the newest first without sorting all that they found.

mod backlog;
mod find;
mod index;
mod words;

#[cfg(test)]
mod tests;

pub use backlog::index_backlog;
pub use find::{FOUND_PER_PAGE, Found, Sought, is_search_place, search};
pub use index::{found_by, index_message, index_new};
pub use words::{Wanted, words};

use crate::protocol::Millis;

/// Bits of a place that tell messages of one millisecond apart.
const TIE_BITS: u32 = 20;
/// The last time that has places of its own: in the year 2109. Later ones share it.
const LAST: Millis = (1 << 42) - 1;

/// The first place of a time.
fn first_place(at: Millis) -> i64 {
    at.clamp(0, LAST) << TIE_BITS
}

/// What stands among a message's words for its workspace, its device and its chat, so that a search need not look
/// at the words of others. No text has such a word: none has a `_`.
fn scope_word(id: &str) -> String {
    format!("_{id}")
}
