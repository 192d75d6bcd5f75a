//! The outbox's entries on this computer: one record each, so that two tabs never write over each other.

use super::storage;
use crate::model::Pending;
use crate::protocol::{CommandId, decode};

fn prefix(user: &str) -> String {
    format!("outbox.{user}.")
}

/// Keeps an entry until its answer. `false` if the browser refused: then it lives as long as the page.
pub fn keep(user: &str, entry: &Pending) -> bool {
    let text = serde_json::to_string(entry);
    text.is_ok_and(|text| storage::keep(&format!("{}{}", prefix(user), entry.id), &text))
}

/// The entry was answered, or given up.
pub fn forget(user: &str, id: &CommandId) {
    storage::forget(&format!("{}{id}", prefix(user)));
}

/// What earlier pages left, oldest first. What cannot be read any more is forgotten.
#[must_use]
pub fn load(user: &str) -> Vec<Pending> {
    let mut entries: Vec<Pending> = Vec::new();
    for name in storage::names(&prefix(user)) {
        let entry = storage::load(&name).and_then(|text| decode::<Pending>(&text).ok());
        match entry {
            Some(entry) => {
                let place = entries.iter().position(|other| other.at > entry.at);
                entries.insert(place.unwrap_or(entries.len()), entry);
            }
            None => storage::forget(&name),
        }
    }
    entries
}
