//! Settings: where they come from, what each means, and what it may be.
//!
//! Every value may stand in `Leptos.toml` (table `[switchboard]`), in `.env` or in the environment; the
//! environment wins. All limits are checked at start, and a value that is out of them is named with the
//! place that it came from.

mod address;
mod history;
mod limits;
mod media;
mod network;
mod retention;
mod secrets;
mod sending;
mod site;
mod source;
mod storage;
mod tokens;
mod webhooks;

pub use limits::LimitSettings;
pub use secrets::{AdminSettings, ApiKey, MIN_API_KEY};
pub use sending::SendSettings;
pub use site::SiteSettings;
pub use source::{ConfigError, SETTINGS, Setting, Settings};
pub use tokens::{FirebaseSettings, GOOGLE_KEYS, KeySource, MIN_JWT_SECRET, OwnTokens, TokenSettings};

use crate::protocol::Network;
use crate::server::devices::HistoryLimits;
use crate::server::journal::Retention;
use crate::server::media::Settings as MediaSettings;
use crate::server::storage::Location;
use crate::server::webhooks::Settings as WebhookSettings;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// All settings of a server, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 picks one.
    pub addr: SocketAddr,
    /// Everything that the embedded default keeps.
    pub data_dir: PathBuf,
    pub database: Location,
    pub network: Network,
    /// The first user, if the owner chose one.
    pub admin: Option<AdminSettings>,
    /// A bootstrap key of the first workspace.
    pub api_key: Option<ApiKey>,
    /// Origins beside our own that a browser may call from, as `scheme://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// How far back the event log reaches.
    pub retention: Retention,
    /// Which signed tokens are accepted.
    pub tokens: TokenSettings,
    pub limits: LimitSettings,
    pub sending: SendSettings,
    pub webhooks: WebhookSettings,
    pub media: MediaSettings,
    /// How much is taken in of what was written before the link.
    pub history: HistoryLimits,
    pub site: SiteSettings,
}

impl Config {
    /// Reads `Leptos.toml` (that file, or found by itself), `.env` and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value's place and what is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = site::find_config_file(file)?;
        let settings = Settings::load(file.as_deref())?;
        Self::from_settings(&settings, file.as_deref())
    }

    /// Checks settings that were already read.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_settings(settings: &Settings, file: Option<&Path>) -> Result<Self, ConfigError> {
        let data_dir = storage::data_dir(settings)?;
        Ok(Self {
            addr: address::listen(settings)?,
            database: storage::database(settings, &data_dir)?,
            media: media::media(settings, &data_dir)?,
            history: history::history(settings)?,
            data_dir,
            network: network::network(settings)?,
            admin: secrets::admin(settings)?,
            api_key: secrets::api_key(settings)?,
            allowed_origins: address::origins(settings)?,
            retention: retention::retention(settings)?,
            tokens: tokens::tokens(settings)?,
            limits: limits::limits(settings)?,
            sending: sending::sending(settings)?,
            webhooks: webhooks::webhooks(settings)?,
            site: SiteSettings::find(file)?,
        })
    }
}
