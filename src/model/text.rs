//! WhatsApp's text marks, links and emoji: from a message's text to typed spans.
//!
//! `*bold*`, `_italic_`, `~struck~`, `` `code` `` and ```` ```mono``` ````. A mark counts only at the edge
//! of a word, on one line, around something; anything else stays as it was typed. A line that begins with `> `, `- `
//! or `1. ` is a quote or a part of a list. Links are plain `http` and `https` addresses. Nothing is ever read as
//! markup, and nothing of the text is lost.

use std::ops::Range;

/// A run of text with one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    /// Around other spans: bold, italic or struck.
    Styled(Style, Vec<Span>),
    /// Three backticks around it: a block that keeps its spaces.
    Mono(String),
    /// One backtick around it.
    Code(String),
    /// An `http` or `https` address, as it was typed.
    Link(String),
    /// A line with a mark at its beginning, without that and without its end.
    Line(Line, Vec<Span>),
}

/// What a mark at the beginning of a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Quote,
    Bullet,
    /// The digits, as they were typed.
    Number(String),
}

impl Line {
    /// The mark as it is typed.
    #[must_use]
    pub fn mark(&self) -> String {
        match self {
            Self::Quote => "> ".to_owned(),
            Self::Bullet => "- ".to_owned(),
            Self::Number(digits) => format!("{digits}. "),
        }
    }

    /// What a reader sees of it in front of the line; of a quote, nothing.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Quote => String::new(),
            Self::Bullet => "• ".to_owned(),
            Self::Number(digits) => format!("{digits}. "),
        }
    }

    /// The mark that this line begins with, if it has one and something behind it.
    fn of(line: &str) -> Option<Self> {
        /// No list is longer than numbers of so many digits count.
        const DIGITS: usize = 3;
        let (mark, rest) = if let Some(rest) = line.strip_prefix("> ") {
            (Self::Quote, rest)
        } else if let Some(rest) = line.strip_prefix("- ") {
            (Self::Bullet, rest)
        } else {
            let length = line.bytes().take(DIGITS + 1).take_while(u8::is_ascii_digit).count();
            let digits = line.get(..length).filter(|digits| (1..=DIGITS).contains(&digits.len()))?;
            (Self::Number(digits.to_owned()), line.get(length..)?.strip_prefix(". ")?)
        };
        (!rest.trim().is_empty()).then_some(mark)
    }
}

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Bold,
    Italic,
    Struck,
}

impl Style {
    const ALL: [Self; 3] = [Self::Bold, Self::Italic, Self::Struck];

    /// The mark around it.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Bold => '*',
            Self::Italic => '_',
            Self::Struck => '~',
        }
    }

    fn of(mark: char) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.mark() == mark)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Italic => 2,
            Self::Struck => 4,
        }
    }
}

/// Reads a text into spans.
#[must_use]
pub fn spans(text: &str) -> Vec<Span> {
    let reader = Reader { text, links: find_links(text) };
    reader.read(0..text.len(), 0)
}

/// The text of the spans without their marks: for lists, titles and announcements.
#[must_use]
pub fn plain(spans: &[Span]) -> String {
    let mut plain = String::new();
    for span in spans {
        match span {
            Span::Text(text) | Span::Mono(text) | Span::Code(text) | Span::Link(text) => plain.push_str(text),
            Span::Styled(_, inner) => plain.push_str(&self::plain(inner)),
            Span::Line(line, inner) => {
                plain.push_str(&line.shown());
                plain.push_str(&self::plain(inner));
            }
        }
    }
    plain
}

struct Reader<'a> {
    text: &'a str,
    links: Vec<Range<usize>>,
}

impl Reader<'_> {
    /// Spans of a part of the text; `inside` are the styles that already hold there, as bits, so that
    /// nesting ends after three.
    fn read(&self, range: Range<usize>, inside: u8) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut plain_from = range.start;
        let mut at = range.start;
        // From where on a search for this mark's end found nothing up to there: searched once, not per mark.
        let mut barren = [0_usize; 3];
        while let Some(letter) = self.text.get(at..range.end).and_then(|rest| rest.chars().next()) {
            let found = if let Some(line) = self.line(at, &range, inside) {
                Some(line)
            } else if let Some(link) = self.link_at(at, range.end) {
                let address = self.slice(link.clone()).to_owned();
                Some((Span::Link(address), link.end))
            } else if letter == '`' {
                self.literal(at, range.end)
            } else if let Some(style) = Style::of(letter).filter(|style| inside & style.bit() == 0) {
                self.styled(at, &range, style, inside, &mut barren)
            } else {
                None
            };
            if let Some((span, end)) = found {
                self.push_plain(&mut spans, plain_from..at);
                spans.push(span);
                plain_from = end;
                at = end;
            } else {
                at += letter.len_utf8();
            }
        }
        self.push_plain(&mut spans, plain_from..range.end);
        spans
    }

    /// A line that begins here with a mark of its own; styles do not reach across lines, and so have none.
    fn line(&self, at: usize, range: &Range<usize>, inside: u8) -> Option<(Span, usize)> {
        let begins = at == 0 || self.text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\n');
        if inside != 0 || !begins {
            return None;
        }
        // Only what can be one: the rest of a long text is not looked through for nothing.
        if !self.slice(at..range.end).starts_with(|first: char| matches!(first, '>' | '-' | '0'..='9')) {
            return None;
        }
        let end = self.line_end(at, range.end);
        let line = Line::of(self.slice(at..end))?;
        let inner = self.read(at + line.mark().len()..end, 0);
        Some((Span::Line(line, inner), end))
    }

    fn styled(
        &self,
        at: usize,
        range: &Range<usize>,
        style: Style,
        inside: u8,
        barren: &mut [usize; 3],
    ) -> Option<(Span, usize)> {
        let mark = style.mark();
        let inner = at + 1;
        let barren = barren.get_mut(usize::from(style.bit() / 2))?;
        if at < *barren || !self.opens(at, inner, range) {
            return None;
        }
        let Some(end) = self.closing(mark, inner, range.end) else {
            *barren = self.line_end(inner, range.end);
            return None;
        };
        let spans = self.read(inner..end, inside | style.bit());
        Some((Span::Styled(style, spans), end + 1))
    }

    /// Whether a mark at `at` stands before a word and not inside one.
    fn opens(&self, at: usize, inner: usize, range: &Range<usize>) -> bool {
        let before = self.slice(range.start..at).chars().next_back();
        let after = self.slice(inner..range.end).chars().next();
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|letter| !letter.is_whitespace())
    }

    /// The place of the mark that ends what begins at `from`, on the same line.
    fn closing(&self, mark: char, from: usize, to: usize) -> Option<usize> {
        let mut at = from;
        let mut previous: Option<char> = None;
        while let Some(letter) = self.slice(at..to).chars().next() {
            if letter == '\n' {
                return None;
            }
            if let Some(link) = self.link_at(at, to) {
                previous = self.slice(link.clone()).chars().next_back();
                at = link.end;
                continue;
            }
            let next = at + letter.len_utf8();
            let ends_word = previous.is_some_and(|letter| !letter.is_whitespace());
            if letter == mark && at > from && ends_word {
                let follows = self.slice(next..to).chars().next();
                if !follows.is_some_and(|letter| letter.is_alphanumeric() || letter == mark) {
                    return Some(at);
                }
            }
            previous = Some(letter);
            at = next;
        }
        None
    }

    /// What stands between backticks, three or one; marks mean nothing in it.
    fn literal(&self, at: usize, to: usize) -> Option<(Span, usize)> {
        let rest = self.slice(at..to);
        if let Some(inner) = rest.strip_prefix("```") {
            let length = inner.find("```").filter(|length| *length > 0)?;
            let mono = inner.get(..length)?;
            return Some((Span::Mono(mono.to_owned()), at + length + 6));
        }
        let inner = rest.strip_prefix('`')?;
        let line = inner.split('\n').next()?;
        let length = line.find('`').filter(|length| *length > 0)?;
        let code = inner.get(..length)?;
        Some((Span::Code(code.to_owned()), at + length + 2))
    }

    fn line_end(&self, from: usize, to: usize) -> usize {
        self.slice(from..to).find('\n').map_or(to, |length| from + length)
    }

    fn link_at(&self, at: usize, to: usize) -> Option<Range<usize>> {
        let index = self.links.binary_search_by_key(&at, |link| link.start).ok()?;
        self.links.get(index).filter(|link| link.end <= to).cloned()
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn push_plain(&self, spans: &mut Vec<Span>, range: Range<usize>) {
        let text = self.slice(range);
        if !text.is_empty() {
            spans.push(Span::Text(text.to_owned()));
        }
    }
}

/// Every `http` and `https` address of a text, in order.
fn find_links(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("http")) {
        let start = from + found;
        from = start + 4;
        let rest = text.get(start..).unwrap_or_default();
        let Some(address) = rest.strip_prefix("https://").or_else(|| rest.strip_prefix("http://")) else {
            continue;
        };
        let in_a_word = text.get(..start).and_then(|before| before.chars().next_back());
        if in_a_word.is_some_and(char::is_alphanumeric) || !address.starts_with(char::is_alphanumeric) {
            continue;
        }
        let ends = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"`".contains(letter);
        let length = rest.find(ends).unwrap_or(rest.len());
        let end = start + without_trailing(rest.get(..length).unwrap_or_default()).len();
        links.push(start..end);
        from = end;
    }
    links
}

/// An address without the punctuation of the sentence around it: a closing bracket belongs to it only
/// if it was opened in it.
fn without_trailing(address: &str) -> &str {
    let count = |letter: char| address.matches(letter).count();
    let mut round = (count('('), count(')'));
    let mut square = (count('['), count(']'));
    let mut kept = address;
    while let Some(last) = kept.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => {}
            ')' if round.0 < round.1 => round.1 -= 1,
            ']' if square.0 < square.1 => square.1 -= 1,
            _ => break,
        }
        kept = kept.get(..kept.len() - last.len_utf8()).unwrap_or_default();
    }
    kept
}

/// How many emoji a text consists of, if of nothing else, and of no more than three: these are shown
/// large.
#[must_use]
pub fn emoji_only(text: &str) -> Option<usize> {
    const MOST: usize = 3;
    let mut letters = text.trim().chars().peekable();
    let mut count = 0;
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            continue;
        }
        if is_regional(letter) {
            letters.next_if(|next| is_regional(*next))?;
        } else if matches!(letter, '0'..='9' | '#' | '*') {
            letters.next_if_eq(&'\u{fe0f}');
            letters.next_if_eq(&'\u{20e3}')?;
        } else if !is_emoji(letter) {
            return None;
        }
        // What changes an emoji, or joins another to it, belongs to it.
        while let Some(next) = letters.next_if(|next| is_modifier(*next) || *next == '\u{200d}') {
            if next == '\u{200d}' {
                letters.next_if(|joined| is_emoji(*joined));
            }
        }
        count += 1;
        if count > MOST {
            return None;
        }
    }
    (count > 0).then_some(count)
}

fn is_emoji(letter: char) -> bool {
    matches!(letter, '\u{1f300}'..='\u{1faff}' | '\u{1f000}'..='\u{1f0ff}' | '\u{2600}'..='\u{27bf}'
        | '\u{2b05}'..='\u{2b07}' | '\u{2b1b}' | '\u{2b1c}' | '\u{2b50}' | '\u{2b55}'
        | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{203c}' | '\u{2049}' | '\u{3030}')
}

fn is_regional(letter: char) -> bool {
    matches!(letter, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_modifier(letter: char) -> bool {
    matches!(letter, '\u{fe0f}' | '\u{fe0e}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

/// The first letters of a name's first two words, as they stand there: the styles make them large. Of a number, its last
/// two digits.
#[must_use]
pub fn initials(name: &str) -> String {
    let lettered = |word: &str| word.chars().find(|letter| letter.is_alphabetic());
    let letters: String = name.split_whitespace().filter_map(lettered).take(2).collect();
    if letters.is_empty() {
        let digits: Vec<char> = name.chars().filter(char::is_ascii_digit).collect();
        return digits.iter().skip(digits.len().saturating_sub(2)).collect();
    }
    letters
}

/// A colour for a name, number or id: always the same, 0 to 11.
#[must_use]
pub fn hue(seed: &str) -> usize {
    // FNV-1a: spreads neighbouring numbers, and is the same on both sides.
    let hash =
        seed.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    usize::try_from((hash ^ (hash >> 15)) % 12).unwrap_or_default()
}

/// A number in the way people read it: `+34 600 111 222`. Without a table of the countries' habits the
/// groups are of three, the last of two to four.
#[must_use]
pub fn phone(digits: &str) -> String {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    let country = country_length(digits);
    let (country, rest) = digits.split_at(country.min(digits.len()));
    let mut text = format!("+{country}");
    let groups = (rest.len() / 3).max(1);
    let mut at = 0;
    for group in 0..groups {
        let end = if group + 1 == groups { rest.len() } else { at + 3 };
        if let Some(part) = rest.get(at..end).filter(|part| !part.is_empty()) {
            text.push(' ');
            text.push_str(part);
        }
        at = end;
    }
    text
}

/// How many digits the country's code has (ITU-T E.164's list, by its first two digits).
fn country_length(digits: &str) -> usize {
    const TWO: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 \
                       63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if digits.starts_with(['1', '7']) {
        return 1;
    }
    let known = digits.get(..2).is_some_and(|first| TWO.split(' ').any(|code| code == first));
    if known { 2 } else { 3 }
}
