//! The server's half of the Noise handshake: XX for a stranger, IK for whoever knows our key.
//!
//! Patterns and payloads as in WhatsApp Web: `Noise_XX_25519_AESGCM_SHA256` and its IK sibling over a
//! prologue of the connection header; the client's payload travels in its last handshake message.

use super::WireError;
use super::identity::{Identity, public};
use crate::server::source::Source;
use whatsapp_rust::wacore::libsignal::protocol::KeyPair;
use whatsapp_rust::wacore::noise::{NoiseCipher, NoiseHandshake};
use whatsapp_rust::wacore_binary::consts::{NOISE_PATTERN_IK, NOISE_PATTERN_XX, WA_CONN_HEADER};
use whatsapp_rust::waproto::buffa::{Message as _, MessageField};
use whatsapp_rust::waproto::whatsapp as wa;

/// What a finished handshake leaves.
pub struct Established {
    pub write: NoiseCipher,
    pub read: NoiseCipher,
    /// The client's static key: who it is.
    pub client: [u8; 32],
    pub payload: wa::ClientPayload,
}

/// After the client's first message.
pub enum Answer {
    /// IK: send the reply, and the transport is open.
    Done(Box<Established>, Vec<u8>),
    /// XX: send the reply, then give the client's second message to [`Pending::finish`].
    Half(Box<Pending>, Vec<u8>),
}

/// An XX handshake that waits for the client's second message.
pub struct Pending {
    noise: NoiseHandshake,
    ephemeral: KeyPair,
}

fn failed(error: impl std::fmt::Display) -> WireError {
    WireError::Handshake(error.to_string())
}

fn key(bytes: Vec<u8>) -> Result<[u8; 32], WireError> {
    bytes.try_into().map_err(|_| failed("a key has not 32 bytes"))
}

/// Answers a client's first message.
///
/// # Errors
/// [`WireError::Handshake`] if it cannot be read or does not decrypt with our key.
pub fn answer(identity: &Identity, source: &Source, frame: &[u8]) -> Result<Answer, WireError> {
    let hello = wa::HandshakeMessage::decode_from_slice(frame)
        .map_err(failed)?
        .client_hello
        .into_option()
        .ok_or_else(|| failed("it is no client hello"))?;
    let client_ephemeral = key(hello.ephemeral.ok_or_else(|| failed("it has no ephemeral key"))?)?;
    let ephemeral = KeyPair::generate(&mut source.rng());
    let static_private = identity.static_key.private_key.serialize();

    if let (Some(sealed_static), Some(sealed_payload)) = (hello.r#static, hello.payload) {
        // -> e, es, s, ss
        let mut noise = NoiseHandshake::new(NOISE_PATTERN_IK, &WA_CONN_HEADER).map_err(failed)?;
        noise.authenticate(&public(&identity.static_key));
        noise.authenticate(&client_ephemeral);
        noise.mix_shared_secret(static_private, &client_ephemeral).map_err(failed)?;
        let client = key(noise.decrypt(&sealed_static).map_err(failed)?)?;
        noise.mix_shared_secret(static_private, &client).map_err(failed)?;
        let payload = payload(&noise.decrypt(&sealed_payload).map_err(failed)?)?;
        // <- e, ee, se
        noise.authenticate(&public(&ephemeral));
        let private = ephemeral.private_key.serialize();
        noise.mix_shared_secret(private, &client_ephemeral).map_err(failed)?;
        noise.mix_shared_secret(private, &client).map_err(failed)?;
        let certificate = noise.encrypt(&identity.certificate).map_err(failed)?;
        let reply = server_hello(&ephemeral, None, certificate);
        // What the client writes with is what we read with.
        let (read, write) = noise.finish().map_err(failed)?;
        return Ok(Answer::Done(Box::new(Established { write, read, client, payload }), reply));
    }

    // -> e    <- e, ee, s, es
    let mut noise = NoiseHandshake::new(NOISE_PATTERN_XX, &WA_CONN_HEADER).map_err(failed)?;
    noise.authenticate(&client_ephemeral);
    noise.authenticate(&public(&ephemeral));
    noise.mix_shared_secret(ephemeral.private_key.serialize(), &client_ephemeral).map_err(failed)?;
    let sealed_static = noise.encrypt(&public(&identity.static_key)).map_err(failed)?;
    noise.mix_shared_secret(static_private, &client_ephemeral).map_err(failed)?;
    let certificate = noise.encrypt(&identity.certificate).map_err(failed)?;
    let reply = server_hello(&ephemeral, Some(sealed_static), certificate);
    Ok(Answer::Half(Box::new(Pending { noise, ephemeral }), reply))
}

impl Pending {
    /// Reads the client's second message: -> s, se.
    ///
    /// # Errors
    /// [`WireError::Handshake`] if it cannot be read or does not decrypt.
    pub fn finish(mut self, frame: &[u8]) -> Result<Established, WireError> {
        let finish = wa::HandshakeMessage::decode_from_slice(frame)
            .map_err(failed)?
            .client_finish
            .into_option()
            .ok_or_else(|| failed("it is no client finish"))?;
        let (Some(sealed_static), Some(sealed_payload)) = (finish.r#static, finish.payload) else {
            return Err(failed("the client finish is incomplete"));
        };
        let client = key(self.noise.decrypt(&sealed_static).map_err(failed)?)?;
        self.noise.mix_shared_secret(self.ephemeral.private_key.serialize(), &client).map_err(failed)?;
        let payload = payload(&self.noise.decrypt(&sealed_payload).map_err(failed)?)?;
        let (read, write) = self.noise.finish().map_err(failed)?;
        Ok(Established { write, read, client, payload })
    }
}

fn payload(bytes: &[u8]) -> Result<wa::ClientPayload, WireError> {
    wa::ClientPayload::decode_from_slice(bytes).map_err(failed)
}

fn server_hello(ephemeral: &KeyPair, sealed_static: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    wa::HandshakeMessage {
        server_hello: MessageField::some(wa::handshake_message::ServerHello {
            ephemeral: Some(public(ephemeral).to_vec()),
            r#static: sealed_static,
            payload: Some(payload),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello(ephemeral: Vec<u8>, sealed: Option<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
        let (r#static, payload) = sealed.unzip();
        wa::HandshakeMessage {
            client_hello: MessageField::some(wa::handshake_message::ClientHello {
                ephemeral: Some(ephemeral),
                r#static,
                payload,
                ..Default::default()
            }),
            ..Default::default()
        }
        .encode_to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_first_messages_are_refused_or_answered_and_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            ephemeral in proptest::collection::vec(any::<u8>(), 0..40),
            sealed in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let source = Source::fixed(0, 7);
            let identity = Identity::generate(&source).unwrap();
            drop(answer(&identity, &source, &bytes));
            let ik = answer(&identity, &source, &hello(ephemeral.clone(), Some((sealed.clone(), sealed.clone()))));
            prop_assert!(ik.is_err(), "nothing that was not sealed for us opens");
            if let Ok(Answer::Half(pending, _)) = answer(&identity, &source, &hello(ephemeral, None)) {
                prop_assert!(pending.finish(&sealed).is_err());
            }
        }
    }

    #[test]
    fn an_all_zero_ephemeral_key_does_not_panic() {
        let source = Source::fixed(0, 7);
        let identity = Identity::generate(&source).unwrap();
        drop(answer(&identity, &source, &hello(vec![0; 32], None)));
        drop(answer(&identity, &source, &hello(vec![0; 32], Some((vec![0; 48], vec![0; 48])))));
    }
}
