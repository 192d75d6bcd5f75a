//! Staying connected, stopping, starting again, and leaving nothing behind.

use crate::engine_linked::support::{EVA, Net, OWN, jid, until};
use std::sync::Arc;
use std::time::Duration;
use switchboard::server::engine::{Engine as _, EngineError, SessionEvent};
use switchboard::server::sandbox::FaultKind;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_is_made_again_after_the_wait_that_was_told() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.sink.forget();
    net.fault(FaultKind::Drop, None).await;
    let (retry_in, reached) = device.disconnected().await;
    assert!(
        reached && retry_in <= Duration::from_secs(1),
        "the first wait is at most a second: {retry_in:?}"
    );
    device.connected().await;
    let told = device.sink.told();
    let order = told.iter().filter_map(|event| match event {
        SessionEvent::Disconnected { .. } => Some("disconnected"),
        SessionEvent::Connecting => Some("connecting"),
        SessionEvent::Connected { .. } => Some("connected"),
        _ => None,
    });
    assert_eq!(order.collect::<Vec<_>>(), ["disconnected", "connecting", "connected"]);
    // Messages that came meanwhile are there, and new ones go out.
    net.sandbox.send_text(EVA, OWN, "still there?").await.unwrap();
    device.sink.message("still there?").await;
    device.session.send(&device.text(&jid(EVA), "still here")).await.unwrap();
    net.holds(EVA, "still here", |_| true).await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_tried_again_with_growing_waits() {
    let net = Net::new().await;
    net.fault(FaultKind::Refuse, None).await;
    let device = net.device("dev_a").await;
    device.session.start().await.unwrap();
    let waits = device
        .sink
        .wait("three attempts", |sink| {
            let told = sink.told();
            let waits = told.iter().filter_map(|event| match event {
                SessionEvent::Disconnected { retry_in, reached: false } => Some(*retry_in),
                _ => None,
            });
            Some(waits.collect::<Vec<_>>()).filter(|waits| waits.len() >= 3)
        })
        .await;
    for (wait, longest) in waits.into_iter().zip([1, 2, 4]) {
        assert!(wait <= Duration::from_secs(longest), "{wait:?}");
    }
    net.sandbox.clear_faults();
    device.qr().await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_device_comes_back_on_its_stored_keys() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    net.sandbox.send_text(EVA, OWN, "first").await.unwrap();
    device.sink.message("first").await;
    device.session.stop().await;
    let told = device.sink.told().len();
    let rows = net.rows(&device.id).await;
    net.sandbox.send_text(EVA, OWN, "while it was away").await.unwrap();
    net.holds(EVA, "while it was away", |_| true).await;
    assert_eq!(device.sink.told().len(), told, "nothing is told after a stop");
    assert_eq!(net.rows(&device.id).await, rows, "nor is anything written");
    drop(device);

    // Another session, as after a restart of the process; then the same one again.
    let device = net.device("dev_a").await;
    device.session.start().await.unwrap();
    assert_eq!(device.connected().await.0, OWN);
    device.sink.message("while it was away").await;
    device.session.send(&device.text(&jid(EVA), "back")).await.unwrap();
    net.holds(EVA, "back", |_| true).await;
    device.session.stop().await;
    device.sink.forget();
    device.session.start().await.unwrap();
    device.connected().await;
    device.session.send(&device.text(&jid(EVA), "and again")).await.unwrap();
    net.holds(EVA, "and again", |_| true).await;
    assert!(!device.sink.told().iter().any(|event| matches!(event, SessionEvent::Qr { .. })));
    device.session.stop().await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_ends_whatever_it_is_doing() {
    let net = Net::new().await;
    let device = net.device("dev_a").await;
    // While codes are shown.
    device.session.start().await.unwrap();
    device.qr().await;
    device.session.stop().await;
    // While it waits to try again.
    net.fault(FaultKind::Refuse, None).await;
    device.sink.forget();
    device.session.start().await.unwrap();
    device.disconnected().await;
    device.session.stop().await;
    // While it connects to somebody who says nothing.
    net.sandbox.clear_faults();
    net.fault(FaultKind::Blackhole, Some(60)).await;
    device.session.start().await.unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(15), device.session.stop());
    stopped.await.expect("it does not wait for the handshake");
    // And while nothing runs.
    device.session.stop().await;
    assert!(matches!(device.session.find(EVA).await, Err(EngineError::NotConnected)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_session_leaves_no_task_behind() {
    let net = Net::new().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // Whatever the network starts for its phones is there from now on.
    net.linked("dev_b", EVA).await.session.stop().await;
    let before = tasks();
    for _ in 0..2 {
        let device = net.device("dev_a").await;
        device.session.start().await.unwrap();
        device.qr().await;
        let sink = device.sink.clone();
        drop(device);
        until("all tasks ended", async || (tasks() <= before).then_some(())).await;
        assert_eq!(Arc::strong_count(&sink), 1, "nobody holds the sink any more");
    }
    let device = net.linked("dev_a", OWN).await;
    let sink = device.sink.clone();
    device.session.stop().await;
    assert_eq!(Arc::strong_count(&sink), 4, "the test's two, the session's and its line's: no client's");
    drop(device);
    until("all tasks ended", async || (tasks() <= before).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purging_forgets_the_keys() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    assert!(net.rows(&device.id).await > 0);
    net.engine.purge(&device.id).await.unwrap();
    assert_eq!(net.rows(&device.id).await, 0);
    device.sink.forget();
    device.session.start().await.unwrap();
    device.qr().await;
    device.session.stop().await;
}

/// The client pings every 15 to 30 seconds and gives up on an answer after 20.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes about a minute"]
async fn a_connection_that_says_nothing_any_more_is_noticed() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.sink.forget();
    net.fault(FaultKind::Blackhole, Some(120)).await;
    let mut left = Duration::from_secs(90);
    while !device
        .sink
        .told()
        .iter()
        .any(|event| matches!(event, SessionEvent::Disconnected { reached: true, .. }))
    {
        left = left.checked_sub(Duration::from_millis(250)).expect("it is noticed");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    net.sandbox.clear_faults();
    device.connected().await;
    device.session.stop().await;
}
