//! What goes wrong between a device and the network, and how both go on.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, holds, until};
use std::time::{Duration, Instant};
use switchboard::protocol::DeviceId;
use switchboard::server::sandbox::{Fault, FaultKind, SandboxError};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;

fn fault(kind: FaultKind, device: &DeviceId) -> Fault {
    Fault { kind, device: Some(device.clone()), ms: None, seconds: None }
}

fn disconnected(event: &Event) -> Option<()> {
    matches!(event, Event::Disconnected(_)).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_device_comes_back_and_gets_what_it_missed_once_and_in_order() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.send_text(BEN, ANA, "before").await.unwrap();
    device.text("before").await;
    sandbox.set_fault(Fault { seconds: Some(1), ..fault(FaultKind::Refuse, &device.id) }).await.unwrap();
    sandbox.set_fault(fault(FaultKind::Drop, &device.id)).await.unwrap();
    device.wait("disconnected", disconnected).await;
    for n in 0..5 {
        sandbox.send_text(BEN, ANA, &format!("missed {n}")).await.unwrap();
    }
    let mut got = Vec::new();
    while got.len() < 5 {
        let texts = device
            .wait("what it missed", |event| {
                let texts: Vec<_> = event.messages().filter_map(|m| m.message.conversation.clone()).collect();
                (!texts.is_empty()).then_some(texts)
            })
            .await;
        got.extend(texts);
    }
    assert_eq!(got, (0..5).map(|n| format!("missed {n}")).collect::<Vec<_>>());
    // Both ways again, and nothing came twice.
    device.client.send_text(&Jid::pn(BEN), "after").await.unwrap();
    holds(&sandbox, BEN, "after").await;
    let again = device.seen().iter().flat_map(|event| event.messages().cloned().collect::<Vec<_>>()).count();
    assert_eq!(again, 0);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latency_slows_both_ways() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.set_fault(Fault { ms: Some(150), ..fault(FaultKind::Latency, &device.id) }).await.unwrap();
    let begun = Instant::now();
    sandbox.send_text(BEN, ANA, "slowly").await.unwrap();
    device.text("slowly").await;
    assert!(begun.elapsed() >= Duration::from_millis(150));
    let begun = Instant::now();
    device.client.contacts().is_on_whatsapp(&[Jid::pn(BEN)]).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(sandbox.faults().len(), 1);
    sandbox.clear_faults();
    assert!(sandbox.faults().is_empty());
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vanishes_in_a_black_hole_comes_after_it() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.set_fault(Fault { seconds: Some(1), ..fault(FaultKind::Blackhole, &device.id) }).await.unwrap();
    sandbox.send_text(BEN, ANA, "into the void").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    // The first byte after it breaks the connection.
    sandbox.send_text(BEN, ANA, "after it").await.unwrap();
    device.wait("disconnected", disconnected).await;
    device.text("into the void").await;
    // Both may have come together: everything is there in any case.
    device.connected().await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banned_device_is_told_for_how_long() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.set_fault(Fault { seconds: Some(600), ..fault(FaultKind::Ban, &device.id) }).await.unwrap();
    let left = device
        .wait("banned", |event| match event {
            Event::TemporaryBan(ban) => Some(ban.expire),
            _ => None,
        })
        .await;
    assert!((500..=600).contains(&left.num_seconds()), "{left}");
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outdated_device_is_told_so() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.set_fault(fault(FaultKind::Outdated, &device.id)).await.unwrap();
    device.wait("outdated", |event| matches!(event, Event::ClientOutdated(_)).then_some(())).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_device_is_told_so() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let nobody: DeviceId = "dev_z".parse().unwrap();
    let refused = sandbox.set_fault(fault(FaultKind::Replaced, &nobody)).await;
    assert!(matches!(refused, Err(SandboxError::NotFound(_))), "{refused:?}");
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    let replaced = |event: &Event| matches!(event, Event::StreamReplaced(_)).then_some(());
    sandbox.set_fault(fault(FaultKind::Replaced, &device.id)).await.unwrap();
    device.wait("replaced", replaced).await;
    // The same keys twice: the first connection is told.
    let backend = device.stop().await;
    let mut first = Device::start(&sandbox, "dev_a", backend.clone()).await;
    first.connected().await;
    let mut second = Device::start(&sandbox, "dev_a", backend).await;
    first.wait("replaced", replaced).await;
    second.connected().await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_acknowledgements_lose_and_double_nothing() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    sandbox.set_fault(fault(FaultKind::LoseAcks, &device.id)).await.unwrap();
    let ben = Jid::pn(BEN);
    let id = "3EB0000000000000000001".to_owned();
    let text = wa::Message { conversation: Some("again and again".into()), ..Default::default() };
    for _ in 0..3 {
        let options = SendOptions::default().with_message_id(id.clone());
        device.client.send_message_with_options(&ben, text.clone(), options).await.unwrap();
    }
    holds(&sandbox, BEN, "again and again").await;
    sandbox.clear_faults();
    device.client.send_text(&ben, "and now it is acknowledged").await.unwrap();
    device.wait("acknowledged", |event| matches!(event, Event::ServerAck(_)).then_some(())).await;
    for number in [ANA, BEN] {
        assert_eq!(crate::sandbox_network::support::held(&sandbox, number, "again and again").await.len(), 1);
    }
    until("nothing else came", || async { Some(()) }).await;
    sandbox.close().await;
}
