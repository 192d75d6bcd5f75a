//! Names of files, as they come in headers and go out in them.

use crate::protocol::ProblemCode;
use crate::server::gateway::error::{Answer, Refusal};
use axum::http::HeaderValue;

/// The longest name that is read, in bytes as it stands in the request.
const MAX: usize = 4_096;

/// The name that a request gives its file: the header's, which is percent-encoded, else the query's, which is
/// decoded already.
pub fn asked(header: Option<&HeaderValue>, query: Option<String>) -> Answer<Option<String>> {
    let wrong = |detail: &str| Refusal::new(ProblemCode::Invalid, detail);
    let name = match header {
        Some(value) if value.len() > MAX => return Err(wrong("X-File-Name is too long.")),
        Some(value) => {
            let decoded = decode(value.as_bytes());
            Some(String::from_utf8(decoded).map_err(|_| wrong("X-File-Name is percent-encoded UTF-8."))?)
        }
        None => query,
    };
    match name {
        Some(name) if name.len() > MAX => Err(wrong("fileName is too long.")),
        name => Ok(name.filter(|name| !name.is_empty())),
    }
}

/// Takes percent-encoding off. A `%` without two digits is just that.
fn decode(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                // Two digits of 16 make a byte.
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

/// `Content-Disposition` (RFC 6266): the name in ASCII for old programs, and as it is (RFC 8187).
pub fn disposition(inline: bool, name: Option<&str>) -> HeaderValue {
    let kind = if inline { "inline" } else { "attachment" };
    let plain = HeaderValue::from_static(if inline { "inline" } else { "attachment" });
    let Some(name) = name else { return plain };
    let ascii: String = name
        .chars()
        .map(|c| if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}"))
        .unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_percent_encoded() {
        let asked = |text: &'static str| asked(Some(&HeaderValue::from_static(text)), None);
        assert_eq!(asked("Factura%20n%C2%BA%207.pdf").unwrap().as_deref(), Some("Factura nº 7.pdf"));
        assert_eq!(asked("100%.txt").unwrap().as_deref(), Some("100%.txt"));
        assert_eq!(asked("").unwrap(), None);
        assert!(asked("%FF").is_err());
        assert!(super::asked(None, Some("x".repeat(MAX + 1))).is_err());
        assert_eq!(super::asked(None, Some("a b".to_owned())).unwrap().as_deref(), Some("a b"));
    }

    #[test]
    fn names_cannot_leave_their_header() {
        let shown = |name| disposition(false, Some(name)).to_str().unwrap().to_owned();
        assert_eq!(
            shown("a\"; x=\r\ny.txt"),
            "attachment; filename=\"a_; x=__y.txt\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0Ay.txt"
        );
        assert_eq!(shown("ñ.pdf"), "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%B1.pdf");
        assert_eq!(disposition(true, None), "inline");
    }
}
