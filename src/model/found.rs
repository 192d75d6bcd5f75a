//! What a search found, and where in a text: without regard to case and to the marks of Latin letters and the hamza of
//! Arabic ones.

/// How much of a text is shown before a hit, in characters.
const BEFORE: usize = 24;
/// How much of a text is shown at most.
const LENGTH: usize = 160;

/// Lower case without the marks of the letters, so that 'sofia' finds 'Sofía'.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().map(folded).collect()
}

fn folded(letter: char) -> char {
    bare(small(letter))
}

/// The small letter of a large one, in the scripts that are written today. By rules: the standard library's table of all
/// that ever were is larger than the rest of the search.
#[must_use]
pub fn small(letter: char) -> char {
    let code = u32::from(letter);
    let pair = |odd: bool| if (code % 2 == 1) == odd { code + 1 } else { code };
    let small = match code {
        0xd7 => code,
        0x41..=0x5a | 0xc0..=0xde | 0x391..=0x3a1 | 0x3a3..=0x3ab | 0x410..=0x42f | 0xff21..=0xff3a => {
            code + 32
        }
        0x400..=0x40f => code + 80,
        0x531..=0x556 => code + 48,
        0x1c90..=0x1cba | 0x1cbd..=0x1cbf => code - 0xbc0,
        0x1e900..=0x1e921 => code + 34,
        0x100..=0x12f | 0x132..=0x137 | 0x14a..=0x177 | 0x1de..=0x1ef | 0x1f8..=0x21f | 0x222..=0x233 => {
            pair(false)
        }
        0x246..=0x24f | 0x370..=0x373 | 0x3d8..=0x3ef | 0x460..=0x481 | 0x48a..=0x4bf | 0x4d0..=0x52f => {
            pair(false)
        }
        0x1e00..=0x1e95 | 0x1ea0..=0x1eff | 0x2c80..=0x2ce3 | 0xa640..=0xa66d | 0xa680..=0xa69b => {
            pair(false)
        }
        0x139..=0x148 | 0x179..=0x17e | 0x1cd..=0x1dc | 0x4c1..=0x4ce => pair(true),
        0x130 => 0x69,
        0x178 => 0xff,
        0x181 => 0x253,
        0x186 => 0x254,
        0x189 | 0x18a => code + 0xcd,
        0x18f => 0x259,
        0x190 => 0x25b,
        0x191 | 0x198 | 0x1a0 | 0x1af | 0x1b3 | 0x1b5 => code + 1,
        0x193 => 0x260,
        0x194 => 0x263,
        0x196 => 0x269,
        0x19d => 0x272,
        0x1b1 | 0x1b2 => code + 0xd9,
        0x1b7 => 0x292,
        0x386 => 0x3ac,
        0x388..=0x38a => code + 37,
        0x38c => 0x3cc,
        0x38e | 0x38f => code + 63,
        0x4c0 => 0x4cf,
        0x1e9e => 0xdf,
        _ => code,
    };
    char::from_u32(small).unwrap_or(letter)
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
        match rest.split_first() {
            Some((first, others)) if *first == folded(*letter) => rest = others,
            Some(_) => return None,
            None => {}
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
        'آ' | 'أ' | 'إ' => 'ا',
        'ؤ' => 'و',
        'ئ' => 'ي',
        other => other,
    }
}
