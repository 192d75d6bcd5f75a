use super::super::jids::tests::jid;
use super::super::translate::meaning;
use super::{info, known};
use crate::protocol::TypingState;
use crate::server::engine::{ReceiptKind, SessionEvent};
use std::time::Duration;
use whatsapp_rust::NodeBuilder;
use whatsapp_rust::chrono::DateTime;
use whatsapp_rust::types::events::*;
use whatsapp_rust::types::message::MessageSource;
use whatsapp_rust::types::presence::{ChatPresence, ChatPresenceMedia, ReceiptType};
use whatsapp_rust::wacore::stanza::groups::GroupNotificationAction;
use whatsapp_rust::waproto::whatsapp::sync_action_value::ContactAction;

async fn of(event: Event) -> Option<SessionEvent> {
    meaning(&known(), &event).await
}

fn source(chat: &str, sender: &str) -> MessageSource {
    MessageSource { chat: jid(chat), sender: jid(sender), ..MessageSource::default() }
}

fn at() -> DateTime<whatsapp_rust::chrono::Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

#[tokio::test]
async fn codes_and_the_link() {
    let qr = PairingQrCode::builder().code("2@x".to_owned()).timeout(Duration::from_secs(60)).build();
    assert_eq!(
        of(Event::PairingQrCode(qr)).await,
        Some(SessionEvent::Qr { code: "2@x".to_owned(), life: Duration::from_secs(60) })
    );
    let paired = |lid: &str| {
        let builder = PairSuccess::builder().id(jid("34600111222:7@s.whatsapp.net"));
        let lid = if lid.is_empty() { whatsapp_rust::Jid::default() } else { jid(lid) };
        Event::PairSuccess(builder.lid(lid).business_name(String::new()).platform(String::new()).build())
    };
    let expected = |lid: Option<&str>| {
        Some(SessionEvent::Paired { phone_number: "34600111222".to_owned(), lid: lid.map(str::to_owned) })
    };
    assert_eq!(of(paired("55:7@lid")).await, expected(Some("55@lid")));
    assert_eq!(of(paired("")).await, expected(None));
}

#[tokio::test]
async fn acknowledgements_of_messages() {
    let ack = |class: Option<&str>, error: Option<&str>| {
        let builder = ServerAck::builder().id("3EB0".to_owned());
        Event::ServerAck(
            builder.maybe_class(class.map(str::to_owned)).maybe_error(error.map(str::to_owned)).build(),
        )
    };
    let accepted = |error| Some(SessionEvent::Accepted { whatsapp_id: "3EB0".to_owned(), error });
    assert_eq!(of(ack(Some("message"), None)).await, accepted(None));
    assert_eq!(of(ack(None, None)).await, accepted(None));
    assert_eq!(of(ack(Some("receipt"), None)).await, None);
    let Some(SessionEvent::Accepted { error: Some(text), .. }) = of(ack(Some("message"), Some("479"))).await
    else {
        panic!("a refusal is told")
    };
    assert!(text.contains("479"), "{text}");
    // Not now is no refusal: it is tried again.
    assert_eq!(of(ack(Some("message"), Some("503"))).await, None);
    assert_eq!(of(ack(Some("message"), Some("429"))).await, None);
}

#[tokio::test]
async fn receipts() {
    let receipt = |source, r#type, ids: &[&str]| {
        Event::Receipt(
            Receipt::builder()
                .source(source)
                .message_ids(ids.iter().map(|id| (*id).to_owned()).collect())
                .timestamp(at())
                .r#type(r#type)
                .offline(false)
                .build(),
        )
    };
    let direct = || source("500:2@lid", "500:2@lid");
    let kinds = [
        (ReceiptType::Delivered, Some(ReceiptKind::Delivered)),
        (ReceiptType::Inactive, Some(ReceiptKind::Delivered)),
        (ReceiptType::Read, Some(ReceiptKind::Read)),
        (ReceiptType::Played, Some(ReceiptKind::Played)),
        (ReceiptType::ReadSelf, Some(ReceiptKind::ReadByUs)),
        (ReceiptType::PlayedSelf, Some(ReceiptKind::PlayedByUs)),
        (ReceiptType::Sender, None),
        (ReceiptType::Sent, None),
        (ReceiptType::Retry, None),
        (ReceiptType::ServerError, None),
        (ReceiptType::PeerMsg, None),
        (ReceiptType::HistorySync, None),
        (ReceiptType::Other("new".to_owned()), None),
    ];
    for (given, expected) in kinds {
        let expected = expected.map(|kind| SessionEvent::Receipt {
            chat: "34600@s.whatsapp.net".to_owned(),
            sender: "34600@s.whatsapp.net".to_owned(),
            whatsapp_ids: vec!["a".to_owned(), "b".to_owned()],
            kind,
            at: at().timestamp_millis(),
        });
        assert_eq!(of(receipt(direct(), given.clone(), &["a", "", "b"])).await, expected, "{given:?}");
    }
    assert_eq!(of(receipt(direct(), ReceiptType::Read, &[])).await, None);
    assert_eq!(of(receipt(source("status@broadcast", "1@lid"), ReceiptType::Read, &["a"])).await, None);
    let group = of(receipt(source("1203@g.us", "500@lid"), ReceiptType::Read, &["a"])).await;
    let Some(SessionEvent::Receipt { chat, sender, .. }) = group else { panic!("{group:?}") };
    assert_eq!((chat.as_str(), sender.as_str()), ("1203@g.us", "34600@s.whatsapp.net"));
}

#[tokio::test]
async fn typing_and_presence() {
    let typing = |chat: &str, sender: &str, state, media| {
        Event::ChatPresence(
            ChatPresenceUpdate::builder().source(source(chat, sender)).state(state).media(media).build(),
        )
    };
    let expected = |chat: &str, state| {
        Some(SessionEvent::Typing { chat: chat.to_owned(), sender: "34600@s.whatsapp.net".to_owned(), state })
    };
    use {ChatPresence::*, ChatPresenceMedia::*};
    assert_eq!(
        of(typing("500@lid", "500@lid", Composing, Text)).await,
        expected("34600@s.whatsapp.net", TypingState::Composing)
    );
    assert_eq!(
        of(typing("1@g.us", "500:4@lid", Composing, Audio)).await,
        expected("1@g.us", TypingState::Recording)
    );
    assert_eq!(of(typing("1@g.us", "500@lid", Paused, Audio)).await, expected("1@g.us", TypingState::Paused));
    assert_eq!(of(typing("1@newsletter", "500@lid", Paused, Text)).await, None);

    let presence = |from: &str, unavailable, last_seen| {
        Event::Presence(
            PresenceUpdate::builder()
                .from(jid(from))
                .unavailable(unavailable)
                .maybe_last_seen(last_seen)
                .build(),
        )
    };
    let expected = |online, last_seen| {
        Some(SessionEvent::Presence { jid: "34600@s.whatsapp.net".to_owned(), online, last_seen })
    };
    assert_eq!(of(presence("500@lid", false, None)).await, expected(true, None));
    assert_eq!(
        of(presence("34600@s.whatsapp.net", true, Some(at()))).await,
        expected(false, Some(1_700_000_000_000))
    );
    assert_eq!(of(presence("1@g.us", true, None)).await, None);
}

#[tokio::test]
async fn people_and_their_pictures() {
    let contact = |jid_of: &str, action: ContactAction| {
        Event::ContactUpdate(
            ContactUpdate::builder()
                .jid(jid(jid_of))
                .timestamp(at())
                .action(Box::new(action))
                .from_full_sync(false)
                .build(),
        )
    };
    let action = |full: &str, first: &str, number: &str| ContactAction {
        full_name: Some(full.to_owned()),
        first_name: Some(first.to_owned()),
        pn_jid: Some(number.to_owned()),
        ..ContactAction::default()
    };
    let saved = |jid: &str, name: &str| {
        Some(SessionEvent::Contact {
            jid: jid.to_owned(),
            saved_name: Some(name.to_owned()),
            push_name: None,
        })
    };
    assert_eq!(
        of(contact("500@lid", action("Eva Gil", "Eva", ""))).await,
        saved("34600@s.whatsapp.net", "Eva Gil")
    );
    assert_eq!(
        of(contact("9@lid", action("", "Eva", "34999@s.whatsapp.net"))).await,
        saved("34999@s.whatsapp.net", "Eva")
    );
    assert_eq!(of(contact("9@lid", action("", "", "nonsense"))).await, None);

    let push = |name: &str| {
        let message = Box::new(info("500@lid", "500@lid"));
        let builder =
            PushNameUpdate::builder().jid(jid("500@lid")).message(message).old_push_name(String::new());
        Event::PushNameUpdate(builder.new_push_name(name.to_owned()).build())
    };
    let expected = SessionEvent::Contact {
        jid: "34600@s.whatsapp.net".to_owned(),
        saved_name: None,
        push_name: Some("Eva".to_owned()),
    };
    assert_eq!(of(push("Eva")).await, Some(expected));
    assert_eq!(of(push("")).await, None);

    let own = |name: &str| {
        let builder = SelfPushNameUpdated::builder().from_server(true).old_name(String::new());
        Event::SelfPushNameUpdated(builder.new_name(name.to_owned()).build())
    };
    assert_eq!(of(own("Ana")).await, Some(SessionEvent::OwnName("Ana".to_owned())));
    assert_eq!(of(own("")).await, None);

    let picture = PictureUpdate::builder().jid(jid("500@lid")).timestamp(at()).removed(true).build();
    let changed = |jid: &str| Some(SessionEvent::PictureChanged { jid: jid.to_owned() });
    assert_eq!(of(Event::PictureUpdate(picture)).await, changed("34600@s.whatsapp.net"));
    let updated = ContactUpdated::builder().jid(jid("1@g.us")).timestamp(at()).build();
    assert_eq!(of(Event::ContactUpdated(updated)).await, changed("1@g.us"));
}

#[tokio::test]
async fn groups() {
    let update = |action| {
        Event::GroupUpdate(
            GroupUpdate::builder()
                .group_jid(jid("1203@g.us"))
                .timestamp(at())
                .is_lid_addressing_mode(true)
                .action(action)
                .build(),
        )
    };
    let named = |subject: &str| {
        Some(SessionEvent::Group { jid: "1203@g.us".to_owned(), subject: subject.to_owned() })
    };
    let subject = GroupNotificationAction::Subject {
        subject: "Team".to_owned(),
        subject_owner: None,
        subject_time: None,
    };
    assert_eq!(of(update(subject)).await, named("Team"));
    let group = NodeBuilder::new("group").attr("id", "1203").attr("subject", "New").build();
    let create = NodeBuilder::new("create").children([group]).build();
    assert_eq!(of(update(GroupNotificationAction::Create { raw: create })).await, named("New"));
    let empty = NodeBuilder::new("create").build();
    assert_eq!(of(update(GroupNotificationAction::Create { raw: empty })).await, None);
    assert_eq!(of(update(GroupNotificationAction::Unlocked)).await, None);
}

#[tokio::test]
async fn what_means_nothing_to_us() {
    assert_eq!(of(Event::Connected(Connected::builder().build())).await, None, "told by the session itself");
    assert_eq!(
        of(Event::StreamReplaced(StreamReplaced::builder().build())).await,
        None,
        "an end, told at the end"
    );
    assert_eq!(of(Event::OfflineSyncCompleted(OfflineSyncCompleted::builder().count(1).build())).await, None);
}

#[tokio::test]
async fn what_is_set_of_chats() {
    use crate::protocol::{ChatChange, MUTED_ALWAYS};
    use whatsapp_rust::waproto::buffa::MessageField;
    use whatsapp_rust::waproto::whatsapp::sync_action_value::{
        ArchiveChatAction, ClearChatAction, DeleteChatAction, MarkChatAsReadAction, MuteAction, PinAction,
        SyncActionMessageRange,
    };
    macro_rules! update {
        ($update:ident, $jid:expr, $action:expr) => {
            Event::$update(
                $update::builder()
                    .jid(jid($jid))
                    .timestamp(at())
                    .action(Box::new($action))
                    .from_full_sync(false)
                    .build(),
            )
        };
    }
    let told = |chat: &str, change, at| Some(SessionEvent::Chat { jid: chat.to_owned(), change, at });
    let (number, now) = ("34600@s.whatsapp.net", 1_700_000_000_000);
    let archive = ArchiveChatAction { archived: Some(true), ..Default::default() };
    let expected = told(number, ChatChange::Archive { archived: true }, now);
    assert_eq!(of(update!(ArchiveUpdate, "500@lid", archive)).await, expected, "by number");
    let pin = PinAction { pinned: Some(false) };
    let expected = told("1203@g.us", ChatChange::Pin { pinned: false }, now);
    assert_eq!(of(update!(PinUpdate, "1203@g.us", pin)).await, expected);
    for (muted, end, until) in [
        (Some(true), Some(-1), Some(MUTED_ALWAYS)),
        (Some(true), None, Some(MUTED_ALWAYS)),
        (Some(true), Some(i64::MAX), Some(MUTED_ALWAYS)),
        (Some(true), Some(5), Some(5)),
        (Some(false), Some(5), None),
        (None, None, None),
    ] {
        let mute = MuteAction { muted, mute_end_timestamp: end, ..Default::default() };
        let expected = told(number, ChatChange::Mute { until }, now);
        assert_eq!(of(update!(MuteUpdate, number, mute)).await, expected, "{muted:?} {end:?}");
    }
    let read = MarkChatAsReadAction { read: Some(false), ..Default::default() };
    let expected = told(number, ChatChange::MarkUnread { unread: true }, now);
    assert_eq!(of(update!(MarkChatAsReadUpdate, number, read)).await, expected);
    // Up to the end of the second in which the newest message came that was seen, and never later than now.
    let seen = |seconds| {
        let range = SyncActionMessageRange { last_message_timestamp: Some(seconds), ..Default::default() };
        MessageField::some(range)
    };
    let clear = |seconds| ClearChatAction { message_range: seen(seconds) };
    let builder = |action| {
        let builder = ClearChatUpdate::builder().jid(jid(number)).timestamp(at()).action(Box::new(action));
        Event::ClearChatUpdate(builder.delete_starred(true).delete_media(true).from_full_sync(true).build())
    };
    assert_eq!(of(builder(clear(1_600_000_000))).await, told(number, ChatChange::Clear, 1_600_000_000_999));
    assert_eq!(of(builder(clear(1_800_000_000))).await, told(number, ChatChange::Clear, now));
    assert_eq!(of(builder(clear(i64::MAX))).await, told(number, ChatChange::Clear, now));
    assert_eq!(of(builder(ClearChatAction::default())).await, told(number, ChatChange::Clear, now));
    let delete = DeleteChatUpdate::builder().jid(jid(number)).delete_media(true).timestamp(at());
    let delete = delete.action(Box::new(DeleteChatAction::default())).from_full_sync(false).build();
    assert_eq!(of(Event::DeleteChatUpdate(delete)).await, told(number, ChatChange::Delete, now));
    assert_eq!(of(update!(PinUpdate, "status@broadcast", PinAction { pinned: Some(true) })).await, None);
}
