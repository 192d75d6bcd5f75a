//! The groups of the table that the settings and the page of a device speak with.

use super::messages::{Count, Text, With};
use crate::protocol::{CauseCode, ConnectionKind, DeviceStatus, Permission};

super::shapes::texts! {
/// What all sections of the settings share.
#[derive(Debug)]
pub struct Manage {
    pub sections: Text,
    pub all: Text,
    pub choose: Text,
    pub about: Text,
    pub copy: Text,
    pub copied: Text,
    pub copy_failed: Text,
    pub once: Text,
    pub done: Text,
    pub failed_title: Text,
    pub more: Text,
    pub permission_label: Text,
    pub permission: fn(Permission) -> Text,
    pub permission_text: fn(Permission) -> Text,
    pub scope: Text,
    pub scope_all: Text,
    pub scope_some: Text,
    pub scope_none: Text,
    pub scope_count: Count,
    pub missing_title: Text,
    pub missing_text: Text,
}

#[derive(Debug)]
pub struct Keys {
    pub title: Text,
    pub lead: Text,
    pub add: Text,
    pub name: Text,
    pub name_hint: Text,
    pub expires: Text,
    pub expires_never: Text,
    pub expires_in: Count,
    pub create: Text,
    pub made_title: With,
    pub last_used: Text,
    pub never_used: Text,
    pub created: Text,
    pub expired: Text,
    pub empty_title: Text,
    pub empty_text: Text,
    pub revoke: Text,
    pub revoke_label: With,
    pub revoke_title: With,
    pub revoke_text: Text,
}

#[derive(Debug)]
pub struct Hooks {
    pub title: Text,
    pub lead: Text,
    pub add: Text,
    pub url: Text,
    pub url_help: Text,
    pub description: Text,
    pub events: Text,
    pub events_all: Text,
    pub events_help: Text,
    pub create: Text,
    pub secret_title: Text,
    pub secret_ending: With,
    pub actions: With,
    pub test: Text,
    /// The receiver's answer, and after how many milliseconds.
    pub tested: fn(&str, i64) -> String,
    pub test_failed: With,
    pub enabled: Text,
    pub disabled: Text,
    pub enable: Text,
    pub disable: Text,
    pub waiting: Count,
    pub dead: Count,
    pub log: Text,
    pub all: Text,
    pub state: fn(&str) -> Text,
    pub empty_title: Text,
    pub empty_text: Text,
    pub log_none: Text,
    pub attempts: Count,
    pub next_at: Text,
    pub answered: With,
    pub retry: Text,
    pub retried: Text,
    pub replay: Text,
    pub replay_title: Text,
    pub replay_text: Text,
    pub replayed: Text,
    pub rotate: Text,
    pub rotate_title: Text,
    pub rotate_text: Text,
    pub delete: Text,
    pub delete_title: Text,
    pub delete_text: Text,
}

/// The users of the workspace.
#[derive(Debug)]
pub struct People {
    pub title: Text,
    pub lead: Text,
    pub add: Text,
    pub name: Text,
    pub email: Text,
    pub create: Text,
    pub link_title: With,
    pub link_text: Text,
    pub new_link: Text,
    pub new_link_label: With,
    pub you: Text,
    pub no_password: Text,
    pub role_of: With,
    pub changed: With,
    pub remove: Text,
    pub remove_label: With,
    pub remove_title: With,
    pub remove_text: Text,
}

/// How the page looks.
#[derive(Debug)]
pub struct Look {
    pub density: Text,
    pub density_name: fn(&str) -> Text,
    pub accent: Text,
    pub accent_name: fn(&str) -> Text,
    pub wallpaper: Text,
    pub wallpaper_name: fn(&str) -> Text,
    pub sample: Text,
    pub language: Text,
    pub language_text: Text,
}

#[derive(Debug)]
pub struct Shortcuts {
    pub title: Text,
    pub then: Text,
    pub search: Text,
    pub next: Text,
    pub new_chat: Text,
    pub go_chats: Text,
    pub go_devices: Text,
    pub go_settings: Text,
    pub go_sandbox: Text,
    pub help: Text,
    pub escape: Text,
    pub send: Text,
    pub line: Text,
    pub single: Text,
    pub single_text: Text,
}

/// How a device is.
#[derive(Debug)]
pub struct Health {
    pub title: Text,
    pub now: Text,
    pub last_in: Text,
    pub last_out: Text,
    pub none: Text,
    pub queue: Text,
    pub failed: Text,
    pub today: Text,
    /// Messages that came and went.
    pub traffic: fn(i64, i64) -> String,
    pub reconnects: Text,
    pub uptime: Text,
    pub percent: With,
    pub connects_in: Text,
    pub seconds: Count,
    pub minutes: Count,
    pub hours: Count,
    pub days: Count,
    pub history: Text,
    pub history_none: Text,
    pub kind: fn(ConnectionKind) -> Text,
    /// Why a connection ended that was made anew at once.
    pub restarted: Text,
    pub took: With,
    pub lasted: With,
    pub lasts: Text,
    pub diagnosis: Text,
    pub what_to_do: Text,
    pub advice: fn(CauseCode) -> Text,
    pub advice_status: fn(DeviceStatus) -> Text,
    pub profile: Text,
    pub profile_text: Text,
    pub profile_name: Text,
    pub profile_about: Text,
    pub profile_saved: Text,
    pub profile_down: Text,
}

/// Sounds, notifications, the notice of a newer client, and starts without network.
#[derive(Debug)]
pub struct Alerts {
    pub title: Text,
    pub offer: Text,
    pub offer_yes: Text,
    pub offer_no: Text,
    pub update: Text,
    pub update_now: Text,
    pub notices: Text,
    pub notices_text: Text,
    pub denied: Text,
    pub unable: Text,
    pub sounds: Text,
    /// By the class's name.
    pub sound: fn(&str) -> Text,
    pub devices: Text,
    pub none_yet: Text,
    pub offline_title: Text,
    pub offline_text: Text,
}

/// Quiet hours.
#[derive(Debug)]
pub struct Quiet {
    pub title: Text,
    pub text: Text,
    pub from: Text,
    pub until: Text,
    pub days: Text,
    pub days_text: Text,
    /// Until when.
    pub now: With,
}
}
