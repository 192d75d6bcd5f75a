//! How much one caller may ask for.

use super::source::{ConfigError, Settings};

/// The highest limit that can be set; whoever wants more switches it off.
const MAX: u32 = 100_000;

/// Limits for each caller; 0 switches one off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Requests a second of one key or user; bursts may be twice as high.
    pub requests_per_second: u32,
    /// Wrong keys and tokens a minute from one address.
    pub failures_per_minute: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { requests_per_second: 500, failures_per_minute: 300 }
    }
}

pub(super) fn limits(settings: &Settings) -> Result<LimitSettings, ConfigError> {
    let default = LimitSettings::default();
    Ok(LimitSettings {
        requests_per_second: number(settings, "rate_limit", default.requests_per_second)?,
        failures_per_minute: number(settings, "auth_failure_limit", default.failures_per_minute)?,
    })
}

fn number(settings: &Settings, name: &str, default: u32) -> Result<u32, ConfigError> {
    let Some(text) = settings.get(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| *number <= MAX);
    number.ok_or_else(|| settings.wrong(name, format!("is a whole number from 0 to {MAX}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<LimitSettings, ConfigError> {
        let mut settings = Settings::default();
        settings.add_variable(name, value.to_owned(), "the test")?;
        limits(&settings)
    }

    #[test]
    fn limits_have_limits() {
        assert_eq!(limits(&Settings::default()), Ok(LimitSettings::default()));
        assert_eq!(read("SWITCHBOARD_RATE_LIMIT", "0").map(|limits| limits.requests_per_second), Ok(0));
        assert_eq!(read("SWITCHBOARD_AUTH_FAILURE_LIMIT", "100000").map(|l| l.failures_per_minute), Ok(MAX));
        for wrong in ["100001", "-1", "1.5", "many", "99999999999999999999"] {
            let error = read("SWITCHBOARD_RATE_LIMIT", wrong).unwrap_err().to_string();
            assert_eq!(error, "rate_limit (from the test): is a whole number from 0 to 100000");
        }
    }
}
