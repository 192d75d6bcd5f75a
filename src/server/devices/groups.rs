//! Groups: asked of WhatsApp when somebody asks here, and told to everybody who listens when they change.

use super::chats;
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use super::rows;
use crate::protocol::{Chat, ChatKind, DeviceId, EventKind, GroupInfo, GroupMember};
use crate::server::engine::{
    EngineError, GroupChange, GroupState, Joined, MemberChange, MemberOutcome, Session,
};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query, read};
use std::collections::HashMap;
use std::sync::Arc;

/// The longest subject and the longest description of a group, in characters, as WhatsApp allows.
pub const MAX_SUBJECT: usize = 100;
pub const MAX_DESCRIPTION: usize = 2_048;
/// How many people may be named at a time: as many as a group has.
pub const MAX_NAMED: usize = 1_024;
/// The longest invitation, in characters: a link with its code.
const MAX_CODE: usize = 128;

impl Devices {
    /// A group as WhatsApp has it now.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`EngineError`] if the device is not connected or WhatsApp refuses.
    pub async fn group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<GroupInfo, DeviceError> {
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let state = session.group(&chat.jid).await?;
        Ok(keep(&self.context(&reach.workspace, &chat.device_id), state, false).await?)
    }

    /// Makes a group with people, each by number or JID.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for a subject, people or numbers of them out of their limits, [`EngineError`].
    pub async fn create_group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        subject: &str,
        members: &[String],
    ) -> Result<GroupInfo, DeviceError> {
        let (subject, members) = (check_subject(subject)?, people(members)?);
        let device = self.get(reach, device).await?;
        let state = self.live(&device.id)?.create_group(&subject, &members).await?;
        Ok(keep(&self.context(&reach.workspace, &device.id), state, true).await?)
    }

    /// Changes a group; answers it as it is then.
    ///
    /// # Errors
    /// As [`Devices::create_group`], and [`DeviceError::NotFound`].
    pub async fn change_group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
        mut changes: Vec<GroupChange>,
    ) -> Result<GroupInfo, DeviceError> {
        for change in &mut changes {
            match change {
                GroupChange::Subject(subject) => *subject = check_subject(subject)?,
                GroupChange::Description(Some(text)) => check_description(text)?,
                _ => {}
            }
        }
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        for change in &changes {
            session.change_group(&chat.jid, change).await?;
        }
        let state = session.group(&chat.jid).await?;
        let changed = !changes.is_empty();
        Ok(keep(&self.context(&reach.workspace, &chat.device_id), state, changed).await?)
    }

    /// Adds, removes, promotes or demotes people, each by number or JID. Answers what became of each.
    ///
    /// # Errors
    /// As [`Devices::change_group`].
    pub async fn change_members(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
        changes: Vec<(MemberChange, Vec<String>)>,
    ) -> Result<Vec<(MemberChange, MemberOutcome)>, DeviceError> {
        let mut asked = Vec::with_capacity(changes.len());
        for (change, members) in changes {
            asked.push((change, people(&members)?));
        }
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let mut outcomes = Vec::new();
        for (change, members) in asked.into_iter().filter(|(_, members)| !members.is_empty()) {
            let told = session.change_members(&chat.jid, change, &members).await?;
            outcomes.extend(told.into_iter().map(|outcome| (change, outcome)));
        }
        if outcomes.iter().any(|(_, outcome)| outcome.error.is_none()) {
            let state = session.group(&chat.jid).await?;
            keep(&self.context(&reach.workspace, &chat.device_id), state, true).await?;
        }
        Ok(outcomes)
    }

    /// The link that lets whoever has it join.
    ///
    /// # Errors
    /// As [`Devices::group`].
    pub async fn group_invite(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
        reset: bool,
    ) -> Result<String, DeviceError> {
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        Ok(session.invite_link(&chat.jid, reset).await?)
    }

    /// Joins a group by its link, or by the code in it. Answers the group; nothing if an administrator has to let
    /// the device in first.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no code, [`EngineError`].
    pub async fn join_group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        code: &str,
    ) -> Result<Option<GroupInfo>, DeviceError> {
        let code = code.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_:/.?=&".contains(c);
        if code.is_empty() || code.len() > MAX_CODE || !code.chars().all(fits) {
            return Err(DeviceError::Invalid("this is no code of an invitation".to_owned()));
        }
        let device = self.get(reach, device).await?;
        let session = self.live(&device.id)?;
        let Joined { jid, pending } = session.join_group(code).await?;
        if pending {
            return Ok(None);
        }
        let state = session.group(&jid).await?;
        Ok(Some(keep(&self.context(&reach.workspace, &device.id), state, true).await?))
    }

    /// Leaves a group; its chat stays.
    ///
    /// # Errors
    /// As [`Devices::group`].
    pub async fn leave_group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<(), DeviceError> {
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        Ok(session.leave_group(&chat.jid).await?)
    }

    async fn group_and_session(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<(Chat, Arc<dyn Session>), DeviceError> {
        let chat = self.chat_named(reach, device, named).await?;
        if chat.kind != ChatKind::Group {
            return Err(DeviceError::NotFound("group"));
        }
        let session = self.live(&chat.device_id)?;
        Ok((chat, session))
    }

    /// The session of a device that is connected.
    pub(super) fn live(&self, device: &DeviceId) -> Result<Arc<dyn Session>, DeviceError> {
        let session = self.shown(device).and_then(|shown| shown.session());
        session.ok_or(DeviceError::Engine(EngineError::NotConnected))
    }
}

fn check_subject(subject: &str) -> Result<String, DeviceError> {
    let subject = subject.trim();
    let length = subject.chars().count();
    if length == 0 || length > MAX_SUBJECT || subject.chars().any(char::is_control) {
        return Err(DeviceError::Invalid(format!(
            "a subject has 1 to {MAX_SUBJECT} characters, none of them a control character"
        )));
    }
    Ok(subject.to_owned())
}

fn check_description(text: &str) -> Result<(), DeviceError> {
    if text.trim().is_empty() || text.chars().count() > MAX_DESCRIPTION {
        return Err(DeviceError::Invalid(format!("a description has 1 to {MAX_DESCRIPTION} characters")));
    }
    Ok(())
}

fn people(members: &[String]) -> Result<Vec<String>, DeviceError> {
    if members.len() > MAX_NAMED {
        return Err(DeviceError::Invalid(format!("at most {MAX_NAMED} people can be named at a time")));
    }
    let mut jids = members.iter().map(|member| chats::address(member)).collect::<Result<Vec<_>, _>>()?;
    if jids.iter().any(|jid| jid.ends_with("@g.us")) {
        return Err(DeviceError::Invalid("only people can be members of a group".to_owned()));
    }
    jids.sort();
    jids.dedup();
    Ok(jids)
}

/// Looks at a group that changed, and tells everybody who listens.
///
/// # Errors
/// [`EngineError`] if WhatsApp did not say: it says nothing of groups that we are no longer in.
pub async fn refresh(context: &Context, session: &Arc<dyn Session>, jid: &str) -> Result<(), EngineError> {
    let state = session.group(jid).await?;
    keep(context, state, true).await?;
    Ok(())
}

/// Keeps what a group is called, and answers it with the names of everybody in it; logged if it is news.
async fn keep(context: &Context, state: GroupState, news: bool) -> Result<GroupInfo, StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let now = context.source.now();
                let chat_id = rows::ensure_chat(tx, &context, &state.jid, ChatKind::Group, now).await?;
                let update = query(
                    "UPDATE chats SET subject = $2 WHERE id = $1 AND (subject IS NULL OR subject <> $2)",
                );
                let (workspace, device) = (context.workspace.clone(), context.device.clone());
                if tx.execute(update.bind(&chat_id).bind(&state.subject)).await? > 0 {
                    let chat = rows::chat(tx, &chat_id).await?;
                    tx.note(workspace.clone(), Some(device.clone()), EventKind::ChatUpdated { chat });
                }
                let group = GroupInfo {
                    chat_id,
                    device_id: device.clone(),
                    members: members(tx, &device, &state).await?,
                    jid: state.jid,
                    subject: state.subject,
                    description: state.description,
                    owner: state.owner.as_deref().map(read::address_of),
                    created_at: state.created_at,
                    settings: state.settings,
                };
                if news {
                    let updated = EventKind::GroupUpdated { group: group.clone() };
                    tx.note(workspace, Some(device), updated);
                }
                Ok(group)
            })
        })
        .await
}

async fn members(
    tx: &mut Tx<'_>,
    device: &DeviceId,
    state: &GroupState,
) -> Result<Vec<GroupMember>, StorageError> {
    let mut names = HashMap::new();
    if !state.members.is_empty() {
        let select = query("SELECT * FROM contacts WHERE device_id = $1 AND jid IN").bind(device);
        let jids = state.members.iter().map(|(jid, _)| jid.as_str());
        for row in tx.rows(select.list(jids)).await? {
            let contact = read::to_contact(&row)?;
            names.insert(contact.jid, contact.name);
        }
    }
    let member = |(jid, role): &(String, _)| GroupMember {
        jid: jid.clone(),
        phone_number: read::number_of(jid).map(str::to_owned),
        name: names.remove(jid).unwrap_or_else(|| read::bare_name(jid)),
        role: *role,
    };
    Ok(state.members.iter().map(member).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_descriptions_and_people_have_limits() {
        assert_eq!(check_subject("  Family ").unwrap(), "Family");
        assert!(check_subject(&"ñ".repeat(MAX_SUBJECT)).is_ok());
        for wrong in ["", "  ", "a\nb", &"ñ".repeat(MAX_SUBJECT + 1)] {
            assert!(matches!(check_subject(wrong), Err(DeviceError::Invalid(_))), "{wrong:?}");
        }
        assert!(check_description(&"ñ".repeat(MAX_DESCRIPTION)).is_ok());
        assert!(
            check_description(&"ñ".repeat(MAX_DESCRIPTION + 1)).is_err() && check_description(" ").is_err()
        );
        let named = people(&["+34 600 111 222".into(), "34600111222@s.whatsapp.net".into()]).unwrap();
        assert_eq!(named, ["34600111222@s.whatsapp.net"]);
        assert!(people(&["120363@g.us".into()]).is_err() && people(&["nobody".into()]).is_err());
        assert!(people(&vec!["34600111222".to_owned(); MAX_NAMED + 1]).is_err());
    }
}
