//! The sandbox's limits, and what checks them.

use super::SandboxError;
use crate::protocol::MAX_TEXT_LENGTH;
use std::time::Duration;

/// Phones on one network at most.
pub const MAX_PHONES: usize = 2_000;
/// Characters of a phone's name and of a group's subject at most.
pub const MAX_NAME_LENGTH: usize = 80;
/// Members of a group at most, as WhatsApp allows.
pub const MAX_MEMBERS: usize = 1_024;
/// Devices that may be linked to one phone at a time, as WhatsApp allows.
pub const MAX_LINKS: usize = 4;
/// Bytes of one frame from a client at most.
pub const MAX_FRAME: usize = 1024 * 1024;
/// Bytes of one file on the media server at most.
pub const MAX_BLOB: usize = 128 * 1024 * 1024;
/// Bytes of a profile picture at most.
pub const MAX_PICTURE: usize = 256 * 1024;
/// One-time prekeys that are kept for a linked device at most.
pub const MAX_PREKEYS: usize = 4_096;
/// People whose presence one connection may follow.
pub const MAX_SUBSCRIPTIONS: usize = 1_024;
/// Linking codes by number that may wait at a time, on the whole network.
pub const MAX_LINK_CODES: usize = 1_024;
/// Faults that may be set at a time.
pub const MAX_FAULTS: usize = 256;
/// Steps of a scenario at most.
pub const MAX_STEPS: usize = 1_000;
/// Steps of a scenario at most, each time counted that it is done.
pub const MAX_DEEDS: usize = 10_000;
/// Milliseconds between two steps of a scenario at most.
pub const MAX_SCRIPT_WAIT: u64 = 3_600_000;
/// Scenarios that are played or remembered at a time.
pub const MAX_SCRIPTS: usize = 16;
/// Requests that may wait in one phone's mailbox; beyond it, callers wait to be let in.
pub const MAILBOX: usize = 256;
/// How long one connection may take to shake hands.
pub const HANDSHAKE: Duration = Duration::from_secs(20);
/// How long a device may take to sign the link that a phone offers it.
pub const PAIRING: Duration = Duration::from_secs(20);

/// Reads a phone number in E.164, with or without `+`, spaces and dashes, or as a JID of a person.
///
/// # Errors
/// [`SandboxError::Invalid`] unless it has 7 to 15 digits and does not start with 0.
pub fn number(text: &str) -> Result<String, SandboxError> {
    let wrong =
        || SandboxError::Invalid("a phone number has 7 to 15 digits and its country's code".to_owned());
    let bare = text.strip_suffix("@s.whatsapp.net").unwrap_or(text).trim();
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    let mut digits = String::with_capacity(15);
    for character in bare.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ' ' | '-' | '(' | ')' | '.' => {}
            _ => return Err(wrong()),
        }
        if digits.len() > 15 {
            return Err(wrong());
        }
    }
    if digits.len() < 7 || digits.starts_with('0') { Err(wrong()) } else { Ok(digits) }
}

/// Checks a phone's name or a group's subject and answers it without outer blanks.
///
/// # Errors
/// [`SandboxError::Invalid`] unless it has 1 to [`MAX_NAME_LENGTH`] characters, none of them a control
/// character.
pub fn name(text: &str) -> Result<String, SandboxError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > MAX_NAME_LENGTH || text.chars().any(char::is_control) {
        return Err(SandboxError::Invalid(format!("a name has 1 to {MAX_NAME_LENGTH} characters")));
    }
    Ok(text.to_owned())
}

/// Checks the text of a message.
///
/// # Errors
/// [`SandboxError::Invalid`] unless it has 1 to [`MAX_TEXT_LENGTH`] characters.
pub fn text(text: &str) -> Result<&str, SandboxError> {
    // Counted only as far as needed: the text may be huge.
    let length = text.chars().take(MAX_TEXT_LENGTH + 1).count();
    if length == 0 || length > MAX_TEXT_LENGTH {
        return Err(SandboxError::Invalid(format!("a text has 1 to {MAX_TEXT_LENGTH} characters")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_usual_form() {
        for text in ["34600111222", "+34 600-111-222", "34600111222@s.whatsapp.net", " +34 (600) 111.222 "] {
            assert_eq!(number(text).unwrap(), "34600111222", "{text}");
        }
        assert!(number("1234567").is_ok());
        assert!(number("123456789012345").is_ok());
    }

    #[test]
    fn numbers_outside_the_limits_are_refused() {
        for text in ["", "+", "123456", "1234567890123456", "0346001112", "34600x11222", "12036304@g.us"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert!(number(&"1".repeat(10_000)).is_err());
    }

    #[test]
    fn names_have_one_to_eighty_characters() {
        assert_eq!(name("  Zoë ").unwrap(), "Zoë");
        assert!(name(&"é".repeat(MAX_NAME_LENGTH)).is_ok());
        assert!(name(&"é".repeat(MAX_NAME_LENGTH + 1)).is_err());
        assert!(name("   ").is_err());
        assert!(name("a\nb").is_err());
    }

    #[test]
    fn texts_have_one_to_sixty_five_thousand_characters() {
        assert!(text(&"é".repeat(MAX_TEXT_LENGTH)).is_ok());
        assert!(text(&"é".repeat(MAX_TEXT_LENGTH + 1)).is_err());
        assert!(text("").is_err());
    }
}
