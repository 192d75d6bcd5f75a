//! Clients that are none: their connections are closed, and nobody else notices.

use crate::sandbox_network::support::{ANA, BEN, DEADLINE, Device, Folder, ana_and_ben};
use switchboard::server::engine::linked::Endpoints as _;
use switchboard::server::sandbox::Sandbox;
use tokio::time::timeout;
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::wacore::net::TransportEvent;

/// The header that every connection begins with.
const HEADER: &[u8] = &[b'W', b'A', 6, 3];

/// Opens a connection, sends bytes, and waits until it is closed.
async fn closed_after(sandbox: &Sandbox, bytes: Vec<u8>) {
    let endpoint = sandbox.endpoint(&"dev_raw".parse().unwrap());
    let (transport, events) = endpoint.transport.create_transport().await.unwrap();
    // It may be closed while the bytes are on their way.
    drop(transport.send(Bytes::from(bytes)).await);
    let closed = timeout(DEADLINE, async {
        while let Ok(event) = events.recv().await {
            if matches!(event, TransportEvent::Disconnected(_)) {
                return;
            }
        }
    });
    closed.await.expect("the connection stays open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_closed_and_leaves_everybody_else_alone() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let mut device = Device::linked(&sandbox, "dev_a", ANA).await;
    assert_eq!(HEADER, whatsapp_rust::wacore_binary::consts::WA_CONN_HEADER);
    let with_header = |rest: &[u8]| [HEADER, rest].concat();
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        // Announces two megabytes, and one byte more than is allowed.
        with_header(&[0x20, 0, 0]),
        with_header(&[0x10, 0, 1]),
        // Empty, and full of nothing.
        with_header(&[0, 0, 0]),
        with_header(&[0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        with_header(&[&[0, 4, 0][..], &[0xff; 1_024]].concat()),
    ] {
        closed_after(&sandbox, bytes).await;
    }
    let sent = sandbox.send_text(BEN, ANA, "nobody else noticed").await.unwrap();
    assert_eq!(device.text("nobody else noticed").await, sent.id);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_network_refuses_everything_in_words() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    sandbox.close().await;
    assert!(sandbox.send_text(ANA, BEN, "x").await.is_err());
    assert!(sandbox.messages(ANA, None).await.is_err());
    assert!(sandbox.add_phone("Cleo", None).await.is_err());
    let endpoint = sandbox.endpoint(&"dev_raw".parse().unwrap());
    assert!(endpoint.transport.create_transport().await.is_err());
}
