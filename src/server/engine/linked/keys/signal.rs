//! Signal's own keys: identities, sessions, one-time, signed and sender keys.

use super::rows::{Batch, id};
use super::{Keys, Kind, database};
use crate::server::storage::{MAX_ARGUMENTS, query};
use async_trait::async_trait;
use std::sync::Arc;
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::wacore::store::error::{Result, StoreError};
use whatsapp_rust::wacore::store::traits::SignalStore;

/// Numbers are kept in ten digits, so that their texts sort as they do.
fn number(number: u32) -> String {
    format!("{number:010}")
}

fn unnumber(text: &str) -> Result<u32> {
    text.parse().map_err(|_| StoreError::Validation(format!("{text:?} is not the number of a key")))
}

fn batch(kind: Kind, records: &[(Arc<str>, Bytes)]) -> Batch {
    let mut batch = Batch::default();
    for (address, record) in records {
        batch.put(kind, id(&[address]), record.as_ref(), 0);
    }
    batch
}

#[async_trait]
impl SignalStore for Keys {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> Result<()> {
        self.put(Kind::Identity, id(&[address]), key, 0).await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        let mut batch = Batch::default();
        for (address, key) in identities {
            batch.put(Kind::Identity, id(&[address]), *key, 0);
        }
        self.put_all(batch).await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        let held = self.get(Kind::Identity, id(&[address])).await?;
        held.map(|held| {
            held.value
                .try_into()
                .map_err(|_| StoreError::Validation("an identity key has 32 bytes".to_owned()))
        })
        .transpose()
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.delete(Kind::Identity, id(&[address])).await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        Ok(self.get(Kind::Session, id(&[address])).await?.map(|held| Bytes::from(held.value)))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        self.put(Kind::Session, id(&[address]), session, 0).await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all(batch(Kind::Session, sessions)).await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.delete(Kind::Session, id(&[address])).await
    }

    async fn has_session(&self, address: &str) -> Result<bool> {
        self.has(Kind::Session, id(&[address])).await
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        // Addresses are `user@server` and `user:device@server`; ';' sorts right after ':', 'A' after '@'.
        let user = id(&[user]);
        let select = query(
            "SELECT stamp FROM engine_rows WHERE device_id = $1 AND kind IN ($2, $3) \
             AND ((id >= $4 AND id < $5) OR (id >= $6 AND id < $7)) LIMIT 1",
        )
        .bind(&self.device)
        .bind(Kind::Session)
        .bind(Kind::Identity)
        .bind(format!("{user}:"))
        .bind(format!("{user};"))
        .bind(format!("{user}@"))
        .bind(format!("{user}A"));
        Ok(self.store.row(select).await.map_err(database)?.is_some())
    }

    async fn store_prekey(&self, number_of: u32, record: &[u8], uploaded: bool) -> Result<()> {
        self.put(Kind::PreKey, number(number_of), record, uploaded.into()).await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], uploaded: bool) -> Result<()> {
        let mut batch = Batch::default();
        for (key, record) in keys {
            batch.put(Kind::PreKey, number(*key), record.as_ref(), uploaded.into());
        }
        self.put_all(batch).await
    }

    async fn load_prekey(&self, number_of: u32) -> Result<Option<Bytes>> {
        Ok(self.get(Kind::PreKey, number(number_of)).await?.map(|held| Bytes::from(held.value)))
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        let found = self.get_many(Kind::PreKey, ids.iter().copied().map(number).collect()).await?;
        found.into_iter().map(|(text, held)| Ok((unnumber(&text)?, Bytes::from(held.value)))).collect()
    }

    async fn mark_prekeys_uploaded(&self, ids: &[u32]) -> Result<()> {
        // Only an UPDATE: a key that was used up meanwhile stays deleted.
        let (device, ids) = (self.device.clone(), ids.iter().copied().map(number).collect::<Vec<_>>());
        self.write(move |tx| {
            Box::pin(async move {
                for ids in ids.chunks(MAX_ARGUMENTS - 2) {
                    let update = query(
                        "UPDATE engine_rows SET stamp = 1 WHERE device_id = $1 AND kind = $2 AND id IN",
                    )
                    .bind(&device)
                    .bind(Kind::PreKey)
                    .list(ids.iter().map(String::as_str));
                    tx.execute(update).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn remove_prekey(&self, number_of: u32) -> Result<()> {
        self.delete(Kind::PreKey, number(number_of)).await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        let select =
            query("SELECT id FROM engine_rows WHERE device_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1")
                .bind(&self.device)
                .bind(Kind::PreKey);
        match self.store.row(select).await.map_err(database)? {
            Some(row) => unnumber(&row.text("id").map_err(database)?),
            None => Ok(0),
        }
    }

    async fn store_signed_prekey(&self, number_of: u32, record: &[u8]) -> Result<()> {
        self.put(Kind::SignedPreKey, number(number_of), record, 0).await
    }

    async fn load_signed_prekey(&self, number_of: u32) -> Result<Option<Vec<u8>>> {
        Ok(self.get(Kind::SignedPreKey, number(number_of)).await?.map(|held| held.value))
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let all = self.all(Kind::SignedPreKey).await?;
        all.into_iter().map(|(text, held)| Ok((unnumber(&text)?, held.value))).collect()
    }

    async fn remove_signed_prekey(&self, number_of: u32) -> Result<()> {
        self.delete(Kind::SignedPreKey, number(number_of)).await
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
        self.put(Kind::SenderKey, id(&[address]), record, 0).await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        self.put_all(batch(Kind::SenderKey, sender_keys)).await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.get(Kind::SenderKey, id(&[address])).await?.map(|held| held.value))
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.delete(Kind::SenderKey, id(&[address])).await
    }
}
