//! When a browser wants to hear nothing.

use super::service::PushError;
use crate::model::quiet::{DAYS, QuietHours, minutes_of};
use crate::model::time::MAX_OFFSET;
use crate::protocol::Millis;
use serde::{Deserialize, Serialize};

/// Quiet hours, and the clock that they are read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quiet {
    hours: QuietHours,
    /// Minutes east of UTC when the browser said so: it says it again with every page.
    offset_minutes: i32,
}

impl Quiet {
    /// # Errors
    /// [`PushError::Invalid`] for what are no hours, no days or no offset.
    pub fn new(hours: QuietHours, offset_minutes: i32) -> Result<Self, PushError> {
        let invalid = |text: String| Err(PushError::Invalid(text));
        for (name, time) in [("from", &hours.from), ("until", &hours.until)] {
            if minutes_of(time).is_none() {
                return invalid(format!("{name} of quietHours is a time from 00:00 to 23:59"));
            }
        }
        let known = hours.days.iter().all(|day| DAYS.iter().any(|name| name == day));
        if !known || hours.days.len() > DAYS.len() {
            return invalid(format!("days of quietHours are some of {}, each once", DAYS.join(", ")));
        }
        if !(-MAX_OFFSET..=MAX_OFFSET).contains(&offset_minutes) {
            return invalid(format!("offsetMinutes is from -{MAX_OFFSET} to {MAX_OFFSET}"));
        }
        Ok(Self { hours, offset_minutes })
    }

    /// Whether it is quiet at this moment.
    #[must_use]
    pub fn is_at(&self, now: Millis) -> bool {
        self.hours.quiet_until(now, self.offset_minutes).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, a Saturday, at noon in UTC.
    const NOON: Millis = 1_795_262_400_000;

    fn hours(from: &str, until: &str, days: &[&str]) -> QuietHours {
        let days = days.iter().map(|day| (*day).to_owned()).collect();
        QuietHours { from: from.into(), until: until.into(), days }
    }

    #[test]
    fn it_is_quiet_by_the_browsers_clock() {
        let at = |offset| Quiet::new(hours("22:00", "07:00", &["friday"]), offset).unwrap().is_at(NOON);
        assert!(!at(0));
        assert!(at(-8 * 60), "four in the morning after Friday");
        assert!(!at(11 * 60), "Saturday, an hour before midnight");
    }

    #[test]
    fn it_is_kept_with_its_clock() {
        let quiet = Quiet::new(QuietHours::default(), -90).unwrap();
        let text = serde_json::to_string(&quiet).unwrap();
        assert!(text.contains(r#""offsetMinutes":-90"#), "{text}");
        assert_eq!(serde_json::from_str::<Quiet>(&text).unwrap(), quiet);
    }

    #[test]
    fn what_it_cannot_be_is_said() {
        let error = |hours, offset| match Quiet::new(hours, offset) {
            Err(PushError::Invalid(text)) => text,
            other => panic!("{other:?}"),
        };
        assert!(error(hours("24:00", "07:00", &[]), 0).starts_with("from of quietHours"));
        assert!(error(hours("22:00", "7:00", &[]), 0).starts_with("until of quietHours"));
        for days in [&["caturday"][..], &["Monday"], &["monday"; 8]] {
            assert!(error(hours("22:00", "07:00", days), 0).starts_with("days of quietHours"));
        }
        for offset in [-841, 841, i32::MIN, i32::MAX] {
            assert_eq!(error(QuietHours::default(), offset), "offsetMinutes is from -840 to 840");
        }
        assert!(Quiet::new(hours("22:00", "22:00", &[]), 840).is_ok());
        assert!(Quiet::new(hours("00:00", "23:59", &DAYS), -840).is_ok());
    }
}
