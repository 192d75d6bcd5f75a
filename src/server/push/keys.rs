//! Keys on the curve P-256: the server's own, by which push services know it (VAPID, RFC 8292), and those that are
//! used for one push.

use super::cipher::PUBLIC;
use crate::protocol::Millis;
use crate::server::source::Source;
use aws_lc_rs::agreement::{self, ECDH_P256, UnparsedPublicKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

/// How long a proof of who we are counts, in seconds; a day is the most that services take.
const PROOF_LIFE: i64 = 12 * 3_600;

/// A private key.
pub struct PrivateKey {
    bytes: [u8; 32],
    public: [u8; PUBLIC],
    key: agreement::PrivateKey,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PrivateKey {
    /// A new one.
    pub fn new(source: &Source) -> Self {
        loop {
            // All but one in four billion numbers are keys.
            if let Some(key) = Self::read(&source.bytes()) {
                return key;
            }
        }
    }

    /// The key that this number is; `None` if it is none.
    pub fn read(bytes: &[u8; 32]) -> Option<Self> {
        let key = agreement::PrivateKey::from_private_key(&ECDH_P256, bytes).ok()?;
        let public = key.compute_public_key().ok()?.as_ref().try_into().ok()?;
        Some(Self { bytes: *bytes, public, key })
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn public_key(&self) -> [u8; PUBLIC] {
        self.public
    }

    /// What both sides know, and nobody else.
    pub fn agree(&self, other: &[u8]) -> Option<Vec<u8>> {
        let other = UnparsedPublicKey::new(&ECDH_P256, other);
        agreement::agree(&self.key, other, (), |secret| Ok(secret.to_vec())).ok()
    }

    /// The header by which the service at this origin knows the server, and whom to write to about it.
    pub fn proof(&self, origin: &str, contact: &str, now: Millis) -> Option<String> {
        let claims = serde_json::json!({ "aud": origin, "exp": now / 1_000 + PROOF_LIFE, "sub": contact });
        let head = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &self.bytes,
            &self.public,
        );
        let signature = pair.ok()?.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Some(format!("vapid t={signed}.{signature}, k={}", URL_SAFE_NO_PAD.encode(self.public)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn both_sides_agree() {
        let source = Source::seeded(1);
        let (one, other) = (PrivateKey::new(&source), PrivateKey::new(&source));
        assert_ne!(one.public_key(), other.public_key());
        assert_eq!(one.agree(&other.public_key()).unwrap(), other.agree(&one.public_key()).unwrap());
        assert!(one.agree(&[4; PUBLIC]).is_none());
        assert!(PrivateKey::read(&[0; 32]).is_none());
        assert_eq!(PrivateKey::read(&one.bytes).unwrap().public_key(), one.public_key());
    }

    #[test]
    fn a_proof_is_signed_by_the_key_that_it_names() {
        let key = PrivateKey::new(&Source::seeded(2));
        let proof = key.proof("https://push.example", "mailto:ana@example.com", 5_000_000).unwrap();
        let (token, public) = proof.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let public = URL_SAFE_NO_PAD.decode(public).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example");
        assert_eq!(claims["exp"], 5_000 + PROOF_LIFE);
    }
}
