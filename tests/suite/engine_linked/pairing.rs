//! Linking: by a scan, by a code for the phone, and what is refused.

use crate::engine_linked::support::{BOB, EVA, Net, OWN, jid};
use std::time::Duration;
use switchboard::server::engine::{EngineError, SessionEvent};
use switchboard::server::sandbox::{FaultKind, ScanTarget};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_links_the_device() {
    let net = Net::new().await;
    net.sandbox.save_contact(OWN, EVA, "Eva from work").await.unwrap();
    net.sandbox.send_text(EVA, OWN, "from before the link").await.unwrap();
    net.holds(OWN, "from before the link", |_| true).await;
    let device = net.device("dev_a").await;
    assert!(device.sink.told().is_empty(), "opening connects nothing");
    device.session.start().await.unwrap();
    device.session.start().await.unwrap();
    let (code, life) = device
        .sink
        .event("a code", |event| match event {
            SessionEvent::Qr { code, life } => Some((code.clone(), *life)),
            _ => None,
        })
        .await;
    assert!(life > Duration::from_secs(50) && life <= Duration::from_secs(60), "{life:?}");
    net.sandbox.scan(OWN, &ScanTarget::Qr(code)).await.unwrap();
    let (number, lid, _) = device.connected().await;
    assert_eq!(number, OWN);
    assert!(lid.is_some_and(|lid| lid.ends_with("@lid")));

    let told = device.sink.told();
    assert_eq!(told[0], SessionEvent::Connecting, "started once, connecting once");
    let place = |what: &dyn Fn(&SessionEvent) -> bool| told.iter().position(what).unwrap();
    let paired = place(&|event| matches!(event, SessionEvent::Paired { .. }));
    let connected = place(&|event| matches!(event, SessionEvent::Connected { .. }));
    assert!(paired < connected);
    let between =
        |event: &SessionEvent| matches!(event, SessionEvent::Connecting | SessionEvent::Disconnected { .. });
    assert!(!told[1..connected].iter().any(between), "coming back linked is no broken connection: {told:#?}");

    // What was before, and who people are.
    let before = device.sink.past(&jid(EVA)).await;
    assert_eq!(before.messages[0].message.text, "from before the link");
    let saved = |event: &SessionEvent| match event {
        SessionEvent::Contact { jid: of, saved_name: Some(name), .. } => Some((of.clone(), name.clone())),
        _ => None,
    };
    let is_eva = |event: &SessionEvent| saved(event).filter(|(of, _)| *of == jid(EVA));
    assert_eq!(device.sink.event("the address book", is_eva).await.1, "Eva from work");
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_for_the_phone_links_the_device() {
    let net = Net::new().await;
    let device = net.device("dev_a").await;
    assert!(matches!(device.session.pairing_code(OWN).await, Err(EngineError::NotPairing)), "not started");
    device.session.start().await.unwrap();
    // At once, before there can be a connection: it waits for it. Twice at a time: the same code.
    let (first, second) = tokio::join!(device.session.pairing_code(OWN), device.session.pairing_code(OWN));
    let code = first.unwrap();
    assert_eq!(code, second.unwrap());
    assert_eq!((code.code.len(), code.phone_number.as_str()), (8, OWN));
    // For another number: another code, and the one before is no more.
    let other = device.session.pairing_code(BOB).await.unwrap();
    assert_ne!(other.code, code.code);
    let code = device.session.pairing_code(OWN).await.unwrap();
    net.sandbox.scan(OWN, &ScanTarget::Code(code.code)).await.unwrap();
    assert_eq!(device.connected().await.0, OWN);
    assert!(matches!(device.session.pairing_code(OWN).await, Err(EngineError::NotPairing)), "linked already");
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_number_gets_no_code() {
    let net = Net::new().await;
    let device = net.device("dev_a").await;
    device.session.start().await.unwrap();
    device.qr().await;
    for number in ["", "123456", "+34611000001", "0034611000001", "1234567890123456", "34 611"] {
        let refused = device.session.pairing_code(number).await;
        assert!(matches!(refused, Err(EngineError::Refused(_))), "{number:?}: {refused:?}");
    }
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_not_waited_for_without_end() {
    let net = Net::new().await;
    net.fault(FaultKind::Refuse, None).await;
    let device = net.device("dev_a").await;
    device.session.start().await.unwrap();
    assert!(matches!(device.session.pairing_code(OWN).await, Err(EngineError::NotConnected)));
    let (_, reached) = device.disconnected().await;
    assert!(!reached, "nobody was there");
    // Nor once it is stopped.
    let asked = tokio::spawn({
        let session = device.session.clone();
        async move { session.pairing_code(OWN).await }
    });
    device.session.stop().await;
    assert!(matches!(asked.await.unwrap(), Err(EngineError::NotPairing | EngineError::NotConnected)));
}
