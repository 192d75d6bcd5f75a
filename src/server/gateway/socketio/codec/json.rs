//! Limits of JSON, checked before it is parsed.

use serde_json::Value;

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
    serde_json::from_str(text).map_err(|_| JsonError::Invalid)
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
