//! What a device asks of groups.

use super::EngineError;
use crate::protocol::{GroupRole, GroupSettings, Millis};
use async_trait::async_trait;

/// Groups, by their JIDs. All of it is asked of WhatsApp at once: nothing waits for a connection.
#[async_trait]
pub trait Groups: Send + Sync {
    /// A group as it is now.
    async fn group(&self, jid: &str) -> Result<GroupState, EngineError>;

    /// Makes a group with these people (JIDs); we administer it.
    async fn create_group(&self, subject: &str, members: &[String]) -> Result<GroupState, EngineError>;

    async fn change_group(&self, jid: &str, change: &GroupChange) -> Result<(), EngineError>;

    /// Adds, removes, promotes or demotes people (JIDs); what became of each.
    async fn change_members(
        &self,
        jid: &str,
        change: MemberChange,
        members: &[String],
    ) -> Result<Vec<MemberOutcome>, EngineError>;

    /// The link that lets whoever has it join; `reset` makes the one before worthless.
    async fn invite_link(&self, jid: &str, reset: bool) -> Result<String, EngineError>;

    /// Joins by the code of an invitation, or by its link.
    async fn join_group(&self, code: &str) -> Result<Joined, EngineError>;

    async fn leave_group(&self, jid: &str) -> Result<(), EngineError>;

    /// Gives a group a picture (a JPEG of 640 by 640 pixels), or takes it away.
    async fn set_group_picture(&self, jid: &str, picture: Option<Vec<u8>>) -> Result<(), EngineError>;

    /// Who asks to be let in, by JID, and when they asked.
    async fn group_requests(&self, jid: &str) -> Result<Vec<(String, Option<Millis>)>, EngineError>;

    /// Lets people (JIDs) in, or turns them away; what became of each.
    async fn answer_requests(
        &self,
        jid: &str,
        let_in: bool,
        people: &[String],
    ) -> Result<Vec<MemberOutcome>, EngineError>;
}

/// A group as WhatsApp has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupState {
    pub jid: String,
    pub subject: String,
    pub description: Option<String>,
    /// The JID of who made it.
    pub owner: Option<String>,
    pub created_at: Option<Millis>,
    pub settings: GroupSettings,
    /// JIDs, by number wherever that is known.
    pub members: Vec<(String, GroupRole)>,
}

/// One change of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    Subject(String),
    /// `None` takes it away.
    Description(Option<String>),
    Announce(bool),
    Locked(bool),
    Approval(bool),
    /// Whether every member may add others.
    MemberAdd(bool),
    /// Seconds; `None` for never.
    ExpiresIn(Option<u32>),
}

/// What is done to members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    Add,
    Remove,
    Promote,
    Demote,
}

/// What became of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberOutcome {
    pub jid: String,
    /// WhatsApp's code, if it refused.
    pub error: Option<String>,
}

/// A group that was joined, or asked to be let into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    pub jid: String,
    /// An administrator has to let us in first.
    pub pending: bool,
}
