//! What the control surface speaks of: phones, their messages, links, groups.

use super::directory::Account;
use super::rows::messages::MessageRow;
use crate::protocol::{DeviceId, MessageKind, MessageStatus, Millis};
use serde::{Deserialize, Serialize};

/// A phone of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Phone {
    /// Digits only.
    pub number: String,
    pub name: String,
    /// The hash of its profile picture, for [`crate::server::sandbox::Sandbox::picture`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Whether it answers by itself.
    pub answers: bool,
    /// Whether it shows as online.
    pub online: bool,
}

/// A message on one phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneMessage {
    /// WhatsApp's id.
    pub id: String,
    /// Digits of who wrote it.
    pub from: String,
    /// Digits of whom it was written to, or the group's JID.
    pub to: String,
    pub from_me: bool,
    pub kind: MessageKind,
    /// The text or caption; empty where there is none.
    pub text: String,
    pub timestamp: Millis,
    /// Of its own messages: how far they came. Of those of others: `delivered`, or `read` on this phone
    /// or on a device that is linked to it.
    pub status: MessageStatus,
}

impl PhoneMessage {
    pub(super) fn of(number: &str, row: &MessageRow) -> Self {
        let to = if row.from_me || row.chat.contains('@') { row.chat.clone() } else { number.to_owned() };
        Self {
            id: row.id.clone(),
            from: row.sender.clone(),
            to,
            from_me: row.from_me,
            kind: row.kind,
            text: row.text.clone(),
            timestamp: row.timestamp,
            status: row.status,
        }
    }
}

/// What is set of a phone's chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatSettings {
    pub archived: bool,
    /// Since when it is pinned, if it is.
    pub pinned_at: Option<Millis>,
    /// Until when it is muted, if it is.
    pub muted_until: Option<Millis>,
    pub marked_unread: bool,
    /// The messages up to here were cleared, or deleted with their chat.
    pub gone_until: Option<Millis>,
}

/// How a person links a device: what they hold against the phone's camera, or type into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanTarget {
    /// The text of a QR code.
    Qr(String),
    /// Eight characters, with or without a dash.
    Code(String),
}

/// A device that is linked to a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub device: DeviceId,
    pub linked_at: Millis,
    /// Whether it is connected now.
    pub connected: bool,
}

impl Link {
    pub(super) fn of(account: &Account, row: &super::rows::links::LinkRow) -> Self {
        Self {
            device: row.device_id.clone(),
            linked_at: row.linked_at,
            connected: account.connection(row.address.device).is_some(),
        }
    }
}

/// A group of the emulated network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub jid: String,
    pub subject: String,
    /// Numbers of its members.
    pub members: Vec<String>,
    pub created_at: Millis,
}
