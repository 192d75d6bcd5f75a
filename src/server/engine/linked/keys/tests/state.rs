//! What the client knows of people, settings and messages, against our rows and against its own store in memory, step
//! by step the same.

use super::backends;
use std::sync::Arc;
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::traits::{
    AppStateSyncKey, DeviceInfo, DeviceListRecord, LidPnMappingEntry, MsgSecretEntry, PendingInboundKey,
    PendingInboundRow, TcTokenEntry,
};

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
