//! The account's own profile: what it is called, what it says about itself, its picture.

use super::capabilities::Operation;
use super::context::Context;
use super::error::DeviceError;
use super::pictures;
use super::registry::Devices;
use crate::protocol::{DeviceId, EventKind};
use crate::server::engine::{EngineError, ProfileChange};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, query, read};

/// The longest name and about, in characters, as WhatsApp allows.
pub const MAX_OWN_NAME: usize = 25;
pub const MAX_OWN_ABOUT: usize = 139;

/// The account behind a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnProfile {
    /// Digits only.
    pub phone_number: String,
    pub name: Option<String>,
    pub about: Option<String>,
    /// Where its picture is served, if there is one.
    pub picture: Option<String>,
}

impl Devices {
    /// The account's own profile, as WhatsApp has it now.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`EngineError`] if the device is not connected or WhatsApp refuses.
    pub async fn profile(&self, reach: &Reach, device: &DeviceId) -> Result<OwnProfile, DeviceError> {
        self.require(Operation::Profile)?;
        let device = self.get(reach, device).await?;
        let session = self.live(&device.id)?;
        let phone_number = device.phone_number.clone().ok_or(EngineError::NotConnected)?;
        let jid = format!("{phone_number}@s.whatsapp.net");
        let about = session.about(&jid).await?;
        let context = self.context(&reach.workspace, &device.id);
        pictures::fetch(&context, &session, &jid).await?;
        let own = read::contact(self.inner.journal.store(), &device.id, &jid).await?;
        let name = device.display_name;
        Ok(OwnProfile { phone_number, name, about, picture: own.and_then(|own| own.picture) })
    }

    /// Changes the account's own profile; answers it as it is then.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for a name or an about out of its limits, else as [`Devices::profile`].
    pub async fn change_profile(
        &self,
        reach: &Reach,
        device: &DeviceId,
        mut changes: Vec<ProfileChange>,
    ) -> Result<OwnProfile, DeviceError> {
        self.require(Operation::Profile)?;
        for change in &mut changes {
            check(change)?;
        }
        let device = self.get(reach, device).await?;
        let session = self.live(&device.id)?;
        for change in &changes {
            session.change_profile(change).await?;
            if let ProfileChange::Name(name) = change {
                keep_own_name(&self.context(&reach.workspace, &device.id), name.clone()).await?;
            }
        }
        self.profile(reach, &device.id).await
    }
}

/// Keeps what the account is called, and logs the device if that is news.
pub async fn keep_own_name(context: &Context, name: String) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let update = query(
                    "UPDATE devices SET display_name = $2 WHERE id = $1 AND (display_name IS NULL OR display_name <> $2) RETURNING *",
                );
                if let Some(row) = tx.row(update.bind(&context.device).bind(name)).await? {
                    let device = read::to_device(&row)?;
                    let previous_status = device.status;
                    let updated = EventKind::DeviceUpdated { device, previous_status };
                    tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
                }
                Ok(())
            })
        })
        .await
}

fn check(change: &mut ProfileChange) -> Result<(), DeviceError> {
    match change {
        ProfileChange::Name(name) => {
            *name = name.trim().to_owned();
            let length = name.chars().count();
            if length == 0 || length > MAX_OWN_NAME || name.chars().any(char::is_control) {
                return Err(DeviceError::Invalid(format!(
                    "an account's name has 1 to {MAX_OWN_NAME} characters, none of them a control character"
                )));
            }
        }
        ProfileChange::About(text) => {
            if text.chars().count() > MAX_OWN_ABOUT || text.contains('\0') {
                return Err(DeviceError::Invalid(format!(
                    "what an account says about itself has at most {MAX_OWN_ABOUT} characters"
                )));
            }
        }
        ProfileChange::Picture(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_abouts_have_limits() {
        let checked = |mut change| check(&mut change).map(|()| change);
        assert_eq!(
            checked(ProfileChange::Name(" La Bodega ".into())).unwrap(),
            ProfileChange::Name("La Bodega".into())
        );
        assert!(checked(ProfileChange::Name("ñ".repeat(MAX_OWN_NAME))).is_ok());
        for name in ["", " ", "a\nb", &"ñ".repeat(MAX_OWN_NAME + 1)] {
            assert!(
                matches!(checked(ProfileChange::Name(name.into())), Err(DeviceError::Invalid(_))),
                "{name:?}"
            );
        }
        assert!(checked(ProfileChange::About(String::new())).is_ok());
        assert!(checked(ProfileChange::About("ñ".repeat(MAX_OWN_ABOUT))).is_ok());
        assert!(checked(ProfileChange::About("ñ".repeat(MAX_OWN_ABOUT + 1))).is_err());
    }
}
