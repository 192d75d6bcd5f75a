//! Groups, as whoever looks at the network sees them.

use super::Sandbox;
use crate::server::sandbox::addressing::Addressing;
use crate::server::sandbox::line;
use crate::server::sandbox::model::Group;
use crate::server::sandbox::rows::groups::{self, GroupRow};
use crate::server::sandbox::rows::links::Address;
use crate::server::sandbox::{SandboxError, limits};

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            jid: format!("{}@g.us", row.id),
            members: row.numbers(),
            subject: row.subject,
            created_at: row.created_at,
        }
    }
}

impl Sandbox {
    /// All groups, oldest first.
    ///
    /// # Errors
    /// [`SandboxError::Storage`].
    pub async fn groups(&self) -> Result<Vec<Group>, SandboxError> {
        Ok(groups::of(&self.net.store, None).await?.into_iter().map(Group::from).collect())
    }

    /// A phone makes a group with others; it is its administrator. Its members come by their numbers.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for unknown phones, [`SandboxError::Invalid`] for a subject or a number of
    /// members out of its limits.
    pub async fn create_group(
        &self,
        number: &str,
        subject: &str,
        members: &[String],
    ) -> Result<Group, SandboxError> {
        self.create_group_as(number, subject, members, Addressing::default()).await
    }

    /// The same with the name by which its members come: number or LID.
    ///
    /// # Errors
    /// As [`Sandbox::create_group`].
    pub async fn create_group_as(
        &self,
        number: &str,
        subject: &str,
        members: &[String],
        addressing: Addressing,
    ) -> Result<Group, SandboxError> {
        if addressing == Addressing::Hidden {
            return Err(SandboxError::Invalid("a group's members come by \"pn\" or by \"lid\"".to_owned()));
        }
        self.net.open()?;
        let by = Address { number: limits::number(number)?, device: 0 };
        let members = members.iter().map(|member| limits::number(member)).collect::<Result<_, _>>()?;
        Ok(line::make_group(&self.net, &by, subject, members, addressing == Addressing::Lid).await?.into())
    }
}
