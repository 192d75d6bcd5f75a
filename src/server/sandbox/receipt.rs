//! Receipts: what has come how far, told to everybody whom it concerns, in one write.

use super::directory::Directory;
use super::rows::links::{Address, addresses_in};
use super::rows::queue::{self, Class, Outgoing};
use super::rows::{messages, receipts};
use super::wire::WireError;
use super::wire::stanza::{encode, node, seconds};
use crate::protocol::{MessageStatus, Millis};
use crate::server::storage::{StorageError, Tx};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;

/// Somebody has, or has read, messages of somebody else.
#[derive(Clone)]
pub struct Receipt {
    /// Number of whoever wrote them.
    pub author: String,
    /// The device that has them.
    pub reader: Address,
    /// The group, by its id, if it is one.
    pub group: Option<String>,
    pub ids: Vec<String>,
    /// Delivered or read.
    pub status: MessageStatus,
    /// The wire's type; none for a delivery.
    pub kind: Option<String>,
}

/// A receipt, ready to be written.
pub struct Prepared {
    receipt: Receipt,
    /// For the author's linked devices.
    told: Vec<u8>,
    /// For the reader's other linked devices.
    own: Option<Vec<u8>>,
}

/// What a receipt changed.
#[derive(Default)]
pub struct Posted {
    /// Messages that came further on the author's phone.
    pub author: Vec<String>,
    /// Messages that are read now on the reader's phone.
    pub reader: Vec<String>,
    /// Devices with something new in their queue.
    pub wake: Vec<Address>,
}

impl Receipt {
    /// Makes the stanzas.
    ///
    /// # Errors
    /// [`WireError::Frame`] if they cannot be encoded.
    pub fn prepare(self, directory: &Directory, now: Millis) -> Result<Prepared, WireError> {
        let reader = directory.named(&self.reader, self.group.as_deref()).jid;
        let group = self.group.as_deref().map(Jid::group);
        let told = stanza(group.as_ref().unwrap_or(&reader), self.kind.as_deref(), &self.ids, now);
        let told = match &group {
            Some(_) => with_participant(told, &reader),
            None => told,
        };
        let own = (self.status == MessageStatus::Read)
            .then(|| {
                // From the chat in which it was read, so that the other devices know where.
                let author = directory.named_account(&self.author, self.group.as_deref()).jid;
                let own = stanza(group.as_ref().unwrap_or(&author), Some("read-self"), &self.ids, now);
                encode(&if group.is_some() { with_participant(own, &author) } else { own })
            })
            .transpose()?;
        Ok(Prepared { told: encode(&told)?, own, receipt: self })
    }
}

fn stanza(from: &Jid, kind: Option<&str>, ids: &[String], now: Millis) -> Node {
    let (first, rest) = ids.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut stanza = node("receipt").attr("from", from).attr("id", first.to_owned()).attr("t", seconds(now));
    if let Some(kind) = kind {
        stanza = stanza.attr("type", kind.to_owned());
    }
    if rest.is_empty() {
        return stanza.build();
    }
    let items = rest.iter().map(|id| node("item").attr("id", id.clone()).build()).collect::<Vec<_>>();
    stanza.children([node("list").children(items).build()]).build()
}

fn with_participant(mut stanza: Node, participant: &Jid) -> Node {
    stanza.attrs.insert("participant", participant.clone());
    stanza
}

impl Prepared {
    /// Writes it: statuses on both phones, and a stanza for every linked device that is concerned.
    ///
    /// # Errors
    /// [`StorageError::Database`].
    pub async fn post(self, tx: &mut Tx<'_>) -> Result<Posted, StorageError> {
        let Self { receipt, told, own } = self;
        let Some(id) = receipt.ids.first().cloned() else { return Ok(Posted::default()) };
        let group = receipt.group.as_deref();
        let reader = receipt.reader.number.as_str();
        let author = receipts::note(tx, &receipt.author, reader, group, &receipt.ids, receipt.status).await?;
        let read = if receipt.status == MessageStatus::Read {
            messages::raise(tx, reader, &receipt.author, &receipt.ids, MessageStatus::Read).await?
        } else {
            Vec::new()
        };
        let devices = addresses_in(tx, &[receipt.author.clone(), reader.to_owned()]).await?;
        let mut stanzas = Vec::new();
        for to in devices {
            let stanza = if to.number == receipt.author && to.number != reader {
                told.clone()
            } else if let Some(own) = own.as_ref().filter(|_| to.number == reader && to != receipt.reader) {
                own.clone()
            } else {
                continue;
            };
            stanzas.push(Outgoing { to, class: Class::Receipt, stanza_id: id.clone(), stanza });
        }
        let wake = stanzas.iter().map(|stanza| stanza.to.clone()).collect();
        queue::push(tx, stanzas).await?;
        Ok(Posted { author, reader: read, wake })
    }
}
