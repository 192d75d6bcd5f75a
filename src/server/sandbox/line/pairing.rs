//! Linking a device: the codes that it shows, the link that a phone offers, the signature that it gives.
//!
//! Protocol facts (as WhatsApp Web's pairing goes): the server hands out six refs, of which a device shows
//! the first for 60 s and the others for 20 s each; a scan gives the phone the device's keys and a
//! secret; the phone signs the device's identity; `pair-success` brings it, authenticated with the
//! secret; `pair-device-sign` brings it back with the device's own signature; stream error 515 sends
//! the device off to log in.

use super::link_code::LinkCode;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::limits::{MAX_LINK_CODES, MAX_LINKS};
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::rows::links::{self, Address};
use crate::server::sandbox::wire::identity::{pair_of, public};
use crate::server::sandbox::wire::stanza::{SERVER, node, seconds};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::libsignal::crypto::hmac_sha256;
use whatsapp_rust::wacore_binary::Node;
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// Refs that a device gets at once.
pub const REFS: usize = 6;
/// How long the first is shown, and each of the others.
const FIRST: Duration = Duration::from_secs(60);
const NEXT: Duration = Duration::from_secs(20);
/// A scan may take a moment to arrive.
const GRACE: Duration = Duration::from_secs(2);

/// A device that shows a code, and how to reach it.
#[derive(Clone)]
pub struct Showing {
    pub connection: u64,
    pub noise_key: [u8; 32],
    pub control: mpsc::Sender<Control>,
    until: Instant,
}

/// Codes that devices show now.
#[derive(Default)]
pub struct Waiting {
    refs: Mutex<HashMap<String, Showing>>,
    codes: Mutex<HashMap<String, LinkCode>>,
    /// By Noise key: links that are offered and not settled yet.
    offered: Mutex<HashMap<[u8; 32], watch::Receiver<()>>>,
}

impl Waiting {
    fn refs(&self) -> MutexGuard<'_, HashMap<String, Showing>> {
        self.refs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The linking codes that wait, by number.
    pub fn codes(&self) -> MutexGuard<'_, HashMap<String, LinkCode>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a link is offered to the device with this key. It is settled when the answer is dropped.
    fn offer(&self, noise_key: [u8; 32]) -> watch::Sender<()> {
        let (open, settled) = watch::channel(());
        let mut offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner);
        offered.retain(|_, settled| settled.has_changed().is_ok());
        offered.insert(noise_key, settled);
        open
    }

    /// Waits until a link that is offered to the device with this key is settled. Answers `false` at once if
    /// there is none: devices come back to log in as soon as they have signed, without waiting for
    /// anything, and the link may still be on its way to the disk.
    pub async fn settled(&self, noise_key: &[u8; 32]) -> bool {
        let settled = {
            let offered = self.offered.lock().unwrap_or_else(PoisonError::into_inner);
            offered.get(noise_key).filter(|settled| settled.has_changed().is_ok()).cloned()
        };
        let Some(mut settled) = settled else { return false };
        // It never changes: it ends.
        drop(settled.changed().await);
        true
    }

    /// Gives a device its refs.
    pub fn show(
        &self,
        refs: &[String],
        connection: u64,
        noise_key: [u8; 32],
        control: &mpsc::Sender<Control>,
    ) {
        let now = Instant::now();
        let mut map = self.refs();
        for (place, text) in refs.iter().enumerate() {
            let turn = u32::try_from(place).unwrap_or(u32::MAX);
            let until = now + FIRST + NEXT * turn + GRACE;
            map.insert(text.clone(), Showing { connection, noise_key, control: control.clone(), until });
        }
    }

    /// Takes the device that shows this ref now: a code is scanned once.
    ///
    /// # Errors
    /// [`SandboxError::NotPairing`] for one that was never given out, has been scanned or has expired.
    pub fn scan(&self, text: &str, noise_key: &[u8; 32]) -> Result<Showing, SandboxError> {
        let mut refs = self.refs();
        let showing = refs.get(text).filter(|showing| showing.noise_key == *noise_key);
        if showing.ok_or(SandboxError::NotPairing)?.until < Instant::now() {
            refs.remove(text);
            return Err(SandboxError::NotPairing);
        }
        refs.remove(text).ok_or(SandboxError::NotPairing)
    }

    /// Keeps a linking code; a newer one for the same number takes its place.
    ///
    /// # Errors
    /// [`SandboxError::Busy`] if [`MAX_LINK_CODES`] wait.
    pub fn wait_for(&self, number: &str, code: LinkCode) -> Result<(), SandboxError> {
        let mut codes = self.codes();
        codes.retain(|_, code| !code.is_over());
        if codes.len() >= MAX_LINK_CODES && !codes.contains_key(number) {
            return Err(SandboxError::Busy);
        }
        codes.insert(number.to_owned(), code);
        Ok(())
    }

    /// Forgets everything that a connection showed.
    pub fn gone(&self, connection: u64) {
        self.refs().retain(|_, showing| showing.connection != connection);
        self.codes().retain(|_, code| code.connection != connection);
    }
}

/// What a QR code says: `ref,noise key,identity key,secret[,client type]`, the keys in base 64.
pub struct QrText {
    pub reference: String,
    pub noise_key: [u8; 32],
    pub identity: [u8; 32],
    pub secret: [u8; 32],
}

impl QrText {
    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] if it is no code of a WhatsApp device.
    pub fn parse(text: &str) -> Result<Self, SandboxError> {
        let wrong = || SandboxError::Invalid("this is not the QR code of a WhatsApp device".to_owned());
        // Some devices show a link; the code is its fragment.
        let text = text.trim().rsplit('#').next().unwrap_or_default();
        let mut parts = text.split(',');
        let reference = parts.next().filter(|reference| !reference.is_empty()).ok_or_else(wrong)?.to_owned();
        let mut key = || -> Option<[u8; 32]> { BASE64_STANDARD.decode(parts.next()?).ok()?.try_into().ok() };
        let (noise_key, identity, secret) =
            (key().ok_or_else(wrong)?, key().ok_or_else(wrong)?, key().ok_or_else(wrong)?);
        Ok(Self { reference, noise_key, identity, secret })
    }
}

/// A link that a phone offers to a device, and who waits for its answer.
pub struct Offer {
    pub address: Address,
    pub lid: String,
    pub noise_key: [u8; 32],
    pub identity: [u8; 32],
    /// The account's public identity key: what the device's signature is checked with.
    pub account_key: [u8; 32],
    /// The signed identity with its authenticator.
    container: Vec<u8>,
    /// Kept for as long as the link is neither made nor refused.
    _open: watch::Sender<()>,
    pub reply: oneshot::Sender<Result<(), SandboxError>>,
}

impl Offer {
    /// Signs a device's identity with the account's key and numbers the device.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] if the phone has [`MAX_LINKS`] devices.
    pub async fn make(
        net: &Network,
        account: &AccountRow,
        noise_key: [u8; 32],
        identity: [u8; 32],
        secret: &[u8; 32],
        reply: oneshot::Sender<Result<(), SandboxError>>,
    ) -> Result<Self, SandboxError> {
        if links::of(&net.store, &account.number).await?.len() >= MAX_LINKS {
            return Err(SandboxError::Invalid(format!("a phone links at most {MAX_LINKS} devices")));
        }
        let number = account.number.clone();
        let device =
            net.store.write(move |tx| Box::pin(async move { accounts::next_device(tx, &number).await }));
        let device = device.await?;
        let key = pair_of(&account.identity_key)?;
        let details = wa::ADVDeviceIdentity {
            raw_id: Some(1),
            timestamp: Some(net.source.now().div_euclid(1_000).unsigned_abs()),
            key_index: Some(device.into()),
            ..Default::default()
        }
        .encode_to_vec();
        // The prefix of an end-to-end encrypted account's signature over a device.
        let signed = [&[6_u8, 0][..], &details, &identity].concat();
        let signature =
            key.calculate_signature(&signed, &mut net.source.rng()).map_err(SandboxError::crypto)?;
        let identity_message = wa::ADVSignedDeviceIdentity {
            details: Some(details),
            account_signature_key: Some(public(&key).to_vec()),
            account_signature: Some(signature.to_vec()),
            device_signature: None,
        }
        .encode_to_vec();
        let container = wa::ADVSignedDeviceIdentityHMAC {
            hmac: Some(hmac_sha256(secret, &identity_message).to_vec()),
            details: Some(identity_message),
            account_type: None,
        }
        .encode_to_vec();
        Ok(Self {
            address: Address { number: account.number.clone(), device },
            lid: account.lid.clone(),
            noise_key,
            identity,
            account_key: public(&key),
            container,
            _open: net.waiting.offer(noise_key),
            reply,
        })
    }

    /// The stanza that brings it to the device.
    pub fn stanza(&self, id: &str, now: i64) -> Node {
        let (number, device) = (self.address.number.as_str(), self.address.device);
        let jids = node("device")
            .attr("jid", Jid::pn_device(number, device))
            .attr("lid", Jid::lid_device(self.lid.as_str(), device));
        node("iq")
            .attr("from", SERVER)
            .attr("type", "set")
            .attr("id", id.to_owned())
            .attr("xmlns", "md")
            .attr("t", seconds(now))
            .children([node("pair-success")
                .children([
                    node("device-identity").bytes(self.container.clone()).build(),
                    jids.build(),
                    node("platform").attr("name", "android").build(),
                ])
                .build()])
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(refs: &[&str]) -> Waiting {
        let waiting = Waiting::default();
        let refs: Vec<String> = refs.iter().map(|text| (*text).to_owned()).collect();
        waiting.show(&refs, 1, [7; 32], &mpsc::channel(1).0);
        waiting
    }

    #[tokio::test]
    async fn a_ref_is_scanned_once_and_only_with_its_key() {
        let waiting = waiting(&["a", "b"]);
        assert!(waiting.scan("c", &[7; 32]).is_err());
        assert!(waiting.scan("a", &[8; 32]).is_err());
        assert!(waiting.scan("a", &[7; 32]).is_ok());
        assert!(waiting.scan("a", &[7; 32]).is_err());
    }

    #[tokio::test]
    async fn an_expired_ref_is_refused() {
        let waiting = waiting(&["a", "b"]);
        waiting.refs().get_mut("a").unwrap().until = Instant::now() - Duration::from_millis(1);
        assert!(matches!(waiting.scan("a", &[7; 32]), Err(SandboxError::NotPairing)));
        assert!(waiting.scan("b", &[7; 32]).is_ok());
    }

    #[tokio::test]
    async fn refs_end_with_their_connection() {
        let waiting = waiting(&["a"]);
        waiting.gone(1);
        assert!(waiting.scan("a", &[7; 32]).is_err());
    }

    #[tokio::test]
    async fn a_login_waits_for_a_link_that_is_on_its_way() {
        let waiting = std::sync::Arc::new(Waiting::default());
        assert!(!waiting.settled(&[7; 32]).await);
        let open = waiting.offer([7; 32]);
        let login = tokio::spawn({
            let waiting = waiting.clone();
            async move { waiting.settled(&[7; 32]).await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!login.is_finished());
        drop(open);
        assert!(login.await.unwrap());
        assert!(!waiting.settled(&[7; 32]).await);
    }

    #[test]
    fn qr_texts_are_read_and_nonsense_is_refused() {
        let key = BASE64_STANDARD.encode([1; 32]);
        let text = format!("2@abc,{key},{key},{key},1");
        assert_eq!(QrText::parse(&text).unwrap().reference, "2@abc");
        assert!(QrText::parse(&format!("https://wa.me/settings/linked_devices#{text}")).is_ok());
        for text in ["", ",,,", "2@abc", &format!("2@abc,{key},{key}"), &format!("2@abc,{key},x,{key}")] {
            assert!(QrText::parse(text).is_err(), "{text}");
        }
    }
}
