//! What outlives the page: `localStorage`, where the browser allows it. Everything here may be refused
//! (private windows, full disks), so nothing depends on it being kept.

use web_sys::Storage;

/// Every key of ours begins so.
const PREFIX: &str = "switchboard.";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What was kept under this name.
#[must_use]
pub fn load(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{name}")).ok()?
}

/// Keeps a text under this name. `false` if the browser refused.
pub fn keep(name: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&format!("{PREFIX}{name}"), text).is_ok())
}

/// Forgets what was kept under this name.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        // Refused only where nothing was kept either.
        drop(storage.remove_item(&format!("{PREFIX}{name}")));
    }
}

/// The names that begin so.
#[must_use]
pub fn names(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let whole = format!("{PREFIX}{prefix}");
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok()?);
    keys.filter(|key| key.starts_with(&whole))
        .filter_map(|key| key.strip_prefix(PREFIX).map(ToOwned::to_owned))
        .collect()
}
