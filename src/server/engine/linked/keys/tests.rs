//! Every method against our rows and against the client's own store in memory, step by step the same.

use super::Keys;
use crate::protocol::DeviceId;
use crate::server::storage::testing::{TestStore, stores};
use crate::server::storage::{Store, query};
use std::collections::BTreeMap;
use std::sync::Arc;
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::traits::{
    AppStateSyncKey, AppSyncStore as _, Backend, DeviceInfo, DeviceListRecord, DeviceStore as _,
    LidPnMappingEntry, MsgSecretEntry, MsgSecretStore as _, PendingInboundKey, PendingInboundRow,
    ProtocolStore as _, SignalStore as _, TcTokenEntry,
};
use whatsapp_rust::wacore::store::{Device, InMemoryBackend};

/// A device that exists, because its rows must not outlive it.
async fn device(store: &Store, name: &str) -> DeviceId {
    let id: DeviceId = name.parse().unwrap();
    let workspace =
        query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0) ON CONFLICT DO NOTHING");
    store.execute(workspace).await.unwrap();
    let insert = query(
        "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, 'w', 'd', 'created', 0, 0, 0)",
    );
    store.execute(insert.bind(&id)).await.unwrap();
    id
}

/// Ours on each database, and the client's.
async fn backends() -> (Vec<TestStore>, Vec<Arc<dyn Backend>>) {
    let stores = stores().await;
    let mut backends: Vec<Arc<dyn Backend>> = vec![Arc::new(InMemoryBackend::new())];
    for test in &stores {
        let device = device(&test.store, "dev_a").await;
        backends.push(Arc::new(Keys::new(test.store.clone(), device)));
    }
    (stores, backends)
}

fn address(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[tokio::test]
async fn identities_and_sessions() {
    let (_stores, backends) = backends().await;
    for b in backends {
        assert_eq!(b.load_identity("1@lid.0").await.unwrap(), None);
        b.put_identity("1@lid.0", [1; 32]).await.unwrap();
        b.put_identity("1@lid.0", [2; 32]).await.unwrap();
        // The same address twice in one batch: the last one stands.
        let batch =
            [(address("2@lid.0"), [3; 32]), (address("2@lid.0"), [4; 32]), (address("3@lid.0"), [5; 32])];
        b.put_identities_batch(&batch).await.unwrap();
        b.put_identities_batch(&[]).await.unwrap();
        assert_eq!(b.load_identity("1@lid.0").await.unwrap(), Some([2; 32]));
        assert_eq!(b.load_identity("2@lid.0").await.unwrap(), Some([4; 32]));
        b.delete_identity("1@lid.0").await.unwrap();
        b.delete_identity("1@lid.0").await.unwrap();
        assert_eq!(b.load_identity("1@lid.0").await.unwrap(), None);

        assert_eq!(b.get_session("1@lid.0").await.unwrap(), None);
        assert!(!b.has_session("1@lid.0").await.unwrap());
        b.put_session("1@lid.0", b"one").await.unwrap();
        b.put_session("1@lid.0", b"").await.unwrap();
        b.put_sessions_batch(&[(address("7:12@s.whatsapp.net.0"), Bytes::from_static(b"seven"))])
            .await
            .unwrap();
        b.put_sessions_batch(&[]).await.unwrap();
        assert_eq!(b.get_session("1@lid.0").await.unwrap().as_deref(), Some(&b""[..]));
        assert!(b.has_session("1@lid.0").await.unwrap());
        assert!(b.has_signal_state_for_user("7").await.unwrap(), "a session with a device number");
        assert!(b.has_signal_state_for_user("3").await.unwrap(), "an identity alone");
        assert!(!b.has_signal_state_for_user("").await.unwrap());
        assert!(!b.has_signal_state_for_user("77").await.unwrap());
        b.delete_session("7:12@s.whatsapp.net.0").await.unwrap();
        assert!(!b.has_signal_state_for_user("7").await.unwrap());
    }
}

#[tokio::test]
async fn one_time_and_signed_keys() {
    let (_stores, backends) = backends().await;
    for b in backends {
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 0);
        b.store_prekey(9, b"nine", false).await.unwrap();
        let keys = (10..1_000).map(|id| (id, Bytes::from(id.to_string()))).collect::<Vec<_>>();
        b.store_prekeys_batch(&keys, false).await.unwrap();
        b.store_prekeys_batch(&[], true).await.unwrap();
        assert_eq!(b.get_max_prekey_id().await.unwrap(), 999);
        assert_eq!(b.load_prekey(9).await.unwrap().as_deref(), Some(&b"nine"[..]));
        assert_eq!(b.load_prekey(8).await.unwrap(), None);
        let mut loaded = b.load_prekeys_batch(&[9, 500, 5_000]).await.unwrap();
        loaded.sort();
        assert_eq!(loaded, [(9, Bytes::from_static(b"nine")), (500, Bytes::from_static(b"500"))]);
        assert!(b.load_prekeys_batch(&[]).await.unwrap().is_empty());
        b.remove_prekey(9).await.unwrap();
        b.mark_prekeys_uploaded(&[9, 10]).await.unwrap();
        b.mark_prekeys_uploaded(&[]).await.unwrap();
        assert_eq!(b.load_prekey(9).await.unwrap(), None, "a used key never comes back");
        assert!(b.load_prekey(10).await.unwrap().is_some());
        b.store_prekey(u32::MAX, b"last", true).await.unwrap();
        assert_eq!(b.get_max_prekey_id().await.unwrap(), u32::MAX);

        b.store_signed_prekey(2, b"two").await.unwrap();
        b.store_signed_prekey(1, b"one").await.unwrap();
        b.store_signed_prekey(1, b"uno").await.unwrap();
        assert_eq!(b.load_signed_prekey(1).await.unwrap(), Some(b"uno".to_vec()));
        let mut all = b.load_all_signed_prekeys().await.unwrap();
        all.sort();
        assert_eq!(all, [(1, b"uno".to_vec()), (2, b"two".to_vec())]);
        b.remove_signed_prekey(1).await.unwrap();
        assert_eq!(b.load_signed_prekey(1).await.unwrap(), None);
    }
}

#[tokio::test]
async fn sender_keys_and_who_has_them() {
    let (_stores, backends) = backends().await;
    for b in backends {
        b.put_sender_key("g::1", b"a").await.unwrap();
        b.put_sender_keys_batch(&[
            (address("g::1"), Bytes::from_static(b"b")),
            (address("g::2"), Bytes::new()),
        ])
        .await
        .unwrap();
        assert_eq!(b.get_sender_key("g::1").await.unwrap(), Some(b"b".to_vec()));
        b.delete_sender_key("g::1").await.unwrap();
        assert_eq!(b.get_sender_key("g::1").await.unwrap(), None);

        let sorted = async |group: &str| {
            let mut devices = b.get_sender_key_devices(group).await.unwrap();
            devices.sort();
            devices
        };
        let pairs =
            |pairs: &[(&str, bool)]| pairs.iter().map(|(d, h)| ((*d).to_owned(), *h)).collect::<Vec<_>>();
        assert_eq!(sorted("1@g.us").await, []);
        b.set_sender_key_status("1@g.us", &[("a:1@lid", true), ("b@lid", false)]).await.unwrap();
        b.set_sender_key_status("1@g.us", &[("b@lid", true)]).await.unwrap();
        b.set_sender_key_status("1@g.us.x", &[("a:1@lid", false)]).await.unwrap();
        b.set_sender_key_status("2@g.us", &[("a:1@lid", true), ("c@lid", true)]).await.unwrap();
        b.set_sender_key_status("2@g.us", &[]).await.unwrap();
        assert_eq!(sorted("1@g.us").await, pairs(&[("a:1@lid", true), ("b@lid", true)]));
        b.delete_sender_key_device_rows(&["a:1@lid", "z@lid"]).await.unwrap();
        b.delete_sender_key_device_rows(&[]).await.unwrap();
        assert_eq!(sorted("1@g.us").await, pairs(&[("b@lid", true)]));
        assert_eq!(sorted("2@g.us").await, pairs(&[("c@lid", true)]));
        b.clear_sender_key_devices("1@g.us").await.unwrap();
        assert_eq!(sorted("1@g.us").await, []);
        assert_eq!(sorted("2@g.us").await, pairs(&[("c@lid", true)]));
        b.clear_all_sender_key_devices().await.unwrap();
        assert_eq!(sorted("2@g.us").await, []);
    }
}

#[tokio::test]
async fn app_state() {
    let (_stores, backends) = backends().await;
    for b in backends {
        assert!(b.get_latest_sync_key_id().await.unwrap().is_none());
        assert!(b.get_sync_key(&[1]).await.unwrap().is_none());
        let key =
            |n: u8| AppStateSyncKey { key_data: vec![n; 32], fingerprint: vec![n], timestamp: n.into() };
        b.set_sync_key(&[0, 1], key(1)).await.unwrap();
        b.set_sync_key(&[0, 2], key(2)).await.unwrap();
        assert_eq!(b.get_latest_sync_key_id().await.unwrap(), Some(vec![0, 2]));
        b.set_sync_key(&[0, 1], key(3)).await.unwrap();
        assert_eq!(
            b.get_latest_sync_key_id().await.unwrap(),
            Some(vec![0, 1]),
            "stored last, not numbered last"
        );
        let stored = b.get_sync_key(&[0, 1]).await.unwrap().unwrap();
        assert_eq!((stored.key_data, stored.fingerprint, stored.timestamp), (vec![3; 32], vec![3], 3));

        assert_eq!(b.get_version("regular").await.unwrap().version, 0);
        let state = HashState {
            version: u64::MAX,
            hash: [7; 128],
            index_value_map: [("i".to_owned(), vec![1, 2])].into(),
            mac_mismatch_fatal: true,
        };
        b.set_version("regular", state.clone()).await.unwrap();
        let read = b.get_version("regular").await.unwrap();
        assert_eq!((read.version, read.hash, read.mac_mismatch_fatal), (state.version, state.hash, true));
        assert_eq!(read.index_value_map, state.index_value_map);
        assert_eq!(b.get_version("regular_low").await.unwrap().version, 0);

        let mac =
            |index: u8, value: u8| AppStateMutationMAC { index_mac: vec![index; 32], value_mac: vec![value] };
        b.put_mutation_macs("regular", 1, &[mac(1, 1), mac(2, 2), mac(1, 9)]).await.unwrap();
        b.put_mutation_macs("regular_low", 1, &[mac(1, 3)]).await.unwrap();
        b.put_mutation_macs("regular", 2, &[]).await.unwrap();
        assert_eq!(b.get_mutation_mac("regular", &[1; 32]).await.unwrap(), Some(vec![9]));
        let many = b.get_mutation_macs("regular", &[[1; 32], [2; 32], [3; 32]]).await.unwrap();
        assert_eq!(many, [([1; 32], vec![9]), ([2; 32], vec![2])].into());
        assert!(b.get_mutation_macs("regular", &[]).await.unwrap().is_empty());
        b.delete_mutation_macs("regular", &[vec![2; 32]]).await.unwrap();
        assert_eq!(b.get_mutation_mac("regular", &[2; 32]).await.unwrap(), None);
        b.clear_mutation_macs("regular").await.unwrap();
        assert_eq!(b.get_mutation_mac("regular", &[1; 32]).await.unwrap(), None);
        assert_eq!(b.get_mutation_mac("regular_low", &[1; 32]).await.unwrap(), Some(vec![3]));
    }
}

fn lid(lid: &str, number: &str, at: i64) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.to_owned(),
        phone_number: number.to_owned(),
        created_at: at,
        updated_at: at,
        learning_source: "usync".to_owned(),
    }
}

#[tokio::test]
async fn lids_and_numbers() {
    let (_stores, backends) = backends().await;
    for b in backends {
        assert!(b.get_lid_mapping("l1").await.unwrap().is_none());
        assert!(b.get_pn_mapping("1").await.unwrap().is_none());
        b.put_lid_mapping(&lid("l1", "1", 10)).await.unwrap();
        b.put_lid_mappings(&[lid("l2", "12", 20), lid("l3", "3", 20), lid("l2", "2", 30)]).await.unwrap();
        b.put_lid_mappings(&[]).await.unwrap();
        assert_eq!(b.get_pn_mapping("1").await.unwrap().unwrap().lid, "l1");
        assert_eq!(b.get_lid_mapping("l2").await.unwrap().unwrap().phone_number, "2");
        assert!(b.get_pn_mapping("12").await.unwrap().is_none(), "the LID has moved on");
        // A number gets a new LID, then a LID a new number.
        b.put_lid_mapping(&lid("l4", "1", 40)).await.unwrap();
        assert_eq!(b.get_pn_mapping("1").await.unwrap().unwrap().lid, "l4");
        b.put_lid_mapping(&lid("l3", "33", 50)).await.unwrap();
        assert!(b.get_pn_mapping("3").await.unwrap().is_none());
        assert_eq!(b.get_pn_mapping("33").await.unwrap().unwrap().updated_at, 50);
        let mut all = b.get_all_lid_mappings().await.unwrap();
        all.sort_by(|a, b| a.lid.cmp(&b.lid));
        assert_eq!(
            all.iter().map(|e| (e.lid.as_str(), e.phone_number.as_str())).collect::<Vec<_>>(),
            [("l1", "1"), ("l2", "2"), ("l3", "33"), ("l4", "1")]
        );
    }
}

#[tokio::test]
async fn people_groups_and_base_keys() {
    let (_stores, backends) = backends().await;
    for b in backends {
        b.save_base_key("a", "m", b"key").await.unwrap();
        assert!(b.has_same_base_key("a", "m", b"key").await.unwrap());
        assert!(!b.has_same_base_key("a", "m", b"yek").await.unwrap());
        assert!(!b.has_same_base_key("a", "n", b"key").await.unwrap());
        b.delete_base_key("a", "m").await.unwrap();
        assert!(!b.has_same_base_key("a", "m", b"key").await.unwrap());

        let record = |user: &str, devices: u32| DeviceListRecord {
            user: user.to_owned(),
            devices: (0..devices).map(|d| DeviceInfo::new(d, Some(d)).with_hosting(d == 1)).collect(),
            timestamp: 5,
            phash: Some("2:x".to_owned()),
            raw_id: Some(9),
        };
        b.update_device_list(record("1", 1)).await.unwrap();
        b.update_device_lists(vec![record("1", 2), record("2", 3), record("1", 4)]).await.unwrap();
        b.update_device_lists(vec![]).await.unwrap();
        let read = b.get_devices("1").await.unwrap().unwrap();
        assert_eq!((read.devices.len(), read.timestamp, read.raw_id), (4, 5, Some(9)));
        assert_eq!((read.phash.as_deref(), read.devices[1].is_hosted), (Some("2:x"), true));
        b.delete_devices("1").await.unwrap();
        assert!(b.get_devices("1").await.unwrap().is_none());
        assert_eq!(b.get_devices("2").await.unwrap().unwrap().devices.len(), 3);

        assert_eq!(b.get_group_metadata("g").await.unwrap(), None);
        b.put_group_metadata("g", &[1]).await.unwrap();
        b.put_group_metadata("g", &[2]).await.unwrap();
        assert_eq!(b.get_group_metadata("g").await.unwrap(), Some(vec![2]));
        b.delete_group_metadata("g").await.unwrap();
        assert_eq!(b.get_group_metadata("g").await.unwrap(), None);
    }
}

#[tokio::test]
async fn tokens_lose_neither_half() {
    let (_stores, backends) = backends().await;
    for b in backends {
        let read = async |jid: &str| {
            let token = b.get_tc_token(jid).await.unwrap();
            token.map(|t| (t.token, t.token_timestamp, t.sender_timestamp))
        };
        assert_eq!(read("a").await, None);
        b.touch_tc_token_sender_timestamp("a", 100).await.unwrap();
        assert_eq!(read("a").await, Some((vec![], 100, Some(100))));
        b.store_received_tc_token("a", b"old", 50).await.unwrap();
        assert_eq!(read("a").await, Some((b"old".to_vec(), 50, Some(100))), "a placeholder gives way");
        b.store_received_tc_token("a", b"new", 70).await.unwrap();
        b.store_received_tc_token("a", b"late", 60).await.unwrap();
        b.touch_tc_token_sender_timestamp("a", 90).await.unwrap();
        assert_eq!(read("a").await, Some((b"new".to_vec(), 70, Some(100))), "time never goes back");
        b.store_received_tc_token("b", b"b", 10).await.unwrap();
        b.put_tc_token("c", &TcTokenEntry { token: vec![], token_timestamp: 5, sender_timestamp: None })
            .await
            .unwrap();
        let mut jids = b.get_all_tc_token_jids().await.unwrap();
        jids.sort();
        assert_eq!(jids, ["a", "b", "c"]);
        // "a" lives by what was given, "b" by what was got, "c" by neither.
        assert_eq!(b.delete_expired_tc_tokens(10, 100).await.unwrap(), 1);
        assert_eq!(b.delete_expired_tc_tokens(11, 100).await.unwrap(), 1);
        assert_eq!(b.delete_expired_tc_tokens(71, 101).await.unwrap(), 1);
        assert!(b.get_all_tc_token_jids().await.unwrap().is_empty());
        b.put_tc_token("d", &TcTokenEntry { token: vec![1], token_timestamp: 1, sender_timestamp: Some(2) })
            .await
            .unwrap();
        b.delete_tc_token("d").await.unwrap();
        assert_eq!(read("d").await, None);
    }
}

#[tokio::test]
async fn messages_in_between() {
    let (_stores, backends) = backends().await;
    for b in backends {
        b.store_sent_message("c", "m", b"one").await.unwrap();
        b.store_sent_message("c", "m", b"two").await.unwrap();
        assert_eq!(b.take_sent_message("x", "m").await.unwrap(), None);
        let (first, second) = tokio::join!(b.take_sent_message("c", "m"), b.take_sent_message("c", "m"));
        let taken = [first.unwrap(), second.unwrap()].into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(taken, [b"two".to_vec()], "one of the two gets it");
        b.store_sent_message("c", "n", b"n").await.unwrap();
        assert_eq!(b.delete_expired_sent_messages(1_000).await.unwrap(), 0);
        assert_eq!(b.delete_expired_sent_messages(i64::MAX).await.unwrap(), 1);
        assert_eq!(b.take_sent_message("c", "n").await.unwrap(), None);

        b.store_pending_inbound("c", "s", "1", b"1").await.unwrap();
        b.store_pending_inbound("c", "t", "1", b"other sender").await.unwrap();
        let row = |id, message| PendingInboundRow { chat: "c", sender: "s", id, message };
        b.store_pending_inbound_batch(&[row("2", b"2"), row("3", b"3"), row("2", b"two")]).await.unwrap();
        b.store_pending_inbound_batch(&[]).await.unwrap();
        assert_eq!(b.get_pending_inbound("c", "s", "1").await.unwrap(), Some(b"1".to_vec()));
        assert_eq!(b.get_pending_inbound("c", "s", "2").await.unwrap(), Some(b"two".to_vec()));
        b.delete_pending_inbound("c", "s", "1").await.unwrap();
        let key = |id| PendingInboundKey { chat: "c", sender: "s", id };
        b.delete_pending_inbound_batch(&[key("2"), key("9")]).await.unwrap();
        b.delete_pending_inbound_batch(&[]).await.unwrap();
        assert_eq!(b.get_pending_inbound("c", "s", "1").await.unwrap(), None);
        assert_eq!(b.get_pending_inbound("c", "s", "2").await.unwrap(), None);
        assert_eq!(b.get_pending_inbound("c", "t", "1").await.unwrap(), Some(b"other sender".to_vec()));
        assert_eq!(b.delete_expired_pending_inbound(1_000).await.unwrap(), 0);
        assert_eq!(b.delete_expired_pending_inbound(i64::MAX).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn secrets_keep_the_longer_window_and_the_known_time() {
    let (_stores, backends) = backends().await;
    for b in backends {
        let entry = |id: &str, secret: u8, expires_at, message_ts| MsgSecretEntry {
            chat: Arc::from("c"),
            sender: Arc::from("s"),
            msg_id: Arc::from(id),
            secret: [secret; 32],
            expires_at,
            message_ts,
        };
        assert_eq!(b.put_msg_secrets(vec![]).await.unwrap(), 0);
        assert_eq!(b.put_msg_secrets(vec![entry("1", 1, 100, 7), entry("2", 2, 50, 0)]).await.unwrap(), 2);
        // Twice in one batch, and once more after it.
        assert_eq!(b.put_msg_secrets(vec![entry("2", 3, 90, 4), entry("2", 4, 60, 0)]).await.unwrap(), 2);
        b.put_msg_secrets(vec![entry("1", 5, 20, 0)]).await.unwrap();
        assert_eq!(b.get_msg_secret_with_ts("c", "s", "1").await.unwrap(), Some((vec![5; 32], 7)));
        assert_eq!(b.get_msg_secret_with_ts("c", "s", "2").await.unwrap(), Some((vec![4; 32], 4)));
        assert_eq!(b.get_msg_secret("c", "s", "3").await.unwrap(), None);
        b.put_msg_secret("c", "s", "3", &[9; 32]).await.unwrap();
        b.put_msg_secrets(vec![entry("3", 9, 10, 0)]).await.unwrap();
        assert_eq!(b.delete_expired_msg_secrets(89).await.unwrap(), 0);
        assert_eq!(b.delete_expired_msg_secrets(90).await.unwrap(), 1);
        assert_eq!(b.delete_expired_msg_secrets(i64::MAX).await.unwrap(), 1);
        assert_eq!(b.get_msg_secret("c", "s", "3").await.unwrap(), Some(vec![9; 32]), "never expires");
    }
}

#[tokio::test]
async fn a_batch_may_be_longer_than_one_statement() {
    let (_stores, backends) = backends().await;
    let many = 7_000_u32;
    for b in backends {
        let keys = (1..=many).map(|id| (id, Bytes::from_static(b"k"))).collect::<Vec<_>>();
        b.store_prekeys_batch(&keys, false).await.unwrap();
        let ids = (1..=40_000).collect::<Vec<u32>>();
        assert_eq!(b.load_prekeys_batch(&ids).await.unwrap().len(), many as usize);
        b.mark_prekeys_uploaded(&ids).await.unwrap();
        assert_eq!(b.get_max_prekey_id().await.unwrap(), many);
    }
}

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
        super::purge(&test.store, &a).await.unwrap();
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
        keys.put(super::Kind::Identity, "1@lid.0".to_owned(), vec![1; 31], 0).await.unwrap();
        keys.put(super::Kind::Device, "self".to_owned(), b"{}".to_vec(), 0).await.unwrap();
        keys.put(super::Kind::PreKey, "x".to_owned(), vec![], 0).await.unwrap();
        keys.put(super::Kind::Secret, super::rows::id(&["c", "s", "m"]), vec![1; 39], 0).await.unwrap();
        keys.put(super::Kind::Token, "t".to_owned(), b"?".to_vec(), 0).await.unwrap();
        keys.put(super::Kind::SyncKey, "xyz".to_owned(), b"{}".to_vec(), 0).await.unwrap();
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
    use super::Kind::*;
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
