//! What a search found, and where in a text: without regard to case and to the marks of Latin letters.

/// How much of a text is shown before a hit, in characters.
const BEFORE: usize = 24;
/// How much of a text is shown at most.
const LENGTH: usize = 160;

/// Lower case without the marks of the Latin letters, so that 'sofia' finds 'Sofía'.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(folded).collect()
}

fn folded(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().map(bare)
}

/// A text cut into parts, each with whether it is a hit. Words are looked for at the beginnings of words; where there
/// are none, anywhere.
#[must_use]
pub fn hits(text: &str, query: &str) -> Vec<(bool, String)> {
    let letters: Vec<char> = text.chars().collect();
    let words: Vec<Vec<char>> = query.split_whitespace().map(|word| fold(word).chars().collect()).collect();
    let mut marked = marks(&letters, &words, true);
    if !marked.contains(&true) {
        marked = marks(&letters, &words, false);
    }
    let mut parts: Vec<(bool, String)> = Vec::new();
    for (letter, hit) in letters.into_iter().zip(marked) {
        match parts.last_mut() {
            Some((same, part)) if *same == hit => part.push(letter),
            _ => parts.push((hit, letter.to_string())),
        }
    }
    parts
}

/// The same of the part of a long text that the first hit is in.
#[must_use]
pub fn excerpt(text: &str, query: &str) -> Vec<(bool, String)> {
    let mut parts = hits(text, query);
    if let Some((false, before)) = parts.first_mut() {
        let surplus = before.chars().count().saturating_sub(BEFORE);
        if surplus > 0 && text.chars().count() > LENGTH / 2 {
            *before = format!("…{}", before.chars().skip(surplus).collect::<String>().trim_start());
        }
    }
    let mut room = LENGTH;
    parts.retain_mut(|(_, part)| {
        let length = part.chars().count();
        let fits = room > 0;
        if length > room {
            *part = part.chars().take(room).chain(['…']).collect();
        }
        room = room.saturating_sub(length);
        fits
    });
    parts
}

fn marks(letters: &[char], words: &[Vec<char>], at_starts: bool) -> Vec<bool> {
    let mut marked = vec![false; letters.len()];
    for start in 0..letters.len() {
        let begins = start == 0 || letters.get(start - 1).is_none_or(|before| !before.is_alphanumeric());
        if at_starts && !begins {
            continue;
        }
        let rest = letters.get(start..).unwrap_or_default();
        let longest = words.iter().filter_map(|word| length(rest, word)).max().unwrap_or(0);
        marked.iter_mut().skip(start).take(longest).for_each(|mark| *mark = true);
    }
    marked
}

/// How many letters of a text's beginning are this word.
fn length(text: &[char], word: &[char]) -> Option<usize> {
    let mut rest = word;
    for (index, letter) in text.iter().enumerate() {
        for part in folded(*letter) {
            match rest.split_first() {
                Some((first, others)) if *first == part => rest = others,
                Some(_) => return None,
                None => break,
            }
        }
        if rest.is_empty() {
            return Some(index + 1).filter(|_| !word.is_empty());
        }
    }
    None
}

fn bare(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ł' => 'l',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}
