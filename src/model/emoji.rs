//! The emoji that can be chosen: group by group, and by words of the page's language.

use super::found::fold;

/// How many are kept as recent.
const RECENT: usize = 32;

/// An emoji and its name.
pub type NamedEmoji = (String, String);

/// One of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    pub face: String,
    pub name: String,
    /// Folded: its name, and after a `;` what else it is found by.
    found_by: String,
}

/// What belongs together, by what the page's language calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmojiGroup {
    pub name: String,
    pub all: Vec<Emoji>,
}

impl Emoji {
    /// `entry` is its name and its words as the file of a language has them: `red heart;emotion love`.
    fn new(face: &str, entry: &str) -> Self {
        Self { face: face.to_owned(), name: before(entry).to_owned(), found_by: fold(entry) }
    }

    /// What is shown of it.
    #[must_use]
    pub fn named(&self) -> NamedEmoji {
        (self.face.clone(), self.name.clone())
    }

    /// How well it has all of the words, best first: where words of its name begin, where any of its words do, or
    /// anywhere, since some languages make one word of many. Nothing if it lacks one.
    fn rank(&self, words: &[&str]) -> Option<u8> {
        let begin = |text: &str| words.iter().all(|word| begins(text, word));
        if begin(before(&self.found_by)) {
            Some(0)
        } else if begin(&self.found_by) {
            Some(1)
        } else {
            words.iter().all(|word| self.found_by.contains(*word)).then_some(2)
        }
    }
}

impl EmojiGroup {
    /// What is shown of them.
    #[must_use]
    pub fn named(&self) -> Vec<NamedEmoji> {
        self.all.iter().map(Emoji::named).collect()
    }
}

/// The part of an entry that is the name.
fn before(entry: &str) -> &str {
    entry.split(';').next().unwrap_or_default()
}

/// Whether a word of the text begins so.
fn begins(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|part| part.starts_with(word))
}

/// The emoji as they come: the faces of each group with blanks between them, and in the page's language
/// `group|name;words|name;words…`. Nothing if the two do not belong together.
#[must_use]
pub fn emoji_groups(faces: &[String], names: &[String]) -> Option<Vec<EmojiGroup>> {
    let group = |(faces, names): (&String, &String)| {
        let (name, entries) = names.split_once('|')?;
        let faces: Vec<&str> = faces.split(' ').collect();
        let entries: Vec<&str> = entries.split('|').collect();
        (faces.len() == entries.len()).then(|| EmojiGroup {
            name: name.to_owned(),
            all: faces.into_iter().zip(entries).map(|(face, entry)| Emoji::new(face, entry)).collect(),
        })
    };
    if faces.len() != names.len() {
        return None;
    }
    faces.iter().zip(names).map(group).collect()
}

/// The emoji that have all of the words, those first whose names begin with them. Case and accents do not count.
#[must_use]
pub fn emoji_like(groups: &[EmojiGroup], words: &str, most: usize) -> Vec<NamedEmoji> {
    let words = fold(words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let all = groups.iter().flat_map(|group| &group.all);
    let mut found: Vec<(u8, &Emoji)> = all.filter_map(|one| Some((one.rank(&words)?, one))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(most).map(|(_, one)| one.named()).collect()
}

/// The recent emoji as they are kept, with their names. One that there is no more has its face for a name.
#[must_use]
pub fn recent_named(groups: &[EmojiGroup], kept: &str) -> Vec<NamedEmoji> {
    let named = |face: &str| {
        let mut all = groups.iter().flat_map(|group| &group.all);
        all.find(|one| one.face == face).map_or_else(|| (face.to_owned(), face.to_owned()), Emoji::named)
    };
    kept.split(' ').filter(|face| !face.is_empty()).map(named).collect()
}

/// The recent emoji after this one was used.
#[must_use]
pub fn recent(before: &str, used: &str) -> String {
    let others = before.split(' ').filter(|one| !one.is_empty() && *one != used);
    std::iter::once(used).chain(others).take(RECENT).collect::<Vec<_>>().join(" ")
}
