//! When a delivery that failed is tried again.

use crate::protocol::Millis;
use crate::server::source::Source;
use std::time::Duration;

/// No pause grows longer than this, and no receiver may ask for a longer one.
const LONGEST: Millis = 12 * 3_600 * 1_000;
/// The most that a receiver's `Retry-After` counts for.
const LONGEST_ASKED: Millis = 3_600 * 1_000;

/// How often a delivery is tried, and with what pauses: each twice as long as the one before, give or take a
/// fifth, so that deliveries which failed together do not come back together.
///
/// By default 16 times: 5 s after the first, in all over about 35 hours, and over more than 24 however the jitter falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Before the second attempt.
    pub first: Duration,
    /// At least 1.
    pub attempts: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { first: Duration::from_secs(5), attempts: 16 }
    }
}

impl Schedule {
    /// The pause after so many failures (at least 1), before jitter.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Millis {
        let first = i64::try_from(self.first.as_millis()).unwrap_or(LONGEST);
        let factor = 1_i64.checked_shl(failures.saturating_sub(1).min(40)).unwrap_or(i64::MAX);
        first.saturating_mul(factor).clamp(1, LONGEST)
    }

    /// The pause with jitter, and never shorter than what the receiver asked for.
    #[must_use]
    pub fn pause_with(&self, failures: u32, asked: Option<Millis>, source: &Source) -> Millis {
        let pause = self.pause(failures);
        let fifth = pause / 5;
        let jitter = i64::try_from(source.below(2 * fifth.unsigned_abs() + 1)).unwrap_or(0) - fifth;
        (pause + jitter).max(asked.unwrap_or(0).min(LONGEST_ASKED))
    }

    /// Whether no attempt is left after so many.
    #[must_use]
    pub fn is_over(&self, attempts: u32) -> bool {
        attempts >= self.attempts
    }
}

/// How long a receiver asks to be left alone: `Retry-After` in seconds, or as the date of RFC 9110 section
/// 5.6.7 in its one current form (`Sun, 06 Nov 1994 08:49:37 GMT`).
#[must_use]
pub fn retry_after(header: &str, now: Millis) -> Option<Millis> {
    let header = header.trim();
    if !header.is_empty() && header.len() <= 9 && header.bytes().all(|b| b.is_ascii_digit()) {
        return header.parse::<Millis>().ok().map(|seconds| seconds * 1_000);
    }
    date(header).map(|at| (at - now).max(0))
}

fn date(text: &str) -> Option<Millis> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let number = |text: &str| -> Option<i64> {
        (text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let day = number(parts.next()?).filter(|day| (1..=31).contains(day))?;
    let month = parts.next()?;
    let month = i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
    let year = number(parts.next()?).filter(|year| *year >= 1_970)?;
    let clock = parts.next()?;
    if parts.next() != Some("GMT") || parts.next().is_some() {
        return None;
    }
    let mut clock = clock.split(':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if clock.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since the epoch in the proleptic Gregorian calendar, with years that begin in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_attempts_take_more_than_a_day() {
        let schedule = Schedule::default();
        let pauses: Vec<i64> = (1..16).map(|failures| schedule.pause(failures) / 1_000).collect();
        assert_eq!(
            pauses,
            [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 43_200]
        );
        let hours = |shortest: f64| pauses.iter().sum::<i64>() as f64 * shortest / 3_600.0;
        assert!(hours(0.8) > 24.0 && hours(1.0) < 36.0, "{} to {}", hours(0.8), hours(1.0));
        assert!(!schedule.is_over(15) && schedule.is_over(16));
        assert_eq!(schedule.pause(1_000), LONGEST);
    }

    #[test]
    fn jitter_is_a_fifth_at_most_and_varies() {
        let (schedule, source) = (Schedule::default(), Source::fixed(0, 3));
        let pauses: Vec<i64> = (0..500).map(|_| schedule.pause_with(3, None, &source)).collect();
        assert!(pauses.iter().all(|pause| (16_000..=24_000).contains(pause)));
        assert!(pauses.iter().any(|p| *p < 17_000) && pauses.iter().any(|p| *p > 23_000));
    }

    #[test]
    fn the_receiver_may_ask_for_more_within_limits() {
        let (schedule, source) = (Schedule::default(), Source::fixed(0, 3));
        assert_eq!(schedule.pause_with(1, Some(60_000), &source), 60_000);
        assert!(schedule.pause_with(5, Some(1_000), &source) >= 64_000, "never sooner than planned");
        assert_eq!(schedule.pause_with(1, Some(Millis::MAX), &source), LONGEST_ASKED);
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(retry_after("120", 0), Some(120_000));
        assert_eq!(retry_after(" 0 ", 0), Some(0));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770_000), Some(7_000));
        assert_eq!(retry_after("Thu, 29 Feb 2024 00:00:00 GMT", 0), Some(1_709_164_800_000));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT", 5), Some(0));
        for wrong in
            ["", "-1", "1.5", "soon", "99999999999", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 25:00:00 GMT"]
        {
            assert_eq!(retry_after(wrong, 0), None, "{wrong}");
        }
    }
}
