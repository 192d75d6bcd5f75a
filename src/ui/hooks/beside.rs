//! Alerts and the update notice: what was chosen in this browser, and what it allows.

use super::host;
use crate::model::quiet::QuietHours;
use crate::protocol::read_record;
use crate::ui::prelude::react;
use leptos::prelude::*;
use serde::Serialize;

/// Whether the browser lets us notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Permission {
    /// It cannot, or has not said so yet.
    #[default]
    None,
    /// It has not been asked.
    Ask,
    Granted,
    Denied,
}

impl Permission {
    /// By the name that browsers have for it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "default" => Self::Ask,
            "granted" => Self::Granted,
            "denied" => Self::Denied,
            _ => Self::None,
        }
    }
}

/// What was chosen in this browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// Classes of sounds that are off: `message`, `sent`, `error`, `connection`.
    pub off: Vec<String>,
    /// Devices whose messages neither sound nor notify.
    pub devices: Vec<String>,
    /// Whether to notify, where the browser allows it.
    pub notices: bool,
    /// Whether somebody said that they want no notifications: they are not offered again.
    pub declined: bool,
    /// Whether the quiet hours count.
    pub quiet: bool,
    /// The quiet hours, once somebody had them.
    pub hours: Option<QuietHours>,
}

read_record!(Choices {
    off: "off" or Vec::new(),
    devices: "devices" or Vec::new(),
    notices: "notices" or true,
    declined: "declined" or false,
    quiet: "quiet" or false,
    hours: "hours",
});

impl Default for Choices {
    fn default() -> Self {
        Self {
            off: Vec::new(),
            devices: Vec::new(),
            notices: true,
            declined: false,
            quiet: false,
            hours: None,
        }
    }
}

/// Puts a name on a list, or takes it off.
pub fn switch(list: &mut Vec<String>, name: &str, on: bool) {
    list.retain(|other| other != name);
    if on {
        list.push(name.to_owned());
    }
}

/// What runs beside the pages, as the pages see it.
#[derive(Clone, Copy)]
pub struct Beside {
    pub permission: RwSignal<Permission>,
    pub choices: RwSignal<Choices>,
    /// The server has a newer client than this one.
    pub update: RwSignal<bool>,
}

impl Beside {
    /// Begins to listen with the first effect; until then nothing is known, here as on the server.
    #[must_use]
    pub fn start() -> Self {
        let beside = Self {
            permission: RwSignal::new(Permission::None),
            choices: RwSignal::new(Choices::default()),
            update: RwSignal::new(false),
        };
        react(move |started: Option<()>| {
            if started.is_none() {
                beside.choices.set(host::choices());
                host::listen_beside(
                    move |said: &str| beside.permission.set(Permission::of(said)),
                    move || beside.update.set(true),
                );
            }
        });
        beside
    }

    /// Changes what was chosen, for this page and those to come.
    pub fn choose(self, change: impl FnOnce(&mut Choices)) {
        self.choices.update(change);
        self.choices.with_untracked(host::keep_choices);
    }
}

/// What runs beside the pages; nothing where nobody is signed in.
#[must_use]
pub fn use_beside() -> Option<Beside> {
    use_context()
}
