//! Groups, asked of WhatsApp.

use super::content::clean;
use super::session::LinkedSession;
use super::{errors, group_query, jids};
use crate::protocol::{GroupRole, GroupSettings};
use crate::server::engine::{
    EngineError, GroupChange, GroupState, Groups, Joined, MemberChange, MemberOutcome,
};
use async_trait::async_trait;
use whatsapp_rust::Jid;
use whatsapp_rust::client::Client;
use whatsapp_rust::features::{
    GroupCreateOptions, GroupDescription, GroupError, GroupMetadata, GroupParticipantOptions, GroupSubject,
    JoinGroupResult, MemberAddMode, MembershipApprovalMode, ParticipantType, PreviousDescription,
};

fn failed(error: GroupError) -> EngineError {
    match error {
        GroupError::InvalidRequest(text) => EngineError::Refused(text),
        // Whoever asks again sees what it is now.
        GroupError::DescriptionConflict => EngineError::NoAnswer(error.to_string()),
        error => errors::asked(&error),
    }
}

fn group(jid: &str) -> Result<Jid, EngineError> {
    let group = jids::parse(jid)?;
    if jids::is_group(&group) {
        Ok(group)
    } else {
        Err(EngineError::Refused("that is not the address of a group".to_owned()))
    }
}

fn people(members: &[String]) -> Result<Vec<Jid>, EngineError> {
    members.iter().map(|member| jids::parse(member)).collect()
}

/// A group in our words.
pub(super) async fn state(numbers: &Client, group: GroupMetadata) -> GroupState {
    let owner = match (&group.creator, &group.creator_pn) {
        (Some(creator), number) => Some(jids::by_number(numbers, creator, number.as_ref()).await),
        (None, number) => number.clone(),
    };
    let mut members = Vec::with_capacity(group.participants.len());
    for member in &group.participants {
        let jid = jids::by_number(numbers, &member.jid, member.phone_number.as_ref()).await;
        let role = match member.participant_type {
            ParticipantType::SuperAdmin => GroupRole::Owner,
            ParticipantType::Admin => GroupRole::Admin,
            _ => GroupRole::Member,
        };
        members.push((jids::text(&jid), role));
    }
    let seconds = group.creation_time.and_then(|at| i64::try_from(at).ok()).filter(|at| *at > 0);
    GroupState {
        jid: jids::text(&jids::bare(&group.id)),
        subject: clean(group.subject),
        description: group.description.filter(|text| !text.is_empty()).map(clean),
        owner: owner.map(|owner| jids::text(&jids::bare(&owner))),
        created_at: seconds.map(|seconds| seconds.saturating_mul(1_000)),
        settings: GroupSettings {
            announce: group.is_announcement,
            locked: group.is_locked,
            approval: group.membership_approval,
            // Groups that say nothing of it are from before it could be set: there, every member may.
            member_add: group.member_add_mode != Some(MemberAddMode::AdminAdd),
            expires_in: group.ephemeral.and_then(|set| set.expiration).filter(|seconds| *seconds > 0),
        },
        members,
    }
}

fn refused(error: impl std::fmt::Display) -> EngineError {
    EngineError::Refused(error.to_string())
}

#[async_trait]
impl Groups for LinkedSession {
    async fn group(&self, jid: &str) -> Result<GroupState, EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        let found = Box::pin(group_query::group(&live.client, &jid)).await.map_err(failed)?;
        Ok(state(&live.client, found).await)
    }

    async fn create_group(&self, subject: &str, members: &[String]) -> Result<GroupState, EngineError> {
        let live = self.live()?;
        let participants = people(members)?.into_iter().map(GroupParticipantOptions::new).collect();
        let options = GroupCreateOptions { participants, ..GroupCreateOptions::new(subject) };
        let made = Box::pin(live.client.groups().create_group(options)).await.map_err(failed)?;
        Ok(state(&live.client, made.metadata).await)
    }

    async fn change_group(&self, jid: &str, change: &GroupChange) -> Result<(), EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        let groups = live.client.groups();
        let changed = match change {
            GroupChange::Subject(subject) => {
                let subject = GroupSubject::new(subject).map_err(refused)?;
                Box::pin(groups.set_subject(&jid, subject)).await
            }
            GroupChange::Description(text) => {
                let text = text.as_ref().map(GroupDescription::new).transpose().map_err(refused)?;
                Box::pin(groups.set_description(&jid, text, PreviousDescription::Resolve)).await
            }
            GroupChange::Announce(announce) => Box::pin(groups.set_announce(&jid, *announce)).await,
            GroupChange::Locked(locked) => Box::pin(groups.set_locked(&jid, *locked)).await,
            GroupChange::Approval(approval) => {
                let mode = if *approval { MembershipApprovalMode::On } else { MembershipApprovalMode::Off };
                Box::pin(groups.set_membership_approval(&jid, mode)).await
            }
            GroupChange::MemberAdd(all) => {
                let mode = if *all { MemberAddMode::AllMemberAdd } else { MemberAddMode::AdminAdd };
                Box::pin(groups.set_member_add_mode(&jid, mode)).await
            }
            GroupChange::ExpiresIn(seconds) => {
                Box::pin(groups.set_ephemeral(&jid, seconds.unwrap_or(0))).await
            }
        };
        changed.map_err(failed)
    }

    async fn change_members(
        &self,
        jid: &str,
        change: MemberChange,
        members: &[String],
    ) -> Result<Vec<MemberOutcome>, EngineError> {
        let (live, jid, people) = (self.live()?, group(jid)?, people(members)?);
        let groups = live.client.groups();
        let outcomes = match change {
            MemberChange::Add => Box::pin(groups.add_participants(&jid, &people)).await,
            MemberChange::Remove => Box::pin(groups.remove_participants(&jid, &people)).await,
            MemberChange::Promote => Box::pin(groups.promote_participants(&jid, &people)).await,
            MemberChange::Demote => Box::pin(groups.demote_participants(&jid, &people)).await,
        };
        let mut told = Vec::new();
        for outcome in outcomes.map_err(failed)? {
            let jid = jids::by_number(&*live.client, &outcome.jid, outcome.phone_number.as_ref()).await;
            told.push(MemberOutcome { jid: jids::text(&jid), error: outcome.error.map(clean) });
        }
        Ok(told)
    }

    async fn invite_link(&self, jid: &str, reset: bool) -> Result<String, EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        Box::pin(live.client.groups().get_invite_link(&jid, reset)).await.map_err(failed).map(clean)
    }

    async fn join_group(&self, code: &str) -> Result<Joined, EngineError> {
        let live = self.live()?;
        let joined = Box::pin(live.client.groups().join_with_invite_code(code)).await.map_err(failed)?;
        let pending = matches!(joined, JoinGroupResult::PendingApproval(_));
        Ok(Joined { jid: jids::text(&jids::bare(joined.group_jid())), pending })
    }

    async fn leave_group(&self, jid: &str) -> Result<(), EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        Box::pin(live.client.groups().leave(&jid)).await.map_err(failed)
    }

    async fn set_group_picture(&self, jid: &str, picture: Option<Vec<u8>>) -> Result<(), EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        let groups = live.client.groups();
        let set = match picture {
            Some(picture) => Box::pin(groups.set_profile_picture(&jid, picture)).await,
            None => Box::pin(groups.remove_profile_picture(&jid)).await,
        };
        set.map(drop).map_err(failed)
    }

    async fn group_requests(
        &self,
        jid: &str,
    ) -> Result<Vec<(String, Option<crate::protocol::Millis>)>, EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        let waiting = Box::pin(live.client.groups().get_membership_requests(&jid)).await.map_err(failed)?;
        let mut requests = Vec::with_capacity(waiting.len());
        for one in waiting {
            let at = one.request_time.and_then(|at| i64::try_from(at).ok()).filter(|at| *at > 0);
            let jid = jids::by_number(&*live.client, &one.jid, None).await;
            requests.push((jids::text(&jid), at.map(|seconds| seconds.saturating_mul(1_000))));
        }
        Ok(requests)
    }

    async fn answer_requests(
        &self,
        jid: &str,
        let_in: bool,
        who: &[String],
    ) -> Result<Vec<MemberOutcome>, EngineError> {
        let (live, jid) = (self.live()?, group(jid)?);
        let groups = live.client.groups();
        // They are named as they asked: by number or by LID.
        let waiting = Box::pin(groups.get_membership_requests(&jid)).await.map_err(failed)?;
        let (mut named, mut told) = (Vec::new(), Vec::new());
        for person in who {
            let mut asked = None;
            for one in &waiting {
                if jids::text(&jids::by_number(&*live.client, &one.jid, None).await) == *person {
                    asked = Some(one.jid.clone());
                }
            }
            match asked {
                Some(jid) => named.push(jid),
                None => told.push(MemberOutcome { jid: person.clone(), error: Some("404".to_owned()) }),
            }
        }
        if named.is_empty() {
            return Ok(told);
        }
        let answered = match let_in {
            true => Box::pin(groups.approve_membership_requests(&jid, &named)).await,
            false => Box::pin(groups.reject_membership_requests(&jid, &named)).await,
        };
        for outcome in answered.map_err(failed)? {
            let jid = jids::by_number(&*live.client, &outcome.jid, outcome.phone_number.as_ref()).await;
            told.push(MemberOutcome { jid: jids::text(&jid), error: outcome.error.map(clean) });
        }
        Ok(told)
    }
}
