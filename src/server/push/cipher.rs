//! The encryption of a push: RFC 8291, which is RFC 8188 (`aes128gcm`) with a key that two sides agree on.

use super::keys::PrivateKey;
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The most that a push holds, so that every service takes it: 4,096 bytes with its head and tag.
pub const MAX_TEXT: usize = 3_900;
/// A public key: an uncompressed point of P-256.
pub const PUBLIC: usize = 65;
/// The secret that a browser gives along.
pub const SECRET: usize = 16;
/// One record holds everything.
const RECORD: u32 = 4_096;
/// Ends the last record.
const LAST: u8 = 2;

/// Whom a push is encrypted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub public_key: [u8; PUBLIC],
    pub secret: [u8; SECRET],
}

/// The text as the recipient can read it, with a key and a salt that are used this once. `None` if it is too long
/// or the recipient's key is no key.
pub fn seal(text: &[u8], to: &Recipient, once: &PrivateKey, salt: [u8; 16]) -> Option<Vec<u8>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let shared = once.agree(&to.public_key)?;
    let ours = once.public_key();
    let info = [b"WebPush: info\0".as_slice(), &to.public_key, &ours].concat();
    let input = expand(&extract(&to.secret, &shared), &info);
    let key = extract(&salt, &input);
    let content_key = expand(&key, b"Content-Encoding: aes128gcm\0");
    let nonce = expand(&key, b"Content-Encoding: nonce\0");

    let mut sealed = [text, &[LAST]].concat();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, content_key.get(..16)?).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..12)?).ok()?;
    cipher.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).ok()?;

    let length = u8::try_from(PUBLIC).ok()?;
    Some([salt.as_slice(), &RECORD.to_be_bytes(), &[length], &ours, &sealed].concat())
}

/// HKDF's first step.
fn extract(salt: &[u8], input: &[u8]) -> [u8; 32] {
    mac(salt, &[input])
}

/// HKDF's second step, for at most one block.
fn expand(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    mac(key, &[info, &[1]])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    /// Section 5 of RFC 8291.
    #[test]
    fn it_is_the_example_of_the_standard() {
        let to = Recipient {
            public_key: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            secret: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let once = PrivateKey::read(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let sealed =
            seal(b"When I grow up, I want to be a watermelon", &to, &once, bytes("DGv6ra1nlYgDCS1FRnbzlw"));
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed.unwrap()),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tl\
             zAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn what_is_no_key_or_too_long_is_not_sealed() {
        let once = PrivateKey::read(&[7; 32]).unwrap();
        let to = Recipient { public_key: [4; PUBLIC], secret: [0; SECRET] };
        assert_eq!(seal(b"text", &to, &once, [0; 16]), None);
        let to = Recipient { public_key: once.public_key(), secret: [0; SECRET] };
        assert!(seal(&[b'x'; MAX_TEXT], &to, &once, [0; 16]).is_some_and(|sealed| sealed.len() <= 4_096));
        assert_eq!(seal(&[b'x'; MAX_TEXT + 1], &to, &once, [0; 16]), None);
    }
}
