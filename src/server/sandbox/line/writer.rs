//! The writing half of a connection: a stanza, encrypted, framed, on its way.

use crate::server::sandbox::pipe::PipeSender;
use crate::server::sandbox::wire::stanza::encode;
use bytes::Bytes;
use whatsapp_rust::wacore::framing::encode_frame;
use whatsapp_rust::wacore::noise::NoiseCipher;
use whatsapp_rust::wacore_binary::Node;

/// Writes stanzas. The cipher counts them, so there is one writer for a connection.
pub struct Writer {
    pub pipe: PipeSender,
    cipher: NoiseCipher,
    counter: u32,
}

impl Writer {
    pub fn new(pipe: PipeSender, cipher: NoiseCipher) -> Self {
        Self { pipe, cipher, counter: 0 }
    }

    /// Sends a stanza.
    pub fn send(&mut self, stanza: &Node) {
        match encode(stanza) {
            Ok(bytes) => self.send_encoded(&bytes),
            Err(error) => tracing::error!(%error, "a stanza cannot be encoded"),
        }
    }

    /// Sends a stanza that is encoded already.
    pub fn send_encoded(&mut self, stanza: &[u8]) {
        let frame = self
            .cipher
            .encrypt_with_counter(self.counter, stanza)
            .map_err(|error| error.to_string())
            .and_then(|sealed| encode_frame(&sealed, None).map_err(|error| error.to_string()));
        match frame {
            Ok(frame) => {
                self.counter = self.counter.wrapping_add(1);
                self.pipe.send(Bytes::from(frame));
            }
            Err(error) => tracing::error!(%error, "a stanza cannot be sent"),
        }
    }
}
