//! What a device needs to reach this network instead of WhatsApp.

use super::Sandbox;
use super::cdn::Cdn;
use super::line;
use super::network::Network;
use super::pipe::Pipe;
use crate::protocol::DeviceId;
use crate::server::engine::linked::{Endpoint, Endpoints, TrustSeed};
use async_trait::async_trait;
use std::sync::Arc;
use whatsapp_rust::wacore::net::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust::{anyhow, async_channel};

/// Opens connections of one device.
struct Dialer {
    net: Arc<Network>,
    device: DeviceId,
}

#[async_trait]
impl TransportFactory for Dialer {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>), anyhow::Error> {
        if self.net.closing.is_cancelled() {
            return Err(anyhow::anyhow!("the sandbox is closed"));
        }
        let effects = self.net.faults.effects(&self.device);
        // A sleep of no time takes the timer's millisecond all the same.
        if !effects.latency.is_zero() {
            tokio::time::sleep(effects.latency).await;
        }
        if effects.refuse {
            return Err(anyhow::anyhow!("connection refused"));
        }
        let (transport, events, pipe) =
            Pipe::new(self.net.serial(), self.device.clone(), self.net.faults.clone());
        self.net.tasks.spawn(line::serve(self.net.clone(), pipe));
        Ok((transport, events))
    }
}

impl Endpoints for Sandbox {
    fn endpoint(&self, device: &DeviceId) -> Endpoint {
        let net = self.network();
        Endpoint {
            transport: Arc::new(Dialer { net: net.clone(), device: device.clone() }),
            http: Arc::new(Cdn {
                store: net.store.clone(),
                source: net.source.clone(),
                faults: net.faults.clone(),
                device: device.clone(),
            }),
            trust: Some(TrustSeed { placeholder: line::PLACEHOLDER, chain: net.identity.trusted() }),
        }
    }
}
