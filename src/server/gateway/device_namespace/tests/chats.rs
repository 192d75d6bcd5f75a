//! Messages, chats, groups and contacts, and what passes without a position.

use super::super::message::object;
use super::{AT, becomes, chat, message, read, watch};
use crate::protocol::{
    ChatKind, Contact, EventKind, Failure, FailureCode, GroupInfo, GroupMember, GroupRole, GroupSettings,
    LiveEvent, LiveKind, MessageKind, MessageStatus, TypingState,
};
use crate::server::gateway::dialect::Translate as _;
use serde_json::{Value, json};

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
    let object = object(&message, &chat);
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
            picture: None,
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
                    "name": "Ana", "picture": null, "role": "owner" }],
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
