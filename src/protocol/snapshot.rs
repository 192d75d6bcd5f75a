//! State in one piece, with the position to go on from.

use super::read_name;
use super::read_record;
use super::{
    Chat, ChatId, Cursor, Device, DeviceId, Message, PairingCode, Permission, Qr, UserId, WorkspaceId,
};
use serde::Serialize;

/// Which network the devices live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The emulated one, inside the server.
    Sandbox,
    /// The real one.
    Whatsapp,
}

read_name!(Network { "sandbox" => Sandbox, "whatsapp" => Whatsapp });

/// The header in which a page names its user: what it asks for is refused once somebody else is signed in in its
/// browser.
pub const USER_HEADER: &str = "x-switchboard-user";

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Absent for programs, which come by key.
    pub user_id: Option<UserId>,
    pub name: String,
    pub email: String,
    /// How far they may go: what the server refuses beyond it, a client need not offer.
    pub permission: Permission,
    pub workspace_id: WorkspaceId,
    pub workspace_name: String,
}

read_record!(Me {
    user_id: "userId",
    name: "name",
    email: "email",
    // What was kept by an older client says nothing of it: all is offered, as it was then.
    permission: "permission" or Permission::Admin,
    workspace_id: "workspaceId",
    workspace_name: "workspaceName",
});

/// What the web client starts from. `cursor` was taken before anything else was read: apply the
/// snapshot, then every event after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub cursor: Cursor,
    pub me: Me,
    pub network: Network,
    pub devices: Vec<Device>,
    /// Codes that can be used now, by device.
    pub qrs: Vec<(DeviceId, Qr)>,
    pub pairing_codes: Vec<(DeviceId, PairingCode)>,
    /// The newest chats of all devices.
    pub chats: Vec<Chat>,
    /// Where the next page of chats starts, if there are more.
    pub next_chats: Option<String>,
    /// The chats that wait to be read, of each device that has any.
    pub unread: Vec<UnreadChats>,
    /// The open thread, if the address names one.
    pub thread: Option<ThreadPage>,
}

read_record!(Snapshot {
    cursor: "cursor",
    me: "me",
    network: "network",
    devices: "devices",
    qrs: "qrs",
    pairing_codes: "pairingCodes",
    chats: "chats",
    next_chats: "nextChats",
    // What a browser kept of an earlier version has none.
    unread: "unread" or Vec::new(),
    thread: "thread",
});

/// How many chats of a device wait to be read, and which of them a snapshot does not hold. What is archived does not
/// wait; what is muted does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadChats {
    pub device_id: DeviceId,
    /// How many there are, those of the snapshot's `chats` included.
    pub count: u32,
    /// Those that are not among the snapshot's `chats`. The 500 with the newest activity of all devices are named; the
    /// others are only counted.
    pub elsewhere: Vec<ChatId>,
}

read_record!(UnreadChats { device_id: "deviceId", count: "count", elsewhere: "elsewhere" });

/// A run of one chat's messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadPage {
    pub chat_id: ChatId,
    pub messages: Vec<Message>,
    /// Whether there are older ones than the first.
    pub has_older: bool,
}

read_record!(ThreadPage { chat_id: "chatId", messages: "messages", has_older: "hasOlder" });

/// A page from anywhere in a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadRun {
    #[serde(flatten)]
    pub page: ThreadPage,
    /// Whether there are newer ones than the last.
    pub has_newer: bool,
}

read_record!(ThreadRun { has_newer: "hasNewer" or false; rest page });

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What to pass as `after` for the next page; `null` at the end.
    pub next: Option<String>,
    /// The log's position before the list was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

read_record!(Page<T> {
    items: "items",
    next: "next",
    cursor: "cursor",
});
