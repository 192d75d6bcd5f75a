//! What happens to a text while it is written: marks around a part of it, emoji put in, people named, short replies
//! called up. Places are counted as browsers count them, in UTF-16.

use super::text::phone;
use crate::protocol::GroupMember;

/// The longest beginning of a name that is looked for.
const LONGEST: usize = 30;

/// A part of a text, by where it begins and ends.
pub type Part = (usize, usize);

fn byte(text: &str, place: usize) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= place {
            return at;
        }
        units += letter.len_utf16();
    }
    text.len()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Puts something in the place of a part. Answers the text and where the caret stands then.
#[must_use]
pub fn put(text: &str, (from, to): Part, piece: &str) -> (String, usize) {
    let (start, end) = (byte(text, from), byte(text, to.max(from)));
    let whole = format!("{}{piece}{}", &text[..start], &text[end..]);
    (whole, units(&text[..start]) + units(piece))
}

/// Puts a mark around a part, or takes it away where it is already. Answers the text and the part then.
#[must_use]
pub fn mark(text: &str, (from, to): Part, mark: char) -> (String, Part) {
    let (start, end) = (byte(text, from), byte(text, to.max(from)));
    let (before, inside, after) = (&text[..start], &text[start..end], &text[end..]);
    let size = mark.len_utf16();
    if before.ends_with(mark) && after.starts_with(mark) {
        let before = before.strip_suffix(mark).unwrap_or(before);
        let after = after.strip_prefix(mark).unwrap_or(after);
        let part = (from.saturating_sub(size), to.max(from).saturating_sub(size));
        return (format!("{before}{inside}{after}"), part);
    }
    // Spaces stay outside: WhatsApp reads a mark at the edge of a word only.
    let core = inside.trim();
    let lead = inside.len() - inside.trim_start().len();
    let (left, right) = (&inside[..lead], &inside[(lead + core.len()).min(inside.len())..]);
    let begins = units(before) + units(left) + size;
    (format!("{before}{left}{mark}{core}{mark}{right}{after}"), (begins, begins + units(core)))
}

/// What is looked for with what stands before the caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// A short reply: `/` opens the text.
    Reply { part: Part, words: String },
    /// Somebody of the group: `@` opens a word.
    Member { part: Part, words: String },
}

/// What is looked for in this text, if anything.
#[must_use]
pub fn sought(text: &str, caret: usize) -> Option<Sought> {
    let before = &text[..byte(text, caret)];
    if let Some(words) = before.strip_prefix('/') {
        let short = words.chars().count() <= LONGEST && !words.contains(['\n', '/']);
        return short.then(|| Sought::Reply { part: (0, caret), words: words.to_lowercase() });
    }
    let at = before.rfind('@')?;
    let opens = before[..at].chars().next_back().is_none_or(|letter| !letter.is_alphanumeric());
    let words = &before[at + 1..];
    let fits = words.chars().count() <= LONGEST && !words.contains('\n') && !words.starts_with(' ');
    (opens && fits)
        .then(|| Sought::Member { part: (units(&before[..at]), caret), words: words.to_lowercase() })
}

/// Somebody who is named in a text: how they stand there, and by what the message names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// Digits of their number, else their JID.
    pub address: String,
}

impl Named {
    /// Somebody by their name. Where others are called the same (`alike`), the number stands behind it, so that the text
    /// itself says who is meant.
    #[must_use]
    pub fn new(name: &str, address: &str, alike: bool) -> Self {
        let name = if alike { format!("{name} ({})", phone(address)) } else { name.to_owned() };
        Self { name, address: address.to_owned() }
    }

    /// A member of a group.
    #[must_use]
    pub fn of(member: &GroupMember, alike: bool) -> Self {
        Self::new(&member.name, member.phone_number.as_deref().unwrap_or(&member.jid), alike)
    }
}

/// What stands behind the `@` of somebody as a text travels.
#[must_use]
pub fn digits_of(address: &str) -> &str {
    address.split('@').next().unwrap_or_default()
}

/// The text with another word behind `@` wherever this one stands there; `None` if it does nowhere.
#[must_use]
pub fn renamed(text: &str, from: &str, to: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric();
    let written = format!("@{from}");
    let (mut whole, mut rest, mut found) = (String::new(), text, false);
    while let Some((before, after)) = rest.split_once(written.as_str()) {
        // "@Ana" is not in "@Anabel", nor "@346" in "@34699".
        let goes_on = from.ends_with(plain) && after.starts_with(plain);
        whole.push_str(before);
        whole.push('@');
        whole.push_str(if goes_on { from } else { to });
        found |= !goes_on;
        rest = after;
    }
    whole.push_str(rest);
    (found && !from.is_empty()).then_some(whole)
}

/// Whether somebody is named in a text.
#[must_use]
pub fn names(text: &str, one: &Named) -> bool {
    renamed(text, &one.name, "").is_some()
}

/// The members that fit the words, with the words at the beginning of a name first.
#[must_use]
pub fn members_like(members: &[GroupMember], words: &str, most: usize) -> Vec<GroupMember> {
    let fits = |member: &&GroupMember| {
        let number = member.phone_number.as_deref().unwrap_or_default();
        member.name.to_lowercase().contains(words) || (!words.is_empty() && number.contains(words))
    };
    let mut found: Vec<&GroupMember> = members.iter().filter(fits).collect();
    found.sort_by_key(|member| !member.name.to_lowercase().starts_with(words));
    found.into_iter().take(most).cloned().collect()
}

/// The text as it travels, with `@number` for `@name`, and the addresses of those who are in it, in the order in which
/// they are known here: a change that leaves them as they are names them as before.
#[must_use]
pub fn with_numbers(text: &str, named: &[Named]) -> (String, Vec<String>) {
    let mut whole = text.to_owned();
    let mut found: Vec<&str> = Vec::new();
    // The longer first: "Ana María" is not "Ana".
    let mut rest: Vec<&Named> = named.iter().collect();
    while let Some(longest) = rest.iter().map(|one| one.name.len()).max() {
        let at = rest.iter().position(|one| one.name.len() == longest).unwrap_or_default();
        let one = rest.remove(at);
        if let Some(text) = renamed(&whole, &one.name, digits_of(&one.address)) {
            whole = text;
            found.push(&one.address);
        }
    }
    let mut addresses: Vec<String> = Vec::new();
    for one in named {
        if found.contains(&one.address.as_str()) && !addresses.contains(&one.address) {
            addresses.push(one.address.clone());
        }
    }
    (whole, addresses)
}

/// A reply that is called up by a short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    pub name: String,
    pub text: String,
}

/// The replies that fit the words.
#[must_use]
pub fn canned_like(all: &[Canned], words: &str) -> Vec<Canned> {
    let fits =
        |one: &&Canned| one.name.to_lowercase().contains(words) || one.text.to_lowercase().contains(words);
    let mut found: Vec<&Canned> = all.iter().filter(fits).collect();
    found.sort_by_key(|one| !one.name.to_lowercase().starts_with(words));
    found.into_iter().cloned().collect()
}

/// The replies as they are kept: name and text in turn.
#[must_use]
pub fn read_canned(kept: &str) -> Vec<Canned> {
    let words: Vec<String> = serde_json::from_str(kept).unwrap_or_default();
    let pair = |pair: &[String]| match pair {
        [name, text] => Some(Canned { name: name.clone(), text: text.clone() }),
        _ => None,
    };
    words.chunks(2).filter_map(pair).collect()
}

/// What [`read_canned`] reads.
#[must_use]
pub fn write_canned(all: &[Canned]) -> String {
    let words: Vec<&str> = all.iter().flat_map(|one| [one.name.as_str(), one.text.as_str()]).collect();
    serde_json::to_string(&words).unwrap_or_default()
}
