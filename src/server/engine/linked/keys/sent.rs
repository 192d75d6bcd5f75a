//! Messages in between: ours, kept for whoever asks for them again, and those of others that were
//! decrypted but are not yet committed.

use super::rows::{Batch, id};
use super::{Keys, Kind, client_now};
use crate::server::storage::query;
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::store::traits::{PendingInboundKey, PendingInboundRow};

impl Keys {
    pub(super) async fn put_sent(&self, chat: &str, message: &str, payload: &[u8]) -> Result<()> {
        self.put(Kind::Sent, id(&[chat, message]), payload, client_now()).await
    }

    /// Takes a message out: of two that ask at once, one gets it.
    pub(super) async fn take_sent(&self, chat: &str, message: &str) -> Result<Option<Vec<u8>>> {
        let take =
            query("DELETE FROM engine_rows WHERE device_id = $1 AND kind = $2 AND id = $3 RETURNING value")
                .bind(&self.device)
                .bind(Kind::Sent)
                .bind(id(&[chat, message]));
        self.write(move |tx| {
            Box::pin(async move { tx.row(take).await?.map(|row| row.blob("value")).transpose() })
        })
        .await
    }

    pub(super) async fn put_pending(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let now = client_now();
        let mut batch = Batch::default();
        for row in rows {
            batch.put(Kind::Pending, id(&[row.chat, row.sender, row.id]), row.message, now);
        }
        self.put_all(batch).await
    }

    pub(super) async fn pending(&self, chat: &str, sender: &str, message: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.get(Kind::Pending, id(&[chat, sender, message])).await?.map(|held| held.value))
    }

    pub(super) async fn delete_pending(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let ids = keys.iter().map(|key| id(&[key.chat, key.sender, key.id])).collect();
        self.delete_many(Kind::Pending, ids).await
    }
}
