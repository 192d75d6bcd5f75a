//! Chatting: texts, receipts, typing, presence, between phones and devices of all kinds.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, held, holds, until};
use std::sync::Arc;
use switchboard::protocol::{MessageKind, MessageStatus, TypingState};
use switchboard::server::sandbox::{PhoneEventKind, Sandbox, SandboxError};
use whatsapp_rust::prelude::*;
use whatsapp_rust::types::presence::ReceiptType;
use whatsapp_rust::{Jid, RevokeType};

async fn status(sandbox: &Sandbox, number: &str, id: &str, status: MessageStatus) {
    until(&format!("{id} is {status:?}"), || async {
        let messages = sandbox.messages(number, None).await.unwrap();
        messages.iter().any(|message| message.id == id && message.status == status).then_some(())
    })
    .await;
}

/// Waits for a receipt of this kind for this message.
async fn receipt(device: &mut Device, id: &str, kind: ReceiptType) {
    device
        .wait(&format!("a receipt {kind:?}"), |event| match event {
            Event::Receipt(receipt)
                if receipt.r#type == kind && receipt.message_ids.iter().any(|of| of == id) =>
            {
                Some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_and_receipts_go_both_ways() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let ben = Jid::pn(BEN);

    let sent = sandbox.send_text(BEN, ANA, "hello from a phone").await.unwrap();
    assert_eq!(device.text("hello from a phone").await, sent.id);
    status(&sandbox, BEN, &sent.id, MessageStatus::Delivered).await;
    device.client.mark_as_read(&ben, None, &[sent.id.as_str()]).await.unwrap();
    status(&sandbox, BEN, &sent.id, MessageStatus::Read).await;
    // The own phone knows that it was read on the device.
    status(&sandbox, ANA, &sent.id, MessageStatus::Read).await;

    let answer = device.client.send_text(&ben, "hello back").await.unwrap().message_id;
    let held = holds(&sandbox, BEN, "hello back").await;
    assert_eq!((held.id.as_str(), held.from.as_str(), held.to.as_str()), (answer.as_str(), ANA, BEN));
    assert!(!held.from_me && held.kind == MessageKind::Text);
    receipt(&mut device, &answer, ReceiptType::Delivered).await;
    status(&sandbox, ANA, &answer, MessageStatus::Delivered).await;
    assert_eq!(sandbox.read(BEN, ANA).await.unwrap(), 1);
    assert_eq!(sandbox.read(BEN, ANA).await.unwrap(), 0);
    receipt(&mut device, &answer, ReceiptType::Read).await;
    status(&sandbox, ANA, &answer, MessageStatus::Read).await;
    // In order, and by chat.
    let texts = |messages: Vec<switchboard::server::sandbox::PhoneMessage>| {
        messages.into_iter().map(|message| (message.text, message.from_me)).collect::<Vec<_>>()
    };
    let chat = texts(sandbox.messages(ANA, Some(BEN)).await.unwrap());
    assert_eq!(chat, [("hello from a phone".to_owned(), false), ("hello back".to_owned(), true)]);
    assert!(sandbox.messages(ANA, Some("34699999999")).await.unwrap().is_empty());
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_write_to_phones() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let sent = sandbox.send_text(ANA, BEN, "phone to phone").await.unwrap();
    assert_eq!(sent.status, MessageStatus::Sent);
    let held = held(&sandbox, BEN, "phone to phone").await;
    assert_eq!(held.len(), 1);
    status(&sandbox, ANA, &sent.id, MessageStatus::Delivered).await;
    sandbox.read(BEN, ANA).await.unwrap();
    status(&sandbox, ANA, &sent.id, MessageStatus::Read).await;
    // To oneself: a note.
    sandbox.send_text(ANA, ANA, "a note").await.unwrap();
    assert_eq!(crate::sandbox_network::support::held(&sandbox, ANA, "a note").await.len(), 1);
    for (from, to) in [(ANA, "34699999999"), ("34699999999", ANA), (ANA, "1203@g.us")] {
        let refused = sandbox.send_text(from, to, "x").await;
        assert!(matches!(refused, Err(SandboxError::NotFound(_))), "{refused:?}");
    }
    assert!(matches!(sandbox.send_text(ANA, BEN, "").await, Err(SandboxError::Invalid(_))));
    let long = "x".repeat(switchboard::protocol::MAX_TEXT_LENGTH + 1);
    assert!(matches!(sandbox.send_text(ANA, BEN, &long).await, Err(SandboxError::Invalid(_))));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_text_arrives_whole() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let long = "ñ".repeat(switchboard::protocol::MAX_TEXT_LENGTH);
    sandbox.send_text(BEN, ANA, &long).await.unwrap();
    device.text(&long).await;
    device.client.send_text(&Jid::pn(BEN), long.clone()).await.unwrap();
    until("it is held", || async {
        let messages = sandbox.messages(BEN, None).await.unwrap();
        messages.iter().any(|message| !message.from_me && message.text == long).then_some(())
    })
    .await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_of_two_accounts_chat_and_their_phones_hold_everything_once() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut ana_too = Device::linked(&sandbox, "dev_a2", ANA).await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;

    let sent = ana.client.send_text(&Jid::pn(BEN), "device to device").await.unwrap().message_id;
    assert_eq!(ben.text("device to device").await, sent);
    // The account's other device sees it as its own.
    let own = ana_too
        .wait("the other device has it", |event| {
            let mut messages = event.messages();
            messages.find(|message| message.info.id == sent).map(|message| message.info.source.is_from_me)
        })
        .await;
    assert!(own);
    receipt(&mut ana, &sent, ReceiptType::Delivered).await;
    receipt(&mut ana_too, &sent, ReceiptType::Delivered).await;
    let answer = ben.client.send_text(&Jid::pn(ANA), "and back").await.unwrap().message_id;
    assert_eq!(ana.text("and back").await, answer);
    assert_eq!(ana_too.text("and back").await, answer);
    // Read on one device: the other device, the phone and the author know.
    ana.client.mark_as_read(&Jid::pn(BEN), None, &[answer.as_str()]).await.unwrap();
    receipt(&mut ben, &answer, ReceiptType::Read).await;
    receipt(&mut ana_too, &answer, ReceiptType::ReadSelf).await;
    status(&sandbox, ANA, &answer, MessageStatus::Read).await;
    for number in [ANA, BEN] {
        for text in ["device to device", "and back"] {
            assert_eq!(held(&sandbox, number, text).await.len(), 1, "{number} {text}");
        }
    }
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_own_phone_sends_shows_on_its_devices() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let sent = sandbox.send_text(ANA, BEN, "from the phone itself").await.unwrap();
    let (chat, own) = device
        .wait("the phone's message", |event| {
            let found = event.messages().find(|message| message.info.id == sent.id);
            found.map(|message| (message.info.source.chat.clone(), message.info.source.is_from_me))
        })
        .await;
    assert_eq!((chat.user.as_str(), own), (BEN, true));
    assert_eq!(held(&sandbox, BEN, "from the phone itself").await.len(), 1);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_linked_later_is_written_to_at_once() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut ana = Device::linked(&sandbox, "dev_a", ANA).await;
    // Ana's device knows Ben's phone only.
    ana.client.send_text(&Jid::pn(BEN), "first").await.unwrap();
    holds(&sandbox, BEN, "first").await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;
    // The notice that Ben has a device more reaches Ana's device before she writes again.
    ana.wait("Ben's new device", |event| matches!(event, Event::DeviceListUpdate(_)).then_some(())).await;
    let second = ana.client.send_text(&Jid::pn(BEN), "second").await.unwrap().message_id;
    assert_eq!(ben.text("second").await, second);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_edited_taken_back_and_reacted_to() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    let ben = Jid::pn(BEN);
    let sent = device.client.send_text(&ben, "a tpyo").await.unwrap().message_id;
    holds(&sandbox, BEN, "a tpyo").await;
    let better = wa::Message { conversation: Some("a typo".into()), ..Default::default() };
    device.client.edit_message(&ben, sent.clone(), better).await.unwrap();
    for number in [ANA, BEN] {
        assert_eq!(holds(&sandbox, number, "a typo").await.id, sent);
    }
    device.client.revoke_message(&ben, sent.clone(), RevokeType::Sender).await.unwrap();
    until("it is taken back", || async {
        let messages = sandbox.messages(BEN, None).await.unwrap();
        let gone = |message: &switchboard::server::sandbox::PhoneMessage| {
            message.id == sent && message.kind == MessageKind::System && message.text.is_empty()
        };
        messages.iter().any(gone).then_some(())
    })
    .await;
    let theirs = sandbox.send_text(BEN, ANA, "look").await.unwrap();
    let key = wa::MessageKey {
        remote_jid: Some(ben.to_string()),
        from_me: Some(false),
        id: Some(theirs.id.clone()),
        participant: None,
    };
    device.client.send_reaction(&ben, key, "👍").await.unwrap();
    for number in [ANA, BEN] {
        let reaction =
            until("the reaction", || async { holds(&sandbox, number, "look").await.details.reactions.pop() })
                .await;
        assert_eq!((reaction.emoji.as_str(), reaction.from.as_str()), ("👍", ANA));
        assert_eq!(reaction.from_me, number == ANA);
    }
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_and_presence_pass_both_ways() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let ben = Jid::pn(BEN);
    sandbox.typing(BEN, ANA, TypingState::Composing).await.unwrap();
    device.wait("typing", |event| matches!(event, Event::ChatPresence(_)).then_some(())).await;
    let mut events = sandbox.subscribe();
    device.client.chatstate().send_composing(&ben).await.unwrap();
    loop {
        let event = events.recv().await.unwrap();
        if let PhoneEventKind::Typing { chat, from, state } = event.kind {
            assert_eq!((event.number.as_str(), chat.as_str(), from.as_str()), (BEN, ANA, ANA));
            assert_eq!(state, TypingState::Composing);
            break;
        }
    }
    device.client.presence().subscribe(&ben).await.unwrap();
    let online = |online: bool| {
        move |event: &Event| match event {
            Event::Presence(presence) if presence.unavailable != online => Some(()),
            _ => None,
        }
    };
    device.wait("offline", online(false)).await;
    sandbox.presence(BEN, true).await.unwrap();
    device.wait("online", online(true)).await;
    sandbox.presence(BEN, false).await.unwrap();
    device.wait("offline again", online(false)).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_found_by_number() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let asked = [Jid::pn(BEN), Jid::pn("34699999999")];
    let found = device.client.contacts().is_on_whatsapp(&asked).await.unwrap();
    let there: Vec<bool> = found.iter().map(|found| found.is_registered).collect();
    assert_eq!(there, [true, false]);
    let nobody = device.client.send_text(&Jid::pn("34699999999"), "x").await.unwrap().message_id;
    let refused = device
        .wait("the refusal", |event| match event {
            Event::ServerAck(ack) if ack.id == nobody => Some(ack.error.clone()),
            _ => None,
        })
        .await;
    assert_eq!(refused.as_deref(), Some("404"));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_messages_at_once_arrive_once_and_in_order() {
    const COUNT: usize = 40;
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let phone = {
        let sandbox: Arc<Sandbox> = sandbox.clone();
        tokio::spawn(async move {
            for n in 0..COUNT {
                sandbox.send_text(BEN, ANA, &format!("phone {n}")).await.unwrap();
            }
        })
    };
    for n in 0..COUNT {
        device.client.send_text(&Jid::pn(BEN), format!("device {n}")).await.unwrap();
    }
    phone.await.unwrap();
    let mut got = Vec::new();
    while got.len() < COUNT {
        let texts = device
            .wait("the phone's messages", |event| {
                let texts: Vec<_> = event.messages().filter_map(|m| m.message.conversation.clone()).collect();
                (!texts.is_empty()).then_some(texts)
            })
            .await;
        got.extend(texts);
    }
    assert_eq!(got, (0..COUNT).map(|n| format!("phone {n}")).collect::<Vec<_>>());
    let sent: Vec<_> = (0..COUNT).map(|n| format!("device {n}")).collect();
    for number in [ANA, BEN] {
        let held: Vec<_> = until("everything is held", || async {
            let messages = sandbox.messages(number, None).await.unwrap();
            let of_device = messages.into_iter().map(|m| m.text).filter(|text| text.starts_with("device"));
            Some(of_device.collect::<Vec<_>>()).filter(|texts| texts.len() >= COUNT)
        })
        .await;
        assert_eq!(held, sent, "{number}");
    }
    sandbox.close().await;
}
