//! Linking devices and ending links.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, until};
use switchboard::server::sandbox::{PhoneEventKind, SandboxError, ScanTarget};
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::prelude::*;

async fn code(device: &Device, number: &str) -> String {
    let options = PairCodeOptions { phone_number: format!("+{number}"), ..Default::default() };
    device.client.pair_with_code(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_linked_by_qr() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut events = sandbox.subscribe();
    let mut device = Device::new(&sandbox, "dev_a").await;
    let qr = device.qr().await;
    sandbox.scan(ANA, &ScanTarget::Qr(qr.clone())).await.unwrap();
    let paired = device
        .wait("paired", |event| match event {
            Event::PairSuccess(paired) => Some(paired.clone()),
            _ => None,
        })
        .await;
    assert_eq!(paired.id.user.as_str(), ANA);
    device.connected().await;
    let links = sandbox.links(ANA).await.unwrap();
    assert_eq!(links.len(), 1);
    assert!(links[0].connected);
    assert_eq!(links[0].device, device.id);
    assert!(matches!(events.recv().await.unwrap().kind, PhoneEventKind::Linked { .. }));
    // The same code again, and one that was never given out.
    for qr in [qr.clone(), qr.replacen("2@", "2@x", 1)] {
        let refused = sandbox.scan(BEN, &ScanTarget::Qr(qr)).await;
        assert!(matches!(refused, Err(SandboxError::NotPairing)), "{refused:?}");
    }
    let refused = sandbox.scan(BEN, &ScanTarget::Qr("hello".into())).await;
    assert!(matches!(refused, Err(SandboxError::Invalid(_))));
    assert!(matches!(sandbox.scan("34699999999", &ScanTarget::Qr(qr)).await, Err(SandboxError::NotFound(_))));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_linked_by_code_after_a_typo() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::new(&sandbox, "dev_a").await;
    device.qr().await;
    let code = code(&device, ANA).await;
    // Nobody waits for a code of this number.
    let refused = sandbox.scan(BEN, &ScanTarget::Code(code.clone())).await;
    assert!(matches!(refused, Err(SandboxError::NotPairing)), "{refused:?}");
    let refused = sandbox.scan(ANA, &ScanTarget::Code("12".into())).await;
    assert!(matches!(refused, Err(SandboxError::Invalid(_))), "{refused:?}");
    let other = if code.ends_with('A') { "B" } else { "A" };
    let typo = format!("{}{other}", &code[..code.len() - 1]);
    let refused = sandbox.scan(ANA, &ScanTarget::Code(typo)).await;
    assert!(matches!(refused, Err(SandboxError::WrongCode)), "{refused:?}");
    sandbox.scan(ANA, &ScanTarget::Code(code.to_lowercase())).await.unwrap();
    device.connected().await;
    let sent = sandbox.send_text(BEN, ANA, "linked by code").await.unwrap();
    assert_eq!(device.text("linked by code").await, sent.id);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_for_an_unknown_number_is_refused() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::new(&sandbox, "dev_a").await;
    device.qr().await;
    let options = PairCodeOptions { phone_number: "+34699999999".into(), ..Default::default() };
    assert!(device.client.pair_with_code(options).await.is_err());
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_links_a_few_devices_and_unlinks_them() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut devices = Vec::new();
    for n in 0..switchboard::server::sandbox::limits::MAX_LINKS {
        devices.push(Device::linked(&sandbox, &format!("dev_{n}"), ANA).await);
    }
    let mut one_more = Device::new(&sandbox, "dev_more").await;
    let refused = sandbox.scan(ANA, &ScanTarget::Qr(one_more.qr().await)).await;
    assert!(matches!(refused, Err(SandboxError::Invalid(_))), "{refused:?}");
    // One of them, then all.
    let mut first = devices.remove(0);
    assert_eq!(sandbox.unlink(ANA, Some(&first.id)).await.unwrap(), 1);
    let logged_out = |event: &Event| matches!(event, Event::LoggedOut(_)).then_some(());
    first.wait("logged out", logged_out).await;
    assert!(matches!(sandbox.unlink(ANA, Some(&first.id)).await, Err(SandboxError::NotFound(_))));
    assert_eq!(sandbox.unlink(ANA, None).await.unwrap(), devices.len());
    for device in &mut devices {
        device.wait("logged out", logged_out).await;
    }
    assert!(sandbox.links(ANA).await.unwrap().is_empty());
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_unlinked_while_it_was_away_is_told_at_its_login() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    let backend = device.stop().await;
    assert_eq!(sandbox.unlink(ANA, None).await.unwrap(), 1);
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device.wait("logged out", |event| matches!(event, Event::LoggedOut(_)).then_some(())).await;
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_logs_out_by_itself() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut events = sandbox.subscribe();
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    device.client.logout().await;
    until("no link is left", || async { sandbox.links(ANA).await.unwrap().is_empty().then_some(()) }).await;
    loop {
        if let PhoneEventKind::Unlinked { device: gone } = events.recv().await.unwrap().kind {
            assert_eq!(gone, device.id);
            break;
        }
    }
    sandbox.close().await;
}
