//! The secrets of messages: what later votes, reactions and edits of them are encrypted with.

use super::rows::{Batch, Held, held, id};
use super::{Keys, Kind, count};
use crate::server::storage::query;
use async_trait::async_trait;
use std::collections::BTreeMap;
use whatsapp_rust::wacore::store::error::{Result, StoreError};
use whatsapp_rust::wacore::store::traits::{
    MessageSecret, MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry, merge_msg_secret_message_ts,
};

/// A secret and the time of its message: 32 bytes and 8, the number big-endian.
const LENGTH: usize = 40;

#[derive(Clone, Copy)]
struct Secret {
    secret: MessageSecret,
    message_ts: i64,
    /// 0: never.
    expires_at: i64,
}

impl Secret {
    fn read(held: &Held) -> Option<Self> {
        let (secret, time) = held.value.split_first_chunk::<32>()?;
        let message_ts = i64::from_be_bytes(time.try_into().ok()?);
        Some(Self { secret: *secret, message_ts, expires_at: held.stamp })
    }

    fn value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(LENGTH);
        value.extend_from_slice(&self.secret);
        value.extend_from_slice(&self.message_ts.to_be_bytes());
        value
    }

    /// The newer secret; windows never get shorter, and a known time is never forgotten.
    fn merged(self, newer: Self) -> Self {
        Self {
            secret: newer.secret,
            message_ts: merge_msg_secret_message_ts(self.message_ts, newer.message_ts),
            expires_at: merge_msg_secret_expiry(self.expires_at, newer.expires_at),
        }
    }
}

#[async_trait]
impl MsgSecretStore for Keys {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let stored = entries.len();
        if stored == 0 {
            return Ok(0);
        }
        let mut new = BTreeMap::<String, Secret>::new();
        for entry in entries {
            let secret =
                Secret { secret: entry.secret, message_ts: entry.message_ts, expires_at: entry.expires_at };
            new.entry(id(&[&entry.chat, &entry.sender, &entry.msg_id]))
                .and_modify(|before| *before = before.merged(secret))
                .or_insert(secret);
        }
        let device = self.device.clone();
        self.write(move |tx| {
            Box::pin(async move {
                let ids = new.keys().cloned().collect::<Vec<_>>();
                let old = held(tx, &device, Kind::Secret, &ids).await?;
                let mut batch = Batch::default();
                for (id, secret) in new {
                    let before = old.get(&id).and_then(Secret::read);
                    let secret = before.map_or(secret, |before| before.merged(secret));
                    batch.put(Kind::Secret, id, secret.value(), secret.expires_at);
                }
                batch.write(tx, &device).await
            })
        })
        .await?;
        Ok(stored)
    }

    async fn get_msg_secret(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.get_msg_secret_with_ts(chat, sender, msg_id).await?.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>> {
        let Some(held) = self.get(Kind::Secret, id(&[chat, sender, msg_id])).await? else { return Ok(None) };
        let secret = Secret::read(&held)
            .ok_or_else(|| StoreError::Validation("a message's secret has 32 bytes".to_owned()))?;
        Ok(Some((secret.secret.to_vec(), secret.message_ts)))
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        let delete = query(
            "DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2 AND stamp <> 0 AND stamp <= $3",
        )
        .bind(&self.device)
        .bind(Kind::Secret)
        .bind(cutoff_timestamp);
        self.execute(delete).await.map(count)
    }
}
