//! Where the built web client is, from whatever folder the binary is started.

use super::source::ConfigError;
use leptos::config::{LeptosOptions, get_configuration};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
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
    /// file), beside the file, beside the binary, or above it where a build leaves it. Programs and styles get an address of
    /// their content (`pkg_url_path`), under which they never change.
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
            let content = content(&found.join(leptos.site_pkg_dir.as_ref()));
            leptos.site_pkg_url = Some(format!("{}/{content}", leptos.pkg_url_path()).into());
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

/// What is in a folder, in twelve hex digits. What cannot be read is not served either.
fn content(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.sort_unstable();
    let mut hash = Sha256::new();
    for (path, text) in files.iter().filter_map(|path| Some((path, std::fs::read(path).ok()?))) {
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_build_has_an_address_of_its_own() {
        let root = std::env::temp_dir().join(format!("switchboard_site_{}", std::process::id()));
        std::fs::create_dir_all(root.join("site/pkg")).unwrap();
        let file = root.join("Leptos.toml");
        let settings = "[package.metadata.leptos]\noutput-name = \"switchboard\"\nsite-root = \"site\"\n";
        std::fs::write(&file, settings).unwrap();
        let put = |name: &str, text: &str| std::fs::write(root.join("site/pkg").join(name), text).unwrap();
        let address = || SiteSettings::find(Some(&file)).unwrap().leptos.pkg_url_path().to_owned();
        put("switchboard.js", "one");
        let first = address();
        assert!(first.len() == 16 && first.starts_with("pkg/"), "{first}");
        assert_eq!(address(), first);
        put("switchboard.js", "two");
        let second = address();
        assert_ne!(second, first);
        put("switchboard.css", "");
        assert_ne!(address(), second);
        std::fs::remove_dir_all(root).unwrap();
    }
}
