//! The control surface's answers, read tolerantly.

use crate::model::sandbox::{Hint, Items, Phone, PhoneChat, PhoneMessage, address, belongs_to};
use crate::protocol::MessageKind;

#[test]
fn answers_are_read_with_and_without_what_may_be_missing() {
    let phones: Items<Phone> =
        serde_json::from_str(r#"{"items":[{"number":"34600111222","name":"Marta"}]}"#).unwrap();
    assert_eq!(phones.items[0].name, "Marta");
    let message: PhoneMessage = serde_json::from_str(
        r#"{"id":"A","from":"1","to":"2","fromMe":false,"kind":"hologram","text":"","timestamp":5,"status":"read"}"#,
    )
    .unwrap();
    assert_eq!(message.kind, MessageKind::Unknown);
    let chat: PhoneChat =
        serde_json::from_str(r#"{"jid":"1@s.whatsapp.net","name":"A","unread":2}"#).unwrap();
    assert_eq!((chat.unread, chat.last_at), (2, None));
    let hint: Hint = serde_json::from_str(r#"{"type":"typing","from":"1","state":"composing"}"#).unwrap();
    assert_eq!((hint.kind.as_str(), hint.state.as_deref()), ("typing", Some("composing")));
}

#[test]
fn messages_find_their_conversation() {
    let message = |from: &str, to: &str, from_me| PhoneMessage {
        id: "A".into(),
        from: from.into(),
        to: to.into(),
        from_me,
        kind: MessageKind::Text,
        text: String::new(),
        timestamp: 0,
        status: crate::protocol::MessageStatus::Sent,
    };
    assert!(belongs_to(&message("1", "2", true), "2@s.whatsapp.net"));
    assert!(belongs_to(&message("2:7@s.whatsapp.net", "1", false), "2@s.whatsapp.net"));
    assert!(!belongs_to(&message("3", "1", false), "2@s.whatsapp.net"));
    assert!(belongs_to(&message("3", "99@g.us", false), "99@g.us"));
    assert!(!belongs_to(&message("3", "99@g.us", false), "3@s.whatsapp.net"));
    assert_eq!(address("34600:12@s.whatsapp.net"), "34600");
}
