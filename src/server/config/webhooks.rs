//! How webhooks are delivered, and where they may go.

use super::source::{ConfigError, Settings};
use crate::server::webhooks::{Allow, Schedule, Settings as WebhookSettings};
use std::time::Duration;

pub(super) fn webhooks(settings: &Settings) -> Result<WebhookSettings, ConfigError> {
    let allow = Allow::parse(settings.get("webhook_allow").unwrap_or(""))
        .map_err(|what| settings.wrong("webhook_allow", what))?;
    let default = Schedule::default();
    let first = seconds(settings, "webhook_retry_delay", 0.05, 3_600.0)?.unwrap_or(default.first);
    let attempts = match settings.get("webhook_attempts") {
        None => default.attempts,
        Some(text) => text
            .parse()
            .ok()
            .filter(|attempts| (1..=30).contains(attempts))
            .ok_or_else(|| settings.wrong("webhook_attempts", "is a whole number, 1 to 30"))?,
    };
    let timeout = seconds(settings, "webhook_timeout", 0.5, 50.0)?.unwrap_or(Duration::from_secs(15));
    Ok(WebhookSettings { allow, schedule: Schedule { first, attempts }, timeout })
}

/// A number of seconds, also a fraction.
fn seconds(settings: &Settings, name: &str, least: f64, most: f64) -> Result<Option<Duration>, ConfigError> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    let value = text.parse().ok().filter(|value| (least..=most).contains(value));
    let value: f64 = value.ok_or_else(|| settings.wrong(name, format!("is {least} to {most} seconds")))?;
    Ok(Some(Duration::from_secs_f64(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<WebhookSettings, ConfigError> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test")?;
        webhooks(&settings)
    }

    #[test]
    fn limits_are_held() {
        for (name, good, bad) in [
            ("SWITCHBOARD_WEBHOOK_ALLOW", "10.0.0.0/8,n8n", "10.0.0.0/40"),
            ("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "0.05", "0.04"),
            ("SWITCHBOARD_WEBHOOK_RETRY_DELAY", "3600", "3601"),
            ("SWITCHBOARD_WEBHOOK_ATTEMPTS", "1", "0"),
            ("SWITCHBOARD_WEBHOOK_ATTEMPTS", "30", "31"),
            ("SWITCHBOARD_WEBHOOK_TIMEOUT", "0.5", "NaN"),
            ("SWITCHBOARD_WEBHOOK_TIMEOUT", "50", "inf"),
        ] {
            assert!(read(name, good).is_ok(), "{name}={good}");
            assert!(read(name, bad).is_err(), "{name}={bad}");
        }
        let default = webhooks(&Settings::default()).unwrap();
        assert_eq!((default.timeout, default.schedule.attempts), (Duration::from_secs(15), 16));
    }
}
