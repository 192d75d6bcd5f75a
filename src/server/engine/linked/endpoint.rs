//! The three constructor arguments in which WhatsApp and the sandbox differ.

use crate::protocol::DeviceId;
use std::sync::Arc;
use whatsapp_rust::wacore::net::{HttpClient, TransportFactory};
use whatsapp_rust::wacore::store::device::CachedServerCertChain;

/// How one device reaches its network.
pub struct Endpoint {
    pub transport: Arc<dyn TransportFactory>,
    pub http: Arc<dyn HttpClient>,
    /// For networks whose server WhatsApp's own root key does not vouch for.
    pub trust: Option<TrustSeed>,
}

/// What a new device's store starts from in the sandbox: it then knows the server's static key already
/// and takes the Noise IK path, which trusts the stored key. Nothing is skipped or switched off.
#[derive(Clone)]
pub struct TrustSeed {
    /// The account number that a device claims before it is paired. Hidden from everybody else.
    pub placeholder: u64,
    pub chain: CachedServerCertChain,
}

/// Gives every device its endpoint.
pub trait Endpoints: Send + Sync {
    /// Called once for each session that is opened.
    fn endpoint(&self, device: &DeviceId) -> Endpoint;
}
