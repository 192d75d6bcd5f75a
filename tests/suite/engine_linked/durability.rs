//! A message is ours before WhatsApp hears that it arrived, and never lost on the way.

use crate::engine_linked::support::{EVA, Net, OWN};
use std::sync::atomic::Ordering;
use switchboard::protocol::MessageStatus;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_kept_comes_again() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.sink.forget();
    device.sink.failing.store(1, Ordering::SeqCst);
    net.sandbox.send_text(EVA, OWN, "keep me").await.unwrap();
    // WhatsApp delivers again with the next connection, so there has to be one.
    let (_, reached) = device.disconnected().await;
    assert!(reached);
    device.connected().await;
    device.sink.message("keep me").await;
    assert!(device.sink.asked.load(Ordering::SeqCst) >= 2);
    assert_eq!(device.sink.kept().iter().filter(|message| message.text == "keep me").count(), 1);
    // Whatever comes after it comes as ever.
    net.sandbox.send_text(EVA, OWN, "and me").await.unwrap();
    device.sink.message("and me").await;
    device.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_yet_kept_is_not_acknowledged() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.sink.holding.send_replace(true);
    let before = device.sink.asked.load(Ordering::SeqCst);
    net.sandbox.send_text(EVA, OWN, "held up").await.unwrap();
    let asked = |sink: &crate::engine_linked::support::Sink| {
        (sink.asked.load(Ordering::SeqCst) > before).then_some(())
    };
    device.sink.wait("asked to keep it", asked).await;
    // Stopping does not wait for a sink without end; the process might as well have died here.
    device.session.stop().await;
    assert!(device.sink.kept().iter().all(|message| message.text != "held up"));
    drop(device);

    let again = net.device("dev_a").await;
    again.session.start().await.unwrap();
    again.connected().await;
    assert_eq!(again.sink.message("held up").await.text, "held up");
    net.holds(EVA, "held up", |message| message.status == MessageStatus::Delivered).await;
    again.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_batch_of_what_came_meanwhile_is_kept_in_order_or_again() {
    let net = Net::new().await;
    let device = net.linked("dev_a", OWN).await;
    device.session.stop().await;
    let texts = (0..30).map(|n| format!("meanwhile {n}")).collect::<Vec<_>>();
    for text in &texts {
        net.sandbox.send_text(EVA, OWN, text).await.unwrap();
    }
    device.sink.forget();
    device.sink.failing.store(2, Ordering::SeqCst);
    device.session.start().await.unwrap();
    device.sink.message("meanwhile 29").await;
    let kept = device.sink.kept().into_iter().map(|message| message.text).collect::<Vec<_>>();
    let mut once = kept.clone();
    once.dedup();
    assert_eq!(once, texts, "in order: {kept:?}");
    device.session.stop().await;
}
