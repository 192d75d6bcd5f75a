//! People, asked of WhatsApp.

use super::content::clean;
use super::requests::as_addressed;
use super::session::{Active, LinkedSession};
use super::{errors, jids};
use crate::server::engine::{EngineError, People, ProfileChange};
use async_trait::async_trait;
use whatsapp_rust::Jid;
use whatsapp_rust::features::{AppStateError, BlockingError, ProfileError};

/// Somebody, by number or LID.
fn person(jid: &str) -> Result<Jid, EngineError> {
    let person = jids::parse(jid)?;
    if jids::is_group(&person) {
        return Err(EngineError::Refused("that is not the address of a person".to_owned()));
    }
    Ok(person)
}

async fn set_blocked(live: &Active, jid: &Jid, blocked: bool) -> Result<(), BlockingError> {
    let blocking = live.client.blocking();
    match blocked {
        true => Box::pin(blocking.block(jid)).await,
        false => Box::pin(blocking.unblock(jid)).await,
    }
}

#[async_trait]
impl People for LinkedSession {
    async fn registered(&self, numbers: &[String]) -> Result<Vec<(String, String)>, EngineError> {
        let live = self.live()?;
        let asked = numbers.iter().map(|number| jids::number(number)).collect::<Result<Vec<_>, _>>()?;
        let contacts = live.client.contacts();
        let found = Box::pin(contacts.is_on_whatsapp(&asked)).await.map_err(|error| errors::asked(&error))?;
        let mut known = Vec::new();
        for one in found.into_iter().filter(|one| one.is_registered) {
            let jid = jids::by_number(&*live.client, &one.jid, one.pn_jid.as_ref()).await;
            known.push((jids::digits(&jid), jids::text(&jid)));
        }
        Ok(known)
    }

    async fn block(&self, jid: &str, blocked: bool) -> Result<(), EngineError> {
        let (live, person) = (self.live()?, person(jid)?);
        let mut told = set_blocked(&live, &person, blocked).await;
        if person.is_pn() && matches!(told, Err(BlockingError::InvalidJid(_))) {
            // Blocking needs the LID, which comes with looking somebody up.
            let found = self.registered(&[jids::digits(&person)]).await?;
            if found.is_empty() {
                return Err(EngineError::NoSuchRecipient);
            }
            told = set_blocked(&live, &person, blocked).await;
        }
        told.map_err(|error| match error {
            BlockingError::InvalidJid(text) => EngineError::Refused(text),
            error => errors::asked(&error),
        })
    }

    async fn blocked(&self) -> Result<Vec<String>, EngineError> {
        let live = self.live()?;
        let blocking = live.client.blocking();
        let list = Box::pin(blocking.get_blocklist()).await.map_err(|error| errors::asked(&error))?;
        let mut blocked = Vec::with_capacity(list.len());
        for entry in list {
            blocked.push(jids::text(&jids::by_number(&*live.client, &entry.jid, None).await));
        }
        blocked.sort();
        Ok(blocked)
    }

    async fn about(&self, jid: &str) -> Result<Option<String>, EngineError> {
        let live = self.live()?;
        let person = as_addressed(&live.client, person(jid)?).await;
        let contacts = live.client.contacts();
        let asked = std::slice::from_ref(&person);
        let found = Box::pin(contacts.get_user_info(asked)).await.map_err(|error| errors::asked(&error))?;
        let about = found.into_values().next().and_then(|info| info.status);
        Ok(about.map(clean).filter(|text| !text.is_empty()))
    }

    async fn change_profile(&self, change: &ProfileChange) -> Result<(), EngineError> {
        let live = self.live()?;
        let profile = live.client.profile();
        let changed = match change {
            ProfileChange::Name(name) => Box::pin(profile.set_push_name(name)).await,
            ProfileChange::About(text) => Box::pin(profile.set_status_text(text)).await,
            ProfileChange::Picture(Some(picture)) => {
                Box::pin(profile.set_profile_picture(picture.clone())).await.map(drop)
            }
            ProfileChange::Picture(None) => Box::pin(profile.remove_profile_picture()).await.map(drop),
        };
        changed.map_err(|error| match error {
            ProfileError::InvalidArgument(text) => EngineError::Refused(text),
            error => errors::asked(&error),
        })
    }

    async fn save_contact(&self, jid: &str, name: &str) -> Result<(), EngineError> {
        let (live, person) = (self.live()?, person(jid)?);
        let first = name.split_whitespace().next().unwrap_or(name).to_owned();
        let actions = live.client.chat_actions();
        let saved = actions.save_contact(&person, Some(name.to_owned()), Some(first), true);
        Box::pin(saved).await.map_err(|error| match error {
            AppStateError::InvalidRequest(text) if person.is_pn() => EngineError::NoAnswer(text),
            AppStateError::InvalidRequest(text) => EngineError::Refused(text),
            error => errors::asked(&error),
        })
    }
}
