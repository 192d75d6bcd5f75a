//! Chatting: texts, receipts, typing, groups, and what WhatsApp can be asked.

use crate::engine_linked::support::{BOB, EVA, Net, OWN, jid};
use switchboard::protocol::{ChatKind, MAX_TEXT_LENGTH, MessageKind, MessageStatus, TypingState};
use switchboard::server::engine::{EngineError, ReceiptKind, SessionEvent};
use switchboard::server::sandbox::FaultKind;

fn accepted(id: &str) -> impl Fn(&SessionEvent) -> Option<()> {
    move |event| match event {
        SessionEvent::Accepted { whatsapp_id, error: None } if whatsapp_id == id => Some(()),
        _ => None,
    }
}

fn receipt(id: &str, expected: ReceiptKind) -> impl Fn(&SessionEvent) -> Option<String> {
    move |event| match event {
        SessionEvent::Receipt { chat, whatsapp_ids, kind, .. } if *kind == expected => {
            whatsapp_ids.iter().any(|of| of == id).then(|| chat.clone())
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_go_both_ways_and_their_ticks_come_back() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;

    let sent = net.sandbox.send_text(EVA, OWN, "hello").await.unwrap();
    let got = device.sink.message("hello").await;
    assert_eq!((got.whatsapp_id.as_str(), got.chat.as_str()), (sent.id.as_str(), jid(EVA).as_str()));
    assert_eq!(
        (got.sender.as_str(), got.from_me, got.chat_kind),
        (jid(EVA).as_str(), false, ChatKind::Direct)
    );
    assert_eq!((got.kind, got.push_name.as_deref(), got.raw), (MessageKind::Text, Some("Eva"), None));
    assert_eq!(got.timestamp % 1_000, 0, "WhatsApp counts whole seconds");
    net.holds(EVA, "hello", |message| message.status == MessageStatus::Delivered).await;
    device.session.mark_read(&jid(EVA), None, &[got.whatsapp_id]).await.unwrap();
    net.holds(EVA, "hello", |message| message.status == MessageStatus::Read).await;

    let answer = device.text(&jid(EVA), "hello back ✓");
    device.session.send(&answer).await.unwrap();
    device.sink.event("taken", accepted(&answer.whatsapp_id)).await;
    assert_eq!(net.holds(EVA, "hello back ✓", |_| true).await.id, answer.whatsapp_id);
    assert!(net.holds(OWN, "hello back ✓", |_| true).await.from_me, "our own phone has it, too");
    let chat = device.sink.event("delivered", receipt(&answer.whatsapp_id, ReceiptKind::Delivered)).await;
    assert_eq!(chat, jid(EVA));
    net.sandbox.read(EVA, OWN).await.unwrap();
    device.sink.event("read", receipt(&answer.whatsapp_id, ReceiptKind::Read)).await;

    // What our phone sends is ours, in the chat with her; and what it reads is read.
    net.sandbox.send_text(OWN, EVA, "from my phone").await.unwrap();
    let mine = device.sink.message("from my phone").await;
    assert_eq!(
        (mine.chat.as_str(), mine.sender.as_str(), mine.from_me),
        (jid(EVA).as_str(), jid(OWN).as_str(), true)
    );
    let unread = net.sandbox.send_text(EVA, OWN, "read this").await.unwrap();
    device.sink.message("read this").await;
    net.holds(OWN, "read this", |_| true).await;
    net.sandbox.read(OWN, EVA).await.unwrap();
    assert_eq!(device.sink.event("read by us", receipt(&unread.id, ReceiptKind::ReadByUs)).await, jid(EVA));
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_chat_and_type() {
    let net = Net::new().await;
    let (a, b) = (net.linked("dev_a", OWN).await, net.linked("dev_b", EVA).await);
    a.session.send(&a.text(&jid(EVA), "one")).await.unwrap();
    let got = b.sink.message("one").await;
    assert_eq!((got.chat, got.push_name.as_deref()), (jid(OWN), Some("Own")));
    b.session.send(&b.text(&jid(OWN), "two")).await.unwrap();
    a.sink.message("two").await;
    let types = |expected: TypingState| {
        move |event: &SessionEvent| match event {
            SessionEvent::Typing { chat, sender, state } if *state == expected => {
                Some((chat.clone(), sender.clone()))
            }
            _ => None,
        }
    };
    for state in [TypingState::Composing, TypingState::Recording, TypingState::Paused] {
        a.session.typing(&jid(EVA), state).await.unwrap();
        assert_eq!(b.sink.event("typing", types(state)).await, (jid(OWN), jid(OWN)));
    }
    net.sandbox.typing(BOB, OWN, TypingState::Composing).await.unwrap();
    let bob = (jid(BOB), jid(BOB));
    a.sink.event("a phone types", |event| types(TypingState::Composing)(event).filter(|of| *of == bob)).await;
    a.session.stop().await;
    b.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_have_names_and_members_who_write() {
    let net = Net::new().await;
    let old = net.sandbox.create_group(EVA, "From before", &[OWN.to_owned(), BOB.to_owned()]).await.unwrap();
    let device = net.linked("dev_a", OWN).await;
    let named = |group: &str| {
        let group = group.to_owned();
        move |event: &SessionEvent| match event {
            SessionEvent::Group { jid, subject } if *jid == group => Some(subject.clone()),
            SessionEvent::GroupKnown(state) if state.jid == group => Some(state.subject.clone()),
            _ => None,
        }
    };
    assert_eq!(device.sink.event("a group from before", named(&old.jid)).await, "From before");
    let known = |event: &SessionEvent| match event {
        SessionEvent::GroupKnown(state) => Some(state.members.len()),
        _ => None,
    };
    assert_eq!(device.sink.event("who is in it", known).await, 3);
    let new = net.sandbox.create_group(BOB, "Just made", &[OWN.to_owned(), EVA.to_owned()]).await.unwrap();
    assert_eq!(device.sink.event("a group just made", named(&new.jid)).await, "Just made");
    assert_eq!(device.session.group_subject(&new.jid).await.unwrap(), "Just made");
    assert!(matches!(device.session.group_subject(&jid(EVA)).await, Err(EngineError::Refused(_))));

    net.sandbox.send_text(EVA, &new.jid, "hi all").await.unwrap();
    let got = device.sink.message("hi all").await;
    assert_eq!((got.chat.as_str(), got.chat_kind), (new.jid.as_str(), ChatKind::Group));
    assert_eq!((got.sender.as_str(), got.push_name.as_deref()), (jid(EVA).as_str(), Some("Eva")));
    device.session.mark_read(&new.jid, Some(&got.sender), &[got.whatsapp_id]).await.unwrap();
    let answer = device.text(&new.jid, "hi both");
    device.session.send(&answer).await.unwrap();
    for number in [EVA, BOB] {
        assert_eq!(net.holds(number, "hi both", |_| true).await.id, answer.whatsapp_id);
    }
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_whatsapp_can_be_asked() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    assert_eq!(device.session.find(EVA).await.unwrap(), Some(jid(EVA)));
    assert_eq!(device.session.find("34699999999").await.unwrap(), None);
    assert!(matches!(device.session.find("hello").await, Err(EngineError::Refused(_))));
    assert!(device.session.picture("nobody").await.is_err());
    let phone = net.sandbox.phone(EVA).await.unwrap();
    let picture = device.session.picture(&jid(EVA)).await.unwrap();
    assert_eq!(picture.is_some(), phone.picture.is_some());
    if let Some(picture) = picture {
        assert!(picture.content_type.starts_with("image/") && !picture.bytes.is_empty());
    }
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sent_is_refused_with_its_reason() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    let send = async |to: &str, text: &str| device.session.send(&device.text(to, text)).await;
    assert!(matches!(send("34699999999@s.whatsapp.net", "x").await, Err(EngineError::NoSuchRecipient)));
    for to in ["", "nobody", "status@broadcast", "1@newsletter"] {
        assert!(matches!(send(to, "x").await, Err(EngineError::Refused(_))), "{to:?}");
    }
    assert!(matches!(send(&jid(EVA), "").await, Err(EngineError::Refused(_))));
    let longest = "é".repeat(MAX_TEXT_LENGTH);
    assert!(matches!(send(&jid(EVA), &format!("{longest}.")).await, Err(EngineError::Refused(_))));
    send(&jid(EVA), &longest).await.unwrap();
    net.holds(EVA, &longest, |_| true).await;
    device.session.stop().await;
    assert!(matches!(send(&jid(EVA), "stopped").await, Err(EngineError::NotConnected)));
    assert!(matches!(device.session.find(EVA).await, Err(EngineError::NotConnected)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_again_under_the_same_id_is_the_same_message() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    net.fault(FaultKind::LoseAcks, None).await;
    let message = device.text(&jid(EVA), "once");
    let (session, first) = (device.session.clone(), message.clone());
    let waiting = tokio::spawn(async move { session.send(&first).await });
    // WhatsApp took it, but its word got lost, and then the connection: nobody can know.
    net.holds(EVA, "once", |_| true).await;
    device.sink.forget();
    net.fault(FaultKind::Drop, None).await;
    assert!(matches!(waiting.await.unwrap(), Err(EngineError::NoAnswer(_))));
    net.sandbox.clear_faults();
    device.connected().await;
    device.session.send(&message).await.unwrap();
    device.session.send(&device.text(&jid(EVA), "after it")).await.unwrap();
    net.holds(EVA, "after it", |_| true).await;
    assert_eq!(net.held(EVA, "once").await.len(), 1);
    device.session.stop().await;
}
