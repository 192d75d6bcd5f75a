//! The head of a Socket.IO packet: everything before its JSON.

use super::packet::{PacketError, PacketLimits};

/// The types of packets, by their digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Event,
    Ack,
    ConnectError,
}

/// `<type>[<attachments>-][<namespace>,][<id>]` and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub kind: Kind,
    pub attachments: usize,
    pub namespace: &'a str,
    pub id: Option<u64>,
    pub payload: &'a str,
}

/// Numbers of acknowledgements are JavaScript numbers: integers up to 2^53 - 1.
const MAX_ID: u64 = (1 << 53) - 1;

impl<'a> Header<'a> {
    pub fn parse(text: &'a str, limits: &PacketLimits) -> Result<Self, PacketError> {
        let mut characters = text.chars();
        let (kind, binary) = match characters.next() {
            Some('0') => (Kind::Connect, false),
            Some('1') => (Kind::Disconnect, false),
            Some('2') => (Kind::Event, false),
            Some('3') => (Kind::Ack, false),
            Some('4') => (Kind::ConnectError, false),
            Some('5') => (Kind::Event, true),
            Some('6') => (Kind::Ack, true),
            _ => return Err(PacketError::UnknownType),
        };
        let mut rest = characters.as_str();
        let mut attachments = 0;
        if binary {
            let (count, after) = rest.split_once('-').ok_or(PacketError::Attachments)?;
            if count.is_empty() || count.len() > 9 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(PacketError::Attachments);
            }
            attachments = count.parse().map_err(|_| PacketError::Attachments)?;
            if attachments > limits.attachments {
                return Err(PacketError::TooManyAttachments);
            }
            rest = after;
        }
        let mut namespace = "/";
        if rest.starts_with('/') {
            (namespace, rest) = rest.split_once(',').unwrap_or((rest, ""));
            if namespace.len() > limits.namespace_length || namespace.chars().any(char::is_control) {
                return Err(PacketError::Namespace);
            }
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, payload) = rest.split_at_checked(digits).unwrap_or(("", rest));
        let id = match number {
            "" => None,
            number => Some(number.parse().ok().filter(|id| *id <= MAX_ID).ok_or(PacketError::InvalidId)?),
        };
        Ok(Self { kind, attachments, namespace, id, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Header<'_>, PacketError> {
        Header::parse(text, &PacketLimits::default())
    }

    #[test]
    fn every_part_is_optional() {
        let header = |kind, attachments, namespace, id, payload| {
            Ok(Header { kind, attachments, namespace, id, payload })
        };
        assert_eq!(parse("0"), header(Kind::Connect, 0, "/", None, ""));
        assert_eq!(parse("0/a,{}"), header(Kind::Connect, 0, "/a", None, "{}"));
        assert_eq!(parse("1/a"), header(Kind::Disconnect, 0, "/a", None, ""));
        assert_eq!(parse("212[1]"), header(Kind::Event, 0, "/", Some(12), "[1]"));
        assert_eq!(parse("52-/a,7[1]"), header(Kind::Event, 2, "/a", Some(7), "[1]"));
        assert_eq!(parse("60-7[]"), header(Kind::Ack, 0, "/", Some(7), "[]"));
    }

    #[test]
    fn limits_are_kept() {
        let long = format!("0/{}", "n".repeat(256));
        for (text, error) in [
            ("", PacketError::UnknownType),
            ("7", PacketError::UnknownType),
            ("5[]", PacketError::Attachments),
            ("5x-[]", PacketError::Attachments),
            ("5-[]", PacketError::Attachments),
            ("511-[]", PacketError::TooManyAttachments),
            ("59999999999999-[]", PacketError::Attachments),
            (long.as_str(), PacketError::Namespace),
            ("0/a\x1eb,", PacketError::Namespace),
            ("29007199254740992[]", PacketError::InvalidId),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
        assert!(parse("510-[]").is_ok());
        assert!(parse("29007199254740991[]").is_ok());
    }
}
