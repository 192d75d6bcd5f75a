//! Devices that are down, and when people are told of it: once, and not of what mends itself at once or was asked for.

use crate::protocol::{CauseCode, Device, DeviceId, DeviceStatus, Millis};

/// How long a connection may be away before anybody is told: most come back by themselves.
const PATIENCE: Millis = 60_000;
/// The same for what does not come back by itself. A client that catches up takes in what was, and then what is.
const SOON: Millis = 1_000;

/// The devices that are down.
#[derive(Debug, Default)]
pub struct Downs(Vec<Down>);

#[derive(Debug)]
struct Down {
    id: DeviceId,
    /// As what people are told of it.
    status: DeviceStatus,
    /// When they are; nothing once they were.
    due: Option<Millis>,
}

impl Down {
    fn new(device: &Device, now: Millis) -> Self {
        let (id, status) = (device.id.clone(), device.status);
        let patience = if status == DeviceStatus::Disconnected { PATIENCE } else { SOON };
        Self { id, status, due: Some(now.saturating_add(patience)) }
    }

    /// Whether it waits for somebody, and not for a connection.
    fn ended(&self) -> bool {
        self.status != DeviceStatus::Disconnected
    }
}

impl Downs {
    /// Takes in how a device is. `true` if it is no longer what people were told.
    pub fn take(&mut self, device: &Device, now: Millis) -> bool {
        let asked_for = device
            .cause
            .as_ref()
            .is_some_and(|cause| matches!(cause.code, CauseCode::Stopped | CauseCode::QrExpired));
        match device.status {
            // An attempt is neither the one nor the other.
            DeviceStatus::Starting => return false,
            DeviceStatus::LoggedOut | DeviceStatus::Failed => {}
            DeviceStatus::Disconnected if !asked_for => {}
            _ => return self.forget(&device.id),
        }
        let down = Down::new(device, now);
        match self.0.iter_mut().find(|known| known.id == down.id) {
            Some(known) if known.ended() == down.ended() => known.status = down.status,
            Some(known) => *known = down,
            None => self.0.push(down),
        }
        false
    }

    /// Takes in how a device is for somebody who sees that for themselves.
    pub fn know(&mut self, device: &Device) {
        self.take(device, 0);
        if let Some(known) = self.0.iter_mut().find(|known| known.id == device.id) {
            known.due = None;
        }
    }

    /// Whether a device was down when it was last taken in.
    #[must_use]
    pub fn knows(&self, id: &DeviceId) -> bool {
        self.0.iter().any(|known| known.id == *id)
    }

    /// The device is gone, or up. `true` if people were told that it is down.
    pub fn forget(&mut self, id: &DeviceId) -> bool {
        let before = self.0.iter().position(|known| known.id == *id);
        before.is_some_and(|place| self.0.remove(place).due.is_none())
    }

    /// Devices that are not there any more are forgotten.
    pub fn keep(&mut self, there: impl Fn(&DeviceId) -> bool) {
        self.0.retain(|known| there(&known.id));
    }

    /// When somebody is to be told next.
    #[must_use]
    pub fn next_due(&self) -> Option<Millis> {
        self.0.iter().filter_map(|known| known.due).min()
    }

    /// What people are to be told now, each once: the devices, and as what.
    pub fn due(&mut self, now: Millis) -> Vec<(DeviceId, DeviceStatus)> {
        let due = self.0.iter_mut().filter(|known| known.due.is_some_and(|due| due <= now));
        due.map(|known| {
            known.due = None;
            (known.id.clone(), known.status)
        })
        .collect()
    }
}
