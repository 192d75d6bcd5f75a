//! Once and not before: what is acknowledged is stored, and what is stored is stored once.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, held, holds, store};
use std::sync::Arc;
use std::time::Duration;
use switchboard::server::sandbox::Sandbox;
use switchboard::server::source::Source;
use tokio::sync::Notify;
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;

fn acknowledged(id: &str) -> impl FnMut(&Event) -> Option<()> + '_ {
    move |event| match event {
        Event::ServerAck(ack) if ack.id == id => {
            assert!(ack.error.is_none(), "{:?}", ack.error);
            Some(())
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_id_twice_is_acknowledged_twice_and_held_once() {
    let folder = Folder::new();
    let sandbox = crate::sandbox_network::support::ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;
    let id = "3EB0AAAAAAAAAAAAAAAAAA".to_owned();
    for _ in 0..2 {
        let text = wa::Message { conversation: Some("only once".into()), ..Default::default() };
        let options = SendOptions::default().with_message_id(id.clone());
        device.client.send_message_with_options(&Jid::pn(BEN), text, options).await.unwrap();
        device.wait("acknowledged", acknowledged(&id)).await;
    }
    // What comes after it on the same way shows that nothing else was on the way.
    device.client.send_text(&Jid::pn(BEN), "after it").await.unwrap();
    ben.text("only once").await;
    let after = ben
        .wait("the next message", |event| {
            event.messages().next().and_then(|m| m.message.conversation.clone())
        })
        .await;
    assert_eq!(after, "after it");
    holds(&sandbox, BEN, "after it").await;
    for number in [ANA, BEN] {
        assert_eq!(held(&sandbox, number, "only once").await.len(), 1, "{number}");
    }
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_before_it_is_on_disk() {
    let folder = Folder::new();
    let store = store(&folder.0).await;
    let sandbox = Sandbox::open(store.clone(), Source::system()).await.unwrap();
    sandbox.add_phone("Ana", Some(ANA)).await.unwrap();
    sandbox.add_phone("Ben", Some(BEN)).await.unwrap();
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    // Sessions exist, so that nothing but the message itself is to be written.
    let first = device.client.send_text(&Jid::pn(BEN), "first").await.unwrap().message_id;
    device.wait("acknowledged", acknowledged(&first)).await;
    holds(&sandbox, BEN, "first").await;
    // The disk does not answer.
    let (held_up, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let writer = tokio::spawn({
        let (store, held_up, go_on) = (store.clone(), held_up.clone(), go_on.clone());
        async move {
            store
                .write(move |_| {
                    Box::pin(async move {
                        held_up.notify_one();
                        go_on.notified().await;
                        Ok(())
                    })
                })
                .await
        }
    });
    held_up.notified().await;
    let second = device.client.send_text(&Jid::pn(BEN), "second").await.unwrap().message_id;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for event in device.seen() {
        assert!(
            !matches!(&*event, Event::ServerAck(ack) if ack.id == second),
            "acknowledged before it was stored"
        );
    }
    go_on.notify_one();
    writer.await.unwrap().unwrap();
    device.wait("acknowledged", acknowledged(&second)).await;
    assert_eq!(held(&sandbox, BEN, "second").await.len(), 1);
    sandbox.close().await;
}
