//! Where we listen, and from where browsers may call.

use super::source::{ConfigError, Settings};
use std::net::SocketAddr;

pub(super) fn listen(settings: &Settings) -> Result<SocketAddr, ConfigError> {
    let text = settings.get("addr").unwrap_or("127.0.0.1:3000");
    text.parse().map_err(|_| settings.wrong("addr", "is not an address such as 127.0.0.1:3000"))
}

pub(super) fn origins(settings: &Settings) -> Result<Vec<String>, ConfigError> {
    let list = settings.get("allowed_origins").unwrap_or("");
    list.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(|origin| check(settings, origin))
        .collect()
}

fn check(settings: &Settings, origin: &str) -> Result<String, ConfigError> {
    let wrong = || {
        settings
            .wrong("allowed_origins", format!("\"{origin}\" is not an origin such as https://shop.example"))
    };
    let (scheme, host) = origin.split_once("://").ok_or_else(wrong)?;
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    if !matches!(scheme, "http" | "https") || host.is_empty() || !plain {
        return Err(wrong());
    }
    Ok(origin.to_ascii_lowercase())
}
