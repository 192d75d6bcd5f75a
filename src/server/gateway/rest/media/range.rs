//! Which part of a file is asked for, and whether it is one that the caller has (RFC 9110).

use axum::http::{HeaderMap, header};
use std::ops::Range;

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Whole,
    Part(Range<u64>),
    /// The part lies beyond the file.
    Beyond,
}

/// Reads `Range` of a request for `size` bytes. What is no range of bytes is passed over, and so are several at
/// once: an answer may always be the whole (section 14.2).
pub fn asked(headers: &HeaderMap, tag: &str, size: u64) -> Asked {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(range) = value(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    // A part of another version would not fit (section 13.1.5).
    if headers.contains_key(header::IF_RANGE) && value(header::IF_RANGE) != Some(tag) {
        return Asked::Whole;
    }
    let Some((first, last)) = range.trim().split_once('-') else { return Asked::Whole };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // What is longer than any number is beyond any file.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Asked::Whole,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(length)) if first.is_empty() => size.saturating_sub(length)..size,
        _ => return Asked::Whole,
    };
    if part.start < part.end { Asked::Part(part) } else { Asked::Beyond }
}

/// Whether `If-None-Match` names the version that there is (section 13.1.2).
pub fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let named = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    named
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(all: &[(HeaderName, &'static str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn one_part_or_the_whole() {
        let of = |range| asked(&headers(&[(header::RANGE, range)]), "\"t\"", 100);
        assert_eq!(of("bytes=0-9"), Asked::Part(0..10));
        assert_eq!(of("bytes=90-"), Asked::Part(90..100));
        assert_eq!(of("bytes=90-1000"), Asked::Part(90..100));
        assert_eq!(of("bytes=99-99999999999999999999999"), Asked::Part(99..100));
        assert_eq!(of("bytes=-10"), Asked::Part(90..100));
        assert_eq!(of("bytes=-1000"), Asked::Part(0..100));
        for beyond in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"] {
            assert_eq!(of(beyond), Asked::Beyond, "{beyond}");
        }
        for whole in
            ["bytes=9-0", "bytes=0-1,5-6", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=0-1", "0-1"]
        {
            assert_eq!(of(whole), Asked::Whole, "{whole}");
        }
        let of_another = headers(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"u\"")]);
        assert_eq!(asked(&of_another, "\"t\"", 100), Asked::Whole);
        let of_this = headers(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"t\"")]);
        assert_eq!(asked(&of_this, "\"t\"", 100), Asked::Part(0..10));
    }

    #[test]
    fn versions_are_compared_weakly() {
        let of = |value| has_it(&headers(&[(header::IF_NONE_MATCH, value)]), "\"t\"");
        assert!(of("\"t\"") && of("W/\"t\"") && of("\"a\", \"t\"") && of("*"));
        assert!(!of("\"u\"") && !of("t") && !of(""));
        assert!(!has_it(&HeaderMap::new(), "\"t\""));
    }
}
