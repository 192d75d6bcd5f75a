//! How much one caller may ask for, and how often one address may guess.

use super::AuthError;
use crate::server::config::LimitSettings;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Addresses share so many buckets: memory stays bounded whoever comes. Which share one is random, and two that
/// do only make each other's wrong guesses scarcer.
const BUCKETS: u64 = 65_536;
/// After so many requests, callers that have been silent are forgotten.
const FORGET_EVERY: u32 = 4_096;
/// How soon whoever waits for their turn looks again, and up to five times as late.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// Buckets of requests by caller and of wrong guesses by address. By the process's monotonic clock.
pub(super) struct Limits {
    requests: Option<DefaultKeyedRateLimiter<String>>,
    failures: Option<DefaultKeyedRateLimiter<u64>>,
    clock: DefaultClock,
    hasher: RandomState,
    counted: AtomicU32,
}

impl Limits {
    pub fn new(settings: LimitSettings) -> Self {
        let requests = NonZeroU32::new(settings.requests_per_second)
            .map(|rate| RateLimiter::keyed(Quota::per_second(rate).allow_burst(rate.saturating_mul(TWO))));
        let failures = NonZeroU32::new(settings.failures_per_minute)
            .map(|rate| RateLimiter::keyed(Quota::per_minute(rate)));
        Self {
            requests,
            failures,
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
            counted: AtomicU32::new(0),
        }
    }

    /// Counts a request of somebody who was let in.
    pub fn request(&self, caller: &str) -> Result<(), AuthError> {
        let Some(requests) = &self.requests else { return Ok(()) };
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            requests.retain_recent();
        }
        requests
            .check_key(&caller.to_owned())
            .map_err(|until| AuthError::TooFast(seconds(until.wait_time_from(self.clock.now()))))
    }

    /// As [`Limits::request`], but waits for its turn, if that comes within `patience`.
    pub async fn paced(&self, caller: &str, patience: Duration) -> Result<(), AuthError> {
        let until = Instant::now() + patience;
        loop {
            let Err(refused) = self.request(caller) else { return Ok(()) };
            // Those who wait do not all come at the same moment, of which only one would get in.
            let pause = LOOK_AGAIN + LOOK_AGAIN.mul_f64(f64::from(self.any()) / 64.0);
            if Instant::now() + pause > until {
                return Err(refused);
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn any(&self) -> u8 {
        self.hasher.hash_one(self.counted.load(Ordering::Relaxed)).to_le_bytes()[0]
    }

    /// Counts a wrong key or token from an address: of IPv6, from its network of 64 bits, which is one customer's.
    pub fn failure(&self, address: IpAddr) -> Result<(), AuthError> {
        let Some(failures) = &self.failures else { return Ok(()) };
        let bucket = match address.to_canonical() {
            IpAddr::V4(v4) => self.hasher.hash_one(v4.octets()),
            IpAddr::V6(v6) => self.hasher.hash_one(&v6.octets()[..8]),
        } % BUCKETS;
        failures
            .check_key(&bucket)
            .map_err(|until| AuthError::Throttled(seconds(until.wait_time_from(self.clock.now()))))
    }
}

const TWO: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// Whole seconds, rounded up and at least one: `Retry-After` knows no parts.
fn seconds(wait: std::time::Duration) -> i64 {
    i64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(requests_per_second: u32, failures_per_minute: u32) -> Limits {
        Limits::new(LimitSettings { requests_per_second, failures_per_minute })
    }

    #[test]
    fn a_caller_has_a_burst_of_two_seconds_and_disturbs_nobody_else() {
        let limits = limits(20, 0);
        for n in 0..40 {
            assert!(limits.request("key:a").is_ok(), "{n}");
        }
        assert!(matches!(limits.request("key:a"), Err(AuthError::TooFast(1))));
        assert!(limits.request("key:b").is_ok());
        std::thread::sleep(Duration::from_millis(120));
        assert!(limits.request("key:a").is_ok(), "it fills again");
    }

    #[tokio::test]
    async fn whoever_waits_gets_a_turn_or_is_told_when() {
        let limits = limits(20, 0);
        for n in 0..60 {
            assert!(limits.paced("key:a", Duration::from_secs(5)).await.is_ok(), "{n}");
        }
        while limits.request("key:a").is_ok() {}
        assert!(matches!(limits.paced("key:a", Duration::ZERO).await, Err(AuthError::TooFast(1))));
    }

    #[test]
    fn an_address_may_guess_so_often() {
        let limits = limits(0, 3);
        let at = |text: &str| limits.failure(text.parse().unwrap());
        for _ in 0..3 {
            assert!(at("192.0.2.1").is_ok());
        }
        assert!(matches!(at("192.0.2.1"), Err(AuthError::Throttled(seconds)) if (1..=20).contains(&seconds)));
        assert!(at("::ffff:192.0.2.1").is_err(), "the same address in IPv6's spelling");
        assert!(at("192.0.2.2").is_ok());
        for n in 0..3 {
            assert!(at(&format!("2001:db8:1:2::{n}")).is_ok());
        }
        assert!(at("2001:db8:1:2:ffff::9").is_err(), "one network is one customer");
        assert!(at("2001:db8:1:3::1").is_ok());
    }

    #[test]
    fn zero_switches_off() {
        let limits = limits(0, 0);
        for _ in 0..10_000 {
            assert!(limits.request("key:a").is_ok() && limits.failure([192, 0, 2, 1].into()).is_ok());
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limits = limits(100_000, 1);
        for n in 0..u32::try_from(BUCKETS).unwrap() * 2 {
            drop(limits.failure(IpAddr::from(n.to_be_bytes())));
        }
        assert!(limits.failures.as_ref().unwrap().len() <= usize::try_from(BUCKETS).unwrap());
        for n in 0..FORGET_EVERY - 1 {
            assert!(limits.request(&n.to_string()).is_ok());
        }
        std::thread::sleep(Duration::from_millis(20));
        assert!(limits.request("one more").is_ok());
        assert!(limits.requests.as_ref().unwrap().len() < 100, "silent callers are forgotten");
    }
}
