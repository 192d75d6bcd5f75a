//! The languages that the client speaks.

use super::messages::{Messages, More};
use super::plural::Plural;
use super::shapes::{Group as _, Shelf, TEXTS, Texts, key};
use super::{SHELVES, english};
use crate::protocol::{decode, read_name};
use serde::Serialize;
use serde_json::Value;
use std::sync::OnceLock;

/// A language that the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Locale {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "es")]
    Spanish,
    #[serde(rename = "pt")]
    Portuguese,
    #[serde(rename = "ar")]
    Arabic,
    #[serde(rename = "de")]
    German,
}

read_name!(Locale { "en" => English, "es" => Spanish, "pt" => Portuguese, "ar" => Arabic, "de" => German });

static TABLES: [OnceLock<Messages>; SHELVES] = [const { OnceLock::new() }; SHELVES];
/// What belongs to each of them and is said by chunks only: here before the table is.
static MORE: [OnceLock<More>; SHELVES] = [const { OnceLock::new() }; SHELVES];

/// What chunks say, in the language of a table.
pub(super) fn more(shelf: Shelf) -> &'static More {
    shelf.0.and_then(|shelf| MORE.get(shelf)?.get()).unwrap_or(&english::MORE)
}

impl Locale {
    /// The language of this tag, such as `de` or `de-AT`, if it is one of ours.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(language)).map(|(_, locale)| *locale)
    }

    /// The first of ours that an `Accept-Language` asks for.
    #[must_use]
    pub fn asked(header: &str) -> Option<Self> {
        let weight = |part: &str| {
            let q = part.split(';').skip(1).find_map(|part| part.trim().strip_prefix("q="));
            q.map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0))
        };
        let mut parts: Vec<(f32, &str)> = header.split(',').map(|part| (weight(part), part)).collect();
        // The order of equals stays.
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let wanted = parts.iter().filter(|(weight, _)| *weight > 0.0);
        wanted.filter_map(|(_, part)| Self::of_tag(part.split(';').next()?)).next()
    }

    /// What `<html lang>` says.
    #[must_use]
    pub fn tag(self) -> &'static str {
        Self::NAMED.iter().find(|(_, locale)| *locale == self).map_or("en", |(tag, _)| tag)
    }

    /// What `<html dir>` says.
    #[must_use]
    pub fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    /// What the language is called by those who speak it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::Portuguese => "Português",
            Self::Arabic => "العربية",
            Self::German => "Deutsch",
        }
    }

    /// How it counts.
    #[must_use]
    pub fn plural(self) -> Plural {
        match self {
            Self::English | Self::Spanish | Self::German => Plural::One,
            Self::Portuguese => Plural::NoneOrOne,
            Self::Arabic => Plural::Six,
        }
    }

    /// The table.
    #[must_use]
    #[cfg(feature = "ssr")]
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::English => &english::MESSAGES,
            Self::Spanish => self.table::<0>(),
            Self::Portuguese => self.table::<1>(),
            Self::Arabic => self.table::<2>(),
            Self::German => self.table::<3>(),
        }
    }

    /// The file of its texts, compiled in; none for English.
    #[must_use]
    #[cfg(feature = "ssr")]
    pub fn file(self) -> Option<&'static str> {
        match self {
            Self::English => None,
            Self::Spanish => Some(include_str!("../../public/i18n/es.json")),
            Self::Portuguese => Some(include_str!("../../public/i18n/pt.json")),
            Self::Arabic => Some(include_str!("../../public/i18n/ar.json")),
            Self::German => Some(include_str!("../../public/i18n/de.json")),
        }
    }

    /// Where a browser finds its texts: with what they are in the address, so that an old file is never taken
    /// for a new one.
    #[must_use]
    #[cfg(feature = "ssr")]
    pub fn address(self) -> Option<String> {
        self.file().map(|text| format!("/i18n/{}.json?v={:08x}", self.tag(), key(text)))
    }

    #[cfg(feature = "ssr")]
    fn table<const SHELF: usize>(self) -> &'static Messages {
        TABLES[SHELF].get_or_init(|| {
            shelve::<SHELF>(self, self.file().unwrap_or_default());
            drop(MORE[SHELF].set(english::MORE.told::<SHELF>()));
            english::MESSAGES.told::<SHELF>()
        })
    }

    /// The table: the one that was installed, for there is only one language at a time here.
    #[must_use]
    #[cfg(not(feature = "ssr"))]
    pub fn messages(self) -> &'static Messages {
        let installed = if self == Self::English { None } else { TABLES[0].get() };
        installed.unwrap_or(&english::MESSAGES)
    }
}

/// Takes a language's texts in: the page speaks it from now on. Once, before anything is shown.
#[cfg(not(feature = "ssr"))]
pub fn install(locale: Locale, text: &str) {
    shelve::<0>(locale, text);
    drop(MORE[0].set(english::MORE.told::<0>()));
    drop(TABLES[0].set(english::MESSAGES.told::<0>()));
}

/// The table of the page's language, for those who have no page to ask: in the browser the installed one.
#[must_use]
pub fn spoken() -> &'static Messages {
    #[cfg(not(feature = "ssr"))]
    if let Some(installed) = TABLES[0].get() {
        return installed;
    }
    &english::MESSAGES
}

/// Puts a file's texts on a shelf. They stay for as long as the program runs.
fn shelve<const SHELF: usize>(locale: Locale, text: &str) {
    let mut texts = Vec::new();
    if let Ok(tree) = decode::<Value>(text) {
        flatten(String::new(), &tree, &mut texts);
    }
    let mut by_key: Vec<(u32, &'static str)> =
        texts.into_iter().map(|(name, text)| (key(&name), &*Box::leak(text.into_boxed_str()))).collect();
    by_key.sort_unstable_by_key(|(key, _)| *key);
    drop(TEXTS[SHELF].set(Texts { by_key, plural: locale.plural() }));
}

/// Every text of a tree with its key.
pub(super) fn flatten(at: String, tree: &Value, into: &mut Vec<(String, String)>) {
    match tree {
        Value::String(text) => into.push((at, text.clone())),
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                flatten(below, value, into);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                flatten(format!("{at}.{number}"), value, into);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn what_a_browser_asks_for_counts_by_weight() {
        let asked = Locale::asked;
        assert_eq!(asked("de-AT,de;q=0.9,en;q=0.8"), Some(Locale::German));
        assert_eq!(asked("fr, en;q=0.5, pt-BR;q=0.7"), Some(Locale::Portuguese));
        assert_eq!(asked("en-GB,ar;q=0.9"), Some(Locale::English));
        assert_eq!(asked("es;q=0, ar"), Some(Locale::Arabic));
        for none in ["", "fr", "*", ";;,,", "x".repeat(300).as_str()] {
            assert_eq!(asked(none), None, "{none}");
        }
    }
}
