use super::super::inbound::{messages, never_readable};
use super::super::jids::tests::jid;
use super::bus::Nobody;
use super::{info, known, text};
use crate::protocol::{ChatKind, MessageKind};
use crate::server::engine::{Identity, Inbound, InboundMessage};
use std::sync::Arc;
use whatsapp_rust::types::events::{
    DecryptFailMode, InboundMessage as Received, UnavailableType, UndecryptableMessage,
};
use whatsapp_rust::types::message::{EditAttribute, MessageInfo};
use whatsapp_rust::waproto::whatsapp::Message;

async fn of(info: MessageInfo, message: Message) -> Option<InboundMessage> {
    let received = Received::builder().message(Arc::new(message)).info(Arc::new(info)).build();
    match messages(&known(), &Nobody, &[received]).await.pop()? {
        Inbound::Message(message) => Some(*message),
        Inbound::Change(_) | Inbound::Timer(_) | Inbound::Identity(_) => None,
    }
}

#[tokio::test]
async fn a_message_from_a_person() {
    let message = of(info("34600:3@s.whatsapp.net", "34600:3@s.whatsapp.net"), text("hello")).await.unwrap();
    let expected = InboundMessage {
        whatsapp_id: "3EB0AA".to_owned(),
        chat: "34600@s.whatsapp.net".to_owned(),
        chat_kind: ChatKind::Direct,
        sender: "34600@s.whatsapp.net".to_owned(),
        from_me: false,
        push_name: Some("Eva".to_owned()),
        timestamp: 1_700_000_000_000,
        kind: MessageKind::Text,
        text: "hello".to_owned(),
        details: Box::default(),
        media: None,
        secret: None,
        raw: None,
    };
    assert_eq!(message, expected);
}

#[tokio::test]
async fn people_come_by_number_wherever_it_is_known() {
    let both = |message: InboundMessage| (message.chat, message.sender);
    let known = of(info("500:3@lid", "500:3@lid"), text("a")).await.unwrap();
    assert_eq!(both(known), ("34600@s.whatsapp.net".into(), "34600@s.whatsapp.net".into()));

    let mut told = info("501@lid", "501:9@lid");
    told.source.sender_alt = Some(jid("34700:9@s.whatsapp.net"));
    assert_eq!(
        both(of(told, text("a")).await.unwrap()),
        ("34700@s.whatsapp.net".into(), "34700@s.whatsapp.net".into())
    );

    let unknown = of(info("502@lid", "502:1@lid"), text("a")).await.unwrap();
    assert_eq!(both(unknown), ("502@lid".into(), "502@lid".into()));
}

#[tokio::test]
async fn who_the_sender_is_comes_before_what_they_wrote() {
    let received = |id: &str| {
        let mut info = info("501@lid", "501:9@lid");
        info.id = id.to_owned();
        info.source.sender_alt = Some(jid("34700:9@s.whatsapp.net"));
        Received::builder().message(Arc::new(text(id))).info(Arc::new(info)).build()
    };
    let kept = messages(&known(), &Nobody, &[received("a"), received("b")]).await;
    assert_eq!(kept.len(), 3, "once for both: {kept:?}");
    assert_eq!(kept[0], Inbound::Identity(Identity::new("501@lid".into(), "34700".into())));

    // To whom another device of ours wrote.
    let mut mine = info("777@lid", "1:12@lid");
    mine.source.is_from_me = true;
    mine.peer_recipient_pn = Some(jid("34800@s.whatsapp.net"));
    let mine = Received::builder().message(Arc::new(text("a"))).info(Arc::new(mine)).build();
    let kept = messages(&known(), &Nobody, &[mine]).await;
    assert_eq!(kept[0], Inbound::Identity(Identity::new("777@lid".into(), "34800".into())));
}

#[tokio::test]
async fn group_messages_keep_their_senders() {
    let mut group = info("1203@g.us", "501:7@lid");
    group.source.sender_alt = Some(jid("34700@s.whatsapp.net"));
    let message = of(group, text("a")).await.unwrap();
    assert_eq!((message.chat.as_str(), message.chat_kind), ("1203@g.us", ChatKind::Group));
    assert_eq!(message.sender, "34700@s.whatsapp.net");
}

#[tokio::test]
async fn what_another_device_of_ours_sent() {
    let mut mine = info("500@lid", "1:12@lid");
    mine.source.is_from_me = true;
    mine.source.recipient = Some(jid("500@lid"));
    mine.source.sender_alt = Some(jid("111:12@s.whatsapp.net"));
    let message = of(mine.clone(), text("a")).await.unwrap();
    assert_eq!(message.chat, "34600@s.whatsapp.net", "the chat is not mistaken for us");
    assert_eq!((message.sender.as_str(), message.from_me), ("111@s.whatsapp.net", true));
    assert_eq!(message.push_name, None, "our own name is nobody's news");

    mine.source.chat = jid("777@lid");
    mine.peer_recipient_pn = Some(jid("34800@s.whatsapp.net"));
    assert_eq!(of(mine.clone(), text("a")).await.unwrap().chat, "34800@s.whatsapp.net");

    // To ourselves.
    let mut note = info("1@lid", "1:12@lid");
    note.source.is_from_me = true;
    assert_eq!(of(note, text("a")).await.unwrap().chat, "111@s.whatsapp.net");
}

#[tokio::test]
async fn a_broadcast_belongs_to_the_conversation_with_its_sender() {
    let broadcast = info("1234@broadcast", "500@lid");
    assert_eq!(of(broadcast.clone(), text("a")).await.unwrap().chat, "34600@s.whatsapp.net");
    let mut ours = broadcast;
    ours.source.is_from_me = true;
    assert_eq!(of(ours, text("a")).await, None);
}

#[tokio::test]
async fn what_is_no_conversation_is_left_out() {
    assert_eq!(of(info("status@broadcast", "34600@s.whatsapp.net"), text("a")).await, None);
    assert_eq!(of(info("1@newsletter", "1@newsletter"), text("a")).await, None);
    let mut nameless = info("34600@s.whatsapp.net", "34600@s.whatsapp.net");
    nameless.id = String::new();
    assert_eq!(of(nameless, text("a")).await, None);
}

#[tokio::test]
async fn edits_and_deletions_are_left_out_by_their_envelope() {
    for (edit, kept) in
        [("1", false), ("2", false), ("3", false), ("7", false), ("8", false), ("", true), ("99", true)]
    {
        let mut changed = info("34600@s.whatsapp.net", "34600@s.whatsapp.net");
        changed.edit = EditAttribute::from(edit);
        assert_eq!(of(changed, text("a")).await.is_some(), kept, "{edit:?}");
    }
}

#[tokio::test]
async fn nothing_that_a_database_cannot_hold_gets_through() {
    let mut odd = info("34600@s.whatsapp.net", "34600@s.whatsapp.net");
    odd.id = "3EB\0".to_owned();
    odd.push_name = "E\0va".to_owned();
    odd.timestamp = whatsapp_rust::chrono::DateTime::<whatsapp_rust::chrono::Utc>::MAX_UTC;
    let message = of(odd, text("a\0")).await.unwrap();
    assert!(!format!("{message:?}").contains("\\0"));
    assert_eq!(message.whatsapp_id, "3EB\u{fffd}");
}

#[tokio::test]
async fn a_batch_keeps_its_order() {
    let received = |id: &str, message| {
        let mut info = info("34600@s.whatsapp.net", "34600@s.whatsapp.net");
        info.id = id.to_owned();
        Received::builder().message(Arc::new(message)).info(Arc::new(info)).build()
    };
    let control = Message {
        reaction_message: whatsapp_rust::waproto::buffa::MessageField::some(Default::default()),
        ..Message::default()
    };
    let batch = [received("a", text("1")), received("b", control), received("c", text("2"))];
    let id = |inbound| match inbound {
        Inbound::Message(message) => message.whatsapp_id,
        Inbound::Change(done) => done.whatsapp_id,
        Inbound::Timer(timer) => timer.chat,
        Inbound::Identity(identity) => identity.lid,
    };
    let ids = messages(&known(), &Nobody, &batch).await.into_iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids, ["a", "c"]);
}

#[tokio::test]
async fn what_is_only_for_phones_has_its_place_and_the_rest_comes_again() {
    let of = async |is_unavailable, unavailable_type, decrypt_fail_mode| {
        let info = Arc::new(info("500@lid", "500@lid"));
        let builder = UndecryptableMessage::builder().info(info).is_unavailable(is_unavailable);
        let message = builder.unavailable_type(unavailable_type).decrypt_fail_mode(decrypt_fail_mode).build();
        never_readable(&known(), &message).await
    };
    use {DecryptFailMode::*, UnavailableType::*};
    let once = of(true, ViewOnce, Show).await.unwrap();
    assert_eq!(
        (once.kind, once.text.as_str(), once.chat.as_str()),
        (MessageKind::Image, "", "34600@s.whatsapp.net")
    );
    assert!(of(true, Hosted, Show).await.is_some());
    assert!(of(true, Unknown, Show).await.is_none(), "asked for again");
    assert!(of(false, Unknown, Show).await.is_none(), "asked for again");
    assert!(of(true, ViewOnce, Hide).await.is_none());
}
