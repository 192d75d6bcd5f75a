//! Which chats the list shows.

use super::chats::{ChatKey, ChatState};
use super::found::fold;
use crate::protocol::{ChatKind, DeviceId};
use std::fmt::Write as _;

/// Which kind of chats to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FilterKind {
    #[default]
    All,
    Unread,
    Groups,
    /// What was put away from the list.
    Archived,
}

/// Which chats to show, as the list's head is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChatFilter {
    pub kind: FilterKind,
    pub device: Option<DeviceId>,
    /// A label, and the device whose it is.
    pub label: Option<(DeviceId, String)>,
    /// Part of a name or number, as typed.
    pub query: String,
    /// Shown whatever the kind says: the open chat does not vanish under the reader when it is read.
    pub keep: Option<ChatKey>,
}

/// What is typed, made ready to be compared with many names.
pub(super) struct Typed {
    folded: String,
    digits: String,
}

impl ChatFilter {
    /// Whether it is the list that the client starts with.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.kind == FilterKind::All && self.is_whole()
    }

    /// Whether every chat of the list or of the archive passes, but for what is typed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.kind, FilterKind::All | FilterKind::Archived)
            && self.device.is_none()
            && self.label.is_none()
    }

    pub(super) fn typed(&self) -> Typed {
        let folded = fold(self.query.trim());
        Typed { digits: folded.chars().filter(char::is_ascii_digit).collect(), folded }
    }

    /// Whether this chat passes; whether it is put away is not asked here.
    pub(super) fn shows(&self, state: &ChatState, Typed { folded, digits }: &Typed) -> bool {
        let chat = &state.chat;
        let kind = match self.kind {
            FilterKind::All | FilterKind::Archived => true,
            FilterKind::Unread => state.waits() || self.keep == Some(state.key),
            FilterKind::Groups => chat.kind == ChatKind::Group,
        };
        let number = || chat.phone_number.as_ref().is_some_and(|number| number.contains(digits));
        let named = folded.is_empty()
            || state.folded_name.contains(folded)
            || (!digits.is_empty() && digits.len() + 4 >= folded.len() && number());
        let labelled =
            |(device, id): &(DeviceId, String)| *device == chat.device_id && chat.labels.contains(id);
        kind && named
            && self.device.as_ref().is_none_or(|device| *device == chat.device_id)
            && self.label.as_ref().is_none_or(labelled)
    }

    /// Where the server lists the chats that pass, whatever is typed.
    #[must_use]
    pub fn address(&self) -> String {
        let device = self.label.as_ref().map(|(device, _)| device).or(self.device.as_ref());
        let mut address = match device {
            Some(device) => format!("/api/v1/devices/{device}/chats?limit=100"),
            None => "/api/v1/chats?limit=100".to_owned(),
        };
        self.narrow(&mut address, "&kind=group");
        address
    }

    /// What the server's search of messages is asked for beside words, so that it finds what is in the chats that pass.
    #[must_use]
    pub fn of_messages(&self) -> String {
        let device = self.label.as_ref().map(|(device, _)| device).or(self.device.as_ref());
        let mut asked = device.map_or_else(String::new, |device| format!("&device={device}"));
        self.narrow(&mut asked, "&chatKind=group");
        asked
    }

    fn narrow(&self, address: &mut String, groups: &str) {
        address.push_str(match self.kind {
            FilterKind::All => "",
            FilterKind::Unread => "&unread=true&archived=false",
            FilterKind::Groups => groups,
            FilterKind::Archived => "&archived=true",
        });
        if let Some((_, id)) = &self.label {
            address.push_str("&label=");
            for byte in id.bytes() {
                // Writing into a String cannot fail.
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }

    /// What this browser keeps of it for the next visit: not what is typed, and not that the archive was open.
    #[must_use]
    pub fn kept(&self) -> String {
        let kind = match self.kind {
            FilterKind::All | FilterKind::Archived => "",
            FilterKind::Unread => "unread",
            FilterKind::Groups => "groups",
        };
        let device = self.device.as_ref().map_or("", DeviceId::as_str);
        let (of, label) = self.label.as_ref().map_or(("", ""), |(of, label)| (of.as_str(), label.as_str()));
        format!("{kind}\n{device}\n{of}\n{label}")
    }

    /// The filter that was kept so.
    #[must_use]
    pub fn from_kept(text: &str) -> Self {
        let mut parts = text.splitn(4, '\n');
        let mut part = || parts.next().unwrap_or_default();
        let kind = match part() {
            "unread" => FilterKind::Unread,
            "groups" => FilterKind::Groups,
            _ => FilterKind::All,
        };
        let device = part().parse().ok();
        let of: Option<DeviceId> = part().parse().ok();
        let label = of.zip(Some(part().to_owned()).filter(|label| !label.is_empty()));
        Self { kind, device, label, ..Self::default() }
    }
}
