//! The app state: settings that all devices of an account share, encrypted and chained by MACs.

use super::rows::{Batch, Held, id};
use super::{Keys, Kind, database, from_json, to_json};
use crate::server::storage::query;
use async_trait::async_trait;
use std::collections::HashMap;
use std::fmt::Write as _;
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::error::{Result, StoreError};
use whatsapp_rust::wacore::store::traits::{AppStateSyncKey, AppSyncStore};

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let byte =
        |place: usize| text.get(place..place + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    (0..text.len())
        .step_by(2)
        .map(byte)
        .collect::<Option<_>>()
        .ok_or_else(|| StoreError::Validation("the id of an app state key is not hex".to_owned()))
}

fn mac(name: &str, index: &[u8]) -> String {
    id(&[name, &hex(index)])
}

#[async_trait]
impl AppSyncStore for Keys {
    async fn get_sync_key(&self, key_id: &[u8]) -> Result<Option<AppStateSyncKey>> {
        let held = self.get(Kind::SyncKey, hex(key_id)).await?;
        held.map(|held| from_json(&held.value)).transpose()
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> Result<()> {
        let (device, key_id, value) = (self.device.clone(), hex(key_id), to_json(&key)?);
        self.write(move |tx| {
                Box::pin(async move {
                    let select = query(
                        "SELECT stamp FROM engine_rows WHERE device_id = $1 AND kind = $2 ORDER BY stamp DESC LIMIT 1",
                    )
                    .bind(&device)
                    .bind(Kind::SyncKey);
                    let last = tx.row(select).await?.map(|row| row.int("stamp")).transpose()?;
                    let mut batch = Batch::default();
                    batch.put(Kind::SyncKey, key_id, value, last.unwrap_or(0) + 1);
                    batch.write(tx, &device).await
                })
            })
            .await
    }

    async fn get_version(&self, name: &str) -> Result<HashState> {
        match self.get(Kind::SyncVersion, id(&[name])).await? {
            Some(held) => from_json(&held.value),
            None => Ok(HashState::default()),
        }
    }

    async fn set_version(&self, name: &str, state: HashState) -> Result<()> {
        self.put(Kind::SyncVersion, id(&[name]), to_json(&state)?, 0).await
    }

    async fn put_mutation_macs(
        &self,
        name: &str,
        version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> Result<()> {
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        let mut batch = Batch::default();
        for mutation in mutations {
            batch.put(Kind::SyncMac, mac(name, &mutation.index_mac), mutation.value_mac.as_slice(), version);
        }
        self.put_all(batch).await
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.get(Kind::SyncMac, mac(name, index_mac)).await?.map(|held| held.value))
    }

    async fn get_mutation_macs(
        &self,
        name: &str,
        index_macs: &[[u8; 32]],
    ) -> Result<HashMap<[u8; 32], Vec<u8>>> {
        let ids = index_macs.iter().map(|index| mac(name, index)).collect::<Vec<_>>();
        let mut found = self.get_many(Kind::SyncMac, ids).await?;
        let value =
            |index: &[u8; 32]| found.remove(&mac(name, index)).map(|Held { value, .. }| (*index, value));
        Ok(index_macs.iter().filter_map(value).collect())
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> Result<()> {
        self.delete_many(Kind::SyncMac, index_macs.iter().map(|index| mac(name, index)).collect()).await
    }

    async fn clear_mutation_macs(&self, name: &str) -> Result<()> {
        self.delete_under(Kind::SyncMac, name).await
    }

    async fn get_latest_sync_key_id(&self) -> Result<Option<Vec<u8>>> {
        let select = query(
            "SELECT id FROM engine_rows WHERE device_id = $1 AND kind = $2 ORDER BY stamp DESC LIMIT 1",
        )
        .bind(&self.device)
        .bind(Kind::SyncKey);
        let row = self.store.row(select).await.map_err(database)?;
        row.map(|row| unhex(&row.text("id").map_err(database)?)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_there_and_back() {
        assert_eq!(unhex(&hex(&[0, 1, 0xab, 0xff])).unwrap(), [0, 1, 0xab, 0xff]);
        assert_eq!(unhex("").unwrap(), [0_u8; 0]);
        assert!(unhex("abc").is_err());
        assert!(unhex("zz").is_err());
        assert!(unhex("üx").is_err());
    }
}
