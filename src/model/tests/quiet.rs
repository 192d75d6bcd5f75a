//! Quiet hours: over midnight, on some days, at their edges.

use super::NOON;
use crate::model::quiet::{DAYS, QuietHours, minutes_of};
use crate::protocol::decode;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn hours(from: &str, until: &str, days: &[&str]) -> QuietHours {
    let days = days.iter().map(|day| (*day).to_owned()).collect();
    QuietHours { from: from.into(), until: until.into(), days }
}

#[test]
fn within_a_day_it_is_quiet_from_the_first_minute_to_before_the_last() {
    let siesta = hours("12:00", "13:30", &DAYS);
    let end = Some(NOON + 90 * MINUTE);
    assert_eq!(siesta.quiet_until(NOON - 1, 0), None);
    assert_eq!(siesta.quiet_until(NOON, 0), end);
    assert_eq!(siesta.quiet_until(NOON + 90 * MINUTE - 1, 0), end);
    assert_eq!(siesta.quiet_until(NOON + 90 * MINUTE, 0), None);
    assert_eq!(siesta.quiet_until(NOON + 24 * HOUR, 0), Some(NOON + 24 * HOUR + 90 * MINUTE));
}

#[test]
fn a_night_goes_over_midnight() {
    let night = QuietHours::default();
    assert_eq!(night, hours("22:00", "07:00", &DAYS));
    let morning = Some(NOON + 19 * HOUR);
    assert_eq!(night.quiet_until(NOON + 10 * HOUR - 1, 0), None);
    for at in [10 * HOUR, 12 * HOUR - 1, 12 * HOUR, 19 * HOUR - 1] {
        assert_eq!(night.quiet_until(NOON + at, 0), morning, "{at}");
    }
    assert_eq!(night.quiet_until(NOON + 19 * HOUR, 0), None);
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    // Noon is a Saturday's.
    let saturday = hours("22:00", "07:00", &["saturday"]);
    assert_eq!(saturday.quiet_until(NOON - 12 * HOUR, 0), None, "Friday's night");
    assert!(saturday.quiet_until(NOON + 11 * HOUR, 0).is_some());
    assert!(saturday.quiet_until(NOON + 18 * HOUR, 0).is_some(), "on Sunday morning");
    assert_eq!(saturday.quiet_until(NOON + 35 * HOUR, 0), None, "Sunday's night");
    let others: Vec<&str> = DAYS.into_iter().filter(|day| *day != "saturday").collect();
    let others = hours("22:00", "07:00", &others);
    assert!(others.quiet_until(NOON - 12 * HOUR, 0).is_some());
    assert_eq!(others.quiet_until(NOON + 11 * HOUR, 0), None);
    assert_eq!(others.quiet_until(NOON + 18 * HOUR, 0), None);
    assert!(others.quiet_until(NOON + 35 * HOUR, 0).is_some());
    assert_eq!(hours("00:00", "23:59", &[]).quiet_until(NOON, 0), None);
}

#[test]
fn the_clock_is_the_readers() {
    let morning = hours("06:00", "08:00", &["saturday"]);
    // Half past six in New York is half past eleven in UTC.
    assert_eq!(morning.quiet_until(NOON - 30 * MINUTE, -300), Some(NOON + HOUR));
    assert_eq!(morning.quiet_until(NOON - 30 * MINUTE, 0), None);
    // East of the date line it is the next day already.
    let sunday = hours("01:00", "03:00", &["sunday"]);
    assert_eq!(sunday.quiet_until(NOON, 14 * 60), Some(NOON + HOUR));
    assert_eq!(hours("01:00", "03:00", &["saturday"]).quiet_until(NOON, 14 * 60), None);
}

#[test]
fn the_same_time_twice_is_never_quiet() {
    for at in [-1, 0, MINUTE - 1, MINUTE, 12 * HOUR] {
        assert_eq!(hours("12:00", "12:00", &DAYS).quiet_until(NOON + at, 0), None, "{at}");
    }
}

#[test]
fn what_is_no_time_is_never_quiet() {
    for (text, minutes) in [("00:00", 0), ("07:30", 450), ("23:59", 1439)] {
        assert_eq!(minutes_of(text), Some(minutes));
    }
    for text in ["", "7:30", "24:00", "12:60", "12.30", "1a:00", "+1:00", "12:30:00", "١٢:٠٠"] {
        assert_eq!(minutes_of(text), None, "{text}");
        assert_eq!(hours(text, "23:00", &DAYS).quiet_until(NOON, 0), None, "{text}");
        assert_eq!(hours("01:00", text, &DAYS).quiet_until(NOON, 0), None, "{text}");
    }
}

#[test]
fn what_is_kept_is_read_again() {
    let text = serde_json::to_string(&QuietHours::default()).unwrap();
    assert_eq!(decode::<QuietHours>(&text).unwrap(), QuietHours::default());
    assert!(decode::<QuietHours>(r#"{"from": "22:00", "days": []}"#).is_err());
}

proptest! {
    #[test]
    fn the_end_is_ahead_and_less_than_a_day_away(
        at in 0_i64..4_102_444_800_000, offset in -840_i32..=840, from in 0_i64..1440, until in 0_i64..1440,
    ) {
        let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let hours = hours(&time(from), &time(until), &DAYS);
        if let Some(end) = hours.quiet_until(at, offset) {
            prop_assert!(end > at && end - at < 24 * HOUR);
            prop_assert_eq!(hours.quiet_until(end - 1, offset), Some(end));
            prop_assert_eq!(hours.quiet_until(end, offset), None);
        } else {
            // The other way round it is quiet, unless it never is.
            let other = QuietHours { from: time(until), until: time(from), ..hours };
            prop_assert_eq!(other.quiet_until(at, offset).is_some(), from != until);
        }
    }

    #[test]
    fn no_moment_panics(at in any::<i64>(), offset in any::<i32>(), text in ".{0,6}") {
        let _ = QuietHours::default().quiet_until(at, offset);
        let _ = minutes_of(&text);
    }
}
