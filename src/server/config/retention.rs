//! How long the event log is kept.

use super::source::{ConfigError, Settings};
use crate::protocol::Millis;
use crate::server::journal::Retention;
use std::ops::RangeInclusive;

/// Events that may be kept. A log of fewer than a page is of no use to anybody who comes back.
const EVENTS: RangeInclusive<i64> = 200..=100_000_000;
const DAYS: RangeInclusive<i64> = 1..=3_650;
const DAY: Millis = 24 * 3_600 * 1_000;

/// Both bounds of the log: whatever is beyond either goes.
pub(super) fn retention(settings: &Settings) -> Result<Retention, ConfigError> {
    let default = Retention::default();
    Ok(Retention {
        count: number(settings, "events_keep", &EVENTS)?.unwrap_or(default.count),
        age: number(settings, "events_keep_days", &DAYS)?.map_or(default.age, |days| days * DAY),
    })
}

fn number(
    settings: &Settings,
    name: &'static str,
    range: &RangeInclusive<i64>,
) -> Result<Option<i64>, ConfigError> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(number) if range.contains(&number) => Ok(Some(number)),
        _ => {
            let (first, last) = (range.start(), range.end());
            Err(settings.wrong(name, format!("must be a whole number from {first} to {last}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Retention, String> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test").unwrap();
        retention(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_week_or_a_million_events_unless_told_otherwise() {
        assert_eq!(retention(&Settings::default()), Ok(Retention { count: 1_000_000, age: 7 * DAY }));
        assert_eq!(with("SWITCHBOARD_EVENTS_KEEP", "200").unwrap().count, 200);
        assert_eq!(with("SWITCHBOARD_EVENTS_KEEP", "100000000").unwrap().count, 100_000_000);
        assert_eq!(with("SWITCHBOARD_EVENTS_KEEP_DAYS", "3650").unwrap().age, 3_650 * DAY);
    }

    #[test]
    fn what_is_out_of_the_limits_is_refused() {
        for value in ["199", "100000001", "-1", "1.5", "all", "99999999999999999999"] {
            let error = with("SWITCHBOARD_EVENTS_KEEP", value).unwrap_err();
            assert!(error.contains("from 200 to 100000000"), "{error}");
        }
        for value in ["0", "3651", "week"] {
            let error = with("SWITCHBOARD_EVENTS_KEEP_DAYS", value).unwrap_err();
            assert!(error.contains("from 1 to 3650"), "{error}");
        }
    }
}
