//! Why somebody is not let in, or may not do what they ask for.

use super::{EmailError, PasswordError};
use crate::protocol::{Permission, Problem, ProblemCode};
use crate::server::storage::StorageError;

/// Why a request is not let in, or goes too far.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    #[error("sign in, or send an API key")]
    Missing,
    #[error("the API key is not known")]
    UnknownKey,
    #[error("the session has ended: sign in again")]
    SessionEnded,
    /// A page of somebody who is not signed in in its browser any more.
    #[error("somebody else is signed in by now: load the page again")]
    OtherUser,
    #[error("a page of another site asked: its origin is not allowed here")]
    ForeignOrigin,
    #[error("the address or the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords, keys or tokens; in seconds.
    #[error("too many attempts: try again in {0} s")]
    Throttled(i64),
    /// More requests than one key or user may make; in seconds.
    #[error("too many requests: go on in {0} s")]
    TooFast(i64),
    #[error(transparent)]
    Email(#[from] EmailError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("this needs the permission \"{}\"", .0.as_str())]
    NotAllowed(Permission),
    /// No secret or key set is configured to check tokens with.
    #[error("tokens are not accepted here: none are configured")]
    NoTokens,
    #[error("the token is not valid")]
    BadToken,
    #[error("the token has expired")]
    TokenExpired,
    /// The token is good, but names nobody of ours.
    #[error("the token's user is not known here")]
    UnknownUser,
    /// The key set has never been read.
    #[error("tokens cannot be checked just now: their key set cannot be read")]
    NoKeySet,
    #[error("this address belongs to somebody else")]
    EmailTaken,
    #[error("this external id belongs to somebody else")]
    SubjectTaken,
    /// A key for some devices asks about the workspace.
    #[error("a key for some devices cannot do this: it concerns the whole workspace")]
    OnlySomeDevices,
    #[error("a key cannot make one that may more, or longer, than itself")]
    WiderThanOwn,
    #[error("a workspace needs somebody who may everything: this is the last one")]
    LastAdmin,
    #[error("nobody can remove themselves")]
    Oneself,
    /// What the request is about is not there, or not theirs: nobody can tell which.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A value out of its limits, in words.
    #[error("{0}")]
    Invalid(&'static str),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AuthError {
    /// When to come back, in seconds, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Throttled(seconds) | Self::TooFast(seconds) => Some(*seconds),
            Self::NoKeySet => Some(10),
            _ => None,
        }
    }

    /// Whether somebody showed a key or token that is none: what a guess looks like.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::BadToken | Self::NoTokens)
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match &error {
            AuthError::Missing
            | AuthError::UnknownKey
            | AuthError::SessionEnded
            | AuthError::OtherUser
            | AuthError::NoTokens
            | AuthError::BadToken
            | AuthError::TokenExpired
            | AuthError::WrongPassword => ProblemCode::Unauthenticated,
            AuthError::ForeignOrigin
            | AuthError::NotAllowed(_)
            | AuthError::UnknownUser
            | AuthError::OnlySomeDevices
            | AuthError::WiderThanOwn => ProblemCode::Forbidden,
            AuthError::Throttled(_) | AuthError::TooFast(_) => ProblemCode::RateLimited,
            AuthError::Email(_) | AuthError::Password(_) | AuthError::Invalid(_) => ProblemCode::Invalid,
            AuthError::EmailTaken | AuthError::SubjectTaken | AuthError::LastAdmin | AuthError::Oneself => {
                ProblemCode::Conflict
            }
            AuthError::NotFound(_) => ProblemCode::NotFound,
            AuthError::NoKeySet => ProblemCode::Unavailable,
            AuthError::Storage(error) => {
                tracing::error!(%error, "storage failed");
                return Problem::new(ProblemCode::Unavailable, "Storage does not answer just now.");
            }
        };
        Problem { retry_after: error.retry_after(), ..Problem::new(code, error.to_string()) }
    }
}
