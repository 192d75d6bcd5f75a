//! What a phone sends.

use super::actor::{Chat, Phone};
use super::change::{Change, Reached, Written};
use super::compose::Composed;
use super::content::{self, Content};
use super::effect::Effect;
use crate::protocol::{Details, MessageKind, MessageStatus, Millis};
use crate::server::sandbox::addressing::Named;
use crate::server::sandbox::directory::jid;
use crate::server::sandbox::line::bundles;
use crate::server::sandbox::model::{NewPhoneMessage, PhoneMessage};
use crate::server::sandbox::receipt::Receipt;
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::rows::links::{Address, addresses};
use crate::server::sandbox::rows::messages::{self, MessageRow};
use crate::server::sandbox::rows::queue::{Class, Outgoing};
use crate::server::sandbox::rows::sent::{self, SentRow};
use crate::server::sandbox::wire::stanza::{encode, node, seconds};
use crate::server::sandbox::{SandboxError, cdn};
use sha2::{Digest as _, Sha256};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::proto_helpers::MessageExt as _;
use whatsapp_rust::wacore::send::stanza_type_from_message;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::wacore_binary::builder::NodeBuilder;
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;

/// How often a message is encrypted anew because devices come and go meanwhile.
const TRIES: usize = 5;

/// A message on its way out.
pub(super) struct Draft<'m> {
    pub id: &'m str,
    pub chat: &'m Chat,
    pub message: &'m wa::Message,
    pub at: Millis,
    /// The stanza's mark of an edit.
    pub edit: Option<&'m str>,
}

impl Phone {
    /// Sends a message, once for each `id`: asked for again, it answers the message that is there.
    ///
    /// # Errors
    /// As [`Phone::send`], and [`SandboxError::Exists`] if the id stands for another message.
    pub async fn send_once(
        &mut self,
        chat: Chat,
        new: &NewPhoneMessage,
        id: Option<String>,
    ) -> Result<PhoneMessage, SandboxError> {
        let Some(id) = id else {
            let composed = self.compose(&chat, new).await?;
            return self.send(chat, composed).await;
        };
        let asked = asked(&chat, new)?;
        let me = self.me.number.clone();
        if let Some(sent) = sent::get(&self.net.store, &me, &id).await? {
            if sent.asked.as_ref() != Some(&asked) {
                return Err(SandboxError::Exists("this id stands for another message".to_owned()));
            }
            return self.shown(&sent.chat, &sent.target.unwrap_or(id)).await;
        }
        let composed = self.compose(&chat, new).await?;
        self.send_as(id, chat, composed, Some(asked)).await
    }

    /// Sends a message: it is on this phone, on the way to every phone and device that is concerned, and
    /// on disk when this returns.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] if there is no such number or group, or this phone is not in it.
    pub async fn send(&mut self, chat: Chat, composed: Composed) -> Result<PhoneMessage, SandboxError> {
        let id = self.net.message_id();
        self.send_as(id, chat, composed, None).await
    }

    async fn send_as(
        &mut self,
        id: String,
        chat: Chat,
        composed: Composed,
        asked: Option<Vec<u8>>,
    ) -> Result<PhoneMessage, SandboxError> {
        self.net.open()?;
        let group = match &chat {
            Chat::Person(number) => {
                self.net.directory.need(number)?;
                None
            }
            Chat::Group(id) => Some(self.group(id).await?),
        };
        let at = self.net.source.now();
        if let Some(blob) = composed.blob {
            self.net
                .store
                .write(move |tx| Box::pin(async move { cdn::keep(tx, &blob.name, blob.bytes, at).await }))
                .await?;
        }
        let draft = Draft { id: &id, chat: &chat, message: &composed.message, at, edit: composed.edit };
        let row = self.row(&draft);
        let timer = match content::read(&composed.message) {
            Content::Timer(seconds) => Some((chat.key(), seconds, at)),
            _ => None,
        };
        let effect = composed.act.map(|(target, act)| Effect {
            chat: chat.key(),
            id: target,
            by: self.me.number.clone(),
            admin: composed.edit == Some("8"),
            at,
            act,
        });
        let sent = (effect.is_some() || asked.is_some()).then(|| SentRow {
            id: id.clone(),
            chat: chat.key(),
            target: effect.as_ref().map(|effect| effect.id.clone()),
            edit: composed.edit.map(str::to_owned),
            asked,
            raw: if effect.is_some() { composed.message.encode_to_vec() } else { Vec::new() },
            at,
        });
        for _ in 0..TRIES {
            let mut change = Change { sent: sent.clone(), ..Change::default() };
            change.timers.extend(timer.clone());
            change.messages.extend(row.clone());
            change.effects.extend(effect.clone());
            match &group {
                None => self.direct(&draft, &mut change).await?,
                Some(group) => self.grouped(&draft, group, &mut change).await?,
            }
            if self.write(change).await? != Written::Stale {
                if let Some(effect) = &effect {
                    return self.shown(&effect.chat, &effect.id).await;
                }
                let row = row.unwrap_or_else(|| hidden(&draft, &self.me.number));
                return Ok(PhoneMessage::of(&self.me.number, &row));
            }
        }
        Err(SandboxError::Busy)
    }

    /// A message as this phone holds it now.
    async fn shown(&self, chat: &str, id: &str) -> Result<PhoneMessage, SandboxError> {
        let me = &self.me.number;
        let row = messages::in_chat(&self.net.store, me, chat, id).await?;
        let gone = || SandboxError::NotFound(format!("the phone {me} holds no message {id}"));
        Ok(PhoneMessage::of(me, &row.ok_or_else(gone)?))
    }

    /// Details with people by number, as this phone sees them.
    pub fn as_seen(&self, mut details: Details) -> Details {
        let number = |jid: &str| match jid.parse::<Jid>().ok() {
            Some(jid) => match self.net.directory.person(&jid) {
                Some(account) => account.number.clone(),
                None => jid.to_non_ad().to_string().trim_end_matches("@s.whatsapp.net").to_owned(),
            },
            None => jid.to_owned(),
        };
        for mention in &mut details.mentions {
            *mention = number(mention);
        }
        if let Some(quoted) = &mut details.quoted {
            quoted.from = number(&quoted.from);
            quoted.from_me = quoted.from == self.me.number;
        }
        details
    }

    /// A group that this phone is in.
    pub async fn group(&self, id: &str) -> Result<GroupRow, SandboxError> {
        let group = groups::get(&self.net.store, id).await?;
        group.filter(|group| group.has(&self.me.number)).ok_or_else(|| {
            SandboxError::NotFound(format!("the phone {} is in no group {id}@g.us", self.me.number))
        })
    }

    /// The message as this phone keeps it, if it does.
    fn row(&self, draft: &Draft<'_>) -> Option<MessageRow> {
        let Content::Keep { kind, text, details } = content::read(draft.message) else { return None };
        let (raw, details) = (draft.message.encode_to_vec(), self.as_seen(*details));
        Some(MessageRow { kind, text, raw, details, ..hidden(draft, &self.me.number) })
    }

    /// To a person: their phone, their devices, our own devices.
    async fn direct(&mut self, draft: &Draft<'_>, change: &mut Change) -> Result<(), SandboxError> {
        let Chat::Person(to) = draft.chat else { return Ok(()) };
        let me = self.me.number.clone();
        let mut numbers = vec![me.clone(), to.clone()];
        numbers.dedup();
        let devices = addresses(&self.net.store, &numbers).await?;
        let copy = device_sent(draft, &self.net.directory.chat_jid(draft.chat));
        for device in &devices {
            let own = device.number == me;
            let message = if own { &copy } else { draft.message };
            let Some(enc) = self.seal_for(draft, device, message).await? else { continue };
            let mut stanza = self.envelope(draft).await?;
            if own {
                stanza = stanza.attr("recipient", self.net.directory.chat_jid(draft.chat));
            }
            change.outgoing.push(outgoing(device, draft.id, stanza.children([enc]).build())?);
        }
        if *to != me {
            let phone = Address { number: to.clone(), device: 0 };
            let stanza = self.envelope(draft).await?.children([plain(draft.message)]).build();
            change.outgoing.push(outgoing(&phone, draft.id, stanza)?);
        }
        change.reached = Some(Reached { numbers, devices });
        Ok(())
    }

    /// To a group: every other member's phone, and all devices of all members.
    async fn grouped(
        &mut self,
        draft: &Draft<'_>,
        group: &GroupRow,
        change: &mut Change,
    ) -> Result<(), SandboxError> {
        let (jid, sender) = (draft.chat.jid(), self.me.jid());
        let numbers = group.numbers();
        let devices = addresses(&self.net.store, &numbers).await?;
        if !devices.is_empty() {
            let endpoint = &mut self.opened().await?.endpoint;
            let (key, sealed) =
                endpoint.group_encrypt(&jid.to_string(), &sender.to_string(), draft.message).await?;
            let key = distribution(&jid, key);
            let sealed = node("enc").attr("v", "2").attr("type", "skmsg").bytes(sealed).build();
            for device in &devices {
                // Every device gets the key with every message: none can lack it.
                let Some(enc) = self.seal_for(draft, device, &key).await? else { continue };
                let parts = if draft.message.is_view_once() { vec![enc] } else { vec![enc, sealed.clone()] };
                let stanza = self.envelope(draft).await?.children(parts).build();
                change.outgoing.push(outgoing(device, draft.id, stanza)?);
            }
        }
        let me = self.me.number.clone();
        for number in numbers.iter().filter(|number| **number != me) {
            let phone = Address { number: number.clone(), device: 0 };
            let stanza = self.envelope(draft).await?.children([plain(draft.message)]).build();
            change.outgoing.push(outgoing(&phone, draft.id, stanza)?);
        }
        change.reached = Some(Reached { numbers, devices });
        Ok(())
    }

    /// What this phone is called in a conversation.
    pub fn named(&self, chat: &Chat) -> Named {
        let group = match chat {
            Chat::Person(_) => None,
            Chat::Group(id) => Some(id.as_str()),
        };
        self.net.directory.named_account(&self.me.number, group)
    }

    /// What somebody is called in a conversation with them, or in a group.
    pub fn name_of(&self, chat: &Chat, number: &str) -> Jid {
        let group = match chat {
            Chat::Person(_) => None,
            Chat::Group(id) => Some(id.as_str()),
        };
        self.net.directory.named_account(number, group).jid
    }

    /// The beginning of a message's stanza.
    pub async fn envelope(&mut self, draft: &Draft<'_>) -> Result<NodeBuilder, SandboxError> {
        let name = self.opened().await?.row.name.clone();
        let stanza = node("message")
            .attr("id", draft.id.to_owned())
            .attr("type", stanza_type_from_message(draft.message))
            .attr("t", seconds(draft.at))
            // Microseconds, as the server's own clock counts them.
            .attr("sts", (draft.at * 1_000).to_string())
            .attr("notify", name);
        let stanza = match draft.edit {
            Some(edit) => stanza.attr("edit", edit.to_owned()),
            None => stanza,
        };
        Ok(match draft.chat {
            Chat::Person(_) => self.named(draft.chat).sender(stanza),
            Chat::Group(id) => self
                .named(draft.chat)
                .participant(stanza.attr("from", Jid::group(id.as_str())))
                .attr("addressing_mode", self.net.directory.mode(id)),
        })
    }

    /// A draft's part for one device: what is to be seen once is on phones only, and devices are told so.
    async fn seal_for(
        &mut self,
        draft: &Draft<'_>,
        device: &Address,
        message: &wa::Message,
    ) -> Result<Option<Node>, SandboxError> {
        if draft.message.is_view_once() {
            return Ok(Some(node("unavailable").attr("type", "view_once").build()));
        }
        self.seal(device, message).await
    }

    /// A message, encrypted for one device; `None` if the device cannot be written to.
    pub async fn seal(
        &mut self,
        device: &Address,
        message: &wa::Message,
    ) -> Result<Option<Node>, SandboxError> {
        if !self.opened().await?.endpoint.knows(device).await? {
            let Some(bundle) = bundles::take(&self.net, device).await? else { return Ok(None) };
            self.opened().await?.endpoint.establish(device, &bundle.keys).await?;
        }
        let (kind, sealed) = self.opened().await?.endpoint.encrypt(device, message).await?;
        Ok(Some(node("enc").attr("v", "2").attr("type", kind).bytes(sealed).build()))
    }

    /// Marks a chat read: its messages here, and what their authors see.
    ///
    /// # Errors
    /// [`SandboxError::Storage`].
    pub async fn read(&mut self, chat: &Chat) -> Result<usize, SandboxError> {
        self.net.open()?;
        let unread = messages::unread(&self.net.store, &self.me.number, &chat.key()).await?;
        let count = unread.len();
        let group = match chat {
            Chat::Group(id) => Some(id.clone()),
            Chat::Person(_) => None,
        };
        let mut by_author: std::collections::BTreeMap<String, Vec<String>> =
            std::collections::BTreeMap::new();
        for row in unread {
            by_author.entry(row.sender).or_default().push(row.id);
        }
        let mut change = Change::default();
        for (author, ids) in by_author {
            // As many as one receipt carries on the wire.
            for ids in ids.chunks(256) {
                change.receipts.push(Receipt {
                    author: author.clone(),
                    reader: Address { number: self.me.number.clone(), device: 0 },
                    group: group.clone(),
                    ids: ids.to_vec(),
                    status: MessageStatus::Read,
                    kind: Some("read".to_owned()),
                });
            }
        }
        if !change.receipts.is_empty() {
            self.write(change).await?;
        }
        Ok(count)
    }
}

fn hidden(draft: &Draft<'_>, me: &str) -> MessageRow {
    MessageRow {
        id: draft.id.to_owned(),
        chat: draft.chat.key(),
        sender: me.to_owned(),
        from_me: true,
        kind: MessageKind::System,
        text: String::new(),
        timestamp: draft.at,
        status: MessageStatus::Sent,
        raw: Vec::new(),
        details: Details::default(),
    }
}

/// What tells one request from another under the same key.
fn asked(chat: &Chat, new: &NewPhoneMessage) -> Result<Vec<u8>, SandboxError> {
    let mut hash = Sha256::new();
    hash.update(chat.key());
    hash.update(b"\n");
    // With all that is drawn by lot when it is composed left out.
    let new = NewPhoneMessage { to: String::new(), ..new.clone() };
    hash.update(serde_json::to_vec(&new).map_err(SandboxError::crypto)?);
    Ok(hash.finalize().to_vec())
}

/// A stanza for a device's queue.
pub(super) fn outgoing(to: &Address, id: &str, stanza: Node) -> Result<Outgoing, SandboxError> {
    let stanza = encode(&stanza).map_err(SandboxError::crypto)?;
    Ok(Outgoing { to: to.clone(), class: Class::Message, stanza_id: id.to_owned(), stanza })
}

/// From phone to phone there is nobody to hide anything from: the network plays both.
fn plain(message: &wa::Message) -> Node {
    node("plain").bytes(message.encode_to_vec()).build()
}

/// What an account's own devices get: the message, and to whom it went.
pub(super) fn device_sent(draft: &Draft<'_>, chat: &Jid) -> wa::Message {
    wa::Message {
        device_sent_message: MessageField::some(wa::message::DeviceSentMessage {
            destination_jid: Some(chat.to_string()),
            message: MessageField::some(draft.message.clone()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// What a device needs to read the sender's messages to a group.
pub(super) fn distribution(group: &Jid, key: Vec<u8>) -> wa::Message {
    wa::Message {
        sender_key_distribution_message: MessageField::some(wa::message::SenderKeyDistributionMessage {
            group_id: Some(group.to_string()),
            axolotl_sender_key_distribution_message: Some(key),
        }),
        ..Default::default()
    }
}

/// How an address is written in a stanza that names a group's participant.
pub(super) fn sender_name(address: &Address) -> String {
    jid(address).to_string()
}
