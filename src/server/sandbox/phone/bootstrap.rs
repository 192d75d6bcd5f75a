//! What a phone sends a device that was just linked: the key of the app state, the chats so far.

use super::actor::Phone;
use super::change::Change;
use super::history;
use super::outbox::outgoing;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::rows::links::{self, Address};
use crate::server::sandbox::wire::stanza::{attr, node, seconds};
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// The number of an account's only app-state key.
pub(super) const APP_STATE_KEY: [u8; 6] = [0, 0, 0, 0, 0, 1];

impl Phone {
    /// The server says that a device has published its keys.
    pub async fn bootstrap(&mut self, stanza: &Node, change: &mut Change) -> Result<(), SandboxError> {
        let Some(device) = attr(stanza, "device").and_then(|device| device.parse().ok()) else {
            return Ok(());
        };
        let device = Address { number: self.me.number.clone(), device };
        let link = links::get(&self.net.store, &device).await?;
        if link.is_some_and(|link| !link.bootstrapped) {
            self.bootstrap_again(&device, change).await?;
        }
        Ok(())
    }

    pub(super) async fn bootstrap_again(
        &mut self,
        device: &Address,
        change: &mut Change,
    ) -> Result<(), SandboxError> {
        tracing::debug!(number = %device.number, device = device.device, "sending keys and history");
        let account = self.opened().await?.row.clone();
        change.patches = self.first_patches(&account).await?;
        let share = key_share(&account.app_state_key, self.net.source.now());
        if !self.peer(device, &share, Some("high"), change).await? {
            return Ok(());
        }
        let settings = self.chat_settings().await?;
        for part in history::parts(&self.net, &account, &settings).await? {
            self.peer(device, &part, None, change).await?;
        }
        change.bootstrapped = Some(device.device);
        Ok(())
    }

    /// A message between an account's own devices that nobody sees. Answers whether it could be written.
    pub(super) async fn peer(
        &mut self,
        device: &Address,
        message: &wa::Message,
        priority: Option<&'static str>,
        change: &mut Change,
    ) -> Result<bool, SandboxError> {
        let Some(enc) = self.seal(device, message).await? else { return Ok(false) };
        let (id, now) = (self.net.message_id(), self.net.source.now());
        let mut stanza = node("message")
            .attr("from", self.me.jid())
            .attr("id", id.clone())
            .attr("type", "text")
            .attr("category", "peer")
            .attr("t", seconds(now));
        if let Some(priority) = priority {
            stanza = stanza.attr("push_priority", priority);
        }
        change.outgoing.push(outgoing(device, &id, stanza.children([enc]).build())?);
        Ok(true)
    }
}

pub(super) fn protocol(message: wa::message::ProtocolMessage) -> wa::Message {
    wa::Message { protocol_message: MessageField::some(message), ..Default::default() }
}

fn key_share(key: &[u8; 32], now: i64) -> wa::Message {
    let fingerprint = wa::message::AppStateSyncKeyFingerprint {
        raw_id: Some(1),
        current_index: Some(1),
        device_indexes: vec![0, 1],
    };
    let key = wa::message::AppStateSyncKey {
        key_id: MessageField::some(wa::message::AppStateSyncKeyId { key_id: Some(APP_STATE_KEY.to_vec()) }),
        key_data: MessageField::some(wa::message::AppStateSyncKeyData {
            key_data: Some(key.to_vec()),
            fingerprint: MessageField::some(fingerprint),
            timestamp: Some(now),
        }),
    };
    protocol(wa::message::ProtocolMessage {
        r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
        app_state_sync_key_share: MessageField::some(wa::message::AppStateSyncKeyShare { keys: vec![key] }),
        ..Default::default()
    })
}
