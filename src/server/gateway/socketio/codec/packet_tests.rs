use serde_json::json;

use super::*;

fn decoder() -> Decoder {
    Decoder::new(PacketLimits::default())
}

fn text(text: &str) -> Result<Option<Packet>, PacketError> {
    decoder().text(text, |_| true)
}

#[test]
fn the_examples_of_the_specification() {
    assert_eq!(text("0"), Ok(Some(Packet::Connect { namespace: "/".into(), auth: Map::new() })));
    let auth = Map::from_iter([("token".to_owned(), json!("123"))]);
    assert_eq!(
        text(r#"0/admin,{"token":"123"}"#),
        Ok(Some(Packet::Connect { namespace: "/admin".into(), auth }))
    );
    assert_eq!(text("1/admin,"), Ok(Some(Packet::Disconnect { namespace: "/admin".into() })));
    let event = Packet::Event {
        namespace: "/admin".into(),
        id: Some(13),
        name: "foo".into(),
        args: Args::one(json!(1)),
    };
    assert_eq!(text(r#"2/admin,13["foo",1]"#), Ok(Some(event)));
    let ack = Packet::Ack { namespace: "/admin".into(), id: Some(13), args: Args::one(json!("bar")) };
    assert_eq!(text(r#"3/admin,13["bar"]"#), Ok(Some(ack)));
}

#[test]
fn attachments_come_back_where_they_belong() {
    let mut decoder = decoder();
    let head = r#"52-["a",{"b":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]"#;
    assert_eq!(decoder.text(head, |_| true), Ok(None));
    assert_eq!(decoder.binary(Bytes::from_static(b"zero")), Ok(None));
    let Ok(Some(Packet::Event { args, name, .. })) = decoder.binary(Bytes::from_static(b"one")) else {
        panic!("no event")
    };
    assert_eq!(name, "a");
    let found = |pointer: &str, at: usize| {
        args.get(at).and_then(|value| value.pointer(pointer)).and_then(|value| args.binary(value)).cloned()
    };
    assert_eq!(found("/b/0", 0), Some(Bytes::from_static(b"one")));
    assert_eq!(found("", 1), Some(Bytes::from_static(b"zero")));
}

#[test]
fn a_binary_packet_may_have_no_attachments() {
    assert!(matches!(text(r#"50-["a"]"#), Ok(Some(Packet::Event { .. }))));
}

#[test]
fn what_is_no_packet_is_refused() {
    for (packet, error) in [
        ("abc", PacketError::UnknownType),
        ("0[]", PacketError::Payload),
        ("0x", PacketError::Payload),
        ("01{}", PacketError::Payload),
        ("1{}", PacketError::Payload),
        ("2", PacketError::Payload),
        ("2{}", PacketError::Payload),
        ("2[]", PacketError::Payload),
        ("2[null]", PacketError::Payload),
        (r#"2["connect"]"#, PacketError::Payload),
        (r#"2["disconnect"]"#, PacketError::Payload),
        (r#"2abc["a"]"#, PacketError::Payload),
        ("31", PacketError::Payload),
        ("31{}", PacketError::Payload),
        (r#"4{"message":"no"}"#, PacketError::UnknownType),
    ] {
        assert_eq!(text(packet), Err(error), "{packet}");
    }
}

#[test]
fn an_acknowledgement_without_a_number_is_read_and_answers_nothing() {
    let ack = Packet::Ack { namespace: "/".into(), id: None, args: Args::new() };
    assert_eq!(text("3[]"), Ok(Some(ack)));
    assert_eq!(text("3{}"), Err(PacketError::Payload));
}

#[test]
fn half_of_a_character_is_replaced() {
    let Ok(Some(Packet::Event { name, args, .. })) =
        text(r#"2["a\ud83d",{"b\uDE00":"\ud83d\ude00\\ud83d\ud83dx"}]"#)
    else {
        panic!("no event")
    };
    assert_eq!(name, "a\u{fffd}");
    assert_eq!(args.get(0), Some(&json!({ "b\u{fffd}": "\u{1f600}\\ud83d\u{fffd}x" })));
}

#[test]
fn a_numeric_name_is_a_name() {
    assert!(matches!(text("2[7]"), Ok(Some(Packet::Event { name, .. })) if name == "7"));
}

#[test]
fn limits_are_kept() {
    let limits =
        PacketLimits { auth: 8, packet: 64, json_depth: 2, json_values: 4, ..PacketLimits::default() };
    let text = |text: &str| Decoder::new(limits).text(text, |_| true).err();
    assert_eq!(text(r#"0{"a":12}"#), None);
    assert_eq!(text(r#"0{"a":123}"#), Some(PacketError::TooLarge));
    assert_eq!(text(&format!(r#"2["{}"]"#, "x".repeat(60))), Some(PacketError::TooLarge));
    assert_eq!(text(r#"2["a",[]]"#), None);
    assert_eq!(text(r#"2["a",[[]]]"#), Some(PacketError::Complex));
    assert_eq!(text(r#"2["a",1,2,3]"#), Some(PacketError::Complex));
    let mut decoder = Decoder::new(limits);
    assert_eq!(decoder.text(r#"51-["a"]"#, |_| true), Ok(None));
    assert_eq!(decoder.binary(Bytes::from(vec![0; 57])), Err(PacketError::TooLarge));
}

#[test]
fn order_is_kept() {
    let mut decoder = decoder();
    assert_eq!(decoder.binary(Bytes::new()), Err(PacketError::StrayAttachment));
    assert_eq!(decoder.text(r#"51-["a"]"#, |_| true), Ok(None));
    assert_eq!(decoder.text(r#"2["a"]"#, |_| true), Err(PacketError::TextDue));
}

#[test]
fn a_placeholder_without_its_attachment_is_refused() {
    let mut decoder = decoder();
    assert_eq!(decoder.text(r#"51-["a",{"_placeholder":true,"num":1}]"#, |_| true), Ok(None));
    assert_eq!(decoder.binary(Bytes::new()), Err(PacketError::Attachments));
}

#[test]
fn nothing_but_connect_is_read_outside_of_a_namespace() {
    let mut decoder = decoder();
    assert!(decoder.text("0/a", |_| false).is_ok());
    for packet in [r#"2/a,["x"]"#, "3/a,1[]", "1/a", r#"51-/a,["x"]"#] {
        assert_eq!(decoder.text(packet, |name| name != "/a"), Err(PacketError::NotConnected));
    }
}
