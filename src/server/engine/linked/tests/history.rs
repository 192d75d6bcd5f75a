use super::super::history::{Preface, chat_of, in_order};
use super::{known, text};
use crate::protocol::{ChatKind, MessageStatus};
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write as _;
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::wacore::types::events::LazyHistorySync;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::codec;
use whatsapp_rust::waproto::whatsapp::{
    Conversation, HistorySync, HistorySyncMsg, InlineContact, Message, MessageKey, PhoneNumberToLIDMapping,
    Pushname, WebMessageInfo, web_message_info::Status,
};

fn message(id: &str, from_me: bool, at: u64, message: Message) -> HistorySyncMsg {
    let info = WebMessageInfo {
        key: MessageField::some(MessageKey {
            id: Some(id.to_owned()),
            from_me: Some(from_me),
            ..Default::default()
        }),
        message: MessageField::some(message),
        message_timestamp: Some(at),
        ..Default::default()
    };
    HistorySyncMsg { message: MessageField::some(info), msg_order_id: None }
}

fn chat(id: &str, messages: Vec<HistorySyncMsg>) -> Conversation {
    Conversation { id: id.to_owned(), messages, ..Default::default() }
}

fn part(sync: &HistorySync) -> LazyHistorySync {
    let bytes = codec::history_sync_to_vec(sync);
    let mut zip = ZlibEncoder::new(Vec::new(), Compression::fast());
    zip.write_all(&bytes).unwrap();
    LazyHistorySync::new(Bytes::from(zip.finish().unwrap()), bytes.len(), 0, None, None)
}

fn chats(sync: &HistorySync) -> Vec<Conversation> {
    let part = part(sync);
    let mut stream = part.stream();
    let mut chats = Vec::new();
    while let Some(chat) = stream.next_conversation().unwrap() {
        chats.push(chat);
    }
    chats
}

#[tokio::test]
async fn a_chat_with_its_messages_oldest_first() {
    let mut mine = message("c", true, 30, text("three"));
    mine.message.as_option_mut().unwrap().status = Some(Status::DELIVERY_ACK);
    let sync = HistorySync {
        conversations: vec![Conversation {
            name: Some("Eva".to_owned()),
            unread_count: Some(1),
            conversation_timestamp: Some(31),
            ..chat(
                "34600@s.whatsapp.net",
                // Newest first, as WhatsApp gives them; two of the same second.
                vec![
                    mine,
                    message("b2", false, 20, text("two b")),
                    message("b1", false, 20, text("two a")),
                    message("a", false, 10, text("one")),
                ],
            )
        }],
        ..Default::default()
    };
    let mut chat = chats(&sync).remove(0);
    in_order(&mut chat);
    let chat = chat_of(&known(), chat).await.unwrap();
    assert_eq!((chat.jid.as_str(), chat.kind, chat.unread), ("34600@s.whatsapp.net", ChatKind::Direct, 1));
    assert_eq!((chat.name.as_deref(), chat.last_activity), (Some("Eva"), Some(31_000)));
    let told = chat.messages.iter().map(|m| (m.message.whatsapp_id.as_str(), m.message.timestamp, m.status));
    let expected = [
        ("a", 10_000, MessageStatus::Read),
        ("b1", 20_000, MessageStatus::Read),
        ("b2", 20_000, MessageStatus::Read),
        ("c", 30_000, MessageStatus::Delivered),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(chat.messages[3].message.sender, "111@s.whatsapp.net");
    assert_eq!(chat.messages[0].message.sender, "34600@s.whatsapp.net");
}

#[tokio::test]
async fn group_messages_name_their_senders_and_people_come_by_number() {
    let mut theirs = message("a", false, 1, text("hi"));
    theirs.message.as_option_mut().unwrap().participant = Some("600@lid".to_owned());
    let nobody = message("b", false, 2, text("from nobody"));
    let sync = HistorySync {
        conversations: vec![
            Conversation { name: Some("Team".to_owned()), ..chat("1203@g.us", vec![nobody, theirs]) },
            Conversation { pn_jid: Some("34900@s.whatsapp.net".to_owned()), ..chat("700@lid", vec![]) },
        ],
        phone_number_to_lid_mappings: vec![PhoneNumberToLIDMapping {
            pn_jid: Some("34800@s.whatsapp.net".to_owned()),
            lid_jid: Some("600@lid".to_owned()),
        }],
        ..Default::default()
    };
    let preface = Preface::read(&part(&sync)).unwrap();
    let known = known();
    let numbers = preface.numbers(&known);
    let mut read = Vec::new();
    for chat in chats(&sync) {
        read.push(chat_of(&numbers, chat).await.unwrap());
    }
    let mut chats = read;
    chats.sort_by(|a, b| a.jid.cmp(&b.jid));
    assert_eq!((chats[0].jid.as_str(), chats[0].name.as_deref()), ("1203@g.us", Some("Team")));
    let senders = chats[0].messages.iter().map(|m| m.message.sender.as_str()).collect::<Vec<_>>();
    assert_eq!(senders, ["34800@s.whatsapp.net"]);
    assert_eq!(chats[1].jid, "34900@s.whatsapp.net");
}

#[tokio::test]
async fn what_is_no_conversation_or_no_message_is_left_out() {
    let stub = HistorySyncMsg::default();
    let keyless =
        HistorySyncMsg { message: MessageField::some(WebMessageInfo::default()), msg_order_id: None };
    let control = message(
        "r",
        false,
        1,
        Message { reaction_message: MessageField::some(Default::default()), ..Default::default() },
    );
    let odd = chat("34600@s.whatsapp.net", vec![stub, keyless, control, message("", false, 1, text("x"))]);
    assert!(chat_of(&known(), odd).await.unwrap().messages.is_empty());
    for id in ["status@broadcast", "1@newsletter", "", "nonsense", "1@broadcast"] {
        assert!(chat_of(&known(), chat(id, vec![])).await.is_none(), "{id}");
    }
}

#[test]
fn the_phones_order_decides_within_a_second() {
    let placed = |id: &str, order| HistorySyncMsg { msg_order_id: order, ..message(id, false, 7, text(id)) };
    let order = |messages: Vec<HistorySyncMsg>| {
        let mut chat = chat("1@s.whatsapp.net", messages);
        in_order(&mut chat);
        let id = |m: &HistorySyncMsg| m.message.as_option()?.key.as_option()?.id.clone();
        chat.messages.iter().filter_map(id).collect::<Vec<_>>()
    };
    assert_eq!(
        order(vec![placed("a", Some(1)), placed("c", Some(3)), placed("b", Some(2))]),
        ["a", "b", "c"]
    );
    assert_eq!(order(vec![placed("c", None), placed("b", None), placed("a", None)]), ["a", "b", "c"]);
}

#[tokio::test]
async fn names_are_read() {
    let name = |id: &str, name: &str| Pushname { id: Some(id.to_owned()), pushname: Some(name.to_owned()) };
    let sync = HistorySync {
        pushnames: vec![
            name("1@s.whatsapp.net", "Eva"),
            name("2@s.whatsapp.net", "-"),
            name("", "x"),
            name("3@lid", ""),
        ],
        inline_contacts: vec![InlineContact {
            pn_jid: Some("4@s.whatsapp.net".to_owned()),
            full_name: Some("Ana\0 García".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let names = Preface::read(&part(&sync)).unwrap().names(&known()).await;
    let told = names.into_iter().map(|n| (n.jid, n.push, n.saved)).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            ("1@s.whatsapp.net".to_owned(), Some("Eva".to_owned()), None),
            ("4@s.whatsapp.net".to_owned(), None, Some("Ana\u{fffd} García".to_owned())),
        ]
    );
}

#[test]
fn a_damaged_part_is_an_error() {
    let nonsense = LazyHistorySync::new(Bytes::from_static(&[1, 2, 3]), 100, 0, None, None);
    assert!(Preface::read(&nonsense).is_err());
    let good =
        part(&HistorySync { conversations: vec![chat("1@s.whatsapp.net", vec![])], ..Default::default() });
    let cut = good.compressed_bytes().slice(..good.compressed_bytes().len() / 2);
    assert!(Preface::read(&LazyHistorySync::new(cut, good.decompressed_size(), 0, None, None)).is_err());
    // More than was announced: no bomb goes off.
    let bomb = LazyHistorySync::new(good.compressed_bytes().clone(), 1, 0, None, None);
    assert!(Preface::read(&bomb).is_err());
}

#[test]
fn messages_of_ours_are_never_left_waiting() {
    use super::super::history::status;
    let cases = [
        (Some(Status::ERROR), MessageStatus::Failed),
        (Some(Status::PENDING), MessageStatus::Sent),
        (Some(Status::SERVER_ACK), MessageStatus::Sent),
        (Some(Status::DELIVERY_ACK), MessageStatus::Delivered),
        (Some(Status::READ), MessageStatus::Read),
        (Some(Status::PLAYED), MessageStatus::Read),
        (None, MessageStatus::Sent),
    ];
    for (given, expected) in cases {
        assert_eq!(status(true, given), expected);
        assert_eq!(status(false, given), MessageStatus::Read);
    }
}

#[tokio::test]
async fn what_is_set_of_chats_is_told_where_it_is_said() {
    use crate::protocol::{ChatChange, MUTED_ALWAYS};
    let of = async |conversation| chat_of(&known(), conversation).await.unwrap().state;
    let plain = chat("34600@s.whatsapp.net", vec![]);
    assert_eq!(of(plain.clone()).await, []);
    let set = Conversation {
        archived: Some(true),
        pinned: Some(1_700_000_000),
        mute_end_time: Some(u64::MAX),
        marked_as_unread: Some(true),
        conversation_timestamp: Some(5),
        ..plain.clone()
    };
    assert_eq!(
        of(set).await,
        [
            (ChatChange::Archive { archived: true }, 5_000),
            (ChatChange::Pin { pinned: true }, 1_700_000_000_000),
            (ChatChange::Mute { until: Some(MUTED_ALWAYS) }, 5_000),
            (ChatChange::MarkUnread { unread: true }, 5_000),
        ]
    );
    let unset = Conversation {
        archived: Some(false),
        pinned: Some(0),
        mute_end_time: Some(0),
        marked_as_unread: Some(false),
        ..plain
    };
    assert_eq!(
        of(unset).await,
        [
            (ChatChange::Archive { archived: false }, 0),
            (ChatChange::Pin { pinned: false }, 0),
            (ChatChange::Mute { until: None }, 0),
        ]
    );
}
