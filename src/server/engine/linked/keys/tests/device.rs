//! The device itself, and the rows beneath: what outlives a restart, what is purged, what is damaged.

use super::super::{Keys, Kind, purge, rows};
use super::{backends, device};
use crate::server::storage::testing::stores;
use std::collections::BTreeMap;
use std::sync::Arc;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::traits::{
    AppSyncStore as _, DeviceStore as _, MsgSecretStore as _, ProtocolStore as _, SignalStore as _,
};

/// A device with every field filled, so that none can get lost unseen.
fn full_device() -> Device {
    use whatsapp_rust::wacore::store::device::{CachedNoiseCert, CachedServerCertChain};
    let cert = |n| CachedNoiseCert { key: [n; 32], not_before: 1, not_after: i64::MAX };
    let mut device = Device::new();
    device.pn = Some("34600111222:7@s.whatsapp.net".parse().unwrap());
    device.lid = Some("100000012345678:7@lid".parse().unwrap());
    device.account = Some(Arc::new(whatsapp_rust::waproto::whatsapp::ADVSignedDeviceIdentity {
        details: Some(vec![1, 2, 3]),
        account_signature_key: Some(vec![4; 32]),
        account_signature: Some(vec![5; 64]),
        device_signature: Some(vec![6; 64]),
    }));
    device.push_name = "Ana ✓".to_owned();
    device.app_version_last_fetched_ms = 1_700_000_000_000;
    device.edge_routing_info = Some(vec![0, 255]);
    device.props_hash = Some("hash".to_owned());
    device.next_pre_key_id = 813;
    device.first_unupload_pre_key_id = 812;
    device.server_has_prekeys = true;
    device.nct_salt = Some(vec![9; 16]);
    device.server_cert_chain = Some(CachedServerCertChain { intermediate: cert(1), leaf: cert(2) });
    device.login_counter = 3;
    device.lid_migrated = true;
    device.read_receipts_disabled = true;
    device
}

#[tokio::test]
async fn nothing_of_the_device_is_lost_over_a_restart() {
    let (stores, backends) = backends().await;
    let device = full_device();
    for b in &backends {
        assert!(!b.exists().await.unwrap());
        assert!(b.load().await.unwrap().is_none());
        b.save(&device).await.unwrap();
        assert!(b.exists().await.unwrap());
    }
    let written = serde_json::to_value(&device).unwrap();
    let fields = written.as_object().unwrap();
    let empty = fields.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect::<Vec<_>>();
    assert!(empty.is_empty(), "fields without a value prove nothing: {empty:?}");
    for test in &stores {
        // Another handle, as after a restart.
        let keys = Keys::new(test.store.clone(), "dev_a".parse().unwrap());
        let read = keys.load().await.unwrap().unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
        assert_eq!(read.device_props.os.as_deref(), Some("rust"), "the client's own properties are there");
        assert_eq!(read.client_profile.device, device.client_profile.device);
        assert_eq!(read.pn, device.pn);
    }
}

#[tokio::test]
async fn making_the_device_twice_keeps_its_keys() {
    for test in stores().await {
        let keys = Keys::new(test.store.clone(), device(&test.store, "dev_a").await);
        keys.create().await.unwrap();
        let first = keys.load().await.unwrap().unwrap();
        keys.create().await.unwrap();
        let second = keys.load().await.unwrap().unwrap();
        assert_eq!(first.registration_id, second.registration_id);
        assert_eq!(first.adv_secret_key, second.adv_secret_key);
        assert!(first.pn.is_none() && first.account.is_none());
        assert_eq!(keys.resource_report().await.memory_bytes, Some(0));
    }
}

#[tokio::test]
async fn devices_are_apart_and_purging_one_leaves_the_other() {
    for test in stores().await {
        let (a, b) = (device(&test.store, "dev_a").await, device(&test.store, "dev_b").await);
        let (of_a, of_b) = (Keys::new(test.store.clone(), a.clone()), Keys::new(test.store.clone(), b));
        for keys in [&of_a, &of_b] {
            keys.create().await.unwrap();
            keys.put_session("1@lid.0", b"s").await.unwrap();
            keys.store_prekey(1, b"k", false).await.unwrap();
        }
        purge(&test.store, &a).await.unwrap();
        assert!(!of_a.exists().await.unwrap());
        assert!(!of_a.has_session("1@lid.0").await.unwrap());
        assert!(of_b.exists().await.unwrap());
        assert!(of_b.has_session("1@lid.0").await.unwrap());
        // Without a device there is nowhere to keep anything.
        let nobody = Keys::new(test.store.clone(), "dev_none".parse().unwrap());
        assert!(nobody.put_session("1@lid.0", b"s").await.is_err());
    }
}

#[tokio::test]
async fn damaged_rows_are_errors() {
    for test in stores().await {
        let keys = Keys::new(test.store.clone(), device(&test.store, "dev_a").await);
        keys.put(Kind::Identity, "1@lid.0".to_owned(), vec![1; 31], 0).await.unwrap();
        keys.put(Kind::Device, "self".to_owned(), b"{}".to_vec(), 0).await.unwrap();
        keys.put(Kind::PreKey, "x".to_owned(), vec![], 0).await.unwrap();
        keys.put(Kind::Secret, rows::id(&["c", "s", "m"]), vec![1; 39], 0).await.unwrap();
        keys.put(Kind::Token, "t".to_owned(), b"?".to_vec(), 0).await.unwrap();
        keys.put(Kind::SyncKey, "xyz".to_owned(), b"{}".to_vec(), 0).await.unwrap();
        assert!(keys.load_identity("1@lid.0").await.is_err());
        assert!(keys.load().await.is_err());
        assert!(keys.get_max_prekey_id().await.is_err());
        assert!(keys.get_msg_secret("c", "s", "m").await.is_err());
        assert!(keys.get_tc_token("t").await.is_err());
        assert!(keys.touch_tc_token_sender_timestamp("t", 1).await.is_err());
        assert!(keys.delete_expired_tc_tokens(1, 1).await.is_err());
        assert!(keys.get_latest_sync_key_id().await.is_err());
    }
}

#[tokio::test]
async fn kinds_are_spelled_apart() {
    use Kind::*;
    let kinds = [
        Device,
        Identity,
        Session,
        PreKey,
        SignedPreKey,
        SenderKey,
        SyncKey,
        SyncVersion,
        SyncMac,
        SenderKeyDevice,
        Lid,
        Number,
        BaseKey,
        DeviceList,
        Group,
        Token,
        Sent,
        Pending,
        Secret,
    ];
    let spelled = kinds.iter().map(|kind| (kind.as_str(), *kind)).collect::<BTreeMap<_, _>>();
    assert_eq!(spelled.len(), kinds.len());
}
