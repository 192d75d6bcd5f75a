//! The ends of a session: each is told last, with its reason, and the session can be started again.

use crate::engine_linked::support::{Device, Net, OWN, until};
use std::time::Duration;
use switchboard::server::engine::{End, SessionEvent};
use switchboard::server::sandbox::FaultKind;

async fn end(device: &Device) -> End {
    let is_end = |event: &SessionEvent| match event {
        SessionEvent::Ended(end) => Some(end.clone()),
        _ => None,
    };
    let end = device.sink.event("an end", is_end).await;
    assert_eq!(device.sink.told().last(), Some(&SessionEvent::Ended(end.clone())), "it is the last word");
    end
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlinked_on_the_phone() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    net.sandbox.unlink(OWN, Some(&device.id)).await.unwrap();
    assert_eq!(end(&device).await, End::Unlinked);
    assert_eq!(net.rows(&device.id).await, 0, "the keys are worthless");
    // It can be linked again, and is a new device then.
    device.sink.forget();
    device.session.start().await.unwrap();
    let code = device.qr().await;
    let target = switchboard::server::sandbox::ScanTarget::Qr(code);
    net.sandbox.scan(OWN, &target).await.unwrap();
    device.connected().await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlinked_while_it_was_away() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    net.sandbox.unlink(OWN, Some(&device.id)).await.unwrap();
    device.session.start().await.unwrap();
    assert_eq!(end(&device).await, End::Unlinked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_by_another_program() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    net.fault(FaultKind::Replaced, None).await;
    assert_eq!(end(&device).await, End::Replaced);
    assert!(net.rows(&device.id).await > 0, "the keys are as good as before");
    device.sink.forget();
    device.session.start().await.unwrap();
    device.connected().await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn banned_for_a_time() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    net.fault(FaultKind::Ban, Some(600)).await;
    device.session.start().await.unwrap();
    let End::TemporaryBan { until: Some(until), text } = end(&device).await else {
        panic!("a ban: {:?}", device.sink.told())
    };
    let now = switchboard::server::source::Source::system().now();
    assert!((now..=now + 600_000).contains(&until), "{until} from {now}");
    assert!(!text.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_old_for_whatsapp() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    net.fault(FaultKind::Outdated, None).await;
    device.session.start().await.unwrap();
    assert_eq!(end(&device).await, End::ClientOutdated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logged_out_by_us() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.log_out().await.unwrap();
    until("the phone lists it no more", async || {
        net.sandbox.links(OWN).await.unwrap().is_empty().then_some(())
    })
    .await;
    assert_eq!(net.rows(&device.id).await, 0);
    let ended = |event: &SessionEvent| matches!(event, SessionEvent::Ended(_));
    assert!(!device.sink.told().iter().any(ended), "what was asked for is no news");
    // Once more, with nothing to end.
    device.session.log_out().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logged_out_just_after_it_was_started() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    device.session.start().await.unwrap();
    device.session.log_out().await.unwrap();
    until("the phone lists it no more", async || {
        net.sandbox.links(OWN).await.unwrap().is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_does_not_wait_without_end() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    net.fault(FaultKind::Refuse, None).await;
    device.session.start().await.unwrap();
    let out = tokio::time::timeout(Duration::from_secs(30), device.session.log_out());
    out.await.expect("a server that cannot be reached keeps nobody from going").unwrap();
    assert_eq!(net.rows(&device.id).await, 0);
}

/// Six codes live for 160 seconds, and the client's clock cannot be moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes almost three minutes"]
async fn codes_that_nobody_scans() {
    let net = Net::new().await;
    let device = net.device("dev_a").await;
    device.session.start().await.unwrap();
    let mut left = Duration::from_secs(240);
    let exhausted = loop {
        let told = device.sink.told();
        if let Some(place) = told.iter().position(|event| *event == SessionEvent::QrExhausted) {
            break (place, told);
        }
        left = left.checked_sub(Duration::from_millis(500)).expect("the codes run out");
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    assert_eq!(exhausted.0 + 1, exhausted.1.len(), "it is the last word");
    let codes = exhausted.1.iter().filter(|event| matches!(event, SessionEvent::Qr { .. })).count();
    assert_eq!(codes, 6);
    device.sink.forget();
    device.session.start().await.unwrap();
    device.qr().await;
    device.session.stop().await;
}
