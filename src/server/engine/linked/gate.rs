//! The gate before the wire: no message leaves before the keys that it was encrypted with are on disk.
//!
//! Each answer of the other side begins a new chain of keys, and the client sends under it before it
//! writes it: it counts on the retry that follows a crash. But a message that the other side has to ask
//! for again arrives after those that came later, and so do the other side's own. Nothing of ours may be
//! lost or reordered by a crash, so the write comes first.

use super::link::Link;
use crate::server::crash;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::{Arc, Weak};
use std::time::Duration;
use whatsapp_rust::anyhow;
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::wacore::net::{Transport, TransportEvent, TransportFactory};

/// How long a write may hold the wire. While messages from before the connection are still read in, the
/// client may wait for the wire itself with what the write needs: then order gives way.
const WRITE: Duration = Duration::from_secs(1);

/// Makes transports with the gate before them.
pub(super) struct Gate {
    pub inner: Arc<dyn TransportFactory>,
    pub link: Weak<Link>,
}

struct Gated {
    inner: Arc<dyn Transport>,
    link: Weak<Link>,
}

#[async_trait]
impl TransportFactory for Gate {
    async fn create_transport(&self) -> anyhow::Result<(Arc<dyn Transport>, Receiver<TransportEvent>)> {
        let (inner, events) = self.inner.create_transport().await?;
        Ok((Arc::new(Gated { inner, link: self.link.clone() }), events))
    }
}

#[async_trait]
impl Transport for Gated {
    async fn send(&self, data: Bytes) -> anyhow::Result<()> {
        let link = self.link.upgrade().filter(|link| link.is_sending());
        if let Some(client) = link.and_then(|link| link.client()) {
            let written = Box::pin(client.flush_pending_signal_state());
            match tokio::time::timeout(WRITE, written).await {
                Ok(Ok(())) => {}
                // What is not on disk must not be seen by anybody.
                Ok(Err(error)) => return Err(anyhow::anyhow!("the keys could not be written: {error}")),
                Err(_) => tracing::warn!("a message left before its keys were written"),
            }
        }
        crash::point("before_socket");
        self.inner.send(data).await
    }

    async fn disconnect(&self) {
        self.inner.disconnect().await;
    }
}
