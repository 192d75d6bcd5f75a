//! What the server hands to the pages that it renders, and how it reaches the browser.

use crate::protocol::{Millis, Network, Snapshot};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the sign-in page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginForm {
    /// What went wrong with the last attempt, in a sentence.
    pub error: Option<String>,
    pub email: String,
    /// Where to go afterwards.
    pub next: String,
    pub network: Network,
    /// The page came over plain HTTP from another computer: whoever is between can read along.
    pub insecure: bool,
}

/// What the forms for name, address and password show: `POST /welcome` and `POST /settings`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileForm {
    /// What was wrong with what was sent, in a sentence.
    pub error: Option<String>,
    pub saved: bool,
    pub name: String,
    pub email: String,
    /// Whether there is a password already, or only the link that was used up.
    pub has_password: bool,
}

/// The colours that this browser chose, in the cookie `theme`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// The cookie's value, and what `<html data-theme>` says.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// When and for which clock the page is rendered: both sides then write the same times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The moment of rendering.
    pub now: Millis,
    /// Minutes east of UTC, from the cookie `tz` that the last visit left; 0 without one.
    pub utc_offset: i32,
}

impl Viewer {
    /// The viewer of a request with this cookie `tz`. What is no offset counts as none.
    #[must_use]
    pub fn new(now: Millis, tz: Option<&str>) -> Self {
        let offset = tz.and_then(|tz| tz.parse::<i32>().ok()).unwrap_or(0);
        let sane = offset.abs() <= crate::model::time::MAX_OFFSET;
        Self { now, utc_offset: if sane { offset } else { 0 } }
    }
}

/// What went wrong before a page could be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub status: u16,
    /// One sentence.
    pub text: String,
}

/// Everything that a page starts from. The server collects it from what was provided; the browser reads
/// the same value from the document, so that both render the same page without a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    pub theme: Theme,
    pub viewer: Viewer,
    pub snapshot: Option<Snapshot>,
    pub login: Option<LoginForm>,
    pub profile: Option<ProfileForm>,
    pub trouble: Option<Trouble>,
}

impl Boot {
    /// This page's.
    #[must_use]
    pub fn take() -> Self {
        let provided = || {
            let snapshot = use_context::<Snapshot>();
            let newest = snapshot.as_ref().and_then(|snapshot| snapshot.chats.first());
            // Without a clock, the newest thing that happened stands for now.
            let now = newest.map_or(0, |chat| chat.last_activity);
            Self {
                theme: use_context().unwrap_or_default(),
                viewer: use_context().unwrap_or(Viewer { now, utc_offset: 0 }),
                snapshot,
                login: use_context(),
                profile: use_context(),
                trouble: use_context(),
            }
        };
        SharedValue::<Self>::new(provided).into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_believed_within_reason() {
        assert_eq!(Viewer::new(5, Some("-90")), Viewer { now: 5, utc_offset: -90 });
        for odd in [None, Some(""), Some("841"), Some("x"), Some("99999999999")] {
            assert_eq!(Viewer::new(5, odd).utc_offset, 0);
        }
    }
}
