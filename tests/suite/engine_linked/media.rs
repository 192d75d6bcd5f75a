//! Files from one device to another, through the emulated media hosts.

use crate::engine_linked::support::{EVA, Net, OWN};
use switchboard::protocol::MediaKind;
use switchboard::server::engine::{EngineError, MediaSource};
use switchboard::server::sandbox::FaultKind;

const LIMIT: u64 = 8 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_up_from_one_device_and_down_to_another() {
    let net = Net::new().await;
    let own = net.linked("dev_a", OWN).await;
    let eva = net.linked("dev_b", EVA).await;
    let folder = net.folder().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    // The last is more than what is uploaded in one go without a question first.
    for (kind, size) in [
        (MediaKind::Image, 1),
        (MediaKind::Sticker, 16),
        (MediaKind::Audio, 300_000),
        (MediaKind::Video, 65_536),
        (MediaKind::Document, 6 << 20),
    ] {
        let bytes: Vec<u8> = (0..size).map(|n: u32| (n % 251) as u8).collect();
        let source = MediaSource { path: folder.join("plain"), kind, scratch: folder.join("cipher") };
        std::fs::write(&source.path, &bytes).unwrap();
        let reference = own.session.upload(&source).await.unwrap();
        assert!(!source.scratch.exists(), "nothing is left");
        assert_eq!(reference.file_length, u64::from(size));
        assert_eq!(
            reference.streaming_sidecar.is_some(),
            matches!(kind, MediaKind::Audio | MediaKind::Video)
        );
        let to = folder.join("got");
        eva.session.download(&reference, &to, LIMIT).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == bytes, "{kind:?}");
        std::fs::remove_file(&to).unwrap();

        let mut forged = reference.clone();
        forged.media_key = vec![9; 32];
        let answer = eva.session.download(&forged, &to, LIMIT).await;
        assert!(matches!(answer, Err(EngineError::Refused(_))), "{answer:?}");
        let _ = std::fs::remove_file(&to);
        let mut lying = reference.clone();
        lying.file_length = 0;
        let answer = eva.session.download(&lying, &to, u64::from(size) - 1).await;
        assert!(matches!(answer, Err(EngineError::TooLarge)), "{answer:?}");
        let _ = std::fs::remove_file(&to);
        let answer = eva.session.download(&reference, &to, u64::from(size) - 1).await;
        assert!(matches!(answer, Err(EngineError::TooLarge)) && !to.exists(), "{answer:?}");
    }
    let source =
        MediaSource { path: folder.join("nothing"), kind: MediaKind::Image, scratch: folder.join("cipher") };
    assert!(own.session.upload(&source).await.is_err());
    own.session.stop().await;
    eva.session.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_longer_there_is_gone_and_who_is_not_connected_says_so() {
    let net = Net::new().await;
    let own = net.linked("dev_a", OWN).await;
    let folder = net.folder().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    let source =
        MediaSource { path: folder.join("plain"), kind: MediaKind::Image, scratch: folder.join("cipher") };
    std::fs::write(&source.path, b"bytes").unwrap();
    let reference = own.session.upload(&source).await.unwrap();
    net.fault(FaultKind::MediaMissing, None).await;
    let to = folder.join("got");
    let answer = own.session.download(&reference, &to, LIMIT).await;
    assert!(matches!(answer, Err(EngineError::Gone)), "{answer:?}");
    net.sandbox.clear_faults();
    std::fs::remove_file(&to).unwrap();
    own.session.download(&reference, &to, LIMIT).await.unwrap();
    let mut incomplete = reference.clone();
    incomplete.media_key.pop();
    let answer = own.session.download(&incomplete, &folder.join("other"), LIMIT).await;
    assert!(matches!(answer, Err(EngineError::Refused(_))), "{answer:?}");
    own.session.stop().await;
    assert!(matches!(own.session.upload(&source).await, Err(EngineError::NotConnected)));
    assert!(matches!(own.session.download(&reference, &to, LIMIT).await, Err(EngineError::NotConnected)));
}
