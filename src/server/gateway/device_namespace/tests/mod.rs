//! Event in, frame out: what each event is on this wire, to the letter.

mod chats;
mod devices;

use super::watch::Watch;
use crate::protocol::{
    Chat, ChatKind, Cursor, Device, DeviceStatus, Event, EventKind, Extras, Message, MessageKind,
    MessageStatus,
};
use crate::server::gateway::dialect::Translate as _;
use crate::server::journal::Logged;
use serde_json::{Value, json};
use std::collections::HashMap;

const AT: i64 = 1_700_000_000_123;

fn device(status: DeviceStatus) -> Device {
    Device {
        id: "dev_a".parse().unwrap(),
        workspace_id: "wsp".parse().unwrap(),
        name: "Front desk".into(),
        status,
        cause: None,
        phone_number: Some("34600111222".into()),
        display_name: Some("La Bodega".into()),
        created_at: 1,
        connected_at: None,
    }
}

fn message(from_me: bool, status: MessageStatus) -> Message {
    let (own, other) = ("34600111222".to_owned(), "34600333444".to_owned());
    Message {
        id: "msg_1".parse().unwrap(),
        device_id: "dev_a".parse().unwrap(),
        chat_id: "cht_1".parse().unwrap(),
        from: if from_me { own.clone() } else { other.clone() },
        to: if from_me { other } else { own },
        from_me,
        sender_name: None,
        kind: MessageKind::Text,
        text: "Hola".into(),
        timestamp: 1_699_999_999_000,
        status,
        failure: None,
        delay: None,
        command_id: from_me.then(|| "cmd_1".parse().unwrap()),
        whatsapp_id: "3EB0AA".into(),
        details: Extras::default(),
    }
}

fn chat() -> Chat {
    Chat {
        id: "cht_1".parse().unwrap(),
        device_id: "dev_a".parse().unwrap(),
        jid: "34600333444@s.whatsapp.net".into(),
        lid: None,
        kind: ChatKind::Direct,
        name: "Ana".into(),
        phone_number: Some("34600333444".into()),
        picture: None,
        unread: 1,
        last_message: None,
        last_activity: 1_699_999_999_000,
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

fn watch(in_all: bool) -> Watch {
    let only = (!in_all).then(|| "dev_a".parse().unwrap());
    Watch { in_all, only, covered: 0, codes: HashMap::new(), over: false }
}

fn logged(seq: i64, kind: EventKind) -> Logged {
    let epoch = "e".to_owned().try_into().unwrap();
    let (id, device_id) = ("evt_1".parse().unwrap(), Some("dev_a".parse().unwrap()));
    Logged::new(Event { cursor: Cursor { epoch, seq }, id, at: AT, device_id, kind })
}

/// A frame: its namespace with the packet's type, the event's name, its payload, and its offset.
fn read(text: &str) -> (String, String, Value, Value) {
    let at = text.find('[').unwrap();
    let list: Value = serde_json::from_str(&text[at..]).unwrap();
    (text[..at].to_owned(), list[0].as_str().unwrap().to_owned(), list[1].clone(), list[2].clone())
}

/// What a socket in the device's namespace, and one in `/`, is sent of the seventh event.
#[track_caller]
fn becomes(kind: EventKind, expected: &[(&str, Value)]) {
    let logged = logged(7, kind);
    for (in_all, head) in [(false, "42/device/dev_a,"), (true, "42")] {
        let made = watch(in_all).event(&logged).expect("frames");
        let frames: Vec<_> = made.get(true).iter().map(|frame| read(frame.text())).collect();
        let names: Vec<_> = frames.iter().map(|frame| frame.1.as_str()).collect();
        assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let last = frames.len() - 1;
        for (place, (got, (name, payload))) in frames.into_iter().zip(expected).enumerate() {
            let mut payload = payload.clone();
            payload["deviceId"] = json!("dev_a");
            payload["timestamp"] = json!(AT);
            payload["cursor"] = json!(if place == last { "e-7" } else { "e-6" });
            let offset = if place == last { "e-7".to_owned() } else { format!("e-6.{}", place + 1) };
            assert_eq!(got, (head.to_owned(), (*name).to_owned(), payload, json!(offset)));
        }
        let plain = made.get(false).iter().map(|frame| read(frame.text()).3).collect::<Vec<_>>();
        assert!(plain.iter().all(Value::is_null), "no offset for whoever does not know them");
    }
}
