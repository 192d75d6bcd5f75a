//! Which network the devices live in.

use super::source::{ConfigError, Settings};
use crate::protocol::Network;

pub(super) fn network(settings: &Settings) -> Result<Network, ConfigError> {
    match settings.get("network") {
        None | Some("sandbox") => Ok(Network::Sandbox),
        Some("whatsapp") => Ok(Network::Whatsapp),
        Some(_) => Err(settings.wrong("network", "must be sandbox or whatsapp")),
    }
}
