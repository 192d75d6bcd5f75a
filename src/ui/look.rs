//! How the page looks beside its colours' theme: how dense it is, its accent, and what is behind a thread.
//!
//! The choice is in the cookie `look`, so that the server writes it on `<html>` with the first byte and
//! nothing changes before the reader's eyes. The styles read it there (`style/components/look.css`).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How close things stand. The first of each list counts where nothing was chosen.
pub const DENSITIES: [&str; 2] = ["comfortable", "compact"];
/// The accents that are designed for both themes.
pub const ACCENTS: [&str; 6] = ["green", "blue", "violet", "rose", "amber", "slate"];
/// What is behind a thread.
pub const WALLPAPERS: [&str; 6] = ["dots", "plain", "paper", "grid", "waves", "weave"];

/// The choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub density: &'static str,
    pub accent: &'static str,
    pub wallpaper: &'static str,
}

impl Default for Look {
    fn default() -> Self {
        Self { density: DENSITIES[0], accent: ACCENTS[0], wallpaper: WALLPAPERS[0] }
    }
}

impl Look {
    /// The look that is spelled so. What is not known counts as not chosen.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parts = text.split('.');
        let mut pick = |all: &[&'static str]| {
            let part = parts.next().unwrap_or_default();
            all.iter().find(|name| **name == part).or(all.first()).copied().unwrap_or_default()
        };
        Self { density: pick(&DENSITIES), accent: pick(&ACCENTS), wallpaper: pick(&WALLPAPERS) }
    }

    /// What `<html>` says of it.
    #[must_use]
    pub fn attributes(self) -> [(&'static str, &'static str); 3] {
        [("data-density", self.density), ("data-accent", self.accent), ("data-wallpaper", self.wallpaper)]
    }
}

/// The cookie's value.
impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.density, self.accent, self.wallpaper)
    }
}

impl Serialize for Look {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Look {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_comes_back_as_it_was_chosen() {
        let look = Look { density: "compact", accent: "blue", wallpaper: "waves" };
        assert_eq!(Look::parse(&look.to_string()), look);
        let boot = serde_json::to_string(&look).unwrap();
        assert_eq!(serde_json::from_str::<Look>(&boot).unwrap(), look);
    }

    #[test]
    fn what_is_not_known_counts_as_not_chosen() {
        for odd in ["", "x", "compact", "compact.blue.<script>", "....", "a.b.c.d"] {
            let look = Look::parse(odd);
            assert!(DENSITIES.contains(&look.density) && ACCENTS.contains(&look.accent), "{odd}");
            assert_eq!(look.wallpaper, "dots");
        }
        assert_eq!(Look::parse("compact.nothing").density, "compact");
    }
}
