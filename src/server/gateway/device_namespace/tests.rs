//! Event in, frame out: what each event is on this wire, to the letter.

use super::watch::Watch;
use super::{message, present};
use crate::protocol::{
    Cause, CauseCode, Chat, ChatKind, Contact, Cursor, Device, DeviceStatus, Event, EventKind, Extras,
    Failure, FailureCode, GroupInfo, GroupMember, GroupRole, GroupSettings, LiveEvent, LiveKind, Message,
    MessageKind, MessageStatus, NextAction, PairingCode, Qr, TypingState,
};
use crate::server::gateway::dialect::{Offset, Translate as _};
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

fn connection(status: &str, before: Value, connected: bool, cause: Value) -> Value {
    json!({
        "status": status, "previousStatus": before, "connected": connected, "phoneNumber": "34600111222",
        "clientName": "La Bodega", "name": "Front desk", "cause": cause, "connectedAt": null,
    })
}

fn updated(status: DeviceStatus, before: DeviceStatus) -> EventKind {
    EventKind::DeviceUpdated { device: device(status), previous_status: before }
}

#[test]
fn a_device_from_its_first_day_to_its_last() {
    use DeviceStatus::{Authenticating, Connected, Created, Disconnected, QrRequired, Starting};
    let state = |status: &str, before: Value| {
        ("state", json!({ "status": status, "previousStatus": before, "cause": null }))
    };
    let status = |status: &str, before: Value, connected| {
        ("connection:status", connection(status, before, connected, Value::Null))
    };
    let authenticated =
        || ("authenticated", json!({ "phoneNumber": "34600111222", "clientName": "La Bodega" }));
    let ready = || ("ready", json!({ "phoneNumber": "34600111222", "clientName": "La Bodega" }));

    becomes(
        EventKind::DeviceCreated { device: device(Created) },
        &[state("created", Value::Null), status("created", Value::Null, false)],
    );
    becomes(
        updated(Starting, Created),
        &[state("starting", json!("created")), status("starting", json!("created"), false)],
    );
    becomes(
        updated(QrRequired, Starting),
        &[state("qr_required", json!("starting")), status("qr_required", json!("starting"), false)],
    );
    let qr = Qr { qr: "2@a,b".into(), expires_at: AT + 60_000, issued_at: AT, attempt: 1 };
    becomes(
        EventKind::DeviceQr { qr },
        &[("qr", json!({ "qr": "2@a,b", "issuedAt": AT, "expiresAt": AT + 60_000, "attempt": 1 }))],
    );
    let pairing_code =
        PairingCode { code: "ABCD1234".into(), phone_number: "34600111222".into(), expires_at: 5 };
    becomes(
        EventKind::DevicePairingCode { pairing_code },
        &[("pairing:code", json!({ "code": "ABCD1234", "phoneNumber": "34600111222", "expiresAt": 5 }))],
    );
    becomes(
        updated(Authenticating, QrRequired),
        &[
            state("authenticating", json!("qr_required")),
            authenticated(),
            status("authenticating", json!("qr_required"), false),
        ],
    );
    becomes(
        updated(Connected, Authenticating),
        &[
            state("connected", json!("authenticating")),
            ready(),
            status("connected", json!("authenticating"), true),
        ],
    );
    becomes(
        updated(Connected, Starting),
        &[
            state("connected", json!("starting")),
            authenticated(),
            ready(),
            status("connected", json!("starting"), true),
        ],
    );
    becomes(
        updated(Connected, Disconnected),
        &[
            state("connected", json!("disconnected")),
            ready(),
            status("connected", json!("disconnected"), true),
        ],
    );
    // Another name: nothing about its state.
    becomes(updated(Connected, Connected), &[status("connected", json!("connected"), true)]);
    becomes(
        EventKind::DeviceDeleted { id: "dev_a".parse().unwrap() },
        &[(
            "disconnected",
            json!({ "reason": "deleted", "text": "The device was removed with everything that it had." }),
        )],
    );
}

#[test]
fn every_end_has_a_reason() {
    use DeviceStatus::{Connected, Disconnected, Failed, LoggedOut};
    let reason = |code: &str, next: &str| json!({ "reason": code, "text": "Why.", "next": next });
    for (status, spelled, code, next, mut expected) in [
        (
            Disconnected,
            "disconnected",
            CauseCode::ConnectionLost,
            NextAction::Wait,
            reason("connection_lost", "wait"),
        ),
        (
            LoggedOut,
            "logged_out",
            CauseCode::UnlinkedByPhone,
            NextAction::Relink,
            reason("unlinked_by_phone", "relink"),
        ),
        (Failed, "failed", CauseCode::Replaced, NextAction::CloseOther, reason("replaced", "close_other")),
    ] {
        let mut ended = device(status);
        let retry_at = (status == Disconnected).then_some(9);
        ended.cause = Some(Cause { code, text: "Why.".into(), next, retry_at });
        let mut cause = json!({ "code": expected["reason"], "text": "Why.", "next": expected["next"] });
        if let Some(at) = retry_at {
            (expected["retryAt"], cause["retryAt"]) = (json!(at), json!(at));
        }
        becomes(
            EventKind::DeviceUpdated { device: ended, previous_status: Connected },
            &[
                ("state", json!({ "status": spelled, "previousStatus": "connected", "cause": cause })),
                ("disconnected", expected),
                ("connection:status", connection(spelled, json!("connected"), false, cause.clone())),
            ],
        );
    }
    let bare = EventKind::DeviceUpdated { device: device(Failed), previous_status: Connected };
    let made = watch(false).event(&logged(7, bare)).unwrap();
    assert_eq!(read(made.get(false)[1].text()).2["reason"], "failed", "without a cause, the status");
}

#[test]
fn messages_of_others_and_our_own() {
    let chat_frame = (
        "chat:update",
        json!({ "chat": {
        "id": "cht_1", "deviceId": "dev_a", "jid": "34600333444@s.whatsapp.net", "lid": null, "kind": "direct", "name": "Ana",
        "phoneNumber": "34600333444", "picture": null, "unread": 1, "lastMessage": null,
        "lastActivity": 1_699_999_999_000_i64, "archived": false, "pinned": false, "pinnedAt": null,
        "mutedUntil": null, "markedUnread": false, "draft": null, "labels": [], "expiresIn": null,
    } }),
    );
    let theirs = json!({
        "id": "msg_1", "deviceId": "dev_a", "chatId": "cht_1", "from": "34600333444", "to": "34600111222",
        "fromMe": false, "senderName": null, "kind": "text", "text": "Hola",
        "timestamp": 1_699_999_999_000_i64, "status": "delivered", "whatsappId": "3EB0AA",
        "body": "Hola", "type": "chat", "ack": 2, "hasMedia": false, "isGroup": false, "chatName": "Ana",
        "chatJid": "34600333444@s.whatsapp.net", "notifyName": "Ana",
    });
    becomes(
        EventKind::MessageNew { message: message(false, MessageStatus::Delivered), chat: chat() },
        &[chat_frame.clone(), ("message", json!({ "message": theirs, "chatId": "cht_1" }))],
    );
    let ours = json!({
        "id": "msg_1", "deviceId": "dev_a", "chatId": "cht_1", "from": "34600111222", "to": "34600333444",
        "fromMe": true, "senderName": null, "kind": "text", "text": "Hola",
        "timestamp": 1_699_999_999_000_i64, "status": "queued", "commandId": "cmd_1", "whatsappId": "3EB0AA",
        "body": "Hola", "type": "chat", "ack": 0, "hasMedia": false, "isGroup": false, "chatName": "Ana",
        "chatJid": "34600333444@s.whatsapp.net",
    });
    let queued = json!({ "chatId": "cht_1", "messageId": "msg_1", "status": "queued", "ack": 0, "commandId": "cmd_1" });
    becomes(
        EventKind::MessageNew { message: message(true, MessageStatus::Queued), chat: chat() },
        &[
            chat_frame,
            ("message:create", json!({ "message": ours, "chatId": "cht_1" })),
            ("message:status", queued),
        ],
    );
}

#[test]
fn a_group_says_who_wrote_and_what_kind_it_is() {
    let (mut message, mut chat) = (message(false, MessageStatus::Delivered), chat());
    (chat.kind, chat.name, chat.jid) = (ChatKind::Group, "Family".into(), "120363@g.us".into());
    (message.to, message.sender_name, message.kind) =
        ("120363@g.us".into(), Some("Ana".into()), MessageKind::Image);
    let object = message::object(&message, &chat);
    let field = |name: &str| object[name].clone();
    assert_eq!(
        ["author", "notifyName", "chatName", "type", "kind", "hasMedia", "isGroup"].map(field),
        [
            json!("34600333444"),
            json!("Ana"),
            json!("Family"),
            json!("image"),
            json!("image"),
            json!(true),
            json!(true)
        ]
    );
}

#[test]
fn an_own_message_climbs_the_ladder() {
    for (status, spelled, ack) in [
        (MessageStatus::Queued, "queued", 0),
        (MessageStatus::Sent, "sent", 1),
        (MessageStatus::Delivered, "delivered", 2),
        (MessageStatus::Read, "read", 3),
        (MessageStatus::Failed, "failed", -1),
    ] {
        let failure = (status == MessageStatus::Failed)
            .then(|| Failure { code: FailureCode::Refused, text: "It was not sent.".into() });
        let mut payload = json!({ "chatId": "cht_1", "messageId": "msg_1", "status": spelled, "ack": ack });
        if failure.is_some() {
            payload["failure"] = json!({ "code": "refused", "text": "It was not sent." });
        }
        let mut expected = vec![("message:status", payload.clone()), ("message:ack", payload.clone())];
        if status == MessageStatus::Read {
            expected.push(("message:read", payload));
        }
        let (chat_id, message_id) = ("cht_1".parse().unwrap(), "msg_1".parse().unwrap());
        becomes(EventKind::MessageStatus { chat_id, message_id, status, failure, delay: None }, &expected);
    }
}

#[test]
fn chats_contacts_and_history() {
    let mut quiet = chat();
    quiet.unread = 0;
    becomes(
        EventKind::ChatUpdated { chat: quiet.clone() },
        &[("chat:update", json!({ "chat": serde_json::to_value(&quiet).unwrap() }))],
    );
    let (mut archived, chat_id) = (quiet.clone(), quiet.id.clone());
    (archived.archived, archived.muted_until) = (true, Some(crate::protocol::MUTED_ALWAYS));
    let mut expected = serde_json::to_value(&quiet).unwrap();
    (expected["archived"], expected["mutedUntil"]) = (json!(true), json!(253_402_300_799_999_i64));
    becomes(EventKind::ChatUpdated { chat: archived }, &[("chat:update", json!({ "chat": expected }))]);
    becomes(
        EventKind::ChatDeleted { chat_id },
        &[("chat:update", json!({ "chat": { "id": quiet.id, "deviceId": "dev_a", "deleted": true } }))],
    );
    becomes(
        EventKind::ChatMerged { from: "cht_2".parse().unwrap(), chat: quiet.clone() },
        &[
            (
                "chat:update",
                json!({ "chat": { "id": "cht_2", "deviceId": "dev_a", "deleted": true, "mergedInto": "cht_1" } }),
            ),
            ("chat:update", json!({ "chat": serde_json::to_value(&quiet).unwrap(), "mergedFrom": "cht_2" })),
        ],
    );
    let contact = Contact {
        device_id: "dev_a".parse().unwrap(),
        jid: "34600333444@s.whatsapp.net".into(),
        lid: None,
        phone_number: Some("34600333444".into()),
        name: "Ana".into(),
        push_name: None,
        picture: None,
        about: None,
        blocked: false,
    };
    let group = GroupInfo {
        chat_id: "cht_1".parse().unwrap(),
        device_id: "dev_a".parse().unwrap(),
        jid: "120363@g.us".into(),
        subject: "Family".into(),
        description: None,
        owner: Some("34600333444".into()),
        created_at: None,
        settings: GroupSettings { locked: true, ..GroupSettings::default() },
        members: vec![GroupMember {
            jid: "34600333444@s.whatsapp.net".into(),
            phone_number: Some("34600333444".into()),
            name: "Ana".into(),
            role: GroupRole::Owner,
        }],
        left: false,
        as_of: 5,
    };
    becomes(
        EventKind::GroupUpdated { group },
        &[(
            "group:update",
            json!({ "group": {
                "chatId": "cht_1", "deviceId": "dev_a", "jid": "120363@g.us", "subject": "Family",
                "description": null, "owner": "34600333444", "createdAt": null,
                "settings": { "announce": false, "locked": true, "approval": false, "memberAdd": true,
                    "expiresIn": null },
                "left": false, "asOf": 5,
                "members": [{ "jid": "34600333444@s.whatsapp.net", "phoneNumber": "34600333444",
                    "name": "Ana", "role": "owner" }],
            } }),
        )],
    );
    becomes(
        EventKind::ContactMerged { from: "5@lid".into(), contact: contact.clone() },
        &[(
            "contact:update",
            json!({ "contact": serde_json::to_value(&contact).unwrap(), "mergedFrom": "5@lid" }),
        )],
    );
    becomes(
        EventKind::ContactUpdated { contact },
        &[(
            "contact:update",
            json!({ "contact": {
            "deviceId": "dev_a", "jid": "34600333444@s.whatsapp.net", "lid": null, "phoneNumber": "34600333444",
            "name": "Ana", "pushName": null, "picture": null, "about": null, "blocked": false,
        } }),
        )],
    );
    becomes(EventKind::history(2, 30), &[("history:synced", json!({ "chats": 2, "messages": 30 }))]);
}

#[test]
fn typing_and_presence_pass_without_a_position() {
    let live = |kind| LiveEvent { at: AT, device_id: "dev_a".parse().unwrap(), kind };
    let typing = |state| {
        live(LiveKind::Typing {
            chat_id: "cht_1".parse().unwrap(),
            sender_name: None,
            from: "34600333444".into(),
            state,
        })
    };
    let presence =
        live(LiveKind::Presence { chat_id: "cht_1".parse().unwrap(), online: false, last_seen: Some(4) });
    let typed = |state: &str| {
        json!({ "deviceId": "dev_a", "timestamp": AT, "chatId": "cht_1", "from": "34600333444",
            "senderName": null, "state": state })
    };
    for (event, name, payload) in [
        (typing(TypingState::Composing), "typing:start", typed("composing")),
        (typing(TypingState::Recording), "typing:start", typed("recording")),
        (typing(TypingState::Paused), "typing:stop", typed("paused")),
        (
            presence,
            "presence:update",
            json!({ "deviceId": "dev_a", "timestamp": AT, "chatId": "cht_1", "online": false, "lastSeen": 4 }),
        ),
    ] {
        for (in_all, head) in [(false, "42/device/dev_a,"), (true, "42")] {
            let frame = watch(in_all).signal(&event).unwrap();
            assert_eq!(read(frame.text()), (head.into(), name.into(), payload.clone(), Value::Null));
        }
    }
}

#[test]
fn the_present_is_told_once_and_only_its_end_is_a_position() {
    let qr = Qr { qr: "2@now".into(), expires_at: AT + 1, issued_at: AT, attempt: 2 };
    let at = Offset::after("e-7".parse().unwrap());
    let names = |status, qr: Option<&Qr>| {
        let frames = present::frames("/device/dev_a", present::said(&device(status), qr, AT), &at, true);
        frames
            .iter()
            .map(|frame| read(frame.text()))
            .map(|(_, name, payload, offset)| {
                assert_eq!((&payload["deviceId"], &payload["timestamp"]), (&json!("dev_a"), &json!(AT)));
                let position = name == "connection:status";
                assert_eq!(payload.get("cursor").is_some(), position);
                assert_eq!(offset.is_string(), position);
                name
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(names(DeviceStatus::Connected, None), ["state", "ready", "connection:status"]);
    assert_eq!(names(DeviceStatus::QrRequired, Some(&qr)), ["state", "qr", "connection:status"]);
    assert_eq!(names(DeviceStatus::Failed, None), ["state", "connection:status"]);
    // A code of a device that waits for none is on its way out.
    assert_eq!(present::code(&device(DeviceStatus::Connected), |_| Some(qr.clone())), None);
    assert_eq!(present::code(&device(DeviceStatus::QrRequired), |_| Some(qr.clone())), Some(qr.clone()));

    let mut watch = watch(false);
    (watch.covered, watch.codes) = (7, HashMap::from([("dev_a".parse().unwrap(), "2@now".to_owned())]));
    let update = || updated(DeviceStatus::Connected, DeviceStatus::Starting);
    assert!(watch.event(&logged(7, update())).is_none() && watch.event(&logged(8, update())).is_some());
    assert!(watch.event(&logged(8, EventKind::DeviceQr { qr: qr.clone() })).is_none());
    let next = Qr { qr: "2@next".into(), ..qr };
    assert!(watch.event(&logged(7, EventKind::DeviceQr { qr: next.clone() })).is_none());
    assert!(watch.event(&logged(9, EventKind::DeviceQr { qr: next })).is_some());
    let message = message(false, MessageStatus::Delivered);
    let new = EventKind::MessageNew { message, chat: chat() };
    assert!(watch.event(&logged(6, new)).is_some(), "messages are no part of the present");
}

#[test]
fn the_end_of_the_only_device_is_the_end() {
    let deleted = || logged(7, EventKind::DeviceDeleted { id: "dev_a".parse().unwrap() });
    let mut one = watch(false);
    assert!(one.event(&deleted()).is_some() && one.is_over());
    let mut all = watch(true);
    assert!(all.event(&deleted()).is_some() && !all.is_over());
    all.only = Some("dev_a".parse().unwrap());
    assert!(all.event(&deleted()).is_some() && all.is_over(), "`?deviceId=` has no other");
}
