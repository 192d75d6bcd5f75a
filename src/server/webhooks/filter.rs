//! Which events a webhook is for.

use crate::protocol::EventKind;
use serde::{Deserialize, Serialize};

/// The most entries of one filter.
pub const MAX_ENTRIES: usize = 50;

/// Types of events such as `message.new`, and prefixes such as `message.*`; empty for all.
///
/// What tells a receiver about the deliveries themselves (`resync`, `webhook.test`) passes every filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter(Vec<String>);

impl Filter {
    /// Checks that every entry means at least one type of event.
    ///
    /// # Errors
    /// A sentence about the entry that does not.
    pub fn new(mut entries: Vec<String>) -> Result<Self, String> {
        if entries.len() > MAX_ENTRIES {
            return Err(format!("events has at most {MAX_ENTRIES} entries"));
        }
        for entry in &entries {
            if !EventKind::NAMES.iter().any(|name| matches(entry, name)) {
                let shown: String = entry.chars().take(64).collect();
                return Err(format!(
                    "no event is called \"{shown}\": there are {}, and prefixes such as message.*",
                    EventKind::NAMES.join(", ")
                ));
            }
        }
        entries.sort();
        entries.dedup();
        Ok(Self(entries))
    }

    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|entry| matches(entry, name))
    }

    #[must_use]
    pub fn entries(&self) -> &[String] {
        &self.0
    }
}

fn matches(entry: &str, name: &str) -> bool {
    match entry.strip_suffix('*') {
        // `message.*`, with the dot: `message*` would mean whatever comes to be called so.
        Some(prefix) => prefix.len() > 1 && prefix.ends_with('.') && name.starts_with(prefix),
        None => entry == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(entries: &[&str]) -> Result<Filter, String> {
        Filter::new(entries.iter().map(|entry| (*entry).to_owned()).collect())
    }

    #[test]
    fn passes_types_and_prefixes() {
        let all = filter(&[]).unwrap();
        assert!(EventKind::NAMES.iter().all(|name| all.passes(name)));
        let some = filter(&["message.*", "device.qr", "message.*"]).unwrap();
        assert_eq!(some.entries(), ["device.qr", "message.*"]);
        assert!(some.passes("message.new") && some.passes("message.status") && some.passes("device.qr"));
        assert!(!some.passes("device.updated") && !some.passes("messages") && !some.passes("device.qrx"));
    }

    #[test]
    fn refuses_what_means_nothing() {
        for wrong in
            ["", "*", ".*", "message*", "message.", "message.n*", "typing", "Message.new", "nothing.*"]
        {
            assert!(filter(&[wrong]).is_err(), "{wrong}");
        }
        assert!(filter(&vec!["message.new"; MAX_ENTRIES]).is_ok());
        assert!(filter(&vec!["message.new"; MAX_ENTRIES + 1]).is_err());
    }
}
