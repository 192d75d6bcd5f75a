//! How much of what was written before the link is taken in.

use super::source::{ConfigError, Settings};
use crate::server::devices::HistoryLimits;
use std::ops::RangeInclusive;

const DAYS: RangeInclusive<u32> = 0..=36_500;
const MESSAGES: RangeInclusive<u32> = 0..=1_000_000;
const MEGABYTES: RangeInclusive<u32> = 1..=102_400;

pub(super) fn history(settings: &Settings) -> Result<HistoryLimits, ConfigError> {
    let default = HistoryLimits::default();
    Ok(HistoryLimits {
        days: number(settings, "history_days", &DAYS)?.unwrap_or(default.days),
        messages_per_chat: number(settings, "history_messages_per_chat", &MESSAGES)?
            .unwrap_or(default.messages_per_chat),
        megabytes: number(settings, "history_megabytes", &MEGABYTES)?.unwrap_or(default.megabytes),
    })
}

fn number(
    settings: &Settings,
    name: &'static str,
    range: &RangeInclusive<u32>,
) -> Result<Option<u32>, ConfigError> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    match text.parse().ok().filter(|number| range.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let (first, last) = (range.start(), range.end());
            Err(settings.wrong(name, format!("must be a whole number from {first} to {last}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<HistoryLimits, String> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test").unwrap();
        history(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn each_has_a_default_and_limits() {
        assert_eq!(history(&Settings::default()), Ok(HistoryLimits::default()));
        assert_eq!(with("SWITCHBOARD_HISTORY_DAYS", "0").unwrap().days, 0);
        assert_eq!(with("SWITCHBOARD_HISTORY_DAYS", "36500").unwrap().days, 36_500);
        assert_eq!(
            with("SWITCHBOARD_HISTORY_MESSAGES_PER_CHAT", "1000000").unwrap().messages_per_chat,
            1_000_000
        );
        assert_eq!(with("SWITCHBOARD_HISTORY_MEGABYTES", "1").unwrap().megabytes, 1);
        for (name, value) in [
            ("DAYS", "36501"),
            ("DAYS", "-1"),
            ("DAYS", "a year"),
            ("MESSAGES_PER_CHAT", "1000001"),
            ("MESSAGES_PER_CHAT", "1e3"),
            ("MEGABYTES", "0"),
            ("MEGABYTES", "102401"),
        ] {
            let error = with(&format!("SWITCHBOARD_HISTORY_{name}"), value).unwrap_err();
            assert!(error.contains("must be a whole number from"), "{name} {value}: {error}");
        }
    }
}
