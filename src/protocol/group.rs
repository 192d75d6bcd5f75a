//! Groups, as WhatsApp has them now.

use super::read_name;
use super::read_record;
use super::{ChatId, DeviceId, Millis};
use serde::Serialize;

/// A group with everybody in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupInfo {
    /// The chat that is its conversation.
    pub chat_id: ChatId,
    pub device_id: DeviceId,
    pub jid: String,
    pub subject: String,
    pub description: Option<String>,
    /// Digits of the number of who made it, or their JID.
    pub owner: Option<String>,
    pub created_at: Option<Millis>,
    pub settings: GroupSettings,
    pub members: Vec<GroupMember>,
    /// This account is no longer in it: what is here is how it was last known.
    pub left: bool,
    /// When WhatsApp told this.
    pub as_of: Millis,
}

read_record!(GroupInfo {
    chat_id: "chatId",
    device_id: "deviceId",
    jid: "jid",
    subject: "subject",
    description: "description",
    owner: "owner",
    created_at: "createdAt",
    settings: "settings",
    members: "members",
    left: "left" or false,
    as_of: "asOf" or 0,
});

/// Who may do what in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupSettings {
    /// Only administrators may write.
    pub announce: bool,
    /// Only administrators may change subject, description and settings.
    pub locked: bool,
    /// Whoever joins by the invitation has to be let in by an administrator.
    pub approval: bool,
    /// Every member may add others; else only administrators.
    pub member_add: bool,
    /// Seconds after which new messages disappear; `null` for never.
    pub expires_in: Option<u32>,
}

impl Default for GroupSettings {
    /// Those of a new group.
    fn default() -> Self {
        Self { announce: false, locked: false, approval: false, member_add: true, expires_in: None }
    }
}

read_record!(GroupSettings {
    announce: "announce" or false,
    locked: "locked" or false,
    approval: "approval" or false,
    member_add: "memberAdd" or true,
    expires_in: "expiresIn",
});

/// Somebody who asks to be let into a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupRequest {
    pub jid: String,
    /// Digits only, where it is known.
    pub phone_number: Option<String>,
    /// The name to show: the contact's, else the number.
    pub name: String,
    /// When they asked, where WhatsApp says it.
    pub at: Option<Millis>,
}

read_record!(GroupRequest { jid: "jid", phone_number: "phoneNumber", name: "name", at: "at" });

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    pub jid: String,
    /// Digits only, where it is known.
    pub phone_number: Option<String>,
    /// The name to show: the contact's, else the number.
    pub name: String,
    /// The path of their picture, where one is known.
    pub picture: Option<String>,
    pub role: GroupRole,
}

read_record!(GroupMember {
    jid: "jid",
    phone_number: "phoneNumber",
    name: "name",
    picture: "picture",
    role: "role",
});

/// What somebody is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GroupRole {
    /// Made it; cannot be removed by others.
    Owner,
    Admin,
    Member,
}

read_name!(GroupRole { "owner" => Owner, "admin" => Admin, "member" => Member });
