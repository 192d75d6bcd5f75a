use super::super::history::{MAX_CHATS, MAX_MESSAGES, chat_of, read};
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
    let mut read = read(&part(&sync)).unwrap();
    let chat = chat_of(&known(), read.chats.remove(0)).await.unwrap();
    assert_eq!((chat.jid.as_str(), chat.kind, chat.unread), ("34600@s.whatsapp.net", ChatKind::Direct, 1));
    assert_eq!((chat.name.as_deref(), chat.last_activity), (Some("Eva"), Some(31_000)));
    let told = chat.messages.iter().map(|m| (m.message.whatsapp_id.as_str(), m.message.timestamp, m.status));
    let expected = [
        ("a", 10_000, MessageStatus::Read),
        ("b1", 20_000, MessageStatus::Read),
        ("b2", 20_000, MessageStatus::Delivered),
        ("c", 30_000, MessageStatus::Delivered),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected, "the newest of the others' is the unread one");
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
    let read = read(&part(&sync)).unwrap();
    let known = known();
    let numbers = read.numbers(&known);
    let mut chats = Vec::new();
    for chat in read.chats.clone() {
        chats.push(chat_of(&numbers, chat).await.unwrap());
    }
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
fn only_the_newest_messages_and_chats_are_read() {
    let many =
        (0..MAX_MESSAGES as u64 + 50).rev().map(|at| message(&at.to_string(), false, at + 1, text("x")));
    let mut conversations = vec![chat("1@s.whatsapp.net", many.collect())];
    for n in 0..MAX_CHATS as u64 * 2 + 100 {
        let id = format!("{}@s.whatsapp.net", 1_000_000 + n);
        conversations.push(Conversation { conversation_timestamp: Some(n + 1_000), ..chat(&id, vec![]) });
    }
    let read = read(&part(&HistorySync { conversations, ..Default::default() })).unwrap();
    assert_eq!(read.chats.len(), MAX_CHATS);
    assert_eq!(read.chats[0].conversation_timestamp, Some(MAX_CHATS as u64 * 2 + 1_099), "newest first");
    assert!(read.chats.iter().all(|chat| chat.id != "1@s.whatsapp.net"), "the oldest chat is left out");

    let many =
        (0..MAX_MESSAGES as u64 + 50).rev().map(|at| message(&at.to_string(), false, at + 1, text("x")));
    let sync =
        HistorySync { conversations: vec![chat("1@s.whatsapp.net", many.collect())], ..Default::default() };
    let read = super::super::history::read(&part(&sync)).unwrap();
    let kept = &read.chats[0].messages;
    assert_eq!(kept.len(), MAX_MESSAGES);
    let at = |m: &HistorySyncMsg| m.message.as_option().unwrap().message_timestamp;
    assert_eq!((at(&kept[0]), at(&kept[MAX_MESSAGES - 1])), (Some(51), Some(MAX_MESSAGES as u64 + 50)));
}

#[test]
fn names_are_read() {
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
    let names = read(&part(&sync)).unwrap().names;
    let told = names.iter().map(|n| (n.jid.to_string(), n.push.clone(), n.saved.clone())).collect::<Vec<_>>();
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
    assert!(read(&nonsense).is_err());
    let good =
        part(&HistorySync { conversations: vec![chat("1@s.whatsapp.net", vec![])], ..Default::default() });
    let cut = good.compressed_bytes().slice(..good.compressed_bytes().len() / 2);
    assert!(read(&LazyHistorySync::new(cut, good.decompressed_size(), 0, None, None)).is_err());
    // More than was announced: no bomb goes off.
    let bomb = LazyHistorySync::new(good.compressed_bytes().clone(), 1, 0, None, None);
    assert!(read(&bomb).is_err());
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
