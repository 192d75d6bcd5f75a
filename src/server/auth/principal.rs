//! Who asks, and what they may.

use super::AuthError;
use super::users::User;
use crate::protocol::{Millis, Permission, USER_HEADER, UserId};
use crate::server::reach::Reach;
use axum::http::HeaderMap;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person: by browser session, or by a token that somebody signed for them.
    User(User),
    /// A program, by key.
    Key { id: String, name: String },
}

/// What somebody came with: what can be taken back.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// The owner's key of the configuration; never taken back while the server runs.
    Bootstrap,
    /// A key of the database, by id.
    Key(String),
    /// A browser session, by the hash of its token.
    Session([u8; 32]),
    /// A signed token: it counts until it expires, or until its user is gone.
    Token,
}

/// Who asks, and whose data they may see and touch.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    pub reach: Reach,
    pub who: Who,
    pub permission: Permission,
    /// When what they came with expires, if it does.
    pub until: Option<Millis>,
    /// Whether this request has extended the session that it came with: then its browser is given the cookie again,
    /// which would end before the session otherwise.
    pub extended: bool,
    pub(super) credential: Credential,
}

impl std::fmt::Debug for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Principal")
            .field("name", &self.name())
            .field("permission", &self.permission)
            .finish_non_exhaustive()
    }
}

impl Principal {
    /// A name that is this principal's alone: its command ids count under it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.who {
            Who::User(user) => format!("user:{}", user.id),
            Who::Key { id, .. } => format!("key:{}:{id}", self.reach.workspace),
        }
    }

    /// The person who asks, if it is one.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        match &self.who {
            Who::User(user) => Some(&user.id),
            Who::Key { .. } => None,
        }
    }

    /// Refuses a request of a page that is another person's: somebody else has signed in in its browser since it was
    /// loaded.
    ///
    /// # Errors
    /// [`AuthError::OtherUser`] where the header [`USER_HEADER`] names somebody else.
    pub fn require_named(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        match (self.user_id(), headers.get(USER_HEADER)) {
            (Some(user), Some(named)) if named.as_bytes() != user.as_str().as_bytes() => {
                Err(AuthError::OtherUser)
            }
            _ => Ok(()),
        }
    }

    /// With a reach that covers what is this principal's alone.
    pub(super) fn asking(self) -> Self {
        let name = self.name();
        Self { reach: self.reach.asked_by(&name), ..self }
    }

    /// Whether somebody sits at a browser: only they change their own name, address and password. A token may be
    /// made for less than its user may, and must not open the rest.
    #[must_use]
    pub fn is_at_browser(&self) -> bool {
        matches!(self.credential, Credential::Session(_))
    }

    /// Refuses whoever may not manage keys and users.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`], [`AuthError::OnlySomeDevices`].
    pub fn require_whole_workspace(&self) -> Result<(), AuthError> {
        self.require(Permission::Admin)?;
        if self.reach.is_whole() { Ok(()) } else { Err(AuthError::OnlySomeDevices) }
    }

    /// Refuses whoever may not go so far.
    ///
    /// # Errors
    /// [`AuthError::NotAllowed`].
    pub fn require(&self, permission: Permission) -> Result<(), AuthError> {
        if self.permission >= permission { Ok(()) } else { Err(AuthError::NotAllowed(permission)) }
    }
}
