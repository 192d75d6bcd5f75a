//! App state: what a phone and its devices tell each other about contacts and chats.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;

fn contact(name: &str) -> impl FnMut(&Event) -> Option<Jid> {
    move |event| match event {
        Event::ContactUpdate(update) if update.action.full_name.as_deref() == Some(name) => {
            Some(update.jid.clone())
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_of_the_phone_reach_its_devices() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    sandbox.save_contact(ANA, BEN, "Ben from work").await.unwrap();
    let mut device = Device::new(&sandbox, "dev_a").await;
    let qr = device.qr().await;
    sandbox.scan(ANA, &switchboard::server::sandbox::ScanTarget::Qr(qr)).await.unwrap();
    // Saved before the link: part of the first sync.
    assert_eq!(device.wait("the contact", contact("Ben from work")).await.user.as_str(), BEN);
    assert_eq!(device.client.push_name(), "Ana");
    // Renamed after it.
    sandbox.save_contact(ANA, BEN, "Benjamin").await.unwrap();
    device.wait("the new name", contact("Benjamin")).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_of_an_account_share_what_they_do_with_chats() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut one = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut other = Device::linked(&sandbox, "dev_a2", ANA).await;
    let ben = Jid::pn(BEN);
    one.client.chat_actions().archive_chat(&ben, None).await.unwrap();
    other.wait("archived", |event| matches!(event, Event::ArchiveUpdate(_)).then_some(())).await;
    other.client.chat_actions().pin_chat(&ben).await.unwrap();
    one.wait("pinned", |event| matches!(event, Event::PinUpdate(_)).then_some(())).await;
    // The phone writes on top of what its devices wrote.
    sandbox.save_contact(ANA, BEN, "Ben").await.unwrap();
    one.wait("the contact", contact("Ben")).await;
    other.wait("the contact", contact("Ben")).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chats_so_far_come_with_the_link() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    for n in 0..60 {
        sandbox.send_text(BEN, ANA, &format!("before the link {n}")).await.unwrap();
    }
    sandbox.send_text(ANA, BEN, "an answer").await.unwrap();
    let mut device = Device::new(&sandbox, "dev_a").await;
    let qr = device.qr().await;
    sandbox.scan(ANA, &switchboard::server::sandbox::ScanTarget::Qr(qr)).await.unwrap();
    let mut texts = Vec::new();
    let mut names = Vec::new();
    // Newest first, in as many parts as it takes; the client may hand over a later part before an earlier one.
    let mut expected = vec!["an answer".to_owned()];
    expected.extend((0..60).rev().map(|n| format!("before the link {n}")));
    while texts.len() < 61 || names.is_empty() {
        let part = device
            .wait("history", |event| match event {
                Event::HistorySync(part) => part.get().cloned(),
                _ => None,
            })
            .await;
        names.extend(part.pushnames.into_iter().filter_map(|name| name.pushname));
        for chat in part.conversations {
            assert_eq!(chat.id, Jid::pn(BEN).to_string());
            assert_eq!(chat.unread_count, Some(60));
            let part: Vec<String> = chat
                .messages
                .iter()
                .map(|message| {
                    let message = message.message.as_option().unwrap();
                    message.message.as_option().unwrap().conversation.clone().unwrap()
                })
                .collect();
            assert!(expected.windows(part.len()).any(|run| run == part), "not in order: {part:?}");
            texts.extend(part);
        }
    }
    assert_eq!(texts.len(), 61);
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
    assert!(names.contains(&"Ben".to_owned()));
    sandbox.close().await;
}
