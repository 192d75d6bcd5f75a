//! The little calendar that both sides need to lay out a first page in the same words.
//!
//! The browser's own `Intl` takes over once the page is alive; until then times are written with the
//! reader's offset from UTC, which their last visit left in a cookie.

use crate::protocol::Millis;

/// Milliseconds of a day.
pub const DAY: Millis = 86_400_000;
/// The largest distance of a clock from UTC, in minutes.
pub const MAX_OFFSET: i32 = 14 * 60;

/// Days since 1970-01-01 of this moment, `offset` minutes east of UTC.
#[must_use]
pub fn day_of(at: Millis, offset: i32) -> i64 {
    at.saturating_add(i64::from(offset) * 60_000).div_euclid(DAY)
}

/// Hours and minutes of this moment, `offset` minutes east of UTC.
#[must_use]
pub fn clock_of(at: Millis, offset: i32) -> (i64, i64) {
    let minutes = at.saturating_add(i64::from(offset) * 60_000).rem_euclid(DAY) / 60_000;
    (minutes / 60, minutes % 60)
}

/// The day of the week: 0 is Monday.
#[must_use]
pub fn weekday_of(day: i64) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()
}

/// Year, month (1 to 12) and day of the month.
#[must_use]
pub fn date_of(day: i64) -> (i64, i64, i64) {
    // The civil calendar counted in eras of 400 years that begin on the first of March.
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let in_era = shifted.rem_euclid(146_097);
    let year_of_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * in_year + 2) / 153;
    let date = in_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

/// The moment as HTML's `datetime` wants it, in UTC: `2026-11-21T10:42:00Z`.
#[must_use]
pub fn iso(at: Millis) -> String {
    let (year, month, date) = date_of(day_of(at, 0));
    let (hour, minute) = clock_of(at, 0);
    let second = at.rem_euclid(60_000) / 1000;
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}
