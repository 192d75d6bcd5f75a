//! The ids of Socket.IO sessions come from the one source of randomness.

use crate::server::gateway::socketio::Entropy;
use crate::server::source::Source;

impl Entropy for Source {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let bytes = self.bytes::<32>();
            for (to, from) in chunk.iter_mut().zip(bytes) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_filled_and_the_same_seed_fills_the_same() {
        let fill = |length: usize| {
            let mut buffer = vec![0; length];
            Source::fixed(0, 7).fill(&mut buffer);
            buffer
        };
        let long = fill(100);
        assert_eq!(long, fill(100));
        // A run of eight zeros would be chance once in 2^64.
        assert!(long.windows(8).all(|run| run.iter().any(|byte| *byte != 0)));
        assert_eq!(fill(0), Vec::<u8>::new());
    }
}
