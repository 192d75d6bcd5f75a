//! The one source of time, randomness and ids, so that tests are deterministic.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::protocol::Millis;

/// Crockford's base 32 in lower case: sorts like the number that it spells, has no look-alikes.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Cheap to clone; clones share the clock and the generator.
#[derive(Clone)]
pub struct Source {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    /// Ids sort by the time they were minted, also within a millisecond: no id is ever minted with a
    /// time before that of the one before it.
    last_id_at: Mutex<(Millis, u32)>,
    rng: Mutex<StdRng>,
}

enum Clock {
    System,
    /// Stands still until a test moves it.
    Manual(AtomicI64),
}

impl Source {
    /// The system's clock and entropy.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Clock::System, rand::make_rng())
    }

    /// A clock that stands at `now` until [`Source::advance`] moves it, and a generator that gives the
    /// same values for the same seed. For tests and repeatable scenarios.
    #[must_use]
    pub fn fixed(now: Millis, seed: u64) -> Self {
        Self::new(Clock::Manual(AtomicI64::new(now)), StdRng::seed_from_u64(seed))
    }

    /// The system's clock, and a generator that gives the same values for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::new(Clock::System, StdRng::seed_from_u64(seed))
    }

    fn new(clock: Clock, rng: StdRng) -> Self {
        Self { inner: Arc::new(Inner { clock, last_id_at: Mutex::new((0, 0)), rng: Mutex::new(rng) }) }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> Millis {
        match &self.inner.clock {
            Clock::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            }
            Clock::Manual(at) => at.load(Ordering::Relaxed),
        }
    }

    /// Moves a manual clock on; the system's clock cannot be moved and stays.
    pub fn advance(&self, millis: Millis) {
        if let Clock::Manual(at) = &self.inner.clock {
            at.fetch_add(millis, Ordering::Relaxed);
        }
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// A random number below `bound`; 0 if the bound is 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { u64::from_le_bytes(self.bytes()) % bound }
    }

    /// A generator of its own, for code that wants one: it goes on independently.
    #[must_use]
    pub fn rng(&self) -> StdRng {
        StdRng::from_seed(self.bytes())
    }

    /// `length` random characters of base 32: five bits of entropy each.
    #[must_use]
    pub fn token(&self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHABET[usize::from(self.bytes::<1>()[0] & 31)])).collect()
    }

    /// A new id, `<prefix>_` and 26 characters: 50 bits of time, 20 of a counter within the millisecond,
    /// 60 of randomness. Ids of one source sort in the order in which they were minted.
    #[must_use]
    pub fn id(&self, prefix: &str) -> String {
        let (at, count) = {
            let mut last = self.inner.last_id_at.lock().unwrap_or_else(PoisonError::into_inner);
            let now = self.now().max(last.0);
            *last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
            *last
        };
        let mut text = String::with_capacity(prefix.len() + 27);
        text.push_str(prefix);
        text.push('_');
        spell(&mut text, at.unsigned_abs(), 10);
        spell(&mut text, u64::from(count), 4);
        text.push_str(&self.token(12));
        text
    }
}

/// Appends the `digits` lowest base-32 digits of `value`.
fn spell(text: &mut String, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        text.push(char::from(ALPHABET[(value >> (5 * place)) as usize & 31]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_of_minting() {
        let source = Source::fixed(1_700_000_000_000, 1);
        let mut ids = Vec::new();
        for step in 0..2_000 {
            if step % 700 == 0 {
                source.advance(1);
            }
            ids.push(source.id("msg"));
        }
        assert!(ids.is_sorted());
        ids.dedup();
        assert_eq!(ids.len(), 2_000);
        assert!(ids[0].parse::<crate::protocol::MessageId>().is_ok());
    }

    #[test]
    fn the_same_seed_gives_the_same_values() {
        let (a, b) = (Source::fixed(5, 9), Source::fixed(5, 9));
        assert_eq!((a.id("x"), a.bytes::<8>()), (b.id("x"), b.bytes::<8>()));
    }
}
