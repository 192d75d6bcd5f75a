//! The phones themselves.

use super::Sandbox;
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::limits::{self, MAX_PHONES};
use crate::server::sandbox::model::Phone;
use crate::server::sandbox::rows::accounts::{self, AccountRow};
use crate::server::sandbox::{SandboxError, phone, world};
use crate::server::storage::query;

impl From<AccountRow> for Phone {
    fn from(row: AccountRow) -> Self {
        Self {
            number: row.number,
            name: row.name,
            picture: row.picture,
            answers: row.answers,
            online: row.online,
            lid: format!("{}@lid", row.lid),
            addressing: row.addressing,
        }
    }
}

/// How often a free number is looked for.
const TRIES: usize = 32;

impl Sandbox {
    /// All phones, oldest first.
    ///
    /// # Errors
    /// [`SandboxError::Storage`].
    pub async fn phones(&self) -> Result<Vec<Phone>, SandboxError> {
        Ok(accounts::all(&self.net.store).await?.into_iter().map(Phone::from).collect())
    }

    /// One phone.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`], [`SandboxError::Invalid`] for what is no number.
    pub async fn phone(&self, number: &str) -> Result<Phone, SandboxError> {
        let number = limits::number(number)?;
        let row = accounts::get(&self.net.store, &number).await?;
        row.map(Phone::from).ok_or_else(|| SandboxError::no_phone(&number))
    }

    /// Adds a phone; without a number, one is found. It has no chats and answers nobody by itself. It comes to others
    /// by its number.
    ///
    /// # Errors
    /// [`SandboxError::Invalid`] for a name or number out of its limits or if there are [`MAX_PHONES`],
    /// [`SandboxError::Exists`] for a number that is taken.
    pub async fn add_phone(&self, name: &str, number: Option<&str>) -> Result<Phone, SandboxError> {
        self.add_phone_as(name, number, Addressing::default()).await
    }

    /// The same with the name by which it comes to others.
    ///
    /// # Errors
    /// As [`Sandbox::add_phone`].
    pub async fn add_phone_as(
        &self,
        name: &str,
        number: Option<&str>,
        addressing: Addressing,
    ) -> Result<Phone, SandboxError> {
        self.net.open()?;
        let name = limits::name(name)?;
        let number = match number {
            Some(number) => limits::number(number)?,
            None => self.free_number()?,
        };
        if self.net.directory.number(&number).is_some() {
            return Err(SandboxError::Exists(format!("the number {number} is taken")));
        }
        if self.net.directory.len() >= MAX_PHONES {
            return Err(SandboxError::Invalid(format!("a network has at most {MAX_PHONES} phones")));
        }
        let row = AccountRow { addressing, ..world::account(&self.net.source, &number, &name) };
        let (kept, lid) = (row.clone(), row.lid.clone());
        let added = self
            .net
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Somebody else may have been faster.
                    let taken =
                        query("SELECT 1 AS taken FROM sandbox_accounts WHERE number = $1 OR lid = $2");
                    if tx.row(taken.bind(&kept.number).bind(&kept.lid)).await?.is_some() {
                        return Ok(false);
                    }
                    accounts::insert(tx, vec![kept]).await?;
                    Ok(true)
                })
            })
            .await?;
        if !added {
            return Err(SandboxError::Exists(format!("the number {number} is taken")));
        }
        self.net.directory.add(phone::start(&self.net, &number, &lid, addressing))?;
        Ok(row.into())
    }

    /// A phone comes to others by another of its names from now on.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`], [`SandboxError::Invalid`] for what is no number.
    pub async fn set_addressing(&self, number: &str, addressing: Addressing) -> Result<Phone, SandboxError> {
        self.net.open()?;
        let account = self.net.directory.need(&limits::number(number)?)?;
        let update = query("UPDATE sandbox_accounts SET addressing = $2 WHERE number = $1");
        self.net.store.execute(update.bind(&account.number).bind(addressing.as_str())).await?;
        account.address_by(addressing);
        self.phone(number).await
    }

    /// A number that nobody has: of the block that is set aside for stories.
    fn free_number(&self) -> Result<String, SandboxError> {
        for _ in 0..TRIES {
            let number = format!("1555{:07}", self.net.source.below(10_000_000));
            if self.net.directory.number(&number).is_none() {
                return Ok(number);
            }
        }
        Err(SandboxError::Busy)
    }

    /// The bytes of a profile picture, by its hash.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`].
    pub async fn picture(&self, hash: &str) -> Result<Vec<u8>, SandboxError> {
        let text = "SELECT b.bytes FROM sandbox_blobs b WHERE b.name = $1 AND (EXISTS (SELECT 1 FROM \
                    sandbox_accounts a WHERE a.picture = b.name) OR EXISTS (SELECT 1 FROM sandbox_groups g \
                    WHERE g.picture = b.name))";
        let row = self.net.store.row(query(text).bind(hash)).await?;
        match row {
            Some(row) => Ok(row.blob("bytes")?),
            None => Err(SandboxError::NotFound("there is no such picture".to_owned())),
        }
    }

    /// Saves a contact in a phone's address book; linked devices learn the name, too.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, [`SandboxError::Invalid`] for a name or number out
    /// of its limits.
    pub async fn save_contact(&self, number: &str, contact: &str, name: &str) -> Result<(), SandboxError> {
        let (number, contact, name) =
            (limits::number(number)?, limits::number(contact)?, limits::name(name)?);
        self.ask(&number, |reply| phone::Request::Save { contact, name, reply }).await
    }
}
