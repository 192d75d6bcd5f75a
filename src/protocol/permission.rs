//! What somebody may do: each level holds those below it.

use super::read_name;
use serde::Serialize;

/// How far a key or a person may go. Ordered: whoever may send may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See devices, chats, messages and events.
    Read,
    /// Send, mark as read, type.
    Send,
    /// Add, link and remove devices; manage webhooks, keys and users.
    Admin,
}

read_name!(Permission { "read" => Read, "send" => Send, "admin" => Admin });

impl Permission {
    /// Every level, lowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Send, Self::Admin];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Admin => "admin",
        }
    }

    /// Whether whoever may go so far may write and change: messages and what is done with them, chats, labels, groups,
    /// contacts, what others see of an account, and the phones of the sandbox.
    #[must_use]
    pub fn may_send(self) -> bool {
        self >= Self::Send
    }

    /// Whether whoever may go so far may add, link and remove devices, and manage keys, webhooks and people.
    #[must_use]
    pub fn may_manage(self) -> bool {
        self >= Self::Admin
    }

    /// The level that is spelled so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_those_below() {
        assert!(Permission::Read < Permission::Send && Permission::Send < Permission::Admin);
        for level in Permission::ALL {
            assert_eq!(serde_json::to_string(&level).unwrap(), format!("\"{}\"", level.as_str()));
            assert_eq!(Permission::parse(level.as_str()), Some(level));
        }
        assert_eq!(Permission::ALL.map(Permission::may_send), [false, true, true]);
        assert_eq!(Permission::ALL.map(Permission::may_manage), [false, false, true]);
    }
}
