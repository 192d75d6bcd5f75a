//! What the sandbox's control surface answers: the phones on the other side of the emulated network.

use crate::protocol::{MessageKind, MessageStatus, Millis, read_record};

/// A list, as the control surface answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items<T> {
    pub items: Vec<T>,
}

read_record!(Items<T> { items: "items" });

/// A phone of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Digits only: its address.
    pub number: String,
    pub name: String,
    pub picture: Option<String>,
    /// Whether it answers by itself.
    pub answers: bool,
}

read_record!(Phone { number: "number", name: "name", picture: "picture", answers: "answers" or false });

/// A conversation as a phone has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneChat {
    pub jid: String,
    pub name: String,
    pub picture: Option<String>,
    pub last_text: Option<String>,
    pub last_at: Option<Millis>,
    pub unread: u32,
}

read_record!(PhoneChat {
    jid: "jid",
    name: "name",
    picture: "picture",
    last_text: "lastText",
    last_at: "lastAt",
    unread: "unread" or 0,
});

/// A message as a phone holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneMessage {
    pub id: String,
    pub from: String,
    pub to: String,
    pub from_me: bool,
    pub kind: MessageKind,
    pub text: String,
    pub timestamp: Millis,
    pub status: MessageStatus,
}

read_record!(PhoneMessage {
    id: "id",
    from: "from",
    to: "to",
    from_me: "fromMe",
    kind: "kind",
    text: "text" or String::new(),
    timestamp: "timestamp",
    status: "status",
});

/// A fault that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: String,
    pub device: Option<String>,
    pub ms: Option<u64>,
    pub seconds: Option<u64>,
}

read_record!(Fault { kind: "kind", device: "device", ms: "ms", seconds: "seconds" });

/// That something happened in the sandbox: what to ask for again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub kind: String,
    /// For `typing`: who, as a number or JID, and what.
    pub from: Option<String>,
    pub state: Option<String>,
}

read_record!(Hint { kind: "type", from: "from", state: "state" });

/// The part of a JID before its server: the number, or the group's id.
#[must_use]
pub fn address(jid: &str) -> &str {
    let user = jid.split('@').next().unwrap_or(jid);
    user.split([':', '.']).next().unwrap_or(user)
}

/// Whether a message belongs to the conversation with `jid`, as the phone that holds it sees it.
#[must_use]
pub fn belongs_to(message: &PhoneMessage, jid: &str) -> bool {
    let is_group = |jid: &str| jid.ends_with("@g.us");
    if is_group(jid) || is_group(&message.to) {
        return message.to == jid;
    }
    let other = if message.from_me { &message.to } else { &message.from };
    address(other) == address(jid)
}
