//! Limits of JSON, checked before it is parsed.

use serde_json::Value;
use std::borrow::Cow;

/// Why a JSON text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonError {
    TooDeep,
    TooMany,
    Invalid,
}

/// Parses JSON that nests at most `depth` levels and holds at most `values` values.
pub(super) fn parse(text: &str, depth: usize, values: usize) -> Result<Value, JsonError> {
    measure(text, depth, values)?;
    serde_json::from_str(&whole(text)).map_err(|_| JsonError::Invalid)
}

/// Programs in JavaScript cut texts between the halves of a character, and escape what is left of it. It is no
/// Unicode, so that it becomes U+FFFD, as in every UTF-8 that they write.
fn whole(text: &str) -> Cow<'_, str> {
    // Escapes stand in strings only; elsewhere a backslash is malformed however it goes on.
    let mut mended = String::new();
    let (mut done, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match half(text, escape) {
            None => escape + 2,
            Some(0xd800..=0xdbff) if matches!(half(text, escape + 6), Some(0xdc00..=0xdfff)) => escape + 12,
            Some(_) => {
                mended.push_str(text.get(done..escape).unwrap_or_default());
                mended.push_str("\\ufffd");
                done = escape + 6;
                done
            }
        };
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The half of a character whose escape begins there.
fn half(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let code =
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    (0xd800..=0xdfff).contains(&code).then_some(code)
}

/// Counts what a parse would build, without building it: each opening bracket and each comma stands before at
/// most one value.
fn measure(text: &str, max_depth: usize, max_values: usize) -> Result<(), JsonError> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => {
                depth += 1;
                values += 1;
                if depth > max_depth {
                    return Err(JsonError::TooDeep);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if values > max_values {
            return Err(JsonError::TooMany);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings_only() {
        assert!(parse(r#"["[[[[\"[[["]"#, 1, 10).is_ok());
        assert!(parse("[[[]]]", 3, 10).is_ok());
        assert_eq!(parse("[[[[]]]]", 3, 10), Err(JsonError::TooDeep));
    }

    #[test]
    fn values_are_counted() {
        assert!(parse("[1,2,3]", 3, 4).is_ok());
        assert_eq!(parse("[1,2,3,4]", 3, 4), Err(JsonError::TooMany));
    }

    #[test]
    fn a_million_brackets_cost_nothing() {
        assert_eq!(parse(&"[".repeat(1_000_000), 120, 1_000_000), Err(JsonError::TooDeep));
    }
}
