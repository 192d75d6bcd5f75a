//! Linking devices, and ending links.

use super::Sandbox;
use crate::protocol::DeviceId;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::directory::Control;
use crate::server::sandbox::event::PhoneEventKind;
use crate::server::sandbox::limits::{self, PAIRING};
use crate::server::sandbox::line::pairing::{Offer, QrText};
use crate::server::sandbox::line::{enter_code, unlink};
use crate::server::sandbox::model::{Link, ScanTarget};
use crate::server::sandbox::rows::accounts;
use crate::server::sandbox::rows::links;
use tokio::sync::oneshot;

impl Sandbox {
    /// A phone links a device. Returns once the device has signed the link.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, [`SandboxError::Invalid`] for what is no code or if
    /// the phone has as many devices as it may, [`SandboxError::NotPairing`] for a code that no device
    /// shows now (or, of eight characters, not for this number), [`SandboxError::WrongCode`] for one that
    /// was typed wrongly, [`SandboxError::LinkFailed`] if the device does not complete it.
    pub async fn scan(&self, number: &str, target: &ScanTarget) -> Result<(), SandboxError> {
        self.net.open()?;
        let number = limits::number(number)?;
        let account = accounts::get(&self.net.store, &number).await?;
        let account = account.ok_or_else(|| SandboxError::no_phone(&number))?;
        let (reply, outcome) = oneshot::channel();
        match target {
            ScanTarget::Qr(text) => {
                let qr = QrText::parse(text)?;
                let showing = self.net.waiting.scan(&qr.reference, &qr.noise_key)?;
                let offer =
                    Offer::make(&self.net, &account, qr.noise_key, qr.identity, &qr.secret, reply).await?;
                let offered = showing.control.send(Control::Offer(Box::new(offer))).await;
                offered.map_err(|_| SandboxError::NotPairing)?;
            }
            ScanTarget::Code(code) => enter_code(&self.net, &account, code, reply).await?,
        }
        match tokio::time::timeout(PAIRING, outcome).await {
            Ok(Ok(linked)) => linked,
            Ok(Err(_)) => Err(SandboxError::LinkFailed("it went away".to_owned())),
            Err(_) => Err(SandboxError::LinkFailed("it did not answer in time".to_owned())),
        }
    }

    /// The devices that are linked to a phone, oldest first.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone.
    pub async fn links(&self, number: &str) -> Result<Vec<Link>, SandboxError> {
        let account = self.net.directory.need(&limits::number(number)?)?;
        let rows = links::of(&self.net.store, &account.number).await?;
        Ok(rows.iter().map(|row| Link::of(&account, row)).collect())
    }

    /// A phone ends the link of a device, or of all. Answers how many it ended.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, or if that device is not linked to it.
    pub async fn unlink(&self, number: &str, device: Option<&DeviceId>) -> Result<usize, SandboxError> {
        let account = self.net.directory.need(&limits::number(number)?)?;
        let rows = links::of(&self.net.store, &account.number).await?;
        let mut ended = 0;
        for row in rows.into_iter().filter(|row| device.is_none_or(|device| *device == row.device_id)) {
            let live = account.connection(row.address.device);
            if unlink(&self.net, &row.address).await? {
                ended += 1;
                if let Some(live) = live {
                    // If its mailbox is full, its next login tells it.
                    drop(live.control.try_send(Control::Removed));
                }
                self.net.tell(&account.number, PhoneEventKind::Unlinked { device: row.device_id });
            }
        }
        match device {
            Some(device) if ended == 0 => Err(SandboxError::NotFound(format!(
                "the device {device} is not linked to {}",
                account.number
            ))),
            _ => Ok(ended),
        }
    }
}
