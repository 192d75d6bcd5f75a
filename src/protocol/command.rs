//! What a client may ask for over the native stream. REST asks for the same things.

use super::{ChatId, Device, DeviceId, Message, MessageId, PairingCode};
use serde::{Deserialize, Serialize};

/// What somebody does in a chat's composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypingState {
    Composing,
    Recording,
    Paused,
}

/// One thing to do. Its id travels in the frame and names it for good: the same id acts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Command {
    /// Adds a device. `name`: 1 to 80 characters.
    CreateDevice {
        name: String,
    },
    RenameDevice {
        device_id: DeviceId,
        name: String,
    },
    /// Starts it: reconnects if it is linked, else shows codes to scan.
    ConnectDevice {
        device_id: DeviceId,
    },
    /// Stops it and keeps its keys.
    DisconnectDevice {
        device_id: DeviceId,
    },
    RestartDevice {
        device_id: DeviceId,
    },
    /// Ends the link on WhatsApp's side and forgets the keys.
    LogOutDevice {
        device_id: DeviceId,
    },
    /// Removes it with everything that it has.
    DeleteDevice {
        device_id: DeviceId,
    },
    /// Asks for a code that the phone with this number can enter.
    RequestPairingCode {
        device_id: DeviceId,
        phone_number: String,
    },
    /// Sends a text to a chat that exists.
    SendText {
        chat_id: ChatId,
        text: String,
    },
    /// Opens the chat with a number, JID or group, without sending anything.
    OpenChat {
        device_id: DeviceId,
        to: String,
    },
    /// Queues a failed message again, with the same WhatsApp id.
    RetryMessage {
        message_id: MessageId,
    },
    /// Everything up to and with this message was read here.
    MarkRead {
        chat_id: ChatId,
        message_id: MessageId,
    },
    /// Tells the other side that we type, or stopped.
    Typing {
        chat_id: ChatId,
        state: TypingState,
    },
}

/// What a command brought about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum CommandResult {
    Done,
    Device(Device),
    Message(Message),
    Chat(super::Chat),
    PairingCode(PairingCode),
}
