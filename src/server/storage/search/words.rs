//! What a text is found by. Both databases index what comes out of here and nothing else, so that they find the same.
//!
//! A word is a run of letters and digits of any script, without case and without diacritics (Unicode compatibility
//! decomposition, then case folding): *Él*, *el* and *EL* are one word. Chinese and Japanese put no blanks between
//! words: there, each character is a word. Signs, punctuation and emoji are none.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Of a longer word, only so many characters count.
const WORD_LENGTH: usize = 64;
/// How many bytes of different words of one message are indexed. The longest text of one-byte letters fits.
const WORDS_SIZE: usize = 256 * 1024;

/// The words of a text in their order, each as often as it occurs.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    // Case folding may bring marks forth (of İ, for example), so they are taken away after it.
    let folded = text.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkd();
    for c in folded {
        if is_diacritic(c) {
            continue;
        }
        // A mark that is no diacritic is a vowel in the scripts of India.
        let inside = c.is_alphanumeric() || is_combining_mark(c);
        if !inside || is_word_alone(c) {
            take(&mut word, &mut length, &mut words);
        }
        if inside && length < WORD_LENGTH {
            word.push(c);
            length += 1;
        }
        if is_word_alone(c) {
            take(&mut word, &mut length, &mut words);
        }
    }
    take(&mut word, &mut length, &mut words);
    words
}

fn take(word: &mut String, length: &mut usize, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
    *length = 0;
}

/// Marks that stand above, below or through a letter.
fn is_diacritic(c: char) -> bool {
    is_combining_mark(c) && canonical_combining_class(c) != 0
}

/// Han, Hiragana and Katakana.
fn is_word_alone(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

/// The different words of a text, as they are indexed.
#[must_use]
pub fn indexed(text: &str) -> BTreeSet<String> {
    let mut left = WORDS_SIZE;
    let mut indexed = BTreeSet::new();
    for word in words(text) {
        if indexed.contains(&word) {
            continue;
        }
        let Some(rest) = left.checked_sub(word.len() + 1) else { break };
        left = rest;
        indexed.insert(word);
    }
    indexed
}

/// What is looked for: all of these words, the last of which need only begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    whole: Vec<String>,
    start: String,
}

impl Wanted {
    /// What a query asks for; `None` if it has no word.
    #[must_use]
    pub fn parse(query: &str) -> Option<Self> {
        let mut whole = words(query);
        let start = whole.pop()?;
        whole.sort_unstable();
        whole.dedup();
        Some(Self { whole, start })
    }

    /// As SQLite's FTS5 asks for it, within a scope.
    pub(super) fn fts5(&self, scope: &str) -> String {
        // Words have no quotes: they are letters, digits and marks.
        let whole: String = self.whole.iter().map(|word| format!("\"{word}\" AND ")).collect();
        format!("\"{scope}\" AND {whole}\"{}\" *", self.start)
    }

    /// As PostgreSQL's `tsquery` asks for it, within a scope.
    pub(super) fn tsquery(&self, scope: &str) -> String {
        let whole: String = self.whole.iter().map(|word| format!("'{word}' & ")).collect();
        format!("'{scope}' & {whole}'{}':*", self.start)
    }

    /// Whether a text has what is wanted: what the databases' indexes are to agree with.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let words = indexed(text);
        self.whole.iter().all(|word| words.contains(word))
            && words.range(self.start.clone()..).next().is_some_and(|word| word.starts_with(&self.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_case_no_diacritics_and_no_signs() {
        for (text, expected) in [
            ("Él dijo: ¿QUÉ?", vec!["el", "dijo", "que"]),
            ("Straße STRASSE", vec!["strasse", "strasse"]),
            ("ΌΣΟΣ όσος", vec!["οσοσ", "οσοσ"]),
            ("İstanbul ISTANBUL", vec!["istanbul", "istanbul"]),
            ("ﬁn ½ ①", vec!["fin", "1", "2", "1"]),
            ("e-mail: a_b@c.de +34 600", vec!["e", "mail", "a", "b", "c", "de", "34", "600"]),
            ("привет, Ёлка", vec!["привет", "елка"]),
            ("東京タワー", vec!["東", "京", "タ", "ワ", "ー"]),
            ("हिन्दी", vec!["हिनदी"]),
            ("🍷 … ' \" \\ \u{0}", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words(&"x".repeat(100)), ["x".repeat(WORD_LENGTH)]);
    }

    #[test]
    fn all_words_have_to_be_there_and_the_last_may_go_on() {
        let text = "Nos vemos mañana en Sevilla";
        for query in ["manana", "VEMOS man", "sev", "en vemos nos", "nos nos"] {
            assert!(Wanted::parse(query).unwrap().is_in(text), "{query}");
        }
        for query in ["man sevilla", "evilla", "hoy", "sevillas", "sevilla hoy"] {
            assert!(!Wanted::parse(query).unwrap().is_in(text), "{query}");
        }
        assert_eq!(Wanted::parse(" ¿…? 🍷"), None);
    }

    #[test]
    fn what_is_indexed_has_an_end() {
        let many: String = (0..60_000).map(|n| format!("word{n} ")).collect();
        let size: usize = indexed(&many).iter().map(|word| word.len() + 1).sum();
        assert!(size <= WORDS_SIZE && size > WORDS_SIZE - 100, "{size}");
    }
}
