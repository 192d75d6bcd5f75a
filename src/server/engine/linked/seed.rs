//! What a device's store holds before the client reads it.
//!
//! On WhatsApp's own network that is little at first: the client makes its identity and checks the
//! server's certificates up to WhatsApp's root key. Another network has no such certificates. Its seed
//! ([`TrustSeed`]) has the server's key instead, and a number that the device claims until it is linked:
//! with both, the client takes the handshake that trusts the key it has (Noise IK). Nor does another
//! network have a page that tells WhatsApp Web's present version: the client's own one will do there.

use super::endpoint::TrustSeed;
use super::keys::Keys;
use bytes::Bytes;
use rand::rngs::StdRng;
use whatsapp_rust::Jid;
use whatsapp_rust::client::Client;
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;
use whatsapp_rust::wacore::libsignal::store::record_helpers::encode_pre_key_record_to;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::Result;
use whatsapp_rust::wacore::store::traits::{DeviceStore as _, SignalStore as _};
use whatsapp_rust::wacore::time::now_millis;

const DECADE_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1_000;

/// One-time keys that the client hands to WhatsApp when it is linked: as many as it would make itself.
const PRE_KEYS: u32 = 812;

/// Prepares the store for the next start.
pub(super) async fn plant(keys: &Keys, trust: Option<&TrustSeed>) -> Result<()> {
    let mut device = keys.load().await?.unwrap_or_default();
    let made = make_pre_keys(keys, &mut device).await?;
    let Some(trust) = trust else { return if made { keys.save(&device).await } else { Ok(()) } };
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

/// Makes the one-time keys of a device that is not linked yet, so that nobody who has scanned its code waits for them:
/// the client takes those that are there, as WhatsApp Web does, and makes only what is missing. The keys are stored
/// before the place that points at them, so that an end between the two loses nothing. Whether there is a new place.
async fn make_pre_keys(keys: &Keys, device: &mut Device) -> Result<bool> {
    let fresh = device.next_pre_key_id == 0 && device.first_unupload_pre_key_id == 0;
    if !fresh || is_linked(device) || device.server_has_prekeys {
        return Ok(false);
    }
    let make = || {
        let mut rng = rand::make_rng::<StdRng>();
        let make = |id| {
            let mut record = Vec::new();
            encode_pre_key_record_to(id, &KeyPair::generate(&mut rng), &mut record);
            (id, Bytes::from(record))
        };
        (1..=PRE_KEYS).map(make).collect::<Vec<_>>()
    };
    // Without them the client makes its own.
    let Ok(made) = tokio::task::spawn_blocking(make).await else { return Ok(false) };
    keys.store_prekeys_batch(&made, false).await?;
    (device.next_pre_key_id, device.first_unupload_pre_key_id) = (PRE_KEYS + 1, 1);
    Ok(true)
}

/// Whether a phone accepted the device. The number alone says nothing: it may be the seed's.
fn is_linked(device: &Device) -> bool {
    device.account.is_some()
}

/// Whether a phone accepted the client's device.
pub(super) fn is_client_linked(client: &Client) -> bool {
    is_linked(&client.persistence_manager().get_device_snapshot())
}
