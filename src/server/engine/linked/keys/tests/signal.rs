//! Keys and sessions, against our rows and against the client's own store in memory, step by step the same.

use super::backends;
use std::sync::Arc;
use whatsapp_rust::bytes::Bytes;

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
