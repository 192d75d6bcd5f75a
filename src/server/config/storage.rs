//! Where data is kept.

use super::source::{ConfigError, Settings};
use crate::server::storage::Location;
use std::path::{Path, PathBuf};

pub(super) fn data_dir(settings: &Settings) -> Result<PathBuf, ConfigError> {
    let folder = PathBuf::from(settings.get("data_dir").unwrap_or("./data"));
    if folder.exists() && !folder.is_dir() {
        return Err(settings.wrong("data_dir", "is a file, not a folder"));
    }
    Ok(folder)
}

pub(super) fn database(settings: &Settings, data_dir: &Path) -> Result<Location, ConfigError> {
    let text = settings.get("database_url").unwrap_or("sqlite:switchboard.db");
    Location::parse(text, data_dir).map_err(|error| settings.wrong("database_url", error.to_string()))
}
