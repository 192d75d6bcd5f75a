//! How patiently messages are sent.

use super::source::{ConfigError, Settings};
use crate::protocol::Millis;
use crate::server::devices::Pace;
use crate::server::engine::linked::PATIENCE;
use std::time::Duration;

/// How long WhatsApp is waited for, and how often a message is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendSettings {
    /// How long WhatsApp may take to say that it took a message.
    pub patience: Duration,
    pub pace: Pace,
}

impl Default for SendSettings {
    fn default() -> Self {
        Self { patience: PATIENCE, pace: Pace::default() }
    }
}

pub(super) fn sending(settings: &Settings) -> Result<SendSettings, ConfigError> {
    let default = SendSettings::default();
    let patience = milliseconds(settings, "ack_wait", 0.05, 120.0)?
        .map_or(default.patience, |ms| Duration::from_millis(ms.unsigned_abs()));
    let first_wait =
        milliseconds(settings, "send_retry_delay", 0.01, 60.0)?.unwrap_or(default.pace.first_wait);
    let attempts = match settings.get("send_attempts") {
        None => default.pace.attempts,
        Some(text) => text
            .parse()
            .ok()
            .filter(|attempts| (1..=30).contains(attempts))
            .ok_or_else(|| settings.wrong("send_attempts", "is a whole number, 1 to 30"))?,
    };
    Ok(SendSettings { patience, pace: Pace { first_wait, attempts } })
}

/// A number of seconds, also a fraction.
fn milliseconds(
    settings: &Settings,
    name: &str,
    least: f64,
    most: f64,
) -> Result<Option<Millis>, ConfigError> {
    let Some(text) = settings.get(name) else { return Ok(None) };
    let value = text.parse().ok().filter(|value| (least..=most).contains(value));
    let value: f64 = value.ok_or_else(|| settings.wrong(name, format!("is {least} to {most} seconds")))?;
    Ok(Some(Millis::try_from(Duration::from_secs_f64(value).as_millis()).unwrap_or(Millis::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<SendSettings, ConfigError> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test")?;
        sending(&settings)
    }

    #[test]
    fn limits_are_held() {
        for (name, good, bad) in [
            ("SWITCHBOARD_ACK_WAIT", "0.05", "0.04"),
            ("SWITCHBOARD_ACK_WAIT", "120", "121"),
            ("SWITCHBOARD_SEND_RETRY_DELAY", "0.01", "NaN"),
            ("SWITCHBOARD_SEND_RETRY_DELAY", "60", "inf"),
            ("SWITCHBOARD_SEND_ATTEMPTS", "1", "0"),
            ("SWITCHBOARD_SEND_ATTEMPTS", "30", "31"),
        ] {
            assert!(read(name, good).is_ok(), "{name}={good}");
            assert!(read(name, bad).is_err(), "{name}={bad}");
        }
        assert_eq!(sending(&Settings::default()).unwrap(), SendSettings::default());
        assert_eq!(read("SWITCHBOARD_SEND_RETRY_DELAY", "0.25").unwrap().pace.first_wait, 250);
    }
}
