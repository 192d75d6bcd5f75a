//! The network ends and begins again on the same database: nobody notices more than a broken connection.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, held, holds, open};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_sessions_and_what_was_on_its_way_survive() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.send_text(BEN, ANA, "before").await.unwrap();
    device.text("before").await;
    let backend = device.stop().await;
    sandbox.send_text(BEN, ANA, "while it was away").await.unwrap();
    sandbox.close().await;
    drop(sandbox);

    let sandbox = open(&folder.0).await;
    assert_eq!(sandbox.links(ANA).await.unwrap().len(), 1);
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device
        .wait("connected without a code", |event| match event {
            Event::PairingQrCode(_) => panic!("it has to be linked again"),
            Event::Connected(_) => Some(()),
            _ => None,
        })
        .await;
    // Messages of before the login are seen with it or after it.
    sandbox.send_text(BEN, ANA, "after").await.unwrap();
    let texts_of = |event: &Event| {
        event.messages().filter_map(|m| m.message.conversation.clone()).collect::<Vec<String>>()
    };
    let mut texts: Vec<String> = device.seen().iter().flat_map(|event| texts_of(event)).collect();
    while !texts.iter().any(|text| text == "after") {
        texts.extend(device.wait("everything", |event| Some(texts_of(event))).await);
    }
    assert!(texts.iter().all(|text| text != "before"));
    device.client.send_text(&Jid::pn(BEN), "both ways").await.unwrap();
    holds(&sandbox, BEN, "both ways").await;
    for text in ["before", "while it was away", "after"] {
        assert_eq!(held(&sandbox, ANA, text).await.len(), 1, "{text}");
    }
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stays_reconnects_by_itself_and_misses_nothing() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    let backend = device.stop().await;
    // Many messages wait, and the network ends again before the device has them.
    for n in 0..30 {
        sandbox.send_text(BEN, ANA, &format!("message {n}")).await.unwrap();
    }
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device.text("message 0").await;
    sandbox.close().await;
    let before = device.seen();
    let backend = device.stop().await;

    let sandbox = open(&folder.0).await;
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device.connected().await;
    sandbox.send_text(BEN, ANA, "the last one").await.unwrap();
    let mut texts: Vec<String> = Vec::new();
    for event in &before {
        texts.extend(event.messages().filter_map(|m| m.message.conversation.clone()));
    }
    device.text("the last one").await;
    for number in [ANA, BEN] {
        for n in 0..30 {
            assert_eq!(held(&sandbox, number, &format!("message {n}")).await.len(), 1);
        }
    }
    sandbox.close().await;
}
