//! Groups: asked of WhatsApp when somebody asks here, and told to everybody who listens when they change.

use super::capabilities::Operation;
use super::error::DeviceError;
use super::registry::Devices;
use super::{chats, group_state, notices, pictures};
use crate::protocol::{Chat, ChatKind, DeviceId, GroupInfo, GroupRequest};
use crate::server::engine::{EngineError, GroupChange, Joined, MemberChange, MemberOutcome, Session};
use crate::server::reach::Reach;
use crate::server::storage::read;
use std::sync::Arc;

/// The longest subject and the longest description of a group, in characters, as WhatsApp allows.
pub const MAX_SUBJECT: usize = 100;
pub const MAX_DESCRIPTION: usize = 2_048;
/// After how many seconds the messages of a group may disappear.
const EXPIRIES: [u32; 3] = [86_400, 604_800, 7_776_000];
/// How many people may be named at a time: as many as a group has.
pub const MAX_NAMED: usize = 1_024;
/// The longest invitation, in characters: a link with its code.
const MAX_CODE: usize = 128;

impl Devices {
    /// A group as WhatsApp has it now; as it was last known while the device is away, and where it is no longer in
    /// the group.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`EngineError`] if WhatsApp refuses, or the device is not connected and the group
    /// was never seen.
    pub async fn group(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<GroupInfo, DeviceError> {
        self.require(Operation::Groups)?;
        let chat = self.group_named(reach, device, named).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        let asked = match self.live(&chat.device_id) {
            Ok(session) => session.group(&chat.jid).await,
            Err(_) => Err(EngineError::NotConnected),
        };
        match asked {
            Ok(state) => Ok(group_state::keep(&context, state, false).await?),
            Err(error) => match group_state::stored(&context, &chat.id).await? {
                Some(group) if group.left || matches!(error, EngineError::NotConnected) => Ok(group),
                // The notice that we are out of it did not come.
                Some(group) if matches!(error, EngineError::NoSuchRecipient) => {
                    Ok(group_state::left(&context, &chat.jid).await?.unwrap_or(group))
                }
                _ => Err(error.into()),
            },
        }
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
        self.require(Operation::CreateGroup)?;
        let (subject, members) = (check_subject(subject)?, people(members)?);
        let members = self.by_number(device, members).await?;
        let device = self.get(reach, device).await?;
        let state = self.live(&device.id)?.create_group(&subject, &members).await?;
        let context = self.context(&reach.workspace, &device.id);
        let group = group_state::keep(&context, state, true).await?;
        notices::keep(&context, &group.jid, vec![notices::of_new_group(&group, None)]).await?;
        Ok(group)
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
        self.require(Operation::GroupSettings)?;
        for change in &mut changes {
            match change {
                GroupChange::Subject(subject) => *subject = check_subject(subject)?,
                GroupChange::Description(Some(text)) => check_description(text)?,
                GroupChange::ExpiresIn(seconds) => check_expiry(seconds)?,
                _ => {}
            }
        }
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        for change in &changes {
            session.change_group(&chat.jid, change).await?;
            notices::keep(&context, &chat.jid, vec![notices::of_group(change)]).await?;
        }
        let state = session.group(&chat.jid).await?;
        let changed = !changes.is_empty();
        Ok(group_state::keep(&context, state, changed).await?)
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
        for (change, _) in changes.iter().filter(|(_, members)| !members.is_empty()) {
            self.require(match change {
                MemberChange::Add | MemberChange::Remove => Operation::GroupMembers,
                MemberChange::Promote | MemberChange::Demote => Operation::GroupRoles,
            })?;
        }
        let mut asked = Vec::with_capacity(changes.len());
        for (change, members) in changes {
            asked.push((change, self.by_number(device, people(&members)?).await?));
        }
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let mut outcomes = Vec::new();
        for (change, members) in asked.into_iter().filter(|(_, members)| !members.is_empty()) {
            let told = session.change_members(&chat.jid, change, &members).await?;
            let context = self.context(&reach.workspace, &chat.device_id);
            let done = notices::of_members(change, &told).into_iter().collect();
            notices::keep(&context, &chat.jid, done).await?;
            outcomes.extend(told.into_iter().map(|outcome| (change, outcome)));
        }
        if outcomes.iter().any(|(_, outcome)| outcome.error.is_none()) {
            let state = session.group(&chat.jid).await?;
            group_state::keep(&self.context(&reach.workspace, &chat.device_id), state, true).await?;
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
        self.require(Operation::GroupInvite)?;
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let link = session.invite_link(&chat.jid, reset).await?;
        if reset {
            let context = self.context(&reach.workspace, &chat.device_id);
            notices::keep(&context, &chat.jid, vec![("invite_reset", Vec::new(), None)]).await?;
        }
        Ok(link)
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
        self.require(Operation::JoinGroup)?;
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
        let context = self.context(&reach.workspace, &device.id);
        let group = group_state::keep(&context, state, true).await?;
        let joined = notices::of_new_group(&group, device.phone_number.as_deref());
        notices::keep(&context, &group.jid, vec![joined]).await?;
        Ok(Some(group))
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
        self.require(Operation::LeaveGroup)?;
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        session.leave_group(&chat.jid).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        group_state::left(&context, &chat.jid).await?;
        let own = self.get(reach, &chat.device_id).await?.phone_number;
        notices::keep(&context, &chat.jid, vec![("member_left", own.into_iter().collect(), None)]).await?;
        Ok(())
    }

    /// Gives a group a picture (a JPEG of 640 by 640 pixels), or takes it away. Answers its chat.
    ///
    /// # Errors
    /// As [`Devices::change_group`].
    pub async fn set_group_picture(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
        picture: Option<Vec<u8>>,
    ) -> Result<Chat, DeviceError> {
        self.require(Operation::GroupPicture)?;
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        session.set_group_picture(&chat.jid, picture).await?;
        pictures::fetch(&self.context(&reach.workspace, &chat.device_id), &session, &chat.jid).await?;
        self.chat(reach, &chat.id).await
    }

    /// Who asks to be let into a group.
    ///
    /// # Errors
    /// As [`Devices::change_group`].
    pub async fn group_requests(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<Vec<GroupRequest>, DeviceError> {
        self.require(Operation::GroupRequests)?;
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let waiting = session.group_requests(&chat.jid).await?;
        Ok(group_state::requests(&self.context(&reach.workspace, &chat.device_id), waiting).await?)
    }

    /// Lets people into a group who asked for it, or turns them away: each by number or JID. Answers what became of
    /// each, and whether they were to be let in.
    ///
    /// # Errors
    /// As [`Devices::change_group`].
    pub async fn answer_requests(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
        approve: &[String],
        reject: &[String],
    ) -> Result<Vec<(bool, MemberOutcome)>, DeviceError> {
        self.require(Operation::GroupRequests)?;
        let asked = [(true, people(approve)?), (false, people(reject)?)];
        let (chat, session) = self.group_and_session(reach, device, named).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        let mut outcomes = Vec::new();
        let [(_, approve), (_, reject)] = asked;
        let asked = [
            (true, self.by_number(&chat.device_id, approve).await?),
            (false, self.by_number(&chat.device_id, reject).await?),
        ];
        for (let_in, people) in asked.into_iter().filter(|(_, people)| !people.is_empty()) {
            let told = session.answer_requests(&chat.jid, let_in, &people).await?;
            let done = told.iter().filter(|outcome| outcome.error.is_none());
            let done: Vec<_> = done.map(|outcome| outcome.jid.clone()).collect();
            group_state::requested(&context, &chat.jid, done, false).await?;
            outcomes.extend(told.into_iter().map(|outcome| (let_in, outcome)));
        }
        if outcomes.iter().any(|(let_in, outcome)| *let_in && outcome.error.is_none()) {
            let state = session.group(&chat.jid).await?;
            group_state::keep(&context, state, true).await?;
        }
        Ok(outcomes)
    }

    async fn group_named(&self, reach: &Reach, device: &DeviceId, named: &str) -> Result<Chat, DeviceError> {
        let chat = self.chat_named(reach, device, named).await?;
        if chat.kind == ChatKind::Group { Ok(chat) } else { Err(DeviceError::NotFound("group")) }
    }

    /// People under the JIDs that the device keeps them by, each once.
    async fn by_number(&self, device: &DeviceId, people: Vec<String>) -> Result<Vec<String>, DeviceError> {
        let mut known = Vec::with_capacity(people.len());
        for jid in people {
            let jid = read::canonical(self.inner.journal.store(), device, jid).await?;
            if !known.contains(&jid) {
                known.push(jid);
            }
        }
        Ok(known)
    }

    async fn group_and_session(
        &self,
        reach: &Reach,
        device: &DeviceId,
        named: &str,
    ) -> Result<(Chat, Arc<dyn Session>), DeviceError> {
        let chat = self.group_named(reach, device, named).await?;
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

/// WhatsApp's own clients offer a day, a week and 90 days; none is 0 as well.
fn check_expiry(seconds: &mut Option<u32>) -> Result<(), DeviceError> {
    if *seconds == Some(0) {
        *seconds = None;
    }
    match *seconds {
        None => Ok(()),
        Some(seconds) if EXPIRIES.contains(&seconds) => Ok(()),
        Some(_) => {
            Err(DeviceError::Invalid(format!("messages disappear after {EXPIRIES:?} seconds, or never")))
        }
    }
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
        for (asked, kept) in [(None, None), (Some(0), None), (Some(86_400), Some(86_400))] {
            let mut seconds = asked;
            check_expiry(&mut seconds).unwrap();
            assert_eq!(seconds, kept);
        }
        assert!(check_expiry(&mut Some(3_600)).is_err());
        assert!(people(&["120363@g.us".into()]).is_err() && people(&["nobody".into()]).is_err());
        assert!(people(&vec!["34600111222".to_owned(); MAX_NAMED + 1]).is_err());
    }
}
