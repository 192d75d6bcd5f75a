//! What the server hands to the pages that it renders, and how it reaches the browser.

use super::look::Look;
use crate::i18n::{FormError, Locale};
use crate::protocol::{Millis, Network, Snapshot, decode, read_name, read_record};
use leptos::prelude::*;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the sign-in page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginForm {
    /// What went wrong with the last attempt.
    pub error: Option<FormError>,
    /// Seconds until the next attempt, where that is known.
    pub wait: Option<i64>,
    pub email: String,
    /// Where to go afterwards.
    pub next: String,
    pub network: Network,
    /// The page came over plain HTTP from another computer: whoever is between can read along.
    pub insecure: bool,
    /// Whoever comes here was signed in, and their session has ended.
    pub ended: bool,
    /// The token of a one-time link; with it, nothing else is asked than whether to sign in.
    pub link: Option<String>,
    /// Who signs in by that link.
    pub name: String,
    /// Who is signed in already, if it is somebody else; else empty.
    pub now: String,
}

read_record!(LoginForm {
    error: "error",
    wait: "wait",
    email: "email",
    next: "next",
    network: "network",
    insecure: "insecure",
    ended: "ended",
    link: "link",
    name: "name",
    now: "now",
});

/// What the forms for name, address and password show: `POST /welcome` and `POST /settings`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProfileForm {
    /// What was wrong with what was sent.
    pub error: Option<FormError>,
    pub saved: bool,
    pub name: String,
    pub email: String,
    /// Whether there is a password already, or only the link that was used up.
    pub has_password: bool,
}

read_record!(ProfileForm {
    error: "error",
    saved: "saved",
    name: "name",
    email: "email",
    has_password: "has_password"
});

/// The colours that this browser chose, in the cookie `theme`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

read_name!(Theme { "Auto" => Auto, "Light" => Light, "Dark" => Dark });

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// The moment of rendering.
    pub now: Millis,
    /// Minutes east of UTC, from the cookie `tz` that the last visit left; 0 without one.
    pub utc_offset: i32,
}

read_record!(Viewer { now: "now", utc_offset: "utc_offset" });

impl Viewer {
    /// The viewer of a request with this cookie `tz`. What is no offset counts as none.
    #[must_use]
    pub fn new(now: Millis, tz: Option<&str>) -> Self {
        let offset = tz.and_then(|tz| tz.parse::<i32>().ok()).unwrap_or(0);
        let sane = offset.abs() <= crate::model::time::MAX_OFFSET;
        Self { now, utc_offset: if sane { offset } else { 0 } }
    }
}

/// The page that is kept for starts without network: it is nobody's, and is filled in the browser.
#[derive(Debug, Clone, Copy)]
pub struct Offline;

/// Whether the address of the page that is being rendered leads nowhere. The page says so, and the server, which
/// provided this, answers so. Copies are the same.
#[derive(Debug, Clone, Default)]
pub struct Nowhere(Arc<AtomicBool>);

impl Nowhere {
    /// There is nothing at this address.
    pub fn say(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the page has said so.
    #[must_use]
    pub fn was_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What went wrong before a page could be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    pub status: u16,
    /// One sentence.
    pub text: String,
}

read_record!(Trouble { status: "status", text: "text" });

/// Everything that a page starts from. The server collects it from what was provided; the browser reads
/// the same value from the document, so that both render the same page without a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Boot {
    pub theme: Theme,
    pub look: Look,
    pub locale: Locale,
    pub viewer: Viewer,
    pub snapshot: Option<Snapshot>,
    pub login: Option<LoginForm>,
    pub profile: Option<ProfileForm>,
    pub trouble: Option<Trouble>,
}

read_record!(Boot {
    theme: "theme",
    look: "look",
    locale: "locale",
    viewer: "viewer",
    snapshot: "snapshot",
    login: "login",
    profile: "profile",
    trouble: "trouble"
});

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
                look: use_context().unwrap_or_default(),
                locale: use_context().unwrap_or_default(),
                viewer: use_context().unwrap_or(Viewer { now, utc_offset: 0 }),
                snapshot,
                login: use_context(),
                profile: use_context(),
                trouble: use_context(),
            }
        };
        SharedValue::<Self, _>::new_str(provided).into_inner()
    }
}

/// How it is written into the document.
impl std::fmt::Display for Boot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

impl std::str::FromStr for Boot {
    type Err = serde_json::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode(text)
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
