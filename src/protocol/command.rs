//! What a client may ask for over the native stream. REST asks for the same things.

use super::decode::{fields, read_by_type, take, take_tag, unknown};
use super::read_name;
use super::{ChatChange, ChatId, Device, DeviceId, Message, MessageId, Millis, NewMessage, PairingCode};
use serde::{Deserialize, Deserializer, Serialize};

/// How long the server keeps the answer to a command: whoever sends the same one again within it gets it again, and
/// nothing is done twice.
pub const ANSWERS_KEPT: Millis = 30 * 24 * 3_600 * 1_000;

/// What somebody does in a chat's composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TypingState {
    Composing,
    Recording,
    Paused,
}

read_name!(TypingState { "composing" => Composing, "recording" => Recording, "paused" => Paused });

/// One thing to do. Its id travels in the frame and names it for good: the same id acts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Command {
    /// Adds a device. `name`: 1 to 80 characters.
    CreateDevice { name: String },
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    RenameDevice { device_id: DeviceId, name: String },
    /// Starts it: reconnects if it is linked, else shows codes to scan.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    ConnectDevice { device_id: DeviceId },
    /// Stops it and keeps its keys.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    DisconnectDevice { device_id: DeviceId },
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    RestartDevice { device_id: DeviceId },
    /// Ends the link on WhatsApp's side and forgets the keys.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    LogOutDevice { device_id: DeviceId },
    /// Removes it with everything that it has.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    DeleteDevice { device_id: DeviceId },
    /// Asks for a code that the phone with this number can enter.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    RequestPairingCode { device_id: DeviceId, phone_number: String },
    /// Sends a text to a chat that exists.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    SendText { chat_id: ChatId, text: String },
    /// Sends a message of any kind to a chat that exists, or does something to a message in it.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    SendMessage { chat_id: ChatId, message: Box<NewMessage> },
    /// Opens the chat with a number, JID or group, without sending anything.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    OpenChat { device_id: DeviceId, to: String },
    /// Queues a failed message again, with the same WhatsApp id.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    RetryMessage { message_id: MessageId },
    /// Marks a message with a star, or no longer.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    StarMessage { message_id: MessageId, starred: bool },
    /// Deletes a message for this account alone.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    DeleteMessage { message_id: MessageId },
    /// Everything up to and with this message was read here.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    MarkRead { chat_id: ChatId, message_id: MessageId },
    /// This voice note, or other audio of somebody else, was listened to here.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    MarkPlayed { message_id: MessageId },
    /// Follows whether the person of a chat is online, for so many seconds (300 to 86,400; 3,600 if absent).
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    FollowPresence { chat_id: ChatId, seconds: Option<u32> },
    /// Shows the account as online while the device is connected, or not.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    SetPresence { device_id: DeviceId, available: bool },
    /// Archives, pins, mutes, marks, clears or deletes a chat.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    ChangeChat { chat_id: ChatId, change: ChatChange },
    /// Keeps what the caller began to write in a chat, for all of their devices; an empty text gives it up. At most
    /// 65,536 characters.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    SetDraft { chat_id: ChatId, text: String },
    /// Tells the other side that we type, or stopped.
    #[cfg_attr(feature = "ssr", schema(rename_all = "camelCase"))]
    Typing { chat_id: ChatId, state: TypingState },
}

read_by_type!(Command {
    "create_device" => CreateDevice { name: "name" },
    "rename_device" => RenameDevice { device_id: "deviceId", name: "name" },
    "connect_device" => ConnectDevice { device_id: "deviceId" },
    "disconnect_device" => DisconnectDevice { device_id: "deviceId" },
    "restart_device" => RestartDevice { device_id: "deviceId" },
    "log_out_device" => LogOutDevice { device_id: "deviceId" },
    "delete_device" => DeleteDevice { device_id: "deviceId" },
    "request_pairing_code" => RequestPairingCode { device_id: "deviceId", phone_number: "phoneNumber" },
    "send_text" => SendText { chat_id: "chatId", text: "text" },
    "send_message" => SendMessage { chat_id: "chatId", message: "message" },
    "open_chat" => OpenChat { device_id: "deviceId", to: "to" },
    "retry_message" => RetryMessage { message_id: "messageId" },
    "star_message" => StarMessage { message_id: "messageId", starred: "starred" },
    "delete_message" => DeleteMessage { message_id: "messageId" },
    "mark_read" => MarkRead { chat_id: "chatId", message_id: "messageId" },
    "mark_played" => MarkPlayed { message_id: "messageId" },
    "follow_presence" => FollowPresence { chat_id: "chatId", seconds: "seconds" },
    "set_presence" => SetPresence { device_id: "deviceId", available: "available" },
    "change_chat" => ChangeChat { chat_id: "chatId", change: "change" },
    "set_draft" => SetDraft { chat_id: "chatId", text: "text" },
    "typing" => Typing { chat_id: "chatId", state: "state" },
});

impl Command {
    /// Whether its place among the others counts: such commands are done one after the other. The rest may take
    /// long, and go side by side.
    #[must_use]
    pub fn keeps_order(&self) -> bool {
        matches!(
            self,
            Self::SendText { .. }
                | Self::SendMessage { .. }
                | Self::RetryMessage { .. }
                | Self::StarMessage { .. }
                | Self::DeleteMessage { .. }
                | Self::MarkRead { .. }
                | Self::MarkPlayed { .. }
                | Self::ChangeChat { .. }
                | Self::SetDraft { .. }
                | Self::Typing { .. }
        )
    }
}

/// What a command brought about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum CommandResult {
    Done,
    Device(Device),
    Message(Message),
    Chat(super::Chat),
    Presence(super::ChatPresence),
    PairingCode(PairingCode),
}

impl<'de> Deserialize<'de> for CommandResult {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = fields(from)?;
        let tag = take_tag::<D::Error>(&mut fields)?;
        match tag.as_str() {
            "done" => Ok(Self::Done),
            "device" => take(&mut fields, "data").map(Self::Device),
            "message" => take(&mut fields, "data").map(Self::Message),
            "chat" => take(&mut fields, "data").map(Self::Chat),
            "presence" => take(&mut fields, "data").map(Self::Presence),
            "pairing_code" => take(&mut fields, "data").map(Self::PairingCode),
            other => unknown(other),
        }
    }
}
