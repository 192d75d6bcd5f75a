//! What an export is saved as.

use crate::model::time::iso;
use crate::protocol::Millis;
use std::fmt::Write as _;

/// The longest name of a chat within a file's name, in characters.
const LENGTH: usize = 60;

/// The value of `Content-Disposition` (RFC 6266): an ASCII name for whoever reads no other, and the name as it is
/// (RFC 8187). Neither has anything that a file system or a header could take for more than a name.
pub fn disposition(name: &str, at: Millis, ending: &str) -> String {
    let day: String = iso(at).chars().take(10).collect();
    let plain: String = clean(name, |c| c.is_ascii_alphanumeric());
    let full: String = clean(name, char::is_alphanumeric);
    let mut encoded = String::new();
    for byte in format!("{full}-{day}.{ending}").bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}-{day}.{ending}\"; filename*=UTF-8''{encoded}")
}

/// Runs of what is not kept become one `-`, none of them at an end.
fn clean(name: &str, keep: impl Fn(char) -> bool) -> String {
    let kept: String = name.chars().map(|c| if keep(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    let clean: String = words.join("-").chars().take(LENGTH).collect();
    if clean.is_empty() { "chat".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_name_and_nothing_more() {
        let at = 1_763_721_720_000;
        for (name, expected) in [
            (
                "Ana López",
                "attachment; filename=\"Ana-L-pez-2025-11-21.html\"; filename*=UTF-8''Ana-L%C3%B3pez-2025-11-21.html",
            ),
            (
                "../../etc/passwd\"\r\nX: y",
                "attachment; filename=\"etc-passwd-X-y-2025-11-21.html\"; filename*=UTF-8''etc-passwd-X-y-2025-11-21.html",
            ),
            (
                "\u{202e}🍷",
                "attachment; filename=\"chat-2025-11-21.html\"; filename*=UTF-8''chat-2025-11-21.html",
            ),
        ] {
            assert_eq!(disposition(name, at, "html"), expected, "{name}");
        }
        assert!(disposition(&"x".repeat(1_000), at, "html").len() < 250);
    }
}
