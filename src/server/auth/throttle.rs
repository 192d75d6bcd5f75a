//! Wrong passwords cost time: the more of them, the longer.

use crate::protocol::Millis;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Attempts that cost nothing: everybody mistypes.
const FREE: u32 = 5;
/// The wait after the first attempt beyond them; it doubles with each.
const FIRST: Millis = 2_000;
const LONGEST: Millis = 15 * 60 * 1_000;
/// After so long without an attempt, all is forgotten.
const FORGET: Millis = 30 * 60 * 1_000;
/// How many names are remembered; beyond it, the oldest are forgotten first.
const NAMES: usize = 10_000;

/// Counts failures by name: an address of a person, or of a computer.
#[derive(Default)]
pub struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Millis,
}

impl Failures {
    fn blocked_until(self) -> Millis {
        let beyond = self.count.saturating_sub(FREE);
        if beyond == 0 { 0 } else { self.last + (FIRST << (beyond - 1).min(20)).min(LONGEST) }
    }
}

impl Throttle {
    /// How long all of these names still have to wait, in milliseconds; 0 if they may try now.
    pub fn wait(&self, names: &[&str], now: Millis) -> Millis {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let until =
            names.iter().filter_map(|name| failures.get(*name)).map(|known| known.blocked_until()).max();
        until.map_or(0, |until| (until - now).max(0))
    }

    /// Counts a failure of each name.
    pub fn failed(&self, names: &[&str], now: Millis) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() + names.len() > NAMES {
            failures.retain(|_, known| now - known.last < FORGET);
        }
        while failures.len() + names.len() > NAMES {
            let Some(oldest) =
                failures.iter().min_by_key(|(_, known)| known.last).map(|(name, _)| name.clone())
            else {
                break;
            };
            failures.remove(&oldest);
        }
        for name in names {
            let known = failures.entry((*name).to_owned()).or_insert(Failures { count: 0, last: now });
            let count = if now - known.last > FORGET { 0 } else { known.count };
            *known = Failures { count: count.saturating_add(1), last: now };
        }
    }

    /// Forgets a name: its owner has proved who they are.
    pub fn succeeded(&self, name: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_beyond_the_free_ones_doubles_the_wait() {
        let throttle = Throttle::default();
        let mut now = 1_000_000;
        for _ in 0..FREE {
            assert_eq!(throttle.wait(&["ana", "ip"], now), 0);
            throttle.failed(&["ana"], now);
        }
        assert_eq!(throttle.wait(&["ana"], now), 0);
        throttle.failed(&["ana"], now);
        assert_eq!(throttle.wait(&["ana", "ip"], now), FIRST);
        assert_eq!(throttle.wait(&["ip"], now), 0);
        now += FIRST;
        throttle.failed(&["ana"], now);
        assert_eq!(throttle.wait(&["ana"], now), 2 * FIRST);
        for _ in 0..100 {
            throttle.failed(&["ana"], now);
        }
        assert_eq!(throttle.wait(&["ana"], now), LONGEST);
        throttle.succeeded("ana");
        assert_eq!(throttle.wait(&["ana"], now), 0);
    }

    #[test]
    fn remembers_a_bounded_number_of_names() {
        let throttle = Throttle::default();
        for n in 0..NAMES + 50 {
            throttle.failed(&[&n.to_string()], 1_000 + i64::try_from(n).unwrap());
        }
        assert!(throttle.failures.lock().unwrap().len() <= NAMES);
    }
}
