//! A device as the client knows it: its record, the codes that it shows, and how far a link has come.

use crate::protocol::{Device, DeviceStatus, Millis, PairingCode, Qr};

/// A device with what it shows now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    pub device: Device,
    /// The code that a phone can scan, if it waits for one.
    pub qr: Option<Qr>,
    /// The code that a phone can enter, if one was asked for.
    pub pairing_code: Option<PairingCode>,
    /// How much of the past is here, in percent, while it comes.
    pub history: Option<u8>,
}

/// The three steps of linking a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Scan,
    Connecting,
    Ready,
}

impl DeviceState {
    /// A device that shows nothing.
    #[must_use]
    pub fn new(device: Device) -> Self {
        Self { device, qr: None, pairing_code: None, history: None }
    }

    /// Takes the device's new record. Codes are gone once it no longer waits for one.
    pub fn update(&mut self, device: Device) {
        let waits = matches!(device.status, DeviceStatus::QrRequired | DeviceStatus::Starting);
        if !waits {
            self.qr = None;
            self.pairing_code = None;
        }
        if device.status != DeviceStatus::Connected {
            self.history = None;
        }
        self.device = device;
    }

    /// How far a link has come.
    #[must_use]
    pub fn step(&self) -> Step {
        match self.device.status {
            DeviceStatus::Authenticating => Step::Connecting,
            DeviceStatus::Connected => Step::Ready,
            _ => Step::Scan,
        }
    }

    /// Whether a person should look at it: it is neither live nor on its way there by itself.
    #[must_use]
    pub fn is_down(&self) -> bool {
        let status = self.device.status;
        matches!(status, DeviceStatus::Disconnected | DeviceStatus::LoggedOut | DeviceStatus::Failed)
    }

    /// Two letters of its name, for its picture.
    #[must_use]
    pub fn initials(&self) -> String {
        super::text::initials(&self.device.name)
    }
}

/// How much of a code's life is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Whole seconds, rounded up: 0 only when it is over.
    pub seconds: i64,
    /// Thousandths of the whole life, 0 to 1000.
    pub permille: i64,
}

impl Life {
    /// The life of something issued and expiring then, as of now.
    #[must_use]
    pub fn left(issued_at: Millis, expires_at: Millis, now: Millis) -> Self {
        let whole = expires_at.saturating_sub(issued_at).max(1);
        // A client clock that runs behind must not show more than the whole.
        let left = expires_at.saturating_sub(now).clamp(0, whole);
        Self { seconds: left.saturating_add(999) / 1000, permille: left.saturating_mul(1000) / whole }
    }

    #[must_use]
    pub fn is_over(self) -> bool {
        self.seconds == 0
    }
}
