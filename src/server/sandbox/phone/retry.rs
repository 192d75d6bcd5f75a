//! Messages that could not be read: a device asks this phone to send one again, or this phone asks.

use super::actor::{Chat, Phone};
use super::change::Change;
use super::inbox::Incoming;
use super::outbox::{Draft, device_sent, distribution, outgoing};
use super::signal::Bundle;
use crate::protocol::Millis;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::jid;
use crate::server::sandbox::line::bundles;
use crate::server::sandbox::rows::links::Address;
use crate::server::sandbox::rows::queue::{Class, Outgoing};
use crate::server::sandbox::rows::{messages, sent};
use crate::server::sandbox::wire::stanza::{
    attr, attr_is, attr_jid, big_endian, child, child_bytes, encode, key_id, node, seconds,
};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// How often a device may ask for one message: as often as the real network allows.
const TRIES: u32 = 5;

impl Phone {
    /// A device could not read a message of this phone: it gets it again, with the same id, over a new
    /// session.
    pub async fn retry(&mut self, receipt: &Node, change: &mut Change) -> Result<(), SandboxError> {
        let from = attr_jid(receipt, "participant").or_else(|| attr_jid(receipt, "from"));
        let device = from.and_then(|jid| self.net.directory.address(&jid));
        let wanted = child(receipt, "retry");
        let (Some(device), Some(wanted)) = (device, wanted) else { return Ok(()) };
        let id = attr(wanted, "id").or_else(|| attr(receipt, "id")).unwrap_or_default();
        let count = attr(wanted, "count").and_then(|count| count.parse::<u32>().ok()).unwrap_or(1);
        if device.device == 0 || count > TRIES {
            return Ok(());
        }
        tracing::info!(number = %self.me.number, to = %device.number, %id, count, "a device asks for a message again");
        self.renew(&device, receipt).await?;
        if attr_is(receipt, "category", "peer") {
            // Keys and history are not kept as messages: the device gets them anew.
            return self.bootstrap_again(&device, change).await;
        }
        let Some((raw, chat, at, edit)) = self.sent_before(&id).await? else { return Ok(()) };
        let message = wa::Message::decode_from_slice(raw.as_slice()).map_err(SandboxError::crypto)?;
        let chat = Chat::parse(&chat)?;
        let draft = Draft { id: &id, chat: &chat, message: &message, at, edit: edit.as_deref() };
        let stanza = self.envelope(&draft).await?;
        let (stanza, message) = match &chat {
            Chat::Group(id) => {
                let (group, me) = (Jid::group(id.as_str()), self.me.jid());
                let endpoint = &mut self.opened().await?.endpoint;
                // For the messages after this one.
                let (key, _) = endpoint.group_encrypt(&group.to_string(), &me.to_string(), &message).await?;
                let key = distribution(&group, key).sender_key_distribution_message;
                (stanza, wa::Message { sender_key_distribution_message: key, ..message.clone() })
            }
            Chat::Person(_) if device.number == self.me.number => {
                let named = self.net.directory.chat_jid(&chat);
                let copy = device_sent(&draft, &named);
                (stanza.attr("recipient", named), copy)
            }
            Chat::Person(_) => (stanza, message.clone()),
        };
        if let Some(mut enc) = self.seal(&device, &message).await? {
            enc.attrs.insert("count", count.to_string());
            change.outgoing.push(outgoing(&device, &id, stanza.children([enc]).build())?);
        }
        Ok(())
    }

    /// What this phone sent under an id: the message, its chat, when, and its mark of an edit.
    async fn sent_before(
        &self,
        id: &str,
    ) -> Result<Option<(Vec<u8>, String, Millis, Option<String>)>, SandboxError> {
        let me = &self.me.number;
        if let Some(row) = messages::get(&self.net.store, me, me, id).await? {
            // One that was taken back has nothing left to send.
            return Ok((!row.raw.is_empty()).then_some((row.raw, row.chat, row.timestamp, None)));
        }
        let row = sent::get(&self.net.store, me, id).await?;
        Ok(row.map(|row| (row.raw, row.chat, row.at, row.edit)))
    }

    /// Begins a new session with a device: with the keys that it sent along, or with a bundle of the
    /// server's.
    async fn renew(&mut self, device: &Address, receipt: &Node) -> Result<(), SandboxError> {
        let bundle = match sent_bundle(receipt) {
            Some(bundle) => Some(bundle),
            None => bundles::take(&self.net, device).await?.map(|taken| taken.keys),
        };
        let Some(bundle) = bundle else { return Ok(()) };
        let endpoint = &mut self.opened().await?.endpoint;
        endpoint.forget(device);
        endpoint.establish(device, &bundle).await
    }

    /// This phone could not read a message: it asks the device that sent it, and sends keys along.
    pub(super) async fn ask_again(
        &mut self,
        incoming: &Incoming,
        change: &mut Change,
    ) -> Result<(), SandboxError> {
        if incoming.from.device == 0 {
            return Ok(());
        }
        let me = Address { number: self.me.number.clone(), device: 0 };
        let Some(taken) = bundles::take(&self.net, &me).await? else { return Ok(()) };
        let keys = taken.keys;
        let mut stanza = node("receipt")
            .attr("id", incoming.id.clone())
            .attr("type", "retry")
            .attr("t", seconds(self.net.source.now()));
        stanza = match &incoming.group {
            Some(id) => stanza
                .attr("from", Jid::group(id.as_str()))
                .attr("participant", self.net.directory.named(&me, Some(id)).jid),
            None if incoming.from.number == me.number => stanza.attr("from", self.me.jid()),
            None => stanza.attr("from", self.me.shown_jid()),
        };
        if let Some(recipient) =
            incoming.recipient.as_ref().filter(|_| incoming.from.number == self.me.number)
        {
            stanza = stanza.attr("recipient", self.net.directory.chat_jid(recipient));
        }
        let retry = node("retry")
            .attr("v", "1")
            .attr("id", incoming.id.clone())
            .attr("count", "1")
            .attr("t", seconds(incoming.at));
        let registration = node("registration").bytes(keys.registration_id.to_be_bytes().to_vec());
        let stanza = stanza.children([retry.build(), registration.build(), keys_node(&keys)]).build();
        change.outgoing.push(Outgoing {
            to: incoming.from.clone(),
            class: Class::Receipt,
            stanza_id: incoming.id.clone(),
            stanza: encode(&stanza).map_err(SandboxError::crypto)?,
        });
        tracing::debug!(to = %jid(&incoming.from), "asked for a message again");
        Ok(())
    }
}

fn keys_node(bundle: &Bundle) -> Node {
    let mut parts =
        vec![node("type").bytes(vec![5]).build(), node("identity").bytes(bundle.identity.to_vec()).build()];
    if let Some((id, key)) = &bundle.one_time {
        parts.push(node("key").children([key_id(*id), node("value").bytes(key.to_vec()).build()]).build());
    }
    parts.push(
        node("skey")
            .children([
                key_id(bundle.signed_prekey_id),
                node("value").bytes(bundle.signed_prekey.to_vec()).build(),
                node("signature").bytes(bundle.signature.clone()).build(),
            ])
            .build(),
    );
    node("keys").children(parts).build()
}

/// The keys that came with a request, if they are complete.
fn sent_bundle(receipt: &Node) -> Option<Bundle> {
    let keys = child(receipt, "keys")?;
    let signed = child(keys, "skey")?;
    let one_time = child(keys, "key").and_then(|key| {
        Some((big_endian(&child_bytes(key, "id")?)?, child_bytes(key, "value")?.try_into().ok()?))
    });
    Some(Bundle {
        registration_id: big_endian(&child_bytes(receipt, "registration")?)?,
        identity: child_bytes(keys, "identity")?.try_into().ok()?,
        signed_prekey_id: big_endian(&child_bytes(signed, "id")?)?,
        signed_prekey: child_bytes(signed, "value")?.try_into().ok()?,
        signature: child_bytes(signed, "signature")?,
        one_time,
    })
}
