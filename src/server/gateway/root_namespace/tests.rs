//! Event in, frame out: what each event is on this wire, to the letter.

use crate::protocol::{
    Cause, CauseCode, Chat, ChatKind, Cursor, Device, DeviceStatus, Event, EventKind, Extras, Failure,
    FailureCode, LiveEvent, LiveKind, Message, MessageKind, MessageStatus, NextAction, Qr, TypingState,
};
use crate::server::gateway::dialect::{Frames, Said};
use crate::server::gateway::{chat, instances};
use serde_json::{Value, json};

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

fn because(status: DeviceStatus, code: CauseCode) -> Device {
    let cause = Cause { code, text: "Why.".into(), next: NextAction::Relink, retry_at: None };
    Device { cause: Some(cause), ..device(status) }
}

fn event(kind: EventKind) -> Event {
    let cursor: Cursor = "e-7".parse().unwrap();
    Event { cursor, id: "evt_1".parse().unwrap(), at: AT, device_id: Some("dev_a".parse().unwrap()), kind }
}

fn updated(device: Device, previous_status: DeviceStatus) -> Event {
    event(EventKind::DeviceUpdated { device, previous_status })
}

/// The event's frames, with offsets, as the texts that leave.
fn texts(event: &Event, said: Vec<Said>) -> Vec<Value> {
    let frames = Frames::new("/", &event.cursor, said);
    let read = |text: &str| serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
    frames.get(true).iter().map(|frame| read(frame.text())).collect()
}

/// What everybody is sent of the seventh event.
#[track_caller]
fn tells_all(event: &Event, expected: Value) {
    assert_eq!(Value::from(texts(event, chat::said(event))), expected);
}

/// What members of the instance's room are sent besides; names and payloads without the cursor.
#[track_caller]
fn tells_members(event: &Event, expected: Value) {
    assert!(instances::concerns(&event.kind));
    let mut said = texts(event, instances::said(event));
    for frame in &mut said {
        frame[1].as_object_mut().unwrap().remove("cursor");
        frame.as_array_mut().unwrap().pop();
    }
    assert_eq!(Value::from(said), expected);
}

fn message(from_me: bool) -> Message {
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
        timestamp: AT,
        status: if from_me { MessageStatus::Queued } else { MessageStatus::Delivered },
        failure: None,
        delay: None,
        command_id: from_me.then(|| "cmd_1".parse().unwrap()),
        whatsapp_id: "3EB0AA".into(),
        details: Extras::default(),
    }
}

fn new_message(from_me: bool) -> Event {
    let chat = Chat {
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
        last_activity: AT,
        archived: false,
        pinned: false,
        pinned_at: None,
        muted_until: None,
        marked_unread: false,
        expires_in: None,
        labels: Vec::new(),
        draft: None,
    };
    event(EventKind::MessageNew { message: message(from_me), chat })
}

#[test]
fn a_message_of_others_and_one_of_ours() {
    tells_all(
        &new_message(false),
        json!([["new_message", {
            "id": "msg_1", "messageId": "msg_1", "content": "Hola", "type": "text", "isOutgoing": false,
            "fromNumber": "34600333444", "toNumber": "34600111222", "timestamp": AT,
            "createdAt": "2023-11-14T22:13:20Z", "status": "delivered", "conversationId": "cht_1",
            "deviceId": "dev_a", "senderName": null, "whatsappId": "3EB0AA", "clientId": null, "failure": null,
            "contactName": "Ana", "contactNumber": "34600333444", "isGroup": false, "cursor": "e-7",
        }, "e-7"]]),
    );
    let ours = texts(&new_message(true), chat::said(&new_message(true)));
    let payload = &ours[0][1];
    assert_eq!((&payload["isOutgoing"], &payload["status"]), (&json!(true), &json!("queued")));
    assert_eq!(
        (&payload["fromNumber"], &payload["toNumber"]),
        (&json!("34600111222"), &json!("34600333444"))
    );
    assert_eq!((&payload["clientId"], &payload["contactNumber"]), (&json!("cmd_1"), &json!("34600333444")));
}

#[test]
fn a_message_comes_further_or_fails() {
    let status = |status, failure| {
        let (chat_id, message_id) = ("cht_1".parse().unwrap(), "msg_1".parse().unwrap());
        event(EventKind::MessageStatus { chat_id, message_id, status, failure, delay: None })
    };
    tells_all(
        &status(MessageStatus::Read, None),
        json!([["message_status_update", {
            "messageId": "msg_1", "id": "msg_1", "conversationId": "cht_1", "deviceId": "dev_a",
            "status": "read", "failure": null, "error": null, "delay": null, "timestamp": AT, "cursor": "e-7",
        }, "e-7"]]),
    );
    let failure = Failure { code: FailureCode::NoSuchRecipient, text: "Nobody has this number.".into() };
    let failed = status(MessageStatus::Failed, Some(failure));
    let said = texts(&failed, chat::said(&failed));
    assert_eq!(
        (&said[0][1]["status"], &said[0][1]["error"]),
        (&json!("failed"), &json!("Nobody has this number."))
    );
    assert_eq!(said[0][1]["failure"]["code"], "no_such_recipient");
    assert!(!instances::concerns(&failed.kind));
}

#[test]
fn a_message_that_will_not_go_out_is_an_error_of_its_sending() {
    let failure = Failure { code: FailureCode::NoSuchRecipient, text: "Nobody has this number.".into() };
    let (name, payload) = chat::unsent(&Message { failure: Some(Box::new(failure)), ..message(true) });
    assert_eq!(name, "message_send_error");
    assert_eq!(
        Value::Object(payload),
        json!({
            "success": false, "error": "Nobody has this number.", "code": "no_such_recipient",
            "to": "34600333444", "conversationId": "cht_1", "messageId": "msg_1", "clientId": "cmd_1",
        })
    );
}

#[test]
fn a_connection_comes_and_goes() {
    use DeviceStatus::{Authenticating, Connected, Disconnected};
    let connected = updated(device(Connected), Authenticating);
    tells_all(
        &connected,
        json!([["connection_status", {
            "connected": true, "isConnected": true, "status": "connected", "deviceId": "dev_a",
            "name": "Front desk", "phoneNumber": "34600111222", "displayName": "La Bodega", "reason": null,
            "cause": null, "connectedAt": null, "previousStatus": "authenticating", "timestamp": AT,
            "cursor": "e-7",
        }, "e-7"]]),
    );
    tells_members(
        &connected,
        json!([
            ["instance:status:changed", {
                "instanceId": "dev_a", "oldStatus": "AUTHENTICATING", "newStatus": "CONNECTED",
                "metadata": {
                    "name": "Front desk", "phone": "34600111222", "displayName": "La Bodega", "cause": null,
                    "timestamp": AT,
                },
            }],
            ["instance:connected", {
                "instanceId": "dev_a", "phone": "34600111222", "displayName": "La Bodega",
            }],
        ]),
    );
    let lost = updated(because(Disconnected, CauseCode::ConnectionLost), Connected);
    let said = texts(&lost, instances::said(&lost));
    assert_eq!(said[0][1]["newStatus"], "DISCONNECTED");
    assert_eq!(said[0][1]["metadata"]["cause"]["code"], "connection_lost");
    assert_eq!(said[1][0], "instance:disconnected");
    assert_eq!((&said[1][1]["reason"], &said[1][1]["code"]), (&json!("Why."), &json!("connection_lost")));
    let status = texts(&lost, chat::said(&lost));
    assert_eq!((&status[0][1]["connected"], &status[0][1]["reason"]), (&json!(false), &json!("Why.")));
}

#[test]
fn what_is_no_change_of_the_connection_is_not_told() {
    let renamed = updated(device(DeviceStatus::Connected), DeviceStatus::Connected);
    tells_all(&renamed, json!([]));
    tells_members(&renamed, json!([]));
    let synced = event(EventKind::history(1, 2));
    tells_all(&synced, json!([]));
    assert!(!instances::concerns(&synced.kind));
}

#[test]
fn a_code_to_scan_is_for_the_room_of_its_instance() {
    let qr = Qr { qr: "2@a,b".into(), expires_at: AT + 60_000, issued_at: AT, attempt: 2 };
    let code = event(EventKind::DeviceQr { qr });
    tells_all(&code, json!([]));
    tells_members(
        &code,
        json!([["instance:qr:generated", {
            "instanceId": "dev_a", "qrCode": "2@a,b", "expiry": AT + 60_000, "attempt": 2,
        }]]),
    );
}

#[test]
fn every_status_is_in_capitals_and_every_end_is_told() {
    use DeviceStatus::{Connected, Created, Failed, LoggedOut, QrRequired, Starting};
    let names = |event: &Event| -> Vec<Value> {
        texts(event, instances::said(event)).into_iter().map(|frame| frame[0].clone()).collect()
    };
    let to_code = updated(device(QrRequired), Starting);
    assert_eq!(texts(&to_code, instances::said(&to_code))[0][1]["newStatus"], "QR_REQUIRED");
    assert_eq!(names(&to_code), ["instance:status:changed"]);
    let out = updated(because(LoggedOut, CauseCode::UnlinkedByPhone), Connected);
    assert_eq!(names(&out), ["instance:status:changed", "instance:disconnected"]);
    assert_eq!(texts(&out, instances::said(&out))[0][1]["newStatus"], "LOGGED_OUT");
    let failed = updated(because(Failed, CauseCode::Replaced), Connected);
    assert_eq!(names(&failed), ["instance:status:changed", "instance:disconnected", "instance:error"]);
    let error = &texts(&failed, instances::said(&failed))[2][1];
    assert_eq!((&error["error"], &error["code"]), (&json!("Why."), &json!("replaced")));
    let never = updated(because(Failed, CauseCode::PairingFailed), Created);
    assert_eq!(names(&never), ["instance:status:changed", "instance:error"]);
    let removed = event(EventKind::DeviceDeleted { id: "dev_a".parse().unwrap() });
    tells_members(
        &removed,
        json!([["instance:disconnected", {
            "instanceId": "dev_a", "reason": "The instance was removed.", "code": "deleted",
        }]]),
    );
    assert_eq!(texts(&removed, chat::said(&removed))[0][1]["status"], "deleted");
}

#[test]
fn frames_of_one_event_are_numbered_across_both_dialects() {
    let connected = updated(device(DeviceStatus::Connected), DeviceStatus::Authenticating);
    let mut said = chat::said(&connected);
    said.extend(instances::said(&connected));
    let frames = texts(&connected, said);
    let places: Vec<_> = frames.iter().map(|frame| (&frame[0], &frame[1]["cursor"], &frame[2])).collect();
    let place = |name: &str, cursor: &str, offset: &str| (json!(name), json!(cursor), json!(offset));
    let expected = [
        place("connection_status", "e-6", "e-6.1"),
        place("instance:status:changed", "e-6", "e-6.2"),
        place("instance:connected", "e-7", "e-7"),
    ];
    let expected: Vec<_> = expected.iter().map(|(name, cursor, offset)| (name, cursor, offset)).collect();
    assert_eq!(places, expected);
}

#[test]
fn the_present_state_is_told_in_the_same_words() {
    let names = |said: Vec<Said>| said.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let id = "dev_a".parse().unwrap();
    let connected = device(DeviceStatus::Connected);
    let said = instances::present(&id, Some(&connected), None);
    assert_eq!(
        (&said[0].1["oldStatus"], &said[0].1["newStatus"]),
        (&json!("CONNECTED"), &json!("CONNECTED"))
    );
    assert_eq!(said[0].1["metadata"]["current"], true);
    assert_eq!(names(said), ["instance:status:changed", "instance:connected"]);
    let waits = device(DeviceStatus::QrRequired);
    let qr = Qr { qr: "2@a".into(), expires_at: 2, issued_at: 1, attempt: 1 };
    let said = instances::present(&id, Some(&waits), Some(&qr));
    assert_eq!(names(said), ["instance:status:changed", "instance:qr:generated"]);
    // What the socket has just heard is left out.
    assert_eq!(names(instances::present(&id, None, Some(&qr))), ["instance:qr:generated"]);
    assert_eq!(instances::present(&id, None, None), []);
}

#[test]
fn somebody_types() {
    let live = |state| LiveEvent {
        at: AT,
        device_id: "dev_a".parse().unwrap(),
        kind: LiveKind::Typing {
            chat_id: "cht_1".parse().unwrap(),
            sender_name: None,
            from: "34600333444".into(),
            state,
        },
    };
    let typing = live(TypingState::Composing);
    let (room, name, payload) = chat::signal(&typing).unwrap();
    assert_eq!((room.as_str(), name), ("cht_1", "user_typing"));
    assert_eq!(
        Value::Object(payload),
        json!({
            "conversationId": "cht_1", "deviceId": "dev_a", "fromNumber": "34600333444", "senderName": null,
            "isTyping": true, "state": "composing", "timestamp": AT,
        })
    );
    let stopped = live(TypingState::Paused);
    assert_eq!(chat::signal(&stopped).unwrap().2["isTyping"], false);
    let presence = LiveKind::Presence { chat_id: "cht_1".parse().unwrap(), online: true, last_seen: None };
    assert!(chat::signal(&LiveEvent { kind: presence, ..live(TypingState::Paused) }).is_none());
}
