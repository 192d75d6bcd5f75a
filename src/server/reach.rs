//! Whose data somebody may see: every reading and every order asks this.

use super::storage::Query;
use crate::protocol::{DeviceId, Event, LiveEvent, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A workspace, or only some of its devices. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub workspace: WorkspaceId,
    /// `None`: all of them, those to come too.
    devices: Option<Arc<BTreeSet<DeviceId>>>,
    /// Who asks, where that is somebody: what is theirs alone is covered for them only.
    asker: Option<Arc<str>>,
}

impl Reach {
    /// Everything in a workspace.
    #[must_use]
    pub fn whole(workspace: WorkspaceId) -> Self {
        Self { workspace, devices: None, asker: None }
    }

    /// Only these devices of a workspace, and nothing that concerns the workspace itself.
    #[must_use]
    pub fn only(workspace: WorkspaceId, devices: impl IntoIterator<Item = DeviceId>) -> Self {
        Self { workspace, devices: Some(Arc::new(devices.into_iter().collect())), asker: None }
    }

    /// Of what this covers, one device.
    #[must_use]
    pub fn narrowed(&self, device: DeviceId) -> Self {
        let devices = if self.covers(&device) { vec![device] } else { Vec::new() };
        Self { asker: self.asker.clone(), ..Self::only(self.workspace.clone(), devices) }
    }

    /// The same for somebody: what is theirs alone as well.
    #[must_use]
    pub fn asked_by(self, name: &str) -> Self {
        Self { asker: Some(name.into()), ..self }
    }

    /// Who asks, where that is somebody.
    #[must_use]
    pub fn asker(&self) -> Option<&str> {
        self.asker.as_deref()
    }

    /// Whether nothing of the workspace is left out.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.devices.is_none()
    }

    /// The devices, where they are counted.
    #[must_use]
    pub fn devices(&self) -> Option<&BTreeSet<DeviceId>> {
        self.devices.as_deref()
    }

    /// Whether it covers a device of the workspace. That the device is one of the workspace is for the
    /// database to say.
    #[must_use]
    pub fn covers(&self, device: &DeviceId) -> bool {
        self.devices.as_ref().is_none_or(|devices| devices.contains(device))
    }

    /// Whether it covers an event of the workspace's log.
    #[must_use]
    pub fn covers_event(&self, event: &Event) -> bool {
        if event.kind.owner().is_some_and(|owner| self.asker() != Some(owner)) {
            return false;
        }
        match &event.device_id {
            Some(device) => self.covers(device),
            None => self.is_whole(),
        }
    }

    /// Whether it covers an ephemeral signal of the workspace.
    #[must_use]
    pub fn covers_signal(&self, event: &LiveEvent) -> bool {
        self.covers(&event.device_id)
    }

    /// Appends the condition that a row's device is covered; `and` ends with `IN`, for example
    /// `" AND c.device_id IN"`.
    #[must_use]
    pub fn within(&self, query: Query, and: &'static str) -> Query {
        match self.devices() {
            None => query,
            // An empty list is no SQL; no device has an empty id.
            Some(devices) if devices.is_empty() => query.then(and).list([""]),
            Some(devices) => query.then(and).list(devices),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> DeviceId {
        text.parse().unwrap()
    }

    #[test]
    fn some_devices_are_not_the_workspace() {
        let workspace: WorkspaceId = "w".parse().unwrap();
        let whole = Reach::whole(workspace.clone());
        assert!(whole.covers(&id("a")) && whole.is_whole());
        let some = Reach::only(workspace, [id("a")]);
        assert!(some.covers(&id("a")) && !some.covers(&id("b")) && !some.is_whole());
        assert!(!some.narrowed(id("b")).covers(&id("b")), "narrowing never widens");
        assert!(whole.narrowed(id("b")).covers(&id("b")));
    }
}
