//! One write of a phone: its keys, its messages, and every stanza that goes out with them.

use super::actor::Phone;
use super::effect::Effect;
use super::table;
use crate::protocol::{MessageStatus, Millis};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::model::PhoneMessage;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::receipt::{Posted, Prepared, Receipt};
use crate::server::sandbox::rows::app_state;
use crate::server::sandbox::rows::links::{Address, addresses_in};
use crate::server::sandbox::rows::messages::{self, MessageRow};
use crate::server::sandbox::rows::queue::{self, Outgoing};
use crate::server::sandbox::rows::receipts;
use crate::server::sandbox::rows::sent::{self, SentRow};
use crate::server::sandbox::rows::timers;
use crate::server::storage::{StorageError, Tx, query};

/// What a phone writes at once.
#[derive(Default)]
pub struct Change {
    /// The stanza of its own queue that this is about.
    pub done: Option<i64>,
    /// Messages for the phone.
    pub messages: Vec<MessageRow>,
    /// What was done to messages that the phone holds.
    pub effects: Vec<Effect>,
    /// After how many seconds messages of a chat disappear, and since when that is set.
    pub timers: Vec<(String, u32, Millis)>,
    /// What the phone sends that is no message, or sends under a key.
    pub sent: Option<SentRow>,
    pub receipts: Vec<Receipt>,
    pub outgoing: Vec<Outgoing>,
    /// The devices of these accounts, as `outgoing` was made for them.
    pub reached: Option<Reached>,
    /// A linked device that has got keys and history.
    pub bootstrapped: Option<u16>,
    /// Patches of the account's app state: collection, version, patch.
    pub patches: Vec<(String, u64, Vec<u8>)>,
    /// A contact for the address book: number and name.
    pub contact: Option<(String, String)>,
}

/// Which devices some accounts had when a message was encrypted for them.
#[derive(Clone)]
pub struct Reached {
    pub numbers: Vec<String>,
    pub devices: Vec<Address>,
}

/// How a write ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// On disk. How many of the messages were new.
    Done { new: u64 },
    /// Meanwhile a device came or went, or a linked device changed the app state first: nothing was
    /// written, do it again for what is there now.
    Stale,
}

/// What a write did.
struct Outcome {
    /// How many of the messages were new.
    new: u64,
    /// The messages, with the status that they have.
    stored: Vec<MessageRow>,
    /// Messages that something was done to.
    changed: Vec<MessageRow>,
    posted: Vec<Posted>,
}

impl Change {
    /// Writes everything, or nothing (`None`) if it was made for what is no longer so.
    async fn commit(
        self,
        tx: &mut Tx<'_>,
        net: &Network,
        number: &str,
        keys: Vec<table::Change>,
        receipts: Vec<Prepared>,
    ) -> Result<Option<Outcome>, StorageError> {
        if let Some(reached) = &self.reached
            && addresses_in(tx, &reached.numbers).await? != reached.devices
        {
            return Ok(None);
        }
        for (collection, version, _) in &self.patches {
            if app_state::version(tx, number, collection).await? + 1 != *version {
                return Ok(None);
            }
        }
        table::write(tx, number, keys).await?;
        let mut stored = self.messages.clone();
        let new = messages::insert(tx, number, self.messages).await?;
        if let Some(seq) = self.done {
            queue::remove(tx, seq).await?;
            for row in stored.iter_mut().filter(|_| new > 0) {
                row.status = receipts::catch_up(tx, number, row).await?;
            }
        }
        let mut changed = Vec::new();
        for effect in self.effects {
            let row = messages::in_chat_now(tx, number, &effect.chat, &effect.id).await?;
            let Some(mut row) = row else { continue };
            if effect.apply(&mut row, number, &net.directory) {
                messages::replace(tx, number, &row).await?;
                changed.push(row);
            }
        }
        for (chat, seconds, since) in self.timers {
            timers::set(tx, number, &chat, seconds, since).await?;
        }
        if let Some(row) = self.sent {
            sent::insert(tx, number, row).await?;
        }
        for (collection, version, patch) in self.patches {
            app_state::append(tx, number, &collection, version, patch).await?;
        }
        if let Some((contact, name)) = self.contact {
            let text = "INSERT INTO sandbox_contacts (number, contact, name) VALUES ($1, $2, $3) \
                        ON CONFLICT (number, contact) DO UPDATE SET name = excluded.name";
            tx.execute(query(text).bind(number).bind(contact).bind(name)).await?;
        }
        if let Some(device) = self.bootstrapped {
            let text = "UPDATE sandbox_links SET bootstrapped = 1 WHERE number = $1 AND device = $2";
            tx.execute(query(text).bind(number).bind(device)).await?;
        }
        queue::push(tx, self.outgoing).await?;
        let mut posted = Vec::new();
        for receipt in receipts {
            posted.push(receipt.post(tx).await?);
        }
        Ok(Some(Outcome { new, stored, changed, posted }))
    }
}

impl Phone {
    /// Writes a change together with everything that the phone's keys went through since the last write;
    /// then wakes whoever has something waiting, and tells whoever watches.
    ///
    /// # Errors
    /// [`SandboxError::Storage`]; the keys are then as they are on disk.
    pub async fn write(&mut self, mut change: Change) -> Result<Written, SandboxError> {
        let number = self.me.number.clone();
        let keys = self.open.as_ref().map(|open| open.endpoint.changes()).unwrap_or_default();
        let (mut prepared, mut readers) = (Vec::new(), Vec::new());
        for receipt in std::mem::take(&mut change.receipts) {
            readers.push((receipt.author.clone(), receipt.reader.number.clone(), receipt.status));
            prepared.push(
                receipt.prepare(&self.net.directory, self.net.source.now()).map_err(SandboxError::crypto)?,
            );
        }
        let mut wake: Vec<Address> = change.outgoing.iter().map(|stanza| stanza.to.clone()).collect();
        let net = self.net.clone();
        let written = self
            .net
            .store
            .write(move |tx| Box::pin(async move { change.commit(tx, &net, &number, keys, prepared).await }))
            .await;
        match written {
            Ok(Some(outcome)) => {
                self.settle(true);
                wake.extend(outcome.posted.iter().flat_map(|posted| posted.wake.iter().cloned()));
                self.net.directory.wake(&wake);
                self.tell(&outcome);
                for ((author, reader, status), posted) in readers.into_iter().zip(&outcome.posted) {
                    tell_posted(&self.net, &author, &reader, status, posted);
                }
                Ok(Written::Done { new: outcome.new })
            }
            // Nothing was written, so the ratchets stay ahead in memory and are written with the next try.
            Ok(None) => Ok(Written::Stale),
            Err(error) => {
                self.settle(false);
                Err(error.into())
            }
        }
    }

    /// The keys' changes are on disk, or are to be forgotten.
    pub fn settle(&mut self, kept: bool) {
        if let Some(open) = &mut self.open {
            open.endpoint.settle(kept);
        }
    }

    fn tell(&self, outcome: &Outcome) {
        let number = &self.me.number;
        let stored = outcome.stored.iter().filter(|_| outcome.new > 0);
        for row in stored.chain(&outcome.changed) {
            self.net.tell(number, PhoneEventKind::Message { message: PhoneMessage::of(number, row) });
        }
    }
}

/// Tells whoever watches the phones what a receipt changed.
pub fn tell_posted(net: &Network, author: &str, reader: &str, status: MessageStatus, posted: &Posted) {
    for (number, ids) in [(author, &posted.author), (reader, &posted.reader)] {
        if !ids.is_empty() {
            net.tell(number, PhoneEventKind::Status { ids: ids.clone(), status });
        }
    }
}
