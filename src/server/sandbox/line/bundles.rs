//! Key bundles: what somebody needs for a first message to a device. Each takes a one-time prekey away.

use super::keys;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::phone::signal::{self, Bundle};
use crate::server::sandbox::rows::accounts;
use crate::server::sandbox::rows::links::{self, Address};
use crate::server::storage::query;

/// When so few one-time prekeys are left, the device is asked for more.
const LOW: i64 = 10;

/// A bundle, and what proves that the device belongs to its account.
pub struct Taken {
    pub keys: Bundle,
    /// None for phones.
    pub signed_identity: Option<Vec<u8>>,
}

/// Takes a bundle of a device; `None` if there is no such device or it has published no keys.
///
/// # Errors
/// [`SandboxError::Storage`].
pub async fn take(net: &Network, device: &Address) -> Result<Option<Taken>, SandboxError> {
    if device.device == 0 {
        let Some(account) = accounts::get(&net.store, &device.number).await? else { return Ok(None) };
        let number = account.number.clone();
        let id = net
            .store
            .write(move |tx| Box::pin(async move { accounts::next_prekey(tx, &number).await }))
            .await?;
        let (keys, record) = signal::bundle(&account, id, &net.source)?;
        // The private half is on disk before anybody can use the public one.
        net.store
            .execute(
                query(
                    "INSERT INTO sandbox_signal (number, kind, name, value) VALUES ($1, 'prekey', $2, $3) \
                     ON CONFLICT (number, kind, name) DO UPDATE SET value = excluded.value",
                )
                .bind(account.number)
                .bind(id.to_string())
                .bind(record),
            )
            .await?;
        return Ok(Some(Taken { keys, signed_identity: None }));
    }
    let Some(link) = links::get(&net.store, device).await? else { return Ok(None) };
    let Some(keys) = link.keys else { return Ok(None) };
    let address = device.clone();
    let (one_time, left) =
        net.store.write(move |tx| Box::pin(async move { links::take_prekey(tx, &address).await })).await?;
    if (left == LOW || left == 0)
        && let Some(live) = net.directory.number(&device.number).and_then(|of| of.connection(device.device))
    {
        let notice = keys::low_notice(&net.stanza_id(), net.source.now(), left);
        // A device that misses it is asked again with the next one.
        drop(live.control.try_send(Control::Push(Box::new(notice))));
    }
    Ok(Some(Taken {
        keys: Bundle {
            registration_id: keys.registration_id,
            identity: link.identity,
            signed_prekey_id: keys.signed_prekey_id,
            signed_prekey: keys.signed_prekey,
            signature: keys.signature,
            one_time,
        },
        signed_identity: Some(link.signed_identity),
    }))
}
