//! Where ids come from.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes of randomness in every id: 144 bits, 24 characters.
const ID_BYTES: usize = 18;

/// A source of bytes that nobody can guess. Session ids and recovery ids are capabilities: whoever knows one may
/// act as its client.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The cryptographically secure generator of the thread, seeded by the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        use rand::Rng as _;
        rand::rng().fill_bytes(buffer);
    }
}

/// A fresh id, safe in a URL.
pub(super) fn mint(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; ID_BYTES];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_long_and_differ() {
        let (one, two) = (mint(&SystemEntropy), mint(&SystemEntropy));
        assert_eq!(one.len(), 24);
        assert_ne!(one, two);
    }
}
