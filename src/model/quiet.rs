//! Quiet hours: when a browser neither sounds nor notifies. `public/beside/alerts.js` has the same rule.

use super::time::{DAY, clock_of, day_of, weekday_of};
use crate::protocol::{Millis, read_record};
use serde::Serialize;

/// The days of the week by the names that [`QuietHours::days`] has for them, Monday first.
pub const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The hours of the day in which nothing sounds or notifies, by somebody's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QuietHours {
    /// When they begin, as `22:00`.
    pub from: String,
    /// When they end, as `07:00`: on the next day if that is earlier than `from`, and never quiet if it is the same.
    pub until: String,
    /// The days on which they begin: `monday`, `tuesday`, and so on.
    pub days: Vec<String>,
}

read_record!(QuietHours { from: "from", until: "until", days: "days" });

impl Default for QuietHours {
    fn default() -> Self {
        Self {
            from: "22:00".to_owned(),
            until: "07:00".to_owned(),
            days: DAYS.iter().map(|day| (*day).to_owned()).collect(),
        }
    }
}

impl QuietHours {
    /// Until when it is quiet, if it is so at this moment, `offset` minutes east of UTC. A night belongs to the day on
    /// which it begins.
    #[must_use]
    pub fn quiet_until(&self, at: Millis, offset: i32) -> Option<Millis> {
        let (from, until) = (minutes_of(&self.from)?, minutes_of(&self.until)?);
        let over_midnight = until < from;
        let today = day_of(at, offset);
        let (hour, minute) = clock_of(at, offset);
        let now = hour * 60 + minute;
        let begun = if from <= now && (over_midnight || now < until) {
            today
        } else if over_midnight && now < until {
            today - 1
        } else {
            return None;
        };
        let name = DAYS.get(weekday_of(begun))?;
        if !self.days.iter().any(|day| day == name) {
            return None;
        }
        let ends = begun + i64::from(over_midnight);
        Some(ends.saturating_mul(DAY).saturating_add((until - i64::from(offset)) * 60_000))
    }
}

/// The minutes since midnight of a time such as `07:30`.
#[must_use]
pub fn minutes_of(time: &str) -> Option<i64> {
    let &[a, b, b':', c, d] = time.as_bytes() else { return None };
    if ![a, b, c, d].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |tens: u8, ones: u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let (hours, minutes) = (two(a, b), two(c, d));
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}
