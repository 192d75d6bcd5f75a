//! The one policy: from a request's headers to who asks, and in which workspace.

use super::cookie::session_token;
use super::keys::Keys;
use super::lease::{Lease, Revocations, Revoked};
use super::principal::{Credential, Principal, Who};
use super::session::{self, Session};
use super::throttle::Throttle;
use super::users::{self, EmailError, check_email};
use super::{PasswordError, link, password};
use crate::protocol::{Millis, Permission, Problem, ProblemCode, UserId};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{self, StorageError, Store, query};
use axum::extract::Query;
use axum::http::{HeaderMap, Method, Uri, header};
use std::sync::Arc;

/// Why a request is not let in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthError {
    #[error("sign in, or send an API key")]
    Missing,
    #[error("the API key is not known")]
    UnknownKey,
    #[error("the session has ended: sign in again")]
    SessionEnded,
    #[error("a page of another site asked: its origin is not allowed here")]
    ForeignOrigin,
    #[error("the address or the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords; in seconds.
    #[error("too many attempts: try again in {0} s")]
    Throttled(i64),
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
    #[error("this address belongs to somebody else")]
    EmailTaken,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match &error {
            AuthError::Missing
            | AuthError::UnknownKey
            | AuthError::SessionEnded
            | AuthError::NoTokens
            | AuthError::BadToken
            | AuthError::TokenExpired
            | AuthError::WrongPassword => ProblemCode::Unauthenticated,
            AuthError::ForeignOrigin | AuthError::NotAllowed(_) => ProblemCode::Forbidden,
            AuthError::Throttled(_) => ProblemCode::RateLimited,
            AuthError::Email(_) | AuthError::Password(_) => ProblemCode::Invalid,
            AuthError::EmailTaken => ProblemCode::Conflict,
            AuthError::Storage(error) => {
                tracing::error!(%error, "storage failed");
                return Problem::new(ProblemCode::Unavailable, "Storage does not answer just now.");
            }
        };
        Problem::new(code, error.to_string())
    }
}

/// The policy with what it needs. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    store: Store,
    source: Source,
    keys: Keys,
    allowed_origins: Arc<[String]>,
    throttle: Arc<Throttle>,
    revocations: Revocations,
}

impl Auth {
    #[must_use]
    pub fn new(store: Store, source: Source, keys: Keys, allowed_origins: Vec<String>) -> Self {
        Self {
            store,
            source,
            keys,
            allowed_origins: allowed_origins.into(),
            throttle: Arc::default(),
            revocations: Revocations::default(),
        }
    }

    /// Who sends this request: by API key (header `X-API-Key` or `apiKey`, `Authorization: Bearer`, query
    /// `apiKey`), else by browser session.
    ///
    /// # Errors
    /// [`AuthError`] if nobody that we know, or a browser on behalf of another site.
    pub async fn authenticate(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Principal, AuthError> {
        if let Some(key) = api_key(uri, headers) {
            return self.by_key(&key).await;
        }
        let token = session_token(headers).ok_or(AuthError::Missing)?;
        let principal = self.by_session(&token).await?;
        // A browser sends the cookie along whoever asks it to: only our own pages may act with it.
        let acts = !matches!(*method, Method::GET | Method::HEAD) || headers.contains_key(header::UPGRADE);
        if acts {
            self.check_origin(headers)?;
        }
        Ok(principal)
    }

    /// The program that has this key.
    ///
    /// # Errors
    /// [`AuthError::UnknownKey`].
    pub async fn by_key(&self, key: &str) -> Result<Principal, AuthError> {
        let (name, workspace) = self.keys.find(key).ok_or(AuthError::UnknownKey)?;
        Ok(Principal {
            reach: Reach::whole(workspace),
            who: Who::Key { id: name.clone(), name },
            permission: Permission::Admin,
            until: None,
            credential: Credential::Bootstrap,
        })
    }

    /// The user for whom somebody that we trust has signed this token: a JWT of ours, or of Firebase.
    ///
    /// # Errors
    /// [`AuthError::BadToken`], [`AuthError::TokenExpired`], [`AuthError::NoTokens`].
    pub async fn by_token(&self, _token: &str) -> Result<Principal, AuthError> {
        Err(AuthError::NoTokens)
    }

    /// The user whose browser session this token is.
    ///
    /// # Errors
    /// [`AuthError::SessionEnded`].
    pub async fn by_session(&self, token: &str) -> Result<Principal, AuthError> {
        let user = session::find(&self.store, &self.source, token).await?.ok_or(AuthError::SessionEnded)?;
        Ok(Principal {
            reach: Reach::whole(user.workspace.clone()),
            who: Who::User(user),
            permission: Permission::Admin,
            until: None,
            credential: Credential::Session(session::hash(token)),
        })
    }

    /// A connection's right to stay open.
    #[must_use]
    pub fn lease(&self, principal: &Principal) -> Lease {
        Lease::new(self.clone(), principal.clone(), &self.revocations)
    }

    pub(super) fn now(&self) -> Millis {
        self.source.now()
    }

    /// Whether what somebody came with still counts.
    pub(super) async fn counts(&self, principal: &Principal) -> Result<bool, StorageError> {
        let row = match (&principal.credential, &principal.who) {
            (Credential::Bootstrap | Credential::Key(_), _) | (_, Who::Key { .. }) => return Ok(true),
            (Credential::Session(hash), _) => {
                query("SELECT 1 AS one FROM browser_sessions WHERE token_hash = $1 AND expires_at > $2")
                    .bind(*hash)
                    .bind(self.now())
            }
            (Credential::Token, Who::User(user)) => {
                query("SELECT 1 AS one FROM users WHERE id = $1").bind(&user.id)
            }
        };
        Ok(self.store.row(row).await?.is_some())
    }

    /// Refuses what a page of another site makes a browser send.
    ///
    /// # Errors
    /// [`AuthError::ForeignOrigin`].
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(origin) = text("origin") {
            let origin = origin.to_ascii_lowercase();
            let host = text("host").unwrap_or("").to_ascii_lowercase();
            let same =
                origin.split_once("://").is_some_and(|(_, authority)| !host.is_empty() && authority == host);
            return if same || self.allowed_origins.contains(&origin) {
                Ok(())
            } else {
                Err(AuthError::ForeignOrigin)
            };
        }
        match text("sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(AuthError::ForeignOrigin),
        }
    }

    /// Opens a session for whoever knows the password.
    ///
    /// # Errors
    /// [`AuthError::WrongPassword`], or [`AuthError::Throttled`] after too many of them from this computer
    /// or for this address.
    pub async fn sign_in(&self, email: &str, password: String, computer: &str) -> Result<Session, AuthError> {
        let (email, now) = (email.trim().to_lowercase(), self.source.now());
        let (by_email, by_computer) = (
            format!("email:{}", email.chars().take(254).collect::<String>()),
            format!("computer:{computer}"),
        );
        let names = [by_email.as_str(), by_computer.as_str()];
        let wait = self.throttle.wait(&names, now);
        if wait > 0 {
            return Err(AuthError::Throttled((wait + 999) / 1_000));
        }
        // Counted before it is checked, so that many at once do not all get the first try.
        self.throttle.failed(&names, now);
        let Some(user) = users::by_password(&self.store, &email, password).await? else {
            return Err(AuthError::WrongPassword);
        };
        names.iter().for_each(|name| self.throttle.succeeded(name));
        Ok(session::open(&self.store, &self.source, &user).await?)
    }

    /// Opens a session for whoever holds a one-time link; `None` if it cannot be used (any more).
    ///
    /// # Errors
    /// [`AuthError::Storage`].
    pub async fn sign_in_by_link(&self, token: &str) -> Result<Option<Session>, AuthError> {
        match link::redeem_link(&self.store, &self.source, token).await? {
            Some(user) => Ok(Some(session::open(&self.store, &self.source, &user).await?)),
            None => Ok(None),
        }
    }

    /// Ends the session of this token.
    ///
    /// # Errors
    /// [`AuthError::Storage`].
    pub async fn sign_out(&self, token: &str) -> Result<(), AuthError> {
        session::close(&self.store, token).await?;
        self.revocations.tell(Revoked::Credential(Credential::Session(session::hash(token))));
        Ok(())
    }

    /// Changes a user's name, address and, if one is given, password; a new password ends their other
    /// sessions.
    ///
    /// # Errors
    /// [`AuthError::Email`], [`AuthError::Password`], [`AuthError::EmailTaken`].
    pub async fn update_profile(
        &self,
        user: &UserId,
        name: &str,
        email: &str,
        password: Option<String>,
        token: &str,
    ) -> Result<(), AuthError> {
        let email = check_email(email)?;
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(80).collect();
        let changes_password = password.is_some();
        let hash = match password {
            Some(password) => Some(password::hash(password).await?),
            None => None,
        };
        let id = user.clone();
        let write = self.store.write(move |tx| {
            Box::pin(async move {
                let taken = tx.row(storage::query("SELECT 1 AS one FROM users WHERE email = $1 AND id <> $2").bind(&email).bind(&id)).await?;
                if taken.is_some() {
                    return Ok(false);
                }
                let update = storage::query("UPDATE users SET email = $2, name = $3, password_hash = COALESCE($4, password_hash) WHERE id = $1");
                tx.execute(update.bind(&id).bind(&email).bind(name).bind(hash)).await?;
                Ok(true)
            })
        });
        if !write.await? {
            return Err(AuthError::EmailTaken);
        }
        if changes_password {
            session::close_others(&self.store, user, token).await?;
        }
        Ok(())
    }
}

/// The key that a request brings, wherever it stands.
fn api_key(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = text("x-api-key").or_else(|| text("apikey")) {
        return Some(key.to_owned());
    }
    if let Some(bearer) = text("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        return Some(bearer.trim().to_owned());
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find(|(name, _)| name == "apiKey").map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_wherever_it_stands() {
        let at = |uri: &str, header: Option<(&'static str, &str)>| {
            let headers =
                header.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            api_key(&uri.parse().unwrap(), &headers)
        };
        assert_eq!(at("/", None), None);
        assert_eq!(at("/", Some(("x-api-key", "k"))), Some("k".into()));
        assert_eq!(at("/", Some(("apikey", "k"))), Some("k".into()));
        assert_eq!(at("/", Some(("authorization", "Bearer k"))), Some("k".into()));
        assert_eq!(at("/", Some(("authorization", "Basic k"))), None);
        assert_eq!(at("/?a=b&apiKey=k%2Bx", None), Some("k+x".into()));
    }
}
