//! Scenarios and properties of the client's model, one file per part.

mod alerts;
mod catch_up;
mod chat_list;
mod composer;
mod connection;
mod details;
mod drafts;
mod echo;
mod emoji;
mod events;
mod found;
mod gesture;
mod jump;
mod kept;
mod let_go;
mod members;
mod merged;
mod outbox;
mod paging;
mod pins;
mod quiet;
mod reads;
mod sandbox;
mod settings;
mod shared;
mod stickers;
mod text;
mod threads;
mod time;
mod window;

use super::{Changes, DraftInput, Input, Model, Row};
use crate::protocol::{
    Chat, ChatId, ChatKind, CommandId, Cursor, Device, DeviceId, DeviceStatus, Event, EventKind, Extras, Me,
    Message, MessageId, MessageKind, MessagePreview, MessageStatus, Network, Permission, Snapshot,
    ThreadPage,
};

pub(super) const NOON: i64 = 1_795_262_400_000;

pub(super) fn chat_id(n: u32) -> ChatId {
    format!("chat-{n}").parse().unwrap()
}

pub(super) fn device_id(n: u32) -> DeviceId {
    format!("device-{n}").parse().unwrap()
}

pub(super) fn message_id(n: u32) -> MessageId {
    format!("m{n:06}").parse().unwrap()
}

pub(super) fn command_id(n: u32) -> CommandId {
    format!("command-{n}").parse().unwrap()
}

pub(super) fn cursor(seq: i64) -> Cursor {
    format!("abc-{seq}").parse().unwrap()
}

pub(super) fn device(n: u32, status: DeviceStatus) -> Device {
    Device {
        id: device_id(n),
        workspace_id: "w".parse().unwrap(),
        name: format!("Device {n}"),
        status,
        cause: None,
        phone_number: Some(format!("3460000000{n}")),
        display_name: None,
        created_at: NOON,
        connected_at: None,
    }
}

/// A message of chat 1, `n` seconds after noon.
pub(super) fn message(n: u32, from_me: bool) -> Message {
    Message {
        id: message_id(n),
        device_id: device_id(1),
        chat_id: chat_id(1),
        from: if from_me { "34600000001".into() } else { "34611111111".into() },
        to: if from_me { "34611111111".into() } else { "34600000001".into() },
        from_me,
        sender_name: None,
        kind: MessageKind::Text,
        text: format!("text {n}"),
        timestamp: NOON + i64::from(n) * 1000,
        status: if from_me { MessageStatus::Sent } else { MessageStatus::Delivered },
        failure: None,
        delay: None,
        command_id: None,
        whatsapp_id: format!("W{n}"),
        details: Extras::default(),
    }
}

pub(super) fn chat(n: u32, unread: u32, last: Option<&Message>) -> Chat {
    Chat {
        id: chat_id(n),
        device_id: device_id(1),
        jid: format!("3461111111{n}@s.whatsapp.net"),
        lid: None,
        kind: ChatKind::Direct,
        name: format!("Person {n}"),
        phone_number: Some(format!("3461111111{n}")),
        picture: None,
        unread,
        last_message: last.map(|message| MessagePreview {
            id: message.id.clone(),
            from_me: message.from_me,
            sender_name: None,
            kind: message.kind,
            text: message.text.clone(),
            timestamp: message.timestamp,
            status: message.status,
            revoked: message.details.revoked_at.is_some(),
        }),
        last_activity: last.map_or(NOON - i64::from(n), |message| message.timestamp),
        archived: false,
        pinned: false,
        pinned_at: None,
        muted_until: None,
        marked_unread: false,
        expires_in: None,
        labels: Vec::new(),
        draft: None,
    }
}

pub(super) fn page(range: std::ops::Range<u32>, has_older: bool) -> ThreadPage {
    ThreadPage { chat_id: chat_id(1), messages: range.map(|n| message(n, n % 3 == 0)).collect(), has_older }
}

/// The page before this message, which was the first when it was asked for.
pub(super) fn older(before: u32, page: ThreadPage) -> Input {
    Input::Older { before: Some(message_id(before)), page }
}

pub(super) fn snapshot(chats: Vec<Chat>, thread: Option<ThreadPage>) -> Snapshot {
    Snapshot {
        cursor: cursor(100),
        me: Me {
            user_id: Some("u".parse().unwrap()),
            name: "Ada".into(),
            email: "ada@example.org".into(),
            permission: Permission::Admin,
            workspace_id: "w".parse().unwrap(),
            workspace_name: "Work".into(),
        },
        network: Network::Sandbox,
        devices: vec![device(1, DeviceStatus::Connected)],
        qrs: vec![],
        pairing_codes: vec![],
        chats,
        next_chats: None,
        unread: vec![],
        thread,
    }
}

/// A client that looks at chat 1, which holds the messages of `range`.
pub(super) fn reading(range: std::ops::Range<u32>, has_older: bool) -> Model {
    Model::new(snapshot(vec![chat(1, 0, None), chat(2, 0, None)], Some(page(range, has_older))))
}

pub(super) fn event(seq: i64, kind: EventKind) -> Input {
    Input::Event(Box::new(Event {
        cursor: cursor(seq),
        id: format!("e{seq}").parse().unwrap(),
        at: NOON,
        device_id: Some(device_id(1)),
        kind,
    }))
}

pub(super) fn arrives(seq: i64, message: Message, unread: u32) -> Input {
    let chat = chat(1, unread, Some(&message));
    event(seq, EventKind::MessageNew { message, chat })
}

/// The rows that the open thread shows, in order.
pub(super) fn shown(model: &Model) -> Vec<Row> {
    let key = model.open_chat().unwrap();
    let thread = model.thread(key).unwrap();
    thread.window.rows(&thread.log).into_iter().map(|row| model.row(key, row).unwrap().clone()).collect()
}

pub(super) fn texts(model: &Model) -> Vec<String> {
    shown(model).iter().map(|row| row.text().to_owned()).collect()
}

pub(super) fn writes(model: &mut Model, n: u32, text: &str) -> Changes {
    model.apply(Input::Wrote {
        command_id: command_id(n),
        chat_id: chat_id(1),
        text: text.into(),
        at: NOON + 500_000 + i64::from(n),
    })
}

/// Somebody begins to write in a chat.
pub(super) fn begins(n: u32, text: &str) -> Input {
    let named = Vec::new();
    Input::Draft(Box::new(DraftInput::Written { chat_id: chat_id(n), text: text.into(), named }))
}
