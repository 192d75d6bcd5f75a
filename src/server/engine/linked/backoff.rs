//! How long to wait before the next attempt to connect: twice as long each time, and a random part of
//! that, so that a thousand devices that lost the same network do not come back in one instant.

use crate::protocol::Millis;
use crate::server::source::Source;
use std::time::Duration;

/// The longest first wait.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait of all.
const LONGEST: Duration = Duration::from_secs(60);
/// A connection that stood this long was a good one: the next wait is a first one again.
const STABLE: Millis = 30_000;
/// How many attempts a request of WhatsApp to slow down counts for.
const SLOW_DOWN: u32 = 5;

#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The wait before the next attempt, after a connection that stood for so long (0: none did).
    pub fn next(&mut self, source: &Source, stood: Millis) -> Duration {
        if stood >= STABLE {
            self.attempts = 0;
        }
        let longest = longest(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(source.below(longest.saturating_add(1)))
    }

    /// WhatsApp asked for fewer connections.
    pub fn slow_down(&mut self) {
        self.attempts = self.attempts.saturating_add(SLOW_DOWN);
    }
}

fn longest(attempts: u32) -> Duration {
    2_u32.checked_pow(attempts).map_or(LONGEST, |factor| (FIRST * factor.min(60)).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_are_random_within() {
        let source = Source::fixed(0, 7);
        let mut backoff = Backoff::default();
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60, 60];
        for longest in seconds {
            assert!(backoff.next(&source, 0) <= Duration::from_secs(longest));
        }
        backoff.attempts = u32::MAX;
        let many = (0..200).map(|_| backoff.next(&source, 0)).collect::<Vec<_>>();
        assert!(many.iter().all(|wait| *wait <= LONGEST));
        assert!(many.iter().any(|wait| *wait > LONGEST / 2), "they use the whole range");
        assert!(many.iter().any(|wait| *wait < LONGEST / 4));
    }

    #[test]
    fn only_a_connection_that_stood_starts_anew() {
        let source = Source::fixed(0, 7);
        let mut backoff = Backoff { attempts: 6 };
        backoff.next(&source, STABLE - 1);
        assert_eq!(backoff.attempts, 7);
        assert!(backoff.next(&source, STABLE) <= FIRST);
        assert_eq!(backoff.attempts, 1);
        backoff.slow_down();
        assert_eq!(longest(backoff.attempts), LONGEST);
    }

    #[test]
    fn the_same_seed_waits_the_same() {
        let waits = |seed| {
            let (source, mut backoff) = (Source::fixed(0, seed), Backoff::default());
            (0..10).map(|_| backoff.next(&source, 0)).collect::<Vec<_>>()
        };
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3), waits(4));
    }
}
