//! How a receiver knows that a delivery is ours.
//!
//! `X-Switchboard-Signature: v1=<hex>`, the HMAC-SHA256 of `<timestamp>.<body>` with the webhook's secret,
//! where `<timestamp>` is the text of `X-Switchboard-Timestamp`. A receiver recomputes it over the bytes of
//! the body as they came, compares in constant time, and refuses timestamps that are minutes off: then an
//! old delivery that somebody recorded cannot be played again. For a day after a secret was rotated there are
//! two signatures, `v1=<new>,v1=<old>`; one that fits is enough.

use crate::protocol::Millis;
use crate::server::source::Source;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::fmt::Write as _;

/// How long the secret before the present one signs beside it.
pub const OVERLAP: Millis = 24 * 3_600 * 1_000;
/// Random characters of a secret, five bits each.
const LENGTH: usize = 52;

/// The secrets of one webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    pub current: String,
    /// The one before, and until when it counts.
    pub previous: Option<(String, Millis)>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// The header's value for a body sent at `timestamp` (in seconds).
    #[must_use]
    pub fn signature(&self, timestamp: i64, body: &[u8], now: Millis) -> String {
        let mut value = format!("v1={}", sign(&self.current, timestamp, body));
        if let Some((previous, until)) = &self.previous
            && *until > now
        {
            value.push_str(&format!(",v1={}", sign(previous, timestamp, body)));
        }
        value
    }

    /// What may be shown of the present secret: its last four characters.
    #[must_use]
    pub fn ending(&self) -> &str {
        self.current.get(self.current.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// A new secret: `whsec_` and 260 bits.
#[must_use]
pub fn new_secret(source: &Source) -> String {
    format!("whsec_{}", source.token(LENGTH))
}

fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC takes keys of every length; the error is one of other algorithms.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test`.
    const VECTOR: &str = "38877139021993b830af32feea6e18a8da83eb2f6e49ee50bd9e4cf4ca4d3789";
    /// The same with `whsec_old`.
    const VECTOR_OLD: &str = "b9d801502bb535e960ee9aeee7a294b082bda5089d79c7db610b85116ce6faa6";

    #[test]
    fn signs_as_openssl_does() {
        let mut secrets = Secrets { current: "whsec_test".into(), previous: None };
        assert_eq!(secrets.signature(1_700_000_000, b"{\"a\":1}", 0), format!("v1={VECTOR}"));
        secrets.previous = Some(("whsec_old".into(), 1_000));
        let both = format!("v1={VECTOR},v1={VECTOR_OLD}");
        assert_eq!(secrets.signature(1_700_000_000, b"{\"a\":1}", 999), both);
        assert_eq!(secrets.signature(1_700_000_000, b"{\"a\":1}", 1_000), format!("v1={VECTOR}"));
    }

    #[test]
    fn secrets_are_long_different_and_never_printed() {
        let source = Source::fixed(0, 1);
        let (a, b) = (new_secret(&source), new_secret(&source));
        assert!(a != b && a.len() == 58);
        let secrets = Secrets { current: a.clone(), previous: None };
        assert!(a.ends_with(secrets.ending()) && secrets.ending().len() == 4);
        assert!(!format!("{secrets:?}").contains(&a));
    }
}
