//! What the sandbox's control surface answers: the phones on the other side of the emulated network.

use crate::protocol::{MessageKind, MessageStatus, Millis};
use serde::{Deserialize, Serialize};

/// A list, as the control surface answers it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Items<T> {
    pub items: Vec<T>,
}

/// A phone of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// Digits only: its address.
    pub number: String,
    pub name: String,
    #[serde(default)]
    pub picture: Option<String>,
    /// Whether it answers by itself.
    #[serde(default)]
    pub answers: bool,
}

/// A conversation as a phone has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneChat {
    pub jid: String,
    pub name: String,
    #[serde(default)]
    pub picture: Option<String>,
    #[serde(default)]
    pub last_text: Option<String>,
    #[serde(default)]
    pub last_at: Option<Millis>,
    #[serde(default)]
    pub unread: u32,
}

/// A message as a phone holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneMessage {
    pub id: String,
    pub from: String,
    pub to: String,
    pub from_me: bool,
    #[serde(deserialize_with = "known_kind")]
    pub kind: MessageKind,
    #[serde(default)]
    pub text: String,
    pub timestamp: Millis,
    pub status: MessageStatus,
}

/// A fault that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    pub kind: String,
    #[serde(default)]
    pub device: Option<String>,
    #[serde(default)]
    pub ms: Option<u64>,
    #[serde(default)]
    pub seconds: Option<u64>,
}

/// That something happened in the sandbox: what to ask for again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hint {
    #[serde(rename = "type")]
    pub kind: String,
    /// For `typing`: who, as a number or JID, and what.
    #[serde(default, alias = "jid", alias = "chat")]
    pub from: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
}

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

/// A kind that this version does not know is no reason to lose the list.
fn known_kind<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<MessageKind, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(MessageKind::parse(&text).unwrap_or(MessageKind::Unknown))
}
