//! Messages are kept before WhatsApp hears that they arrived. The client calls this with every batch
//! and acknowledges it only after an `Ok`; whatever was not acknowledged, WhatsApp delivers again with
//! the next connection.

use super::inbound;
use super::link::{Link, Wish};
use crate::server::engine::EventSink;
use async_trait::async_trait;
use std::sync::Arc;
use whatsapp_rust::anyhow;
use whatsapp_rust::client::Client;
use whatsapp_rust::types::durability_hook::InboundDurabilityHook;
use whatsapp_rust::types::events::InboundMessage;

pub(super) struct Hook {
    pub sink: Arc<dyn EventSink>,
    pub link: Arc<Link>,
}

#[async_trait]
impl InboundDurabilityHook for Hook {
    async fn on_messages(&self, client: Arc<Client>, batch: &[InboundMessage]) -> anyhow::Result<()> {
        let attempt = self.link.attempted();
        if attempt.unkept {
            // It would stand before what comes again.
            anyhow::bail!("a message before it was not kept");
        }
        let messages = inbound::messages(&*client, &*self.sink, batch).await;
        if messages.is_empty() {
            // Nothing for a thread: it is acknowledged all the same.
            return Ok(());
        }
        // A sink that does not answer must not keep the run from ending.
        let kept = tokio::select! {
            kept = self.sink.commit(messages) => kept,
            () = self.link.over.cancelled() => anyhow::bail!("the session ended before the messages were kept"),
        };
        kept.map_err(|error| {
            tracing::warn!(%error, "messages could not be kept: WhatsApp is asked for them again");
            // It delivers them with the next connection, not before, and all that follows them as well.
            self.link.unkept(attempt.number);
            self.link.wish(Wish::Renew);
            anyhow::Error::new(error)
        })
    }
}
