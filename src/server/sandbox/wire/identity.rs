//! The server's own identity: a static Noise key with a certificate chain, kept for good.
//!
//! The chain is complete and really signed; it only lacks WhatsApp's own root. Devices therefore know
//! the key beforehand (the trust seed) and take the Noise IK path, which trusts a stored key. The key
//! must never change: a device that meets another one falls back to XX and refuses the chain.

use crate::server::sandbox::SandboxError;
use crate::server::sandbox::error::damaged;
use crate::server::source::Source;
use crate::server::storage::{Store, query};
use whatsapp_rust::wacore::libsignal::protocol::{KeyPair, PrivateKey};
use whatsapp_rust::wacore::store::device::{CachedNoiseCert, CachedServerCertChain};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp::{self as wa, cert_chain::noise_certificate};

/// 2023 to 2096, in seconds: the certificates of an emulated server need no renewal.
const NOT_BEFORE: u64 = 1_700_000_000;
const NOT_AFTER: u64 = 4_000_000_000;

/// The key and what vouches for it.
pub struct Identity {
    pub static_key: KeyPair,
    /// An encoded `CertChain`.
    pub certificate: Vec<u8>,
}

/// The 32 bytes of a public key.
pub fn public(pair: &KeyPair) -> [u8; 32] {
    let mut bytes = [0; 32];
    let key = pair.public_key.public_key_bytes();
    if key.len() == 32 {
        bytes.copy_from_slice(key);
    }
    bytes
}

/// A key pair from its 32 private bytes.
///
/// # Errors
/// [`SandboxError::Crypto`] if they are no private key.
pub fn pair_of(private: &[u8]) -> Result<KeyPair, SandboxError> {
    let private = PrivateKey::deserialize(private).map_err(SandboxError::crypto)?;
    let public = private.public_key().map_err(SandboxError::crypto)?;
    Ok(KeyPair::new(public, private))
}

impl Identity {
    /// Reads the stored identity, or makes one and stores it before anybody sees it.
    ///
    /// # Errors
    /// [`SandboxError::Storage`], or [`SandboxError::Crypto`] if the stored key cannot be used.
    pub async fn load(store: &Store, source: &Source) -> Result<Self, SandboxError> {
        let rows = store
            .rows(query("SELECT name, value FROM sandbox_network WHERE name IN ('noise_key', 'certificate')"))
            .await?;
        let mut values = std::collections::HashMap::new();
        for row in rows {
            values.insert(row.text("name")?, row.blob("value")?);
        }
        match (values.remove("noise_key"), values.remove("certificate")) {
            (Some(key), Some(certificate)) => Ok(Self { static_key: pair_of(&key)?, certificate }),
            (None, None) => {
                let identity = Self::generate(source)?;
                let key = identity.static_key.private_key.serialize().to_vec();
                let certificate = identity.certificate.clone();
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            let text = "INSERT INTO sandbox_network (name, value) VALUES ($1, $2)";
                            tx.execute(query(text).bind("noise_key").bind(key)).await?;
                            tx.execute(query(text).bind("certificate").bind(certificate)).await
                        })
                    })
                    .await?;
                Ok(identity)
            }
            _ => Err(damaged("sandbox_network.value")),
        }
    }

    /// A new key with a new chain: root, intermediate, leaf.
    ///
    /// # Errors
    /// [`SandboxError::Crypto`] if signing fails.
    pub fn generate(source: &Source) -> Result<Self, SandboxError> {
        let mut rng = source.rng();
        let [root, intermediate, leaf] = std::array::from_fn(|_| KeyPair::generate(&mut rng));
        let details = |serial: u32, key: &KeyPair| {
            noise_certificate::Details {
                serial: Some(serial),
                issuer_serial: Some(serial - 1),
                key: Some(public(key).to_vec()),
                not_before: Some(NOT_BEFORE),
                not_after: Some(NOT_AFTER),
            }
            .encode_to_vec()
        };
        let mut certificate = |signer: &KeyPair, details: Vec<u8>| {
            let signature = signer.calculate_signature(&details, &mut rng).map_err(SandboxError::crypto)?;
            Ok::<_, SandboxError>(wa::cert_chain::NoiseCertificate {
                signature: Some(signature.to_vec()),
                details: Some(details),
            })
        };
        let chain = wa::CertChain {
            intermediate: MessageField::some(certificate(&root, details(1, &intermediate))?),
            leaf: MessageField::some(certificate(&intermediate, details(2, &leaf))?),
        };
        Ok(Self { static_key: leaf, certificate: chain.encode_to_vec() })
    }

    /// What a device's store holds of the chain it once verified: here, from the beginning.
    #[must_use]
    pub fn trusted(&self) -> CachedServerCertChain {
        let key = public(&self.static_key);
        let certificate = || CachedNoiseCert {
            key,
            not_before: NOT_BEFORE.cast_signed(),
            not_after: NOT_AFTER.cast_signed(),
        };
        CachedServerCertChain { intermediate: certificate(), leaf: certificate() }
    }
}
