//! How a table in another language is made of its texts.
//!
//! English is a table in the program ([`super::english`]). Every other language is a file of texts
//! (`public/i18n/<tag>.json`), so that only whoever speaks it loads it. [`texts!`] declares the groups of the
//! table, and makes for each of them a copy of the English one in which every entry is told by the file. An
//! entry is found by its key, `Group.field`, of which the program keeps only a number; what a file does not
//! have stays English.
//!
//! A function cannot carry the language that it speaks, so each language has a shelf of its own, and `SHELF`
//! is part of the function's type. The server has one for each language, the browser one for all.

use super::notice::Said;
use super::pattern::{Arg, write};
use super::plural::Plural;
use super::trouble::FormError;
use crate::model::TraceStep;
use crate::protocol::{
    CauseCode, ConnectionKind, DelayCode, DeviceStatus, FailureCode, MessageKind, MessageStatus, NextAction,
    Permission, ProblemCode,
};
use std::sync::OnceLock;

/// How many languages there are beside English.
pub const SHELVES: usize = 4;

/// The texts of a language by the number of their key, in order, and its rule of plurals.
pub struct Texts {
    pub by_key: Vec<(u32, &'static str)>,
    pub plural: Plural,
}

pub static TEXTS: [OnceLock<Texts>; SHELVES] = [const { OnceLock::new() }; SHELVES];

/// The number that stands for a key: FNV-1a. A test holds that no two keys have the same.
#[must_use]
pub const fn key(text: &str) -> u32 {
    extend(0x811c_9dc5, text)
}

/// The number of a longer key.
#[must_use]
pub const fn extend(mut hash: u32, text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

/// A text of the shelf.
#[must_use]
pub fn find(shelf: usize, key: u32) -> Option<&'static str> {
    let texts = TEXTS.get(shelf)?.get()?;
    let at = texts.by_key.binary_search_by_key(&key, |(key, _)| *key).ok()?;
    texts.by_key.get(at).map(|(_, text)| *text)
}

/// The text of a name below a key, as `Devices.status.connected`.
fn named(shelf: usize, key: u32, name: &str) -> Option<&'static str> {
    find(shelf, extend(extend(key, "."), name))
}

/// A text with something put into it; empty where there is none, which [`Entry::told`] does not let happen.
fn say(shelf: usize, key: u32, args: &[Arg<'_>]) -> String {
    let plural = TEXTS.get(shelf).and_then(OnceLock::get).map_or(Plural::default(), |texts| texts.plural);
    find(shelf, key).map(|text| write(text, args, plural)).unwrap_or_default()
}

/// What can stand in a table.
///
/// An entry of another form than those below needs an `impl` here, and its texts in every file.
#[diagnostic::on_unimplemented(
    message = "a table of texts cannot hold `{Self}` yet",
    note = "add an `impl Entry` for it to src/i18n/shapes.rs, or `named!` for a list of names"
)]
pub trait Entry: Copy + 'static {
    /// This entry in the language of a shelf.
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self;

    /// The keys of this entry, each with an English text that has what is put in as `\u{1}0`, `\u{1}1`, ….
    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>);
}

/// The shelf of a table's texts; none for English.
#[derive(Debug, Clone, Copy)]
pub struct Shelf(pub Option<usize>);

impl Group for Shelf {
    fn told<const SHELF: usize>(&self) -> Self {
        Self(Some(SHELF))
    }

    #[cfg(test)]
    fn probe(&self, _into: &mut Vec<(String, String)>) {}
}

/// A group of entries.
pub trait Group: Sized {
    /// The group in the language of a shelf.
    fn told<const SHELF: usize>(&self) -> Self;

    /// See [`Entry::probe`].
    #[cfg(test)]
    fn probe(&self, into: &mut Vec<(String, String)>);
}

/// Declares the groups of the table of texts.
macro_rules! texts {
    ($($(#[$meta:meta])* pub struct $group:ident {
        $($(#[$about:meta])* pub $field:ident: $form:ty),* $(,)?
    })*) => {
        $(
            $(#[$meta])*
            pub struct $group { $($(#[$about])* pub $field: $form),* }

            impl $crate::i18n::shapes::Group for $group {
                fn told<const SHELF: usize>(&self) -> Self {
                    use $crate::i18n::shapes::{Entry, key};
                    Self { $($field: Entry::told::<
                        SHELF,
                        { key(concat!(stringify!($group), ".", stringify!($field))) },
                    >(self.$field)),* }
                }

                #[cfg(test)]
                fn probe(&self, into: &mut Vec<(String, String)>) {
                    use $crate::i18n::shapes::Entry;
                    $(Entry::probe(self.$field, concat!(stringify!($group), ".", stringify!($field)), into);)*
                }
            }
        )*
    };
}

/// Declares the table of texts: its groups.
macro_rules! table {
    ($(#[$meta:meta])* pub struct $table:ident { $($(#[$about:meta])* pub $field:ident: $group:ty),* $(,)? }) => {
        $(#[$meta])*
        pub struct $table { $($(#[$about])* pub $field: $group),* }

        impl $crate::i18n::shapes::Group for $table {
            fn told<const SHELF: usize>(&self) -> Self {
                Self { $($field: $crate::i18n::shapes::Group::told::<SHELF>(&self.$field)),* }
            }

            #[cfg(test)]
            fn probe(&self, into: &mut Vec<(String, String)>) {
                $($crate::i18n::shapes::Group::probe(&self.$field, into);)*
            }
        }
    };
}
pub(crate) use {table, texts};

impl Entry for &'static str {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        find(SHELF, KEY).unwrap_or(self)
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.push((key.to_owned(), self.to_owned()));
    }
}

impl<const N: usize> Entry for [&'static str; N] {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        std::array::from_fn(|at| named(SHELF, KEY, &at.to_string()).unwrap_or(self[at]))
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.extend(self.iter().enumerate().map(|(at, text)| (format!("{key}.{at}"), (*text).to_owned())));
    }
}

/// A sentence with something put in: its arguments, and how they are put in.
macro_rules! sentence {
    ($($form:ty: ($($name:ident: $put:ident = $probe:expr),*);)*) => {
        $(impl Entry for $form {
            fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
                let told: Self = |$($name),*| say(SHELF, KEY, &[$(Arg::$put($name)),*]);
                if find(SHELF, KEY).is_some() { told } else { self }
            }

            #[cfg(test)]
            fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
                into.push((key.to_owned(), self($($probe),*)));
            }
        })*
    };
}

sentence! {
    fn(&str) -> String: (one: Word = "\u{1}0");
    fn(&str, &str) -> String: (one: Word = "\u{1}0", two: Word = "\u{1}1");
    fn(i64) -> String: (count: Number = 2);
    fn(&str, i64) -> String: (one: Word = "\u{1}0", count: Number = 2);
    fn(i64, &'static str, i64) -> String: (one: Number = 2, two: Word = "\u{1}1", three: Number = 2);
    fn(i64, i64) -> String: (one: Number = 2, two: Number = 2);
    fn(i64, i64, i64) -> String: (one: Number = 2, two: Number = 2, three: Number = 2);
}

/// A count that may not be all: then the text whose key ends in `_more` counts.
impl Entry for fn(i64, bool) -> String {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |count, more| {
            let key = if more { extend(KEY, "_more") } else { KEY };
            say(SHELF, key, &[Arg::Number(count)])
        };
        if find(SHELF, KEY).is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.push((key.to_owned(), self(2, false)));
        into.push((format!("{key}_more"), self(2, true)));
    }
}

/// Sender, time, status and text. Where there is no status, the text whose key ends in `_short` counts.
impl Entry for fn(&str, &str, &str, &str) -> String {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |one, two, three, four| {
            let key = if three.is_empty() { extend(KEY, "_short") } else { KEY };
            say(SHELF, key, &[Arg::Word(one), Arg::Word(two), Arg::Word(three), Arg::Word(four)])
        };
        if find(SHELF, KEY).is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.push((key.to_owned(), self("\u{1}0", "\u{1}1", "\u{1}2", "\u{1}3")));
        into.push((format!("{key}_short"), self("\u{1}0", "\u{1}1", "", "\u{1}3")));
    }
}

/// Names of people: `two` joins the last to those before, `more` those before to each other.
impl Entry for fn(&[String]) -> String {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |names| {
            let Some((last, before)) = names.split_last() else { return String::new() };
            let Some((first, others)) = before.split_first() else { return last.clone() };
            let join = |joint: &str, left: String, right: &String| {
                say(SHELF, extend(KEY, joint), &[Arg::Word(&left), Arg::Word(right)])
            };
            let before = others.iter().fold(first.clone(), |left, right| join(".more", left, right));
            join(".two", before, last)
        };
        if find(SHELF, extend(KEY, ".two")).is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        for joint in ["two", "more"] {
            into.push((format!("{key}.{joint}"), "\u{1}0\u{1}1".to_owned()));
        }
    }
}

/// What is sent again, and why: the number is how often it was tried.
impl Entry for fn(u32, DelayCode) -> String {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |count, code| {
            let key = extend(extend(KEY, "."), name_of(DelayCode::NAMED, code));
            say(SHELF, key, &[Arg::Number(count.into())])
        };
        if named(SHELF, KEY, "other").is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        for (name, code) in DelayCode::NAMED {
            into.push((format!("{key}.{name}"), self(2, *code)));
        }
    }
}

/// What a code means. A code that is not known in English is not known in another language either.
impl Entry for fn(&str) -> Option<&'static str> {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |name| named(SHELF, KEY, name);
        if find(SHELF, extend(KEY, ".known")).is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.push((format!("{key}.known"), String::new()));
        let texts =
            super::tests::CODES.iter().filter_map(|code| Some((format!("{key}.{code}"), self(code)?)));
        into.extend(texts.map(|(key, text)| (key, text.to_owned())));
    }
}

impl Entry for fn(&str) -> &'static str {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |name| named(SHELF, KEY, name).unwrap_or_default();
        if find(SHELF, extend(KEY, ".known")).is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        into.push((format!("{key}.known"), String::new()));
        let texts = super::tests::CODES.iter().map(|code| (format!("{key}.{code}"), self(code)));
        into.extend(texts.filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key, text.to_owned())));
    }
}

impl Entry for fn(&Said<'_>) -> String {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |said| super::told_notice::say(SHELF, KEY, said);
        if named(SHELF, KEY, "other").is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        super::told_notice::probe(key, into);
    }
}

impl Entry for fn(&TraceStep) -> Option<String> {
    fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
        let told: Self = |step| super::told_step::say(SHELF, KEY, step);
        if named(SHELF, KEY, "queue_queued").is_some() { told } else { self }
    }

    #[cfg(test)]
    fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
        super::told_step::probe(self, key, into);
    }
}

fn name_of<T: PartialEq>(named: &[(&'static str, T)], value: T) -> &'static str {
    named.iter().find(|(_, other)| *other == value).map(|(name, _)| *name).unwrap_or_default()
}

/// Texts for each name of a list, some of which may have none.
macro_rules! named {
    ($($list:ty),* $(,)?) => {
        $(
            impl Entry for fn($list) -> &'static str {
                fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
                    let told: Self =
                        |value| named(SHELF, KEY, name_of(<$list>::NAMED, value)).unwrap_or_default();
                    let (first, _) = <$list>::NAMED[0];
                    if named(SHELF, KEY, first).is_some() { told } else { self }
                }

                #[cfg(test)]
                fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
                    for (name, value) in <$list>::NAMED {
                        into.push((format!("{key}.{name}"), self(*value).to_owned()));
                    }
                }
            }

            impl Entry for fn($list) -> Option<&'static str> {
                fn told<const SHELF: usize, const KEY: u32>(self) -> Self {
                    let told: Self = |value| named(SHELF, KEY, name_of(<$list>::NAMED, value));
                    if find(SHELF, extend(KEY, ".known")).is_some() { told } else { self }
                }

                #[cfg(test)]
                fn probe(self, key: &str, into: &mut Vec<(String, String)>) {
                    into.push((format!("{key}.known"), String::new()));
                    for (name, value) in <$list>::NAMED {
                        if let Some(text) = self(*value) {
                            into.push((format!("{key}.{name}"), text.to_owned()));
                        }
                    }
                }
            }
        )*
    };
}

named!(
    CauseCode,
    ConnectionKind,
    DeviceStatus,
    FailureCode,
    FormError,
    MessageKind,
    MessageStatus,
    NextAction,
    Permission,
    ProblemCode,
);
