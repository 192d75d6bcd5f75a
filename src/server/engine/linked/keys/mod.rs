//! A linked device's keys and protocol state, on our own database.
//!
//! The client asks for five storage traits (`Backend`); all of them are rows of one table here:
//! `engine_rows (device_id, kind, id, value, stamp)`. [`Kind`] says what each kind of row holds. Every
//! call is one transaction: what it changes is there as a whole or not at all, and on the disk once it
//! returned.

mod app_sync;
mod device;
mod lids;
mod protocol;
mod rows;
mod secrets;
mod sent;
mod signal;
mod tokens;

#[cfg(test)]
mod tests;

pub(super) use rows::purge;

use super::mailbox::Mailbox;
use crate::protocol::DeviceId;
use crate::server::storage::{Query, StorageError, Store, Tx};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use whatsapp_rust::wacore::store::error::{Result, StoreError};

/// The storage of one device, for one run of its client.
#[derive(Clone)]
pub(super) struct Keys {
    store: Store,
    device: DeviceId,
    /// Set after the run: a straggler of its client must not write into what the next one reads.
    closed: Arc<AtomicBool>,
    /// Who is told of the numbers behind LIDs.
    told: Option<Mailbox>,
}

impl Keys {
    pub(super) fn new(store: Store, device: DeviceId) -> Self {
        Self { store, device, closed: Arc::default(), told: None }
    }

    /// The same, which tells what the client learns of people besides: it says it nowhere else.
    pub(super) fn telling(mut self, mailbox: Mailbox) -> Self {
        self.told = Some(mailbox);
        self
    }

    pub(super) fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Takes no more writes, here and in all clones.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Runs `work` in a transaction.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> BoxFuture<'t, std::result::Result<T, StorageError>>
            + Send
            + 'static,
    {
        let closed = self.closed.clone();
        let written = self.store.write(move |tx| {
            // Looked at where the writes line up, so that none slips in between.
            if closed.load(Ordering::SeqCst) {
                return Box::pin(async { Err(StorageError::Closed) });
            }
            work(tx)
        });
        written.await.map_err(database)
    }

    /// Runs one statement; answers how many rows it changed.
    async fn execute(&self, query: Query) -> Result<u64> {
        self.write(move |tx| Box::pin(async move { tx.execute(query).await })).await
    }
}

/// What a row is about. In brackets: its id, its value, its stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The device itself (`self`, JSON, -).
    Device,
    /// Somebody's identity key (Signal address, 32 bytes, -).
    Identity,
    /// A Signal session (Signal address, record, -).
    Session,
    /// A one-time key of ours (number, record, whether it was uploaded).
    PreKey,
    /// A signed key of ours (number, record, -).
    SignedPreKey,
    /// A group's sender key (address, record, -).
    SenderKey,
    /// A key of the app state (key id in hex, JSON, the order in which they came).
    SyncKey,
    /// Where a collection of the app state stands (its name, JSON, -).
    SyncVersion,
    /// The MAC of a setting (collection and MAC of its index, MAC of its value, version).
    SyncMac,
    /// Whether a device has our sender key of a group (group and device, empty, 0 or 1).
    SenderKeyDevice,
    /// The number behind a LID (LID, JSON, when it was last seen).
    Lid,
    /// A LID of a number: the way back (number and LID, empty, when it was last seen).
    Number,
    /// The base key of a session that was asked to be renewed (address and message, key, -).
    BaseKey,
    /// The devices of a person (number or LID, JSON, -).
    DeviceList,
    /// What is known of a group (JID, the client's own encoding, -).
    Group,
    /// A token of trust of a contact (JID, JSON, -).
    Token,
    /// A message of ours, for whoever could not read it (chat and id, protobuf, when it was sent).
    Sent,
    /// A message that waits to be kept by us (chat, sender and id, protobuf, when it came).
    Pending,
    /// The secret of a message (chat, sender and id; secret and time of the message; deadline or 0).
    Secret,
}

impl Kind {
    /// The spelling in the database. It never changes.
    fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Identity => "identity",
            Self::Session => "session",
            Self::PreKey => "pre_key",
            Self::SignedPreKey => "signed_pre_key",
            Self::SenderKey => "sender_key",
            Self::SyncKey => "sync_key",
            Self::SyncVersion => "sync_version",
            Self::SyncMac => "sync_mac",
            Self::SenderKeyDevice => "sender_key_device",
            Self::Lid => "lid",
            Self::Number => "number",
            Self::BaseKey => "base_key",
            Self::DeviceList => "device_list",
            Self::Group => "group",
            Self::Token => "token",
            Self::Sent => "sent",
            Self::Pending => "pending",
            Self::Secret => "secret",
        }
    }
}

impl From<Kind> for crate::server::storage::Value {
    fn from(kind: Kind) -> Self {
        kind.as_str().into()
    }
}

/// The client's clock, in seconds: it computes the cut-offs of its sweeps by it, so what they are
/// compared with has to come from the same clock.
fn client_now() -> i64 {
    whatsapp_rust::wacore::time::now_secs()
}

fn database(error: StorageError) -> StoreError {
    StoreError::Database(Box::new(error))
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| StoreError::Serialization(Box::new(error)))
}

fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::Serialization(Box::new(error)))
}

/// As many as a count can say.
fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
