//! What a device's store holds before the client reads it.
//!
//! On WhatsApp's own network that is nothing at first: the client makes its keys and checks the
//! server's certificates up to WhatsApp's root key. Another network has no such certificates. Its seed
//! ([`TrustSeed`]) has the server's key instead, and a number that the device claims until it is linked:
//! with both, the client takes the handshake that trusts the key it has (Noise IK). Nor does another
//! network have a page that tells WhatsApp Web's present version: the client's own one will do there.

use super::endpoint::TrustSeed;
use super::keys::Keys;
use whatsapp_rust::Jid;
use whatsapp_rust::client::Client;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::store::traits::DeviceStore as _;
use whatsapp_rust::wacore::time::now_millis;

const DECADE_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1_000;

/// Prepares the store for the next start.
pub(super) async fn plant(keys: &Keys, trust: Option<&TrustSeed>) -> Result<()> {
    let Some(trust) = trust else { return Ok(()) };
    let mut device = keys.load().await?.unwrap_or_default();
    if !is_linked(&device) {
        device.pn = Some(Jid::pn(trust.placeholder.to_string()));
        device.lid = None;
    }
    // Each time: the client drops a chain that did not work once, and chains run out.
    device.server_cert_chain = Some(trust.chain.clone());
    // The client asks for the version when it last did so long ago; this is longer than it runs.
    device.app_version_last_fetched_ms = now_millis().saturating_add(DECADE_MS);
    keys.save(&device).await
}

/// Whether a phone accepted the device. The number alone says nothing: it may be the seed's.
fn is_linked(device: &Device) -> bool {
    device.account.is_some()
}

/// Whether a phone accepted the client's device.
pub(super) fn is_client_linked(client: &Client) -> bool {
    is_linked(&client.persistence_manager().get_device_snapshot())
}
