//! The first user and the bootstrap key. Neither is ever printed.

use super::source::{ConfigError, Settings};
use crate::server::auth::{check_email, check_password};
use std::fmt;

/// The shortest bootstrap key, in characters.
pub const MIN_API_KEY: usize = 24;
const MAX_API_KEY: usize = 200;

/// A secret key for programs.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(pub String);

/// The first user, as the owner configured it.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminSettings {
    pub email: String,
    pub password: String,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl fmt::Debug for AdminSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminSettings").field("email", &self.email).finish_non_exhaustive()
    }
}

pub(super) fn admin(settings: &Settings) -> Result<Option<AdminSettings>, ConfigError> {
    let (email, password) = match (settings.get("admin_email"), settings.get("admin_password")) {
        (None, None) => return Ok(None),
        (Some(email), Some(password)) => (email, password),
        (Some(_), None) => return Err(settings.wrong("admin_email", "needs admin_password beside it")),
        (None, Some(_)) => return Err(settings.wrong("admin_password", "needs admin_email beside it")),
    };
    let email = check_email(email).map_err(|error| settings.wrong("admin_email", error.to_string()))?;
    check_password(password).map_err(|error| settings.wrong("admin_password", error.to_string()))?;
    Ok(Some(AdminSettings { email, password: password.to_owned() }))
}

pub(super) fn api_key(settings: &Settings) -> Result<Option<ApiKey>, ConfigError> {
    let Some(key) = settings.get("api_key") else { return Ok(None) };
    let length = key.chars().count();
    if !(MIN_API_KEY..=MAX_API_KEY).contains(&length) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            settings.wrong("api_key", format!("has {MIN_API_KEY} to {MAX_API_KEY} visible ASCII characters"))
        );
    }
    Ok(Some(ApiKey(key.to_owned())))
}
