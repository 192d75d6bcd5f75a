//! The gate before the wire: no message leaves before the keys that it was encrypted with are on disk.
//!
//! Each answer of the other side begins a new chain of keys, and the client sends under it before it
//! writes it: it counts on the retry that follows a crash. But a message that the other side has to ask
//! for again arrives after those that came later, and so do the other side's own. Nothing of ours may be
//! lost or reordered by a crash, so the write comes first.
//!
//! Receipts and the like go past it: they are too short to hold a message. A busy device sends two for each message
//! that comes in, and keys that were written for each of them would hold up every message out.

use super::link::Link;
use crate::server::crash;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::{Arc, Weak};
use std::time::Duration;
use whatsapp_rust::anyhow;
use whatsapp_rust::async_channel::Receiver;
use whatsapp_rust::wacore::framing::FRAME_LENGTH_SIZE;
use whatsapp_rust::wacore::net::{Transport, TransportEvent, TransportFactory};

/// How long a write may hold the wire. While messages from before the connection are still read in, the
/// client may wait for the wire itself with what the write needs: then order gives way.
const WRITE: Duration = Duration::from_secs(1);

/// The shortest frame that may hold a message, in bytes. A Signal message has a version (1), the sender's chain key
/// with its type (35), two counters (4), at least one block of cipher text (18) and a code of authentication (8), with
/// the tags and lengths of its fields; a sealed frame adds its own code (16). What is around it is not even counted.
const SHORTEST: usize = 1 + 35 + 4 + 18 + 8 + 16;

/// Makes transports with the gate before them.
pub(super) struct Gate {
    pub inner: Arc<dyn TransportFactory>,
    pub link: Weak<Link>,
}

struct Gated {
    inner: Arc<dyn Transport>,
    link: Weak<Link>,
}

#[async_trait]
impl TransportFactory for Gate {
    async fn create_transport(&self) -> anyhow::Result<(Arc<dyn Transport>, Receiver<TransportEvent>)> {
        let (inner, events) = self.inner.create_transport().await?;
        Ok((Arc::new(Gated { inner, link: self.link.clone() }), events))
    }
}

#[async_trait]
impl Transport for Gated {
    async fn send(&self, data: Bytes) -> anyhow::Result<()> {
        let link = self.link.upgrade().filter(|link| link.is_sending() && may_hold_a_message(&data));
        if let Some(client) = link.and_then(|link| link.client()) {
            let written = Box::pin(client.flush_pending_signal_state());
            match tokio::time::timeout(WRITE, written).await {
                Ok(Ok(())) => {}
                // What is not on disk must not be seen by anybody.
                Ok(Err(error)) => return Err(anyhow::anyhow!("the keys could not be written: {error}")),
                Err(_) => tracing::warn!("a message left before its keys were written"),
            }
        }
        crash::point("before_socket");
        self.inner.send(data).await
    }

    async fn disconnect(&self) {
        self.inner.disconnect().await;
    }
}

/// Whether any of these frames is long enough to hold a message. Each begins with its length in three bytes, the
/// greatest first, as WhatsApp Web frames them; of bytes that are no frames any may.
fn may_hold_a_message(mut frames: &[u8]) -> bool {
    while let Some((length, rest)) = frames.split_first_chunk::<FRAME_LENGTH_SIZE>() {
        let length = length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
        match rest.get(length..) {
            Some(next) if length < SHORTEST => frames = next,
            _ => return true,
        }
    }
    !frames.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{FRAME_LENGTH_SIZE, SHORTEST, may_hold_a_message};
    use crate::server::source::Source;
    use whatsapp_rust::wacore::framing::encode_frame;
    use whatsapp_rust::wacore::libsignal::protocol::{IdentityKey, KeyPair, SignalMessage};
    use whatsapp_rust::wacore_binary::builder::NodeBuilder;
    use whatsapp_rust::wacore_binary::marshal::marshal;

    /// What an encrypted frame has beyond its text.
    const SEAL: usize = 16;

    fn framed(length: usize) -> Vec<u8> {
        encode_frame(&vec![7; length], None).unwrap()
    }

    #[test]
    fn the_shortest_message_is_held() {
        let mut random = Source::seeded(1).rng();
        let [ours, theirs, chain] = [(); 3].map(|()| KeyPair::generate(&mut random));
        let (ours, theirs) = (IdentityKey::new(ours.public_key), IdentityKey::new(theirs.public_key));
        let message =
            SignalMessage::new(3, &[1; 32], chain.public_key, 0, 0, &[0; 16], &ours, &theirs).unwrap();
        assert!(message.serialized().len() + SEAL >= SHORTEST, "{}", message.serialized().len());
        assert!(may_hold_a_message(&framed(message.serialized().len() + SEAL)));
    }

    #[test]
    fn answers_to_messages_are_not() {
        for (name, extra) in [("ack", ("class", "message")), ("receipt", ("type", "read"))] {
            let node = NodeBuilder::new(name)
                .attr("to", "120363041234567890@g.us")
                .attr("participant", "123456789012345@lid")
                .attr("id", "3EB05A9A3DEF533EDB01A3")
                .attr(extra.0, extra.1)
                .build();
            let frame = framed(marshal(&node).unwrap().len() + SEAL);
            assert!(!may_hold_a_message(&frame), "{name}: {}", frame.len());
            assert!(!may_hold_a_message(&frame.repeat(8)), "eight of them in one write");
        }
    }

    #[test]
    fn one_long_frame_among_short_ones_is_found() {
        let short = framed(SHORTEST - 1);
        assert!(!may_hold_a_message(&short));
        assert!(!may_hold_a_message(&[]));
        assert!(may_hold_a_message(&[short.clone(), framed(SHORTEST), short].concat()));
    }

    #[test]
    fn what_is_no_frame_may_hold_anything() {
        let short = framed(10);
        for cut in 1..short.len() {
            assert!(may_hold_a_message(&short[..cut]), "{cut} bytes");
        }
        assert!(may_hold_a_message(&[0xff; FRAME_LENGTH_SIZE]));
    }
}
