//! Where the built web client is, from whatever folder the binary is started.

use super::source::ConfigError;
use leptos::config::{LeptosOptions, get_configuration};
use std::path::{Path, PathBuf};

/// The file that holds the settings.
const FILE: &str = "Leptos.toml";

/// The web client's files.
#[derive(Debug, Clone)]
pub struct SiteSettings {
    pub leptos: LeptosOptions,
}

impl SiteSettings {
    /// Reads the client's build settings and finds its folder: as configured (`LEPTOS_SITE_ROOT` or the
    /// file), beside the file, beside the binary, or above it where a build leaves it.
    ///
    /// # Errors
    /// [`ConfigError::File`] if the settings cannot be read.
    pub fn find(file: Option<&Path>) -> Result<Self, ConfigError> {
        let path = file.map(|file| file.display().to_string());
        let read = get_configuration(path.as_deref());
        let unreadable = |error: leptos::config::errors::LeptosConfigError| ConfigError::File {
            path: path.clone().unwrap_or_else(|| FILE.to_owned()),
            what: error.to_string(),
        };
        let mut leptos = match (read, file) {
            (Ok(config), _) => config.leptos_options,
            // Without a file, the build's own settings are the defaults.
            (Err(_), None) => {
                LeptosOptions::builder().output_name("switchboard").site_root("target/site").build()
            }
            (Err(error), Some(_)) => return Err(unreadable(error)),
        };
        let configured = PathBuf::from(leptos.site_root.as_ref());
        let mut places = vec![configured.clone()];
        if let Some(folder) = file.and_then(Path::parent) {
            places.push(folder.join(&configured));
        }
        if let Some(folder) = binary_folder() {
            places.push(folder.join("site"));
            places.push(folder.join("../site"));
        }
        if let Some(found) =
            places.into_iter().find(|place| place.join(leptos.site_pkg_dir.as_ref()).is_dir())
        {
            leptos.site_root = found.display().to_string().into();
        }
        Ok(Self { leptos })
    }

    /// Whether the client was built: else every page would come without its styles and script.
    #[must_use]
    pub fn is_built(&self) -> bool {
        Path::new(self.leptos.site_root.as_ref()).join(self.leptos.site_pkg_dir.as_ref()).is_dir()
    }
}

/// The file that was asked for, or the one in the working folder, beside the binary or above it.
pub(super) fn find_config_file(asked: Option<&Path>) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(asked) = asked {
        if asked.is_file() {
            return Ok(Some(asked.to_owned()));
        }
        return Err(ConfigError::File {
            path: asked.display().to_string(),
            what: "there is no such file".to_owned(),
        });
    }
    let mut places = vec![PathBuf::from(FILE)];
    if let Some(folder) = binary_folder() {
        places.extend([folder.join(FILE), folder.join("../..").join(FILE)]);
    }
    Ok(places.into_iter().find(|place| place.is_file()))
}

fn binary_folder() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    Some(binary.canonicalize().ok()?.parent()?.to_owned())
}
