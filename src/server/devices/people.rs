//! People: whether they are on WhatsApp, what they say about themselves, whom the account has blocked, and what it
//! calls them.

use super::capabilities::Operation;
use super::chats::{address, digits};
use super::context::Context;
use super::error::DeviceError;
use super::identity;
use super::registry::Devices;
use super::rows::{self, Names};
use crate::protocol::{Contact, DeviceId};
use crate::server::engine::{EngineError, Session};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query, read};
use std::sync::Arc;

/// How many numbers are looked up at a time.
pub const MAX_CHECKED: usize = 50;
/// The longest name of a contact, in characters.
pub const MAX_CONTACT_NAME: usize = 100;

/// A number that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Digits only.
    pub number: String,
    /// The JID of its account, if it has one.
    pub jid: Option<String>,
}

impl Devices {
    /// Which numbers are on WhatsApp, in the order in which they were given.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no number and for more than [`MAX_CHECKED`], [`EngineError`].
    pub async fn check_numbers(
        &self,
        reach: &Reach,
        device: &DeviceId,
        numbers: &[String],
    ) -> Result<Vec<Checked>, DeviceError> {
        self.require(Operation::CheckNumbers)?;
        if numbers.is_empty() || numbers.len() > MAX_CHECKED {
            return Err(DeviceError::Invalid(format!("1 to {MAX_CHECKED} numbers are looked up at a time")));
        }
        let numbers = numbers.iter().map(|number| digits(number)).collect::<Result<Vec<_>, _>>()?;
        let device = self.get(reach, device).await?;
        let mut asked = numbers.clone();
        asked.sort();
        asked.dedup();
        let found = self.live(&device.id)?.registered(&asked).await?;
        let jid_of =
            |number: &String| found.iter().find(|(known, _)| known == number).map(|(_, jid)| jid.clone());
        Ok(numbers.into_iter().map(|number| Checked { jid: jid_of(&number), number }).collect())
    }

    /// Blocks somebody, by number or JID, or no longer.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no person, [`EngineError`].
    pub async fn block(
        &self,
        reach: &Reach,
        device: &DeviceId,
        contact: &str,
        blocked: bool,
    ) -> Result<(), DeviceError> {
        self.require(Operation::BlockContact)?;
        let device = self.get(reach, device).await?;
        let jid = self.person(&device.id, contact).await?;
        self.live(&device.id)?.block(&jid, blocked).await?;
        let context = self.context(&reach.workspace, &device.id);
        let write = self
            .inner
            .journal
            .store()
            .write(move |tx| Box::pin(async move { keep_blocked(tx, &context, &jid, blocked).await }));
        Ok(write.await?)
    }

    /// Everybody whom the account has blocked, by JID.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn blocked(&self, reach: &Reach, device: &DeviceId) -> Result<Vec<String>, DeviceError> {
        self.require(Operation::BlockContact)?;
        let device = self.get(reach, device).await?;
        let blocked = self.live(&device.id)?.blocked().await?;
        keep_all_blocked(&self.context(&reach.workspace, &device.id), blocked.clone()).await?;
        Ok(blocked)
    }

    /// What somebody says about themselves, if they say it to this account.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no person, [`EngineError`].
    pub async fn about(
        &self,
        reach: &Reach,
        device: &DeviceId,
        contact: &str,
    ) -> Result<Option<String>, DeviceError> {
        self.require(Operation::About)?;
        let device = self.get(reach, device).await?;
        let jid = self.person(&device.id, contact).await?;
        let about = self.live(&device.id)?.about(&jid).await?;
        keep_about(&self.context(&reach.workspace, &device.id), jid, about.clone()).await?;
        Ok(about)
    }

    /// Saves somebody in the account's address book, for the phone and all of its devices.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no person and for a name out of its limits, [`EngineError`].
    pub async fn save_contact(
        &self,
        reach: &Reach,
        device: &DeviceId,
        contact: &str,
        name: &str,
    ) -> Result<Contact, DeviceError> {
        self.require(Operation::SaveContact)?;
        let name = check_name(name)?;
        let device = self.get(reach, device).await?;
        let jid = self.person(&device.id, contact).await?;
        if read::number_of(&jid).is_none() {
            return Err(DeviceError::Invalid("only somebody whose number is known can be saved".to_owned()));
        }
        self.live(&device.id)?.save_contact(&jid, &name).await?;
        let context = self.context(&reach.workspace, &device.id);
        let saved = jid.clone();
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                rows::learn_contact(tx, &context, &saved, Names { saved: Some(name), push: None }).await
            })
        });
        write.await?;
        let contact = read::contact(self.inner.journal.store(), &device.id, &jid).await?;
        contact.ok_or(DeviceError::Engine(EngineError::NoSuchRecipient))
    }
}

/// Asks whom the account has blocked: on the phone, that is changed without a word to us. Runs once with every
/// connection.
pub async fn learn_blocked(context: Context, session: Arc<dyn Session>) {
    let learned = match session.blocked().await {
        Ok(blocked) => keep_all_blocked(&context, blocked).await.map_err(EngineError::from),
        Err(error) => Err(error),
    };
    if let Err(error) = learned {
        tracing::debug!(device = %context.device, %error, "it was not learned who is blocked");
    }
}

/// Keeps that these people and nobody else are blocked. Logs whoever that is news of.
async fn keep_all_blocked(context: &Context, blocked: Vec<String>) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let select = query("SELECT jid FROM contacts WHERE device_id = $1 AND blocked = 1");
                for row in tx.rows(select.bind(&context.device)).await? {
                    let jid = row.text("jid")?;
                    if !blocked.contains(&jid) {
                        keep_blocked(tx, &context, &jid, false).await?;
                    }
                }
                for jid in &blocked {
                    keep_blocked(tx, &context, jid, true).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Keeps whether somebody is blocked, and logs it if it is news.
async fn keep_blocked(
    tx: &mut Tx<'_>,
    context: &Context,
    jid: &str,
    blocked: bool,
) -> Result<(), StorageError> {
    let mut jid = jid.to_owned();
    identity::number_of(tx, context, &mut jid).await?;
    let jid = jid.as_str();
    let upsert = query(
        "INSERT INTO contacts (device_id, jid, phone_number, blocked) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (device_id, jid) DO UPDATE SET blocked = excluded.blocked WHERE contacts.blocked <> excluded.blocked",
    );
    let upsert = upsert.bind(&context.device).bind(jid).bind(read::number_of(jid)).bind(blocked);
    // Who was not known and is not blocked is not news.
    if tx.execute(upsert).await? > 0 {
        rows::note_contact(tx, context, jid).await?;
    }
    Ok(())
}

/// The longest about that is kept, in characters; WhatsApp allows 139.
const ABOUT_LENGTH: usize = 500;

/// Keeps what somebody says about themselves, and logs it if it is news.
pub async fn keep_about(
    context: &Context,
    mut jid: String,
    about: Option<String>,
) -> Result<(), StorageError> {
    let about = about.map(|text| text.chars().take(ABOUT_LENGTH).collect::<String>());
    let about = about.filter(|text| !text.is_empty());
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                identity::number_of(tx, &context, &mut jid).await?;
                let upsert = query(
                    "INSERT INTO contacts (device_id, jid, phone_number, about) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (device_id, jid) DO UPDATE SET about = excluded.about \
                     WHERE COALESCE(contacts.about, '') <> COALESCE(excluded.about, '')",
                );
                let upsert = upsert.bind(&context.device).bind(&jid).bind(read::number_of(&jid)).bind(about);
                if tx.execute(upsert).await? > 0 {
                    rows::note_contact(tx, &context, &jid).await?;
                }
                Ok(())
            })
        })
        .await
}

impl Devices {
    /// Somebody by number, JID or LID: under the JID that the device keeps them by.
    async fn person(&self, device: &DeviceId, contact: &str) -> Result<String, DeviceError> {
        Ok(read::canonical(self.inner.journal.store(), device, person(contact)?).await?)
    }
}

fn person(contact: &str) -> Result<String, DeviceError> {
    let jid = address(contact)?;
    if jid.ends_with("@g.us") {
        return Err(DeviceError::Invalid("this is a group and no person".to_owned()));
    }
    Ok(jid)
}

fn check_name(name: &str) -> Result<String, DeviceError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > MAX_CONTACT_NAME || name.chars().any(char::is_control) {
        return Err(DeviceError::Invalid(format!(
            "a contact's name has 1 to {MAX_CONTACT_NAME} characters, none of them a control character"
        )));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_contacts_have_limits_and_groups_are_no_people() {
        assert_eq!(check_name("  Ana ").unwrap(), "Ana");
        assert!(check_name(&"ñ".repeat(MAX_CONTACT_NAME)).is_ok());
        for name in ["", " ", "a\nb", &"ñ".repeat(MAX_CONTACT_NAME + 1)] {
            assert!(matches!(check_name(name), Err(DeviceError::Invalid(_))), "{name:?}");
        }
        assert_eq!(person("+34 600 111 222").unwrap(), "34600111222@s.whatsapp.net");
        assert!(person("120363@g.us").is_err() && person("nobody").is_err());
    }
}
