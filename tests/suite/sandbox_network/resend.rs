//! Messages that cannot be read are asked for again, and come with the same id.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, held, holds, store};
use switchboard::server::sandbox::Sandbox;
use switchboard::server::source::Source;
use switchboard::server::storage::query;
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;
use whatsapp_rust::wacore::store::traits::SignalStore as _;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_lost_its_session_gets_the_message_again() {
    let folder = Folder::new();
    let sandbox = crate::sandbox_network::support::ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    // From then on the phone uses the established session.
    sandbox.send_text(BEN, ANA, "first").await.unwrap();
    device.text("first").await;
    device.client.send_text(&Jid::pn(BEN), "an answer").await.unwrap();
    holds(&sandbox, BEN, "an answer").await;
    sandbox.send_text(BEN, ANA, "established").await.unwrap();
    device.text("established").await;
    let backend = device.stop().await;
    let lid = sandbox_lid(&folder, BEN).await;
    for address in [format!("{lid}@lid.0"), format!("{BEN}@c.us.0"), format!("{BEN}@s.whatsapp.net.0")] {
        backend.delete_session(&address).await.unwrap();
    }
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device.connected().await;
    let sent = sandbox.send_text(BEN, ANA, "unreadable at first").await.unwrap();
    let unreadable = device
        .wait("it cannot be read", |event| match event {
            Event::UndecryptableMessage(message) => Some(message.info.id.clone()),
            _ => None,
        })
        .await;
    assert_eq!(unreadable, sent.id);
    assert_eq!(device.text("unreadable at first").await, sent.id);
    // And it goes on.
    let next = sandbox.send_text(BEN, ANA, "the next one").await.unwrap();
    assert_eq!(device.text("the next one").await, next.id);
    sandbox.close().await;
}

async fn sandbox_lid(folder: &Folder, number: &str) -> String {
    let store = store(&folder.0).await;
    let row =
        store.row(query("SELECT lid FROM sandbox_accounts WHERE number = $1").bind(number)).await.unwrap();
    row.unwrap().text("lid").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_lost_its_session_gets_the_message_again() {
    let folder = Folder::new();
    let sandbox = crate::sandbox_network::support::ana_and_ben(&folder.0).await;
    let device = Device::linked(&sandbox, "dev_a", ANA).await;
    device.client.send_text(&Jid::pn(BEN), "first").await.unwrap();
    holds(&sandbox, BEN, "first").await;
    // Answered once, so that the device's messages no longer carry the keys for a new session.
    sandbox.send_text(BEN, ANA, "an answer").await.unwrap();
    let mut device = device;
    device.text("an answer").await;
    device.client.send_text(&Jid::pn(BEN), "established").await.unwrap();
    holds(&sandbox, BEN, "established").await;
    let backend = device.stop().await;
    sandbox.close().await;
    let store = store(&folder.0).await;
    let text = "DELETE FROM sandbox_signal WHERE number = $1 AND kind = 'session'";
    assert!(store.execute(query(text).bind(BEN)).await.unwrap() > 0);
    let sandbox = Sandbox::open(store, Source::system()).await.unwrap();
    let mut device = Device::start(&sandbox, "dev_a", backend).await;
    device.connected().await;
    let sent = device.client.send_text(&Jid::pn(BEN), "unreadable at first").await.unwrap().message_id;
    assert_eq!(holds(&sandbox, BEN, "unreadable at first").await.id, sent);
    assert_eq!(held(&sandbox, BEN, "unreadable at first").await.len(), 1);
    sandbox.close().await;
}
