//! Frames: three bytes of length, then as many bytes. The first ones are preceded by a header.

use super::WireError;
use crate::server::sandbox::limits::MAX_FRAME;
use bytes::{Buf, BytesMut};
use whatsapp_rust::wacore_binary::consts::WA_CONN_HEADER;

const LENGTH: usize = 3;

/// Cuts a stream of bytes into frames. Never holds more than one frame's limit and what arrived last.
pub struct Frames {
    buffer: BytesMut,
    greeted: bool,
}

impl Frames {
    /// For the beginning of a connection: expects the header first.
    #[must_use]
    pub fn new() -> Self {
        Self { buffer: BytesMut::new(), greeted: false }
    }

    /// Adds what arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, or `None` until more arrives.
    ///
    /// # Errors
    /// [`WireError::Header`] if the connection begins with anything else, [`WireError::FrameTooLarge`]
    /// as soon as a length above [`MAX_FRAME`] is announced.
    pub fn next(&mut self) -> Result<Option<BytesMut>, WireError> {
        if !self.greeted {
            let seen = self.buffer.len().min(WA_CONN_HEADER.len());
            if self.buffer[..seen] != WA_CONN_HEADER[..seen] {
                return Err(WireError::Header);
            }
            if seen < WA_CONN_HEADER.len() {
                return Ok(None);
            }
            self.buffer.advance(seen);
            self.greeted = true;
        }
        let [a, b, c, ..] = self.buffer[..] else { return Ok(None) };
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        if length > MAX_FRAME {
            return Err(WireError::FrameTooLarge(length));
        }
        if self.buffer.len() < LENGTH + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH);
        Ok(Some(self.buffer.split_to(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = WA_CONN_HEADER.to_vec();
        for frame in frames {
            bytes.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_be_bytes()[1..]);
            bytes.extend_from_slice(frame);
        }
        bytes
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..6),
            cuts in proptest::collection::vec(1_usize..40, 1..50),
        ) {
            let bytes = stream(&frames);
            let (mut decoder, mut out, mut rest) = (Frames::new(), Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                decoder.feed(now);
                rest = later;
                while let Some(frame) = decoder.next().unwrap() {
                    out.push(frame.to_vec());
                }
            }
            prop_assert_eq!(out, frames);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Frames::new();
            decoder.feed(&bytes);
            while let Ok(Some(_)) = decoder.next() {}
        }
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_before_it_arrives() {
        let mut decoder = Frames::new();
        decoder.feed(&WA_CONN_HEADER);
        decoder.feed(&u32::try_from(MAX_FRAME).unwrap().to_be_bytes()[1..]);
        assert!(matches!(decoder.next(), Ok(None)));
        let mut decoder = Frames::new();
        decoder.feed(&WA_CONN_HEADER);
        decoder.feed(&u32::try_from(MAX_FRAME + 1).unwrap().to_be_bytes()[1..]);
        assert!(matches!(decoder.next(), Err(WireError::FrameTooLarge(_))));
    }

    #[test]
    fn another_protocol_is_refused_at_its_first_bytes() {
        let mut decoder = Frames::new();
        decoder.feed(b"GET");
        assert!(matches!(decoder.next(), Err(WireError::Header)));
    }
}
