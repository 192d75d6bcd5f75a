//! The world that a new network begins with.

use crate::sandbox_network::support::{Device, Folder, held, open, until};
use std::collections::BTreeMap;
use switchboard::protocol::MessageStatus;
use switchboard::server::sandbox::{PhoneEventKind, SandboxError};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;
use whatsapp_rust::wacore::net::HttpRequest;

const BODEGA: &str = "34600111222";
const LUCIA: &str = "34600222333";
const MARCUS: &str = "447700900123";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_network_is_lively_and_a_linked_device_sees_it_at_once() {
    let folder = Folder::new();
    let sandbox = open(&folder.0).await;
    let phones = sandbox.phones().await.unwrap();
    assert!(phones.len() >= 8);
    assert_eq!(phones[0].name, "La Bodega");
    for phone in &phones {
        let picture = sandbox.picture(phone.picture.as_deref().unwrap()).await.unwrap();
        assert!(picture.starts_with(&[0xff, 0xd8]), "{} has no JPEG", phone.name);
    }
    assert_eq!(phones.iter().filter(|phone| phone.answers).count(), 2);
    let messages = sandbox.messages(BODEGA, None).await.unwrap();
    assert!(messages.is_sorted_by_key(|message| message.timestamp));
    let unread = messages.iter().filter(|m| !m.from_me && m.status != MessageStatus::Read).count();
    assert!(unread > 0 && messages.len() > 30);

    let mut device = Device::new(&sandbox, "dev_a").await;
    let qr = device.qr().await;
    sandbox.scan(BODEGA, &switchboard::server::sandbox::ScanTarget::Qr(qr)).await.unwrap();
    let (mut chats, mut names, mut saved) = (BTreeMap::new(), 0, BTreeMap::new());
    let look = |event: &Event| {
        match event {
            Event::HistorySync(part) => {
                let part = part.get().unwrap();
                names += part.pushnames.len();
                for chat in &part.conversations {
                    chats.insert(chat.id.clone(), (chat.messages.len(), chat.unread_count.unwrap_or(0)));
                }
            }
            Event::ContactUpdate(update) => {
                saved.insert(update.jid.to_string(), update.action.full_name.clone().unwrap_or_default());
            }
            _ => {}
        }
        (chats.len() >= 6 && names >= 6 && saved.len() >= 8).then_some(())
    };
    device.wait("chats, names and contacts", look).await;
    assert_eq!(chats[&Jid::pn(LUCIA).to_string()], (8, 2));
    assert_eq!(saved["34600333444@s.whatsapp.net"], "Tomás (viñedo)");

    let groups = device.client.groups().get_participating().await.unwrap();
    assert_eq!(groups.len(), 1);
    for jid in [Jid::pn(LUCIA), groups.values().next().unwrap().id.clone()] {
        let picture = device.client.contacts().get_profile_picture(&jid, true).await.unwrap().unwrap();
        let bytes = device.http.execute(HttpRequest::get(picture.url)).await.unwrap();
        assert_eq!(bytes.status_code, 200);
        assert!(bytes.body.starts_with(&[0xff, 0xd8]));
    }
    assert!(
        device.client.contacts().get_profile_picture(&Jid::pn("34699999999"), true).await.unwrap().is_none()
    );
    // What the device does with the seeded chats works.
    let newest = messages.iter().rev().find(|m| m.from == LUCIA && m.to == BODEGA).unwrap();
    device.client.mark_as_read(&Jid::pn(LUCIA), None, &[newest.id.as_str()]).await.unwrap();
    until("it is read", || async {
        let messages = sandbox.messages(LUCIA, Some(BODEGA)).await.unwrap();
        messages.iter().any(|m| m.id == newest.id && m.status == MessageStatus::Read).then_some(())
    })
    .await;
    assert!(sandbox.unknown_requests().is_empty(), "{:?}", sandbox.unknown_requests());
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_answer_by_themselves_but_never_each_other() {
    let folder = Folder::new();
    let sandbox = open(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", BODEGA).await;
    let before = sandbox.messages(BODEGA, Some(LUCIA)).await.unwrap().len();
    let marcus_before = sandbox.messages(MARCUS, None).await.unwrap().len();
    sandbox.send_text(LUCIA, MARCUS, "do you answer me?").await.unwrap();
    let sent = device.client.send_text(&Jid::pn(LUCIA), "Hola Lucía, are you there?").await.unwrap();
    // She reads it, types, and answers.
    let mut read = false;
    device
        .wait("typing after reading", |event| match event {
            Event::Receipt(receipt) if receipt.message_ids.contains(&sent.message_id) => {
                read |= receipt.r#type == whatsapp_rust::types::presence::ReceiptType::Read;
                None
            }
            Event::ChatPresence(_) => Some(()),
            _ => None,
        })
        .await;
    device.wait("an answer", |event| event.messages().next().map(|_| ())).await;
    let chat = sandbox.messages(BODEGA, Some(LUCIA)).await.unwrap();
    assert_eq!(chat.len(), before + 2);
    assert!(chat.last().unwrap().text.len() > 1);
    // Marcus has had as much time.
    assert_eq!(sandbox.messages(MARCUS, None).await.unwrap().len(), marcus_before + 1);
    assert_eq!(held(&sandbox, MARCUS, "do you answer me?").await.len(), 1);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_are_added_within_their_limits_and_kept() {
    let folder = Folder::new();
    let sandbox = open(&folder.0).await;
    let added = sandbox.add_phone("  New one ", Some("+34 611 000 009")).await.unwrap();
    assert_eq!((added.name.as_str(), added.number.as_str()), ("New one", "34611000009"));
    assert!(matches!(sandbox.add_phone("Twice", Some("34611000009")).await, Err(SandboxError::Exists(_))));
    for (name, number) in [("", None), ("x", Some("12")), ("x", Some("0034611000009"))] {
        assert!(matches!(sandbox.add_phone(name, number).await, Err(SandboxError::Invalid(_))));
    }
    let found = sandbox.add_phone("Any number", None).await.unwrap();
    let all = sandbox.phones().await.unwrap();
    sandbox.close().await;
    let sandbox = open(&folder.0).await;
    assert_eq!(sandbox.phones().await.unwrap(), all);
    assert_eq!(sandbox.phone(&found.number).await.unwrap(), found);
    let mut events = sandbox.subscribe();
    sandbox.send_text(&found.number, &added.number, "hi").await.unwrap();
    let event = events.recv().await.unwrap();
    assert!(matches!(event.kind, PhoneEventKind::Message { .. }));
    sandbox.close().await;
}
