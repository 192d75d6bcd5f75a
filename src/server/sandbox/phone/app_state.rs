//! App state as the phone writes it: its own name, its address book. Encrypted and authenticated with
//! the account's app-state key, so that the linked devices accept it.

use super::actor::Phone;
use super::bootstrap::APP_STATE_KEY;
use super::change::{Change, Reached, Written};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::rows::app_state;
use crate::server::sandbox::rows::links::addresses;
use crate::server::sandbox::rows::queue::{Class, Outgoing};
use crate::server::sandbox::wire::stanza::{SERVER, encode, node, seconds};
use std::sync::Arc;
use whatsapp_rust::Jid;
use whatsapp_rust::schemas::{self, Schema};
use whatsapp_rust::wacore::appstate::encode::encode_record;
use whatsapp_rust::wacore::appstate::patch_decode::PatchList;
use whatsapp_rust::wacore::appstate_sync::{AppStateProcessor, Mutation};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::store::traits::{AppStateSyncKey, AppSyncStore as _};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;

/// How often a patch is made anew because a linked device wrote first.
const TRIES: usize = 5;
/// Patches of a collection that are read at once.
const PAGE: u32 = 500;

/// One entry of a collection: its index and its value.
pub(super) struct Record {
    /// Without the name of its kind.
    pub index: Vec<String>,
    pub value: wa::SyncActionValue,
}

/// The stanza that tells a device that collections have changed.
pub fn changed_stanza(
    id: &str,
    now: i64,
    collections: &[(String, u64)],
) -> whatsapp_rust::wacore_binary::Node {
    let collections = collections.iter().map(|(name, version)| {
        node("collection").attr("name", name.clone()).attr("version", version.to_string()).build()
    });
    node("notification")
        .attr("from", SERVER)
        .attr("type", "server_sync")
        .attr("id", id.to_owned())
        .attr("t", seconds(now))
        .children(collections.collect::<Vec<_>>())
        .build()
}

impl Phone {
    /// The first patch of every collection that a new device asks for: the account's name and its
    /// address book. None for collections that have patches already.
    pub(super) async fn first_patches(
        &self,
        account: &AccountRow,
    ) -> Result<Vec<(String, u64, Vec<u8>)>, SandboxError> {
        let now = self.net.source.now();
        let name = Record {
            index: Vec::new(),
            value: wa::SyncActionValue {
                push_name_setting: MessageField::some(wa::sync_action_value::PushNameSetting {
                    name: Some(account.name.clone()),
                }),
                timestamp: Some(now),
                ..Default::default()
            },
        };
        let contacts = accounts::contacts(&self.net.store, &account.number).await?;
        let contacts = contacts.iter().map(|(number, name)| contact(number, name, now)).collect::<Vec<_>>();
        let mut patches = Vec::new();
        for (schema, records) in [(&schemas::SETTING_PUSH_NAME, vec![name]), (&schemas::CONTACT, contacts)] {
            let collection = schema.collection.as_str();
            let begun = app_state::after(&self.net.store, &account.number, collection, 0, 1).await?;
            if begun.is_empty() && !records.is_empty() {
                patches.push(self.patch(account, schema, records).await?);
            }
        }
        Ok(patches)
    }

    /// Saves a contact: in the address book, and for the linked devices in the app state.
    ///
    /// # Errors
    /// [`SandboxError::Storage`], [`SandboxError::Busy`] if linked devices keep writing first.
    pub async fn save_contact(&mut self, number: &str, name: &str) -> Result<(), SandboxError> {
        let record = |now| contact(number, name, now);
        let book = Some((number.to_owned(), name.to_owned()));
        self.set(&schemas::CONTACT, &record, book).await
    }

    /// Writes an entry of the app state, and tells the linked devices. What is in the address book needs none
    /// before the first link: the first patch will hold the whole book.
    ///
    /// # Errors
    /// [`SandboxError::Storage`], [`SandboxError::Busy`] if linked devices keep writing first.
    pub(super) async fn set(
        &mut self,
        schema: &Schema,
        record: &(dyn Fn(i64) -> Record + Sync),
        book: Option<(String, String)>,
    ) -> Result<(), SandboxError> {
        self.net.open()?;
        let account = self.opened().await?.row.clone();
        let numbers = vec![account.number.clone()];
        for _ in 0..TRIES {
            let now = self.net.source.now();
            let devices = addresses(&self.net.store, &numbers).await?;
            let mut change = Change {
                contact: book.clone(),
                reached: Some(Reached { numbers: numbers.clone(), devices: devices.clone() }),
                ..Change::default()
            };
            let collection = schema.collection.as_str();
            let begun = app_state::after(&self.net.store, &account.number, collection, 0, 1).await?;
            if book.is_none() || !begun.is_empty() || !devices.is_empty() {
                let patch = self.patch(&account, schema, vec![record(now)]).await?;
                let collections = [(patch.0.clone(), patch.1)];
                for to in devices {
                    let stanza_id = self.net.stanza_id();
                    let stanza = changed_stanza(&stanza_id, now, &collections);
                    let stanza = encode(&stanza).map_err(SandboxError::crypto)?;
                    change.outgoing.push(Outgoing { to, class: Class::Notification, stanza_id, stanza });
                }
                change.patches.push(patch);
            }
            if self.write(change).await? != Written::Stale {
                return Ok(());
            }
        }
        Err(SandboxError::Busy)
    }

    /// The next patch of a collection: its name, version and bytes.
    async fn patch(
        &self,
        account: &AccountRow,
        schema: &Schema,
        records: Vec<Record>,
    ) -> Result<(String, u64, Vec<u8>), SandboxError> {
        let collection = schema.collection.as_str();
        let (replica, _) = self.replica(account, collection).await?;
        let keys = replica.get_app_state_key(&APP_STATE_KEY).await.map_err(SandboxError::crypto)?;
        let mutations = records
            .iter()
            .map(|record| {
                let parts = std::iter::once(schema.name.to_owned()).chain(record.index.iter().cloned());
                let index = serde_json::Value::from_iter(parts).to_string();
                let (mutation, _) = encode_record(
                    wa::syncd_mutation::SyncdOperation::SET,
                    index.as_bytes(),
                    &record.value,
                    &keys,
                    &APP_STATE_KEY,
                    &self.net.source.bytes(),
                    i32::try_from(schema.version).unwrap_or(1),
                );
                mutation
            })
            .collect();
        let (bytes, base) = replica.build_patch(collection, mutations).await.map_err(SandboxError::crypto)?;
        let mut patch = wa::SyncdPatch::decode_from_slice(bytes.as_slice()).map_err(SandboxError::crypto)?;
        patch.version = MessageField::some(wa::SyncdVersion { version: Some(base + 1) });
        Ok((collection.to_owned(), base + 1, patch.encode_to_vec()))
    }

    /// The phone's own copy of a collection, from all of its patches: the running hash needs them all. With what
    /// they say, in order.
    pub(super) async fn replica(
        &self,
        account: &AccountRow,
        collection: &str,
    ) -> Result<(AppStateProcessor, Vec<Mutation>), SandboxError> {
        let backend = Arc::new(InMemoryBackend::new());
        let key = AppStateSyncKey {
            key_data: account.app_state_key.to_vec(),
            fingerprint: Vec::new(),
            timestamp: account.created_at,
        };
        backend.set_sync_key(&APP_STATE_KEY, key).await.map_err(SandboxError::crypto)?;
        let replica = AppStateProcessor::new(backend, Arc::new(whatsapp_rust::TokioRuntime));
        let name =
            collection.parse().map_err(|()| SandboxError::Crypto("an unknown collection".to_owned()))?;
        let (mut version, mut entries) = (0, Vec::new());
        loop {
            let page = app_state::after(&self.net.store, &account.number, collection, version, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok((replica, entries)) };
            version = *last;
            let patches = page.iter().map(|(_, patch)| wa::SyncdPatch::decode_from_slice(patch.as_slice()));
            let list = PatchList {
                name,
                has_more_patches: false,
                patches: patches.collect::<Result<_, _>>().map_err(SandboxError::crypto)?,
                snapshot: None,
                snapshot_ref: None,
                error: None,
            };
            let (read, _, _) = replica.process_patch_list(list, true).await.map_err(SandboxError::crypto)?;
            entries.extend(read);
        }
    }
}

fn contact(number: &str, name: &str, now: i64) -> Record {
    let first = name.split_whitespace().next().unwrap_or(name);
    Record {
        index: vec![Jid::pn(number).to_string()],
        value: wa::SyncActionValue {
            contact_action: MessageField::some(wa::sync_action_value::ContactAction {
                full_name: Some(name.to_owned()),
                first_name: Some(first.to_owned()),
                save_on_primary_addressbook: Some(true),
                ..Default::default()
            }),
            timestamp: Some(now),
            ..Default::default()
        },
    }
}
