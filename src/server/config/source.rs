//! The three places that settings come from.

use std::collections::BTreeMap;
use std::path::Path;

/// One setting, as `--help` lists it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// In `Leptos.toml`; `SWITCHBOARD_` and capitals in the environment.
    pub name: &'static str,
    pub meaning: &'static str,
    pub default: &'static str,
}

/// Every setting that there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "addr",
        meaning: "listen address; port 0 picks one and prints it",
        default: "127.0.0.1:3000",
    },
    Setting { name: "data_dir", meaning: "everything the embedded default keeps", default: "./data" },
    Setting {
        name: "database_url",
        meaning: "sqlite:FILE (in the data folder) or postgres://…",
        default: "sqlite:switchboard.db",
    },
    Setting {
        name: "network",
        meaning: "sandbox (emulated, inside the server) or whatsapp",
        default: "sandbox",
    },
    Setting {
        name: "admin_email",
        meaning: "the first user; without it, a one-time sign-in link is printed",
        default: "",
    },
    Setting {
        name: "admin_password",
        meaning: "the first user's password, 10 to 200 characters",
        default: "",
    },
    Setting {
        name: "api_key",
        meaning: "a bootstrap key of the first workspace, 24 to 200 characters",
        default: "",
    },
    Setting {
        name: "allowed_origins",
        meaning: "other origins that browsers may call from, comma-separated",
        default: "",
    },
    Setting {
        name: "events_keep",
        meaning: "events that the log keeps for clients that come back, 200 to 100000000",
        default: "1000000",
    },
    Setting { name: "events_keep_days", meaning: "days that it keeps them, 1 to 3650", default: "7" },
    Setting { name: "jwt_secret", meaning: "checks our own tokens (HS256), 32 bytes or more", default: "" },
    Setting {
        name: "jwt_jwks",
        meaning: "or the key set that checks them (RS256, ES256): a URL or a file",
        default: "",
    },
    Setting { name: "firebase_project", meaning: "accept Firebase ID tokens of this project", default: "" },
    Setting {
        name: "firebase_jwks",
        meaning: "the key set that checks them: a URL or a file",
        default: "Google's",
    },
    Setting {
        name: "provision_users",
        meaning: "create users whom a valid token names and who are not known yet: true or false",
        default: "false",
    },
    Setting {
        name: "rate_limit",
        meaning: "requests a second of one key or user, with bursts of twice as many; 0 switches it off",
        default: "500",
    },
    Setting {
        name: "auth_failure_limit",
        meaning: "wrong keys and tokens a minute from one address; 0 switches it off",
        default: "300",
    },
    Setting {
        name: "media_url",
        meaning: "where files of messages are kept: file:FOLDER (in the data folder, or absolute), or s3://BUCKET/PREFIX (see AWS_… in docs/media.md)",
        default: "file:media",
    },
    Setting {
        name: "media_limit",
        meaning: "the largest file that is taken, in bytes, 1024 to 262144000",
        default: "104857600",
    },
    Setting {
        name: "history_days",
        meaning: "how old messages from before a link may be, in days, 0 to 36500",
        default: "1095",
    },
    Setting {
        name: "history_messages_per_chat",
        meaning: "how many messages from before a link are kept of each chat, 0 to 1000000",
        default: "10000",
    },
    Setting {
        name: "history_megabytes",
        meaning: "how much history a phone may send with a link, packed, 1 to 102400",
        default: "1024",
    },
    Setting {
        name: "ack_wait",
        meaning: "seconds that WhatsApp may take to say that it took a message, 0.05 to 120",
        default: "20",
    },
    Setting {
        name: "send_attempts",
        meaning: "how often a message is sent while nothing says that it was taken, 1 to 30",
        default: "8",
    },
    Setting {
        name: "send_retry_delay",
        meaning: "seconds before its second attempt, doubled for each one more up to a minute, 0.01 to 60",
        default: "1",
    },
    Setting {
        name: "webhook_allow",
        meaning: "private networks (CIDR) and hosts that webhooks may go to, comma-separated",
        default: "",
    },
    Setting {
        name: "webhook_timeout",
        meaning: "seconds that a webhook's receiver may take to answer, 0.5 to 50",
        default: "15",
    },
    Setting {
        name: "webhook_attempts",
        meaning: "how often a webhook's delivery is tried, 1 to 30",
        default: "15",
    },
    Setting {
        name: "webhook_retry_delay",
        meaning: "seconds before its second attempt, doubled for each one more, 0.05 to 3600",
        default: "5",
    },
];

/// Longest value of a setting, in bytes.
const MAX_VALUE: usize = 4_096;
/// Largest configuration file, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// Why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value is out of its limits.
    #[error("{name} (from {place}): {what}")]
    Value { name: String, place: String, what: String },
    /// A file cannot be read.
    #[error("{path}: {what}")]
    File { path: String, what: String },
}

#[derive(Debug, Clone)]
struct Found {
    value: String,
    place: String,
}

/// Settings by name, each with the place that it came from.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    found: BTreeMap<&'static str, Found>,
}

impl Settings {
    /// Reads the file's table, then `.env` of the working folder, then the environment.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, a name that we do not know and a value too long.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        if let Some(file) = file {
            settings.add_file(file)?;
        }
        let dotenv = Path::new(".env");
        if dotenv.is_file() {
            let unreadable = |error: dotenvy::Error| ConfigError::File {
                path: ".env".to_owned(),
                what: error.to_string(),
            };
            for pair in dotenvy::from_path_iter(dotenv).map_err(unreadable)? {
                let (name, value) = pair.map_err(unreadable)?;
                settings.add_variable(&name, value, ".env")?;
            }
        }
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with("SWITCHBOARD_")) else { continue };
            let Some(value) = value.to_str() else {
                return Err(ConfigError::Value {
                    name: name.to_owned(),
                    place: "the environment".to_owned(),
                    what: "is not UTF-8".to_owned(),
                });
            };
            settings.add_variable(name, value.to_owned(), "the environment")?;
        }
        Ok(settings)
    }

    fn add_file(&mut self, file: &Path) -> Result<(), ConfigError> {
        let path = file.display().to_string();
        let fail = |what: String| ConfigError::File { path: path.clone(), what };
        let length = std::fs::metadata(file).map_err(|error| fail(error.to_string()))?.len();
        if length > MAX_FILE {
            return Err(fail(format!("is larger than {MAX_FILE} bytes")));
        }
        let text = std::fs::read_to_string(file).map_err(|error| fail(error.to_string()))?;
        self.add_toml(&text, &path)
    }

    /// Adds the `[switchboard]` table of a TOML text.
    ///
    /// # Errors
    /// [`ConfigError`] as [`Settings::load`].
    pub fn add_toml(&mut self, text: &str, place: &str) -> Result<(), ConfigError> {
        let fail = |what: String| ConfigError::File { path: place.to_owned(), what };
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| fail(error.message().to_owned()))?;
        let Some(own) = table.get("switchboard") else { return Ok(()) };
        let own = own.as_table().ok_or_else(|| fail("[switchboard] is not a table".to_owned()))?;
        for (name, value) in own {
            let value = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                toml::Value::Array(items) => {
                    let texts: Option<Vec<_>> =
                        items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                    texts.ok_or_else(|| fail(format!("{name}: a list has only texts")))?.join(",")
                }
                _ => {
                    return Err(fail(format!(
                        "{name}: only texts, numbers, truth values and lists of texts"
                    )));
                }
            };
            let known = SETTINGS.iter().find(|setting| setting.name == name);
            let known =
                known.ok_or_else(|| fail(format!("there is no setting \"{name}\"{}", suggestion(name))))?;
            self.insert(known.name, value, place)?;
        }
        Ok(())
    }

    /// Adds a variable; one that is none of ours is left alone.
    ///
    /// # Errors
    /// [`ConfigError`] for a value too long.
    pub fn add_variable(&mut self, name: &str, value: String, place: &str) -> Result<(), ConfigError> {
        let Some(rest) = name.strip_prefix("SWITCHBOARD_") else { return Ok(()) };
        let lower = rest.to_ascii_lowercase();
        match SETTINGS.iter().find(|setting| setting.name == lower) {
            Some(known) => self.insert(known.name, value, place),
            None => {
                // Not an error: variables of other versions, and of tools around us, may be set as well.
                tracing::warn!("{name} is not a setting of this version{}", suggestion(&lower));
                Ok(())
            }
        }
    }

    fn insert(&mut self, name: &'static str, value: String, place: &str) -> Result<(), ConfigError> {
        let found = Found { value, place: place.to_owned() };
        if found.value.len() > MAX_VALUE {
            return Err(ConfigError::Value {
                name: name.to_owned(),
                place: found.place,
                what: format!("is longer than {MAX_VALUE} bytes"),
            });
        }
        self.found.insert(name, found);
        Ok(())
    }

    /// The value, unless it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.found.get(name).map(|found| found.value.trim()).filter(|value| !value.is_empty())
    }

    /// An error about a setting's value.
    #[must_use]
    pub fn wrong(&self, name: &str, what: impl Into<String>) -> ConfigError {
        let place = self.found.get(name).map_or("the default", |found| &found.place);
        ConfigError::Value { name: name.to_owned(), place: place.to_owned(), what: what.into() }
    }
}

/// " (did you mean …?)" for a name that is nearly one of ours.
fn suggestion(name: &str) -> String {
    let near = |known: &&Setting| {
        known.name.contains(name) || name.contains(known.name) || distance(known.name, name) <= 2
    };
    SETTINGS.iter().find(near).map(|known| format!(" (did you mean {}?)", known.name)).unwrap_or_default()
}

/// How many letters differ, for names of about the same length.
fn distance(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).filter(|(x, y)| x != y).count() + a.len().abs_diff(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Config;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::default();
        for (name, value) in pairs {
            settings.add_variable(name, (*value).to_owned(), "the test").unwrap();
        }
        settings
    }

    fn error(pairs: &[(&str, &str)]) -> String {
        Config::from_settings(&settings(pairs), None).unwrap_err().to_string()
    }

    #[test]
    fn the_later_place_wins() {
        let mut s = Settings::default();
        s.add_toml(
            "[switchboard]\naddr = \"127.0.0.1:1\"\nallowed_origins = [\"http://a\", \"http://b\"]",
            "Leptos.toml",
        )
        .unwrap();
        assert_eq!(s.get("addr"), Some("127.0.0.1:1"));
        assert_eq!(s.get("allowed_origins"), Some("http://a,http://b"));
        s.add_variable("SWITCHBOARD_ADDR", "127.0.0.1:2".into(), "the environment").unwrap();
        assert_eq!(s.get("addr"), Some("127.0.0.1:2"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(
            error(&[("SWITCHBOARD_ADDR", "here")]),
            "addr (from the test): is not an address such as 127.0.0.1:3000"
        );
        assert!(error(&[("SWITCHBOARD_NETWORK", "telegram")]).contains("sandbox or whatsapp"));
        assert!(error(&[("SWITCHBOARD_DATABASE_URL", "mysql://x")]).contains("sqlite: nor postgres://"));
        assert!(error(&[("SWITCHBOARD_API_KEY", "short")]).contains("24 to 200"));
        assert!(error(&[("SWITCHBOARD_API_KEY", &"k".repeat(201))]).contains("24 to 200"));
        assert!(error(&[("SWITCHBOARD_ADMIN_EMAIL", "a@b.c")]).contains("admin_password"));
        assert!(
            error(&[
                ("SWITCHBOARD_ADMIN_EMAIL", "no email"),
                ("SWITCHBOARD_ADMIN_PASSWORD", "long enough pw")
            ])
            .contains("email")
        );
        assert!(
            error(&[("SWITCHBOARD_ADMIN_EMAIL", "a@b.c"), ("SWITCHBOARD_ADMIN_PASSWORD", "short")])
                .contains("10 to 200")
        );
        assert!(error(&[("SWITCHBOARD_ALLOWED_ORIGINS", "example.com")]).contains("https://"));
        let long = Settings::default()
            .add_variable("SWITCHBOARD_ADDR", "x".repeat(MAX_VALUE + 1), "the test")
            .unwrap_err();
        assert!(long.to_string().contains("longer than"));
    }

    #[test]
    fn the_readme_names_every_setting() {
        let readme = include_str!("../../../README.md");
        for setting in SETTINGS {
            let variable = format!("`SWITCHBOARD_{}`", setting.name.to_uppercase());
            assert!(readme.contains(&variable), "{variable}");
        }
    }

    #[test]
    fn a_file_with_a_name_that_we_do_not_know_is_refused() {
        let error = Settings::default()
            .add_toml("[switchboard]\nadress = \"x\"", "Leptos.toml")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("Leptos.toml: there is no setting \"adress\""), "{error}");
        assert!(Settings::default().add_toml("[switchboard", "Leptos.toml").is_err());
        assert!(Settings::default().add_toml("[switchboard]\naddr = 1.5", "Leptos.toml").is_err());
    }

    #[test]
    fn errors_never_show_a_secret() {
        let pairs = [("SWITCHBOARD_ADMIN_EMAIL", "a@b.c"), ("SWITCHBOARD_ADMIN_PASSWORD", "tiny")];
        assert!(!error(&pairs).contains("tiny"));
        assert!(
            !format!("{:?}", settings(&[("SWITCHBOARD_API_KEY", "k")]).get("api_key").map(|_| "hidden"))
                .contains('k')
        );
    }
}
