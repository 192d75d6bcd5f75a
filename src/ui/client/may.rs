//! What whoever is signed in may do. The server decides by itself; what it would refuse is not offered. What only reads, or
//! changes nothing but this browser, is there for everybody.

use super::Client;
use crate::protocol::Permission;

impl Client {
    /// Whether they may go so far.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permission() >= permission
    }

    /// Whether they may write and change: messages, chats, labels, groups, contacts, profiles, phones of the sandbox.
    #[must_use]
    pub fn may_send(&self) -> bool {
        self.permission().may_send()
    }

    /// Whether they may add, link and remove devices.
    #[must_use]
    pub fn may_manage(&self) -> bool {
        self.permission().may_manage()
    }

    fn permission(&self) -> Permission {
        self.read(|model| model.me().permission)
    }
}
