//! What a phone gets: its own queue, stanza by stanza.

use super::actor::{Chat, Phone};
use super::change::Change;
use super::content::{self, Act, Content};
use super::effect::Effect;
use super::history;
use super::outbox::sender_name;
use crate::protocol::{MessageStatus, Millis};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::receipt::Receipt;
use crate::server::sandbox::rows::groups;
use crate::server::sandbox::rows::links::{Address, addresses};
use crate::server::sandbox::rows::messages::MessageRow;
use crate::server::sandbox::rows::queue::{self, Queued};
use crate::server::sandbox::wire::stanza::{attr, attr_is, attr_jid, bytes, children, decode};
use bytes::BytesMut;
use whatsapp_rust::wacore::libsignal::protocol::SignalProtocolError;
use whatsapp_rust::wacore::messages::unwrap_device_sent;
use whatsapp_rust::wacore_binary::{Node, Server};
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// How many stanzas are read at a time.
const PAGE: u32 = 64;

/// A message as it came.
pub(super) struct Incoming {
    pub id: String,
    pub from: Address,
    pub group: Option<String>,
    /// To whom it went, if another device of this account sent it.
    pub recipient: Option<Chat>,
    pub at: Millis,
}

/// The wish for older messages, if a message between devices of an account is one.
fn older_wanted(
    message: &wa::Message,
) -> Option<&wa::message::peer_data_operation_request_message::HistorySyncOnDemandRequest> {
    let request = message.protocol_message.as_option()?.peer_data_operation_request_message.as_option()?;
    request.history_sync_on_demand_request.as_option()
}

/// What came of decrypting a message.
enum Opened {
    Message(Box<wa::Message>),
    /// It was read before: only its removal from the queue was lost.
    Known,
    Unreadable(String),
}

impl Phone {
    /// Goes through everything that waits. Each stanza is removed in the write that stores what came of it.
    ///
    /// # Errors
    /// [`SandboxError::Storage`]; what was not gone through still waits.
    pub async fn drain(&mut self) -> Result<(), SandboxError> {
        let me = Address { number: self.me.number.clone(), device: 0 };
        loop {
            let page = queue::page(&self.net.store, &me, 0, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for queued in page {
                if self.net.closing.is_cancelled() {
                    return Ok(());
                }
                self.take(queued).await?;
            }
        }
    }

    async fn take(&mut self, queued: Queued) -> Result<(), SandboxError> {
        // A marshalled stanza begins with its flags, as a frame does.
        let stanza = match decode(BytesMut::from(&queued.stanza[..])) {
            Ok(stanza) => stanza,
            Err(error) => {
                tracing::error!(number = %self.me.number, %error, "a queued stanza cannot be read; it is dropped");
                return self.write(Change { done: Some(queued.seq), ..Change::default() }).await.map(drop);
            }
        };
        let mut change = Change { done: Some(queued.seq), ..Change::default() };
        let taken = match stanza.tag.as_ref() {
            "message" => self.message(&stanza, &mut change).await,
            "receipt" => self.retry(&stanza, &mut change).await,
            "bootstrap" => self.bootstrap(&stanza, &mut change).await,
            _ => Ok(()),
        };
        match taken {
            Ok(()) => {}
            Err(error @ (SandboxError::Storage(_) | SandboxError::Closed)) => {
                // The keys may have gone on in memory: back to what is on disk, as the stanza is.
                self.settle(false);
                return Err(error);
            }
            Err(error) => {
                // What cannot be done now cannot be done later either: it must not block the queue.
                tracing::warn!(number = %self.me.number, %error, "a phone dropped a stanza");
                change = Change { done: Some(queued.seq), ..Change::default() };
            }
        }
        let answerable = change.messages.first().filter(|row| !row.from_me).cloned();
        let written = self.write(change).await?;
        if let (super::change::Written::Done { new: 1.. }, Some(row)) = (written, answerable) {
            self.consider_answer(&row).await;
        }
        Ok(())
    }

    async fn message(&mut self, stanza: &Node, change: &mut Change) -> Result<(), SandboxError> {
        let Some(incoming) = self.incoming(stanza) else {
            return Err(SandboxError::Invalid("a message without a known sender".to_owned()));
        };
        let message = match self.open_message(stanza, &incoming).await? {
            Opened::Message(message) => *message,
            Opened::Known => return Ok(()),
            Opened::Unreadable(reason) => {
                tracing::warn!(number = %self.me.number, from = %incoming.from.number, id = %incoming.id, reason,
                    "a phone cannot read a message and asks for it again");
                return self.ask_again(&incoming, change).await;
            }
        };
        let own = incoming.from.number == self.me.number;
        if own && let Some(wanted) = older_wanted(&message) {
            return self.send_older(&incoming, wanted, change).await;
        }
        let (message, chat) = match (own, message.device_sent_message.as_option()) {
            (true, Some(sent)) => {
                let to = sent.destination_jid.as_deref().and_then(|jid| Chat::parse(jid).ok());
                // With what stands outside of it: the secrets of polls.
                (unwrap_device_sent(message), to.or_else(|| incoming.recipient.clone()))
            }
            (true, None) => (message, incoming.recipient.clone()),
            (false, _) => (message, Some(Chat::Person(incoming.from.number.clone()))),
        };
        let chat = match (&incoming.group, chat) {
            (Some(id), _) => Chat::Group(id.clone()),
            (None, Some(chat)) => chat,
            // A request between the account's own devices: nothing that a phone shows.
            (None, None) => return Ok(()),
        };
        let sender = incoming.from.number.clone();
        match content::read(&message) {
            Content::Hidden => return Ok(()),
            Content::Timer(seconds) => change.timers.push((chat.key(), seconds, incoming.at)),
            Content::Act { id, act } => {
                let admin = match (&chat, &act) {
                    (Chat::Group(id), Act::Revoke) => {
                        let by = (sender.clone(), true);
                        groups::get(&self.net.store, id)
                            .await?
                            .is_some_and(|group| group.members.contains(&by))
                    }
                    _ => false,
                };
                let (chat, at) = (chat.key(), incoming.at);
                change.effects.push(Effect { chat, id, by: sender, admin, at, act });
            }
            Content::Keep { kind, text, details } => change.messages.push(MessageRow {
                id: incoming.id.clone(),
                chat: chat.key(),
                sender,
                from_me: own,
                kind,
                text,
                timestamp: incoming.at,
                status: if own { MessageStatus::Sent } else { MessageStatus::Delivered },
                raw: message.encode_to_vec(),
                details: self.as_seen(*details),
            }),
        }
        if !own {
            change.receipts.extend(self.delivery(&incoming).await?);
        }
        Ok(())
    }

    /// Answers a device of the account that wants older messages of a chat.
    async fn send_older(
        &mut self,
        incoming: &Incoming,
        wanted: &wa::message::peer_data_operation_request_message::HistorySyncOnDemandRequest,
        change: &mut Change,
    ) -> Result<(), SandboxError> {
        let account = self.opened().await?.row.clone();
        if let Some(part) = history::on_demand(&self.net, &account, wanted, &incoming.id).await? {
            self.peer(&incoming.from, &part, None, change).await?;
        }
        Ok(())
    }

    /// The receipt for a message, unless devices are linked: they send their own, so that the sender's
    /// second tick says that it reached them, and not only a phone that lies in a drawer.
    async fn delivery(&self, incoming: &Incoming) -> Result<Option<Receipt>, SandboxError> {
        let devices = addresses(&self.net.store, std::slice::from_ref(&self.me.number)).await?;
        Ok(devices.is_empty().then(|| Receipt {
            author: incoming.from.number.clone(),
            reader: Address { number: self.me.number.clone(), device: 0 },
            group: incoming.group.clone(),
            ids: vec![incoming.id.clone()],
            status: MessageStatus::Delivered,
            kind: None,
        }))
    }

    fn incoming(&self, stanza: &Node) -> Option<Incoming> {
        let from = attr_jid(stanza, "from")?;
        let group = (from.server == Server::Group).then(|| from.user.to_string());
        let sender = if group.is_some() { attr_jid(stanza, "participant")? } else { from };
        let micros = attr(stanza, "sts").and_then(|t| t.parse::<i64>().ok());
        let seconds = attr(stanza, "t").and_then(|t| t.parse::<i64>().ok());
        let recipient = attr_jid(stanza, "recipient").and_then(|jid| match self.net.directory.person(&jid) {
            Some(account) => Some(Chat::Person(account.number.clone())),
            None => Chat::of(&jid),
        });
        Some(Incoming {
            id: attr(stanza, "id")?,
            from: self.net.directory.address(&sender)?,
            group,
            recipient,
            at: micros
                .map(|micros| micros.div_euclid(1_000))
                .or_else(|| seconds.and_then(|seconds| seconds.checked_mul(1_000)))
                .unwrap_or_else(|| self.net.source.now()),
        })
    }

    async fn open_message(&mut self, stanza: &Node, incoming: &Incoming) -> Result<Opened, SandboxError> {
        let group = incoming.group.as_ref().map(|id| format!("{id}@g.us"));
        let sender = sender_name(&incoming.from);
        let mut read: Option<wa::Message> = None;
        let mut known = false;
        for part in children(stanza) {
            let Some(sealed) = bytes(part) else { continue };
            let opened = match part.tag.as_ref() {
                "plain" => wa::Message::decode_from_slice(sealed.as_slice())
                    .map_err(|_| SignalProtocolError::InvalidProtobufEncoding),
                "enc" if attr_is(part, "type", "skmsg") => {
                    let endpoint = &mut self.opened().await?.endpoint;
                    endpoint.group_decrypt(group.as_deref().unwrap_or_default(), &sender, &sealed).await
                }
                "enc" => {
                    let kind = attr(part, "type").unwrap_or_default();
                    let opened = self.opened().await?.endpoint.decrypt(&incoming.from, &kind, &sealed).await;
                    if let Ok(message) = &opened {
                        self.learn(message, &sender).await?;
                    }
                    opened
                }
                _ => continue,
            };
            match opened {
                Ok(message) => {
                    // The part with something to see counts, whichever place it has.
                    let seen = read.as_ref().is_some_and(|read| content::read(read) != Content::Hidden);
                    if !seen {
                        read = Some(message);
                    }
                }
                Err(SignalProtocolError::DuplicatedMessage(..)) => known = true,
                Err(SignalProtocolError::BackendError(_, error)) => {
                    return Err(match error.downcast::<crate::server::storage::StorageError>() {
                        Ok(error) => SandboxError::Storage(*error),
                        Err(error) => SandboxError::crypto(error),
                    });
                }
                Err(error) => return Ok(Opened::Unreadable(error.to_string())),
            }
        }
        Ok(match read {
            Some(message) => Opened::Message(Box::new(message)),
            None if known => Opened::Known,
            None => Opened::Unreadable("it has no content".to_owned()),
        })
    }

    /// Learns how to read the sender's messages to a group, if the message says so.
    async fn learn(&mut self, message: &wa::Message, sender: &str) -> Result<(), SandboxError> {
        let Some(key) = message.sender_key_distribution_message.as_option() else { return Ok(()) };
        let (Some(group), Some(key)) = (&key.group_id, &key.axolotl_sender_key_distribution_message) else {
            return Ok(());
        };
        let endpoint = &mut self.opened().await?.endpoint;
        endpoint.group_learn(group, sender, key).await.map_err(SandboxError::crypto)
    }
}
