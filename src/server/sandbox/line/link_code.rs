//! Linking by number: the device shows eight characters, a person types them into the phone.
//!
//! Both sides wrap an ephemeral key with a key derived from the code (PBKDF2), so a wrong code is noticed
//! only when the device's bundle of keys does not open.

use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::network::Network;
use crate::server::sandbox::rows::accounts::AccountRow;
use crate::server::sandbox::wire::identity::{pair_of, public};
use crate::server::sandbox::wire::stanza::{SERVER, attr, child, child_bytes, node, seconds};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use whatsapp_rust::wacore::crypto::hkdf_sha256_into;
use whatsapp_rust::wacore::libsignal::crypto::aes_256_gcm_decrypt;
use whatsapp_rust::wacore::libsignal::protocol::{KeyPair, PublicKey};
use whatsapp_rust::wacore::pair_code::PairCodeUtils;
use whatsapp_rust::wacore_binary::Node;

/// How long a code may be typed, and how often.
const LIFE: Duration = Duration::from_secs(180);
const ATTEMPTS: u32 = 3;

/// A code that a device shows for one number. The server does not know the code itself.
pub struct LinkCode {
    pub connection: u64,
    pub control: mpsc::Sender<Control>,
    pub noise_key: [u8; 32],
    reference: Vec<u8>,
    wrapped: Vec<u8>,
    until: Instant,
    attempts: u32,
    entered: Option<Entered>,
}

/// A person typed a code: what it gives, and who waits for the outcome.
struct Entered {
    ephemeral: KeyPair,
    device_ephemeral: [u8; 32],
    reply: oneshot::Sender<Result<(), SandboxError>>,
}

/// What the device's bundle holds.
pub struct OpenedBundle {
    pub identity: [u8; 32],
    /// What authenticates the link.
    pub secret: [u8; 32],
    pub noise_key: [u8; 32],
    pub reply: oneshot::Sender<Result<(), SandboxError>>,
}

impl LinkCode {
    /// Reads the device's first request: `companion_hello`.
    pub fn hello(
        request: &Node,
        connection: u64,
        control: mpsc::Sender<Control>,
        net: &Network,
    ) -> Option<Self> {
        let wrapped = child_bytes(request, "link_code_pairing_wrapped_companion_ephemeral_pub")?;
        Some(Self {
            connection,
            control,
            noise_key: child_bytes(request, "companion_server_auth_key_pub")?.try_into().ok()?,
            reference: format!("3@{}", BASE64_STANDARD.encode(net.source.bytes::<24>())).into_bytes(),
            wrapped: Some(wrapped).filter(|wrapped| wrapped.len() == 80)?,
            until: Instant::now() + LIFE,
            attempts: 0,
            entered: None,
        })
    }

    /// The answer to it.
    pub fn hello_answer(&self) -> Node {
        let reference = node("link_code_pairing_ref").bytes(self.reference.clone()).build();
        node("link_code_companion_reg").attr("stage", "companion_hello").children([reference]).build()
    }

    /// Whether it can no longer be typed.
    pub fn is_over(&self) -> bool {
        self.until < Instant::now() || self.control.is_closed()
    }
}

/// Types a code into a phone. The outcome comes through `reply`.
///
/// # Errors
/// [`SandboxError::Invalid`] for what is no code, [`SandboxError::NotPairing`] if no device waits for a
/// code of this number.
pub async fn enter(
    net: &Network,
    account: &AccountRow,
    code: &str,
    reply: oneshot::Sender<Result<(), SandboxError>>,
) -> Result<(), SandboxError> {
    let code = code.trim().replace('-', "").to_uppercase();
    if !PairCodeUtils::validate_code(&code) {
        return Err(SandboxError::Invalid("a linking code has eight letters and digits".to_owned()));
    }
    let (wrapped, reference) = {
        let mut codes = net.waiting.codes();
        let waiting = codes.get_mut(&account.number).filter(|code| !code.is_over());
        let waiting = waiting.ok_or(SandboxError::NotPairing)?;
        if waiting.attempts >= ATTEMPTS {
            return Err(SandboxError::NotPairing);
        }
        waiting.attempts += 1;
        (waiting.wrapped.clone(), waiting.reference.clone())
    };
    let ephemeral = KeyPair::generate(&mut net.source.rng());
    let ours = public(&ephemeral);
    // Deriving the key is slow on purpose.
    let (device_ephemeral, wrapped) = tokio::task::spawn_blocking(move || {
        let device = PairCodeUtils::decrypt_primary_ephemeral_pub(&wrapped, &code)?;
        Ok::<_, whatsapp_rust::wacore::pair_code::PairCodeError>((
            device,
            PairCodeUtils::encrypt_ephemeral_pub(&ours, &code),
        ))
    })
    .await
    .map_err(SandboxError::crypto)?
    .map_err(SandboxError::crypto)?;
    let control = {
        let mut codes = net.waiting.codes();
        let waiting = codes.get_mut(&account.number).filter(|code| code.reference == reference);
        let waiting = waiting.ok_or(SandboxError::NotPairing)?;
        waiting.entered = Some(Entered { ephemeral, device_ephemeral, reply });
        waiting.control.clone()
    };
    let hello = node("link_code_companion_reg").attr("stage", "primary_hello").children([
        node("link_code_pairing_wrapped_primary_ephemeral_pub").bytes(wrapped.to_vec()).build(),
        node("primary_identity_pub").bytes(public(&pair_of(&account.identity_key)?).to_vec()).build(),
        node("link_code_pairing_ref").bytes(reference).build(),
    ]);
    let stanza = node("notification")
        .attr("from", SERVER)
        .attr("type", "link_code_companion_reg")
        .attr("id", net.stanza_id())
        .attr("t", seconds(net.source.now()))
        .children([hello.build()])
        .build();
    control.send(Control::Push(Box::new(stanza))).await.map_err(|_| SandboxError::NotPairing)
}

/// Opens the bundle of keys of the device's second request, `companion_finish`.
///
/// # Errors
/// [`SandboxError::NotPairing`] if nobody typed a code; [`SandboxError::WrongCode`] (told to whoever
/// typed it, too) if the bundle does not open.
pub fn finish(
    net: &Network,
    account: &AccountRow,
    connection: u64,
    request: &Node,
) -> Result<OpenedBundle, SandboxError> {
    let bundle = child_bytes(request, "link_code_pairing_wrapped_key_bundle").unwrap_or_default();
    let mut codes = net.waiting.codes();
    let waiting = codes.get_mut(&account.number).filter(|code| code.connection == connection);
    let waiting = waiting.ok_or(SandboxError::NotPairing)?;
    let entered = waiting.entered.take().ok_or(SandboxError::NotPairing)?;
    let Some((identity, secret)) = open(account, &entered, &bundle) else {
        // Whoever typed it may have gone: nobody is left to tell.
        drop(entered.reply.send(Err(SandboxError::WrongCode)));
        return Err(SandboxError::WrongCode);
    };
    let noise_key = waiting.noise_key;
    codes.remove(&account.number);
    Ok(OpenedBundle { identity, secret, noise_key, reply: entered.reply })
}

/// The device's identity key and the secret of the link.
fn open(account: &AccountRow, entered: &Entered, bundle: &[u8]) -> Option<([u8; 32], [u8; 32])> {
    let (salt, rest) = bundle.split_at_checked(32)?;
    let (nonce, sealed) = rest.split_at_checked(12)?;
    let theirs = PublicKey::from_djb_public_key_bytes(&entered.device_ephemeral).ok()?;
    let shared = entered.ephemeral.calculate_agreement(&theirs).ok()?;
    let mut key = [0; 32];
    let info = b"link_code_pairing_key_bundle_encryption_key";
    hkdf_sha256_into(&shared, Some(salt), info, &mut key).ok()?;
    let mut plain = Vec::new();
    aes_256_gcm_decrypt(&key, nonce.try_into().ok()?, b"", sealed, &mut plain).ok()?;
    // The device's identity, ours, and a random value.
    let (identity, rest) = plain.split_at_checked(32)?;
    let random = rest.get(32..64)?;
    let identity: [u8; 32] = identity.try_into().ok()?;
    let theirs = PublicKey::from_djb_public_key_bytes(&identity).ok()?;
    let agreed = pair_of(&account.identity_key).ok()?.calculate_agreement(&theirs).ok()?;
    let mut secret = [0; 32];
    hkdf_sha256_into(&[&shared[..], &agreed, random].concat(), None, b"adv_secret", &mut secret).ok()?;
    Some((identity, secret))
}

/// The part of a request that is about linking by number, with the number.
pub fn part(request: &Node) -> Option<(&Node, String)> {
    let part = child(request, "link_code_companion_reg")?;
    let number = attr(part, "jid")?;
    let number = number.split(['@', ':']).next().unwrap_or_default().to_owned();
    Some((part, number))
}
