//! What holds for every packet and for every text.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn engine_packet() -> impl Strategy<Value = EnginePacket> {
    let data = "[^\x1e]{0,40}";
    prop_oneof![
        data.prop_map(EnginePacket::Open),
        Just(EnginePacket::Close),
        data.prop_map(EnginePacket::Ping),
        data.prop_map(EnginePacket::Pong),
        data.prop_map(EnginePacket::Message),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| EnginePacket::Binary(bytes.into())),
        Just(EnginePacket::Upgrade),
        Just(EnginePacket::Noop),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn args() -> impl Strategy<Value = Args> {
    let bytes = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..10);
    (prop::collection::vec(value(), 0..4), bytes).prop_map(|(values, attachments)| {
        let mut args = Args::from(values);
        for (at, bytes) in attachments.into_iter().enumerate() {
            let place = args.attach(Bytes::from(bytes));
            let value = if at % 2 == 0 { place } else { json!({ "deep": [place] }) };
            args.push(value);
        }
        args
    })
}

/// Sends a frame through the decoder, as a WebSocket would.
fn through(frame: &Frame) -> Result<Option<Packet>, PacketError> {
    let mut decoder = Decoder::new(PacketLimits::default());
    let mut last = Ok(None);
    for unit in frame.units() {
        last = match unit {
            Unit::Text(text) => decoder.text(text.strip_prefix('4').unwrap_or_default(), |_| true),
            Unit::Binary(bytes) => decoder.binary(bytes),
        };
    }
    last
}

proptest! {
    #[test]
    fn payloads_round_trip(packets in prop::collection::vec(engine_packet(), 1..10)) {
        let decoded: Result<Vec<_>, _> = decode_payload(&encode_payload(&packets)).collect();
        prop_assert_eq!(decoded, Ok(packets));
    }

    #[test]
    fn events_round_trip(
        namespace in "/[a-z/]{0,20}",
        name in "[a-z]{12,16}",
        args in args(),
        id in prop::option::of(0_u64..1 << 53),
    ) {
        let frame = Frame::numbered_event(&namespace, &name, &args, None, id).ok();
        let packet = Packet::Event { namespace, id, name, args };
        prop_assert_eq!(frame.map(|frame| through(&frame)), Some(Ok(Some(packet))));
    }

    #[test]
    fn acks_round_trip(namespace in "/[a-z]{0,20}", args in args(), id in 0_u64..1 << 53) {
        let frame = Frame::ack(&namespace, id, &args).ok();
        let packet = Packet::Ack { namespace, id: Some(id), args };
        prop_assert_eq!(frame.map(|frame| through(&frame)), Some(Ok(Some(packet))));
    }

    #[test]
    fn no_frame_holds_the_separator(name in any::<String>(), value in value(), offset in any::<String>()) {
        if let Ok(frame) = Frame::event("/", &name, &Args::one(value), Some(&offset)) {
            prop_assert!(!frame.text().contains(SEPARATOR));
        }
    }

    #[test]
    fn arbitrary_texts_never_panic(text in any::<String>()) {
        for packet in decode_payload(&text) {
            drop(packet);
        }
        drop(Decoder::new(PacketLimits::default()).text(&text, |_| true));
    }

    #[test]
    fn almost_packets_never_panic(
        texts in prop::collection::vec("[0-6]{1,2}[0-9-]{0,3}(/[a-z]{0,3},?)?[0-9]{0,3}[\\[\\]{}\",:a0-9_]{0,20}", 1..8),
        bytes in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut decoder = Decoder::new(PacketLimits::default());
        for text in texts {
            drop(decoder.text(&text, |_| true));
            drop(decoder.binary(Bytes::from(bytes.clone())));
        }
    }
}
