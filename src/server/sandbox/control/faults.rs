//! What goes wrong on purpose.

use super::Sandbox;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::fault::{Fault, FaultKind};
use crate::server::sandbox::rows::links;

impl Sandbox {
    /// Sets a fault, or makes one happen that happens once.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] for values out of their limits, [`SandboxError::NotFound`] if a device is
    /// to be replaced that is not connected.
    pub async fn set_fault(&self, fault: Fault) -> Result<(), SandboxError> {
        tracing::info!(kind = ?fault.kind, device = ?fault.device, "a fault is set");
        if fault.kind != FaultKind::Replaced {
            return self.net.faults.set(fault);
        }
        let device = fault.device.clone();
        self.net.faults.set(fault)?;
        let mut replaced = 0;
        for account in self.net.directory.all() {
            let connections = account.connections();
            if connections.is_empty() {
                continue;
            }
            let rows = links::of(&self.net.store, &account.number).await?;
            for (number, live) in connections {
                let meant = rows.iter().find(|row| row.address.device == number);
                if meant.is_some_and(|row| device.as_ref().is_none_or(|device| *device == row.device_id))
                    && live.control.send(Control::Replaced).await.is_ok()
                {
                    replaced += 1;
                }
            }
        }
        match device {
            Some(device) if replaced == 0 => {
                Err(SandboxError::NotFound(format!("the device {device} is not connected")))
            }
            _ => Ok(()),
        }
    }

    /// The faults that last, with what is left of their time in seconds.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.net.faults.list()
    }

    /// Ends every fault.
    pub fn clear_faults(&self) {
        self.net.faults.clear();
    }
}
