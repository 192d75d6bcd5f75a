//! The one policy: from a request's headers to who asks, and in which workspace.

use super::AuthError;
use super::credentials::{Shown, shown};
use super::keys::Keys;
use super::lease::{Lease, Revocations};
use super::limits::Limits;
use super::origins::AllowedOrigins;
use super::principal::{Credential, Principal, Who};
use super::provision::Provision;
use super::session;
use super::throttle::Throttle;
use super::tokens::{Tokens, looks_like_jwt};
use super::users;
use crate::protocol::{DeviceId, Millis, Permission};
use crate::server::config::{LimitSettings, TokenSettings};
use crate::server::journal::Journal;
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, Store, query};
use axum::http::{HeaderMap, Method, Uri, header};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an entry may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The policy with what it needs. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    pub(super) store: Store,
    pub(super) source: Source,
    keys: Keys,
    tokens: Option<Arc<(Tokens, Provision)>>,
    origins: AllowedOrigins,
    pub(super) throttle: Arc<Throttle>,
    limits: Arc<Limits>,
    pub(super) revocations: Revocations,
}

impl Auth {
    #[must_use]
    pub fn new(store: Store, source: Source, keys: Keys, allowed_origins: Vec<String>) -> Self {
        Self {
            store,
            source,
            keys,
            tokens: None,
            origins: AllowedOrigins::new(allowed_origins),
            throttle: Arc::default(),
            limits: Arc::new(Limits::new(LimitSettings { requests_per_second: 0, failures_per_minute: 0 })),
            revocations: Revocations::default(),
        }
    }

    /// Accepts signed tokens. Without this, there are none.
    #[must_use]
    pub fn with_tokens(mut self, settings: &TokenSettings, journal: &Journal) -> Self {
        let provision = Provision {
            journal: journal.clone(),
            source: self.source.clone(),
            create: settings.provision_users,
        };
        self.tokens = Some(Arc::new((Tokens::new(settings, &self.source), provision)));
        self
    }

    /// Limits what one caller may ask for. Without this, there are no limits.
    #[must_use]
    pub fn with_limits(mut self, settings: LimitSettings) -> Self {
        self.limits = Arc::new(Limits::new(settings));
        self
    }

    /// Who sends this request: by API key (header `X-API-Key` or `apiKey`, `Authorization: Bearer`, query
    /// `apiKey`), by signed token (`Authorization: Bearer`; for the event wires also query `token` or
    /// `access-token`), else by browser session.
    ///
    /// # Errors
    /// [`AuthError`] if nobody that we know, or a browser on behalf of another site.
    pub async fn authenticate(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Principal, AuthError> {
        self.origins.check_upgrade(headers)?;
        match shown(uri, headers).ok_or(AuthError::Missing)? {
            Shown::Key(key) => self.by_key(&key).await,
            Shown::Token(token) => self.by_token(&token).await,
            Shown::Any(text) => self.by_any(&text).await,
            Shown::Cookie(token) => {
                let principal = self.by_session(&token).await?;
                // A browser sends the cookie along whoever asks it to: only our own pages may act with it.
                let acts =
                    !matches!(*method, Method::GET | Method::HEAD) || headers.contains_key(header::UPGRADE);
                if acts {
                    self.check_origin(headers)?;
                }
                Ok(principal)
            }
        }
    }

    /// The program that has this key.
    ///
    /// # Errors
    /// [`AuthError::UnknownKey`], also for one that has expired.
    pub async fn by_key(&self, key: &str) -> Result<Principal, AuthError> {
        if let Some(workspace) = self.keys.bootstrap(key) {
            let name = "bootstrap".to_owned();
            return Ok(Principal {
                reach: Reach::whole(workspace),
                who: Who::Key { id: name.clone(), name },
                permission: Permission::Admin,
                until: None,
                extended: false,
                credential: Credential::Bootstrap,
            }
            .asking());
        }
        let found = self.keys.find(&self.store, &self.source, key).await?;
        found.map(Principal::asking).ok_or(AuthError::UnknownKey)
    }

    /// Whether there is any key at all: where there is none, not the caller is to blame but the configuration.
    ///
    /// # Errors
    /// [`AuthError::Storage`].
    pub async fn has_keys(&self) -> Result<bool, AuthError> {
        Ok(self.keys.exist(&self.store).await?)
    }

    /// The user for whom somebody that we trust has signed this token: a JWT of the owner's system, or of
    /// Firebase.
    ///
    /// # Errors
    /// [`AuthError::NoTokens`] where none are configured, [`AuthError::BadToken`], [`AuthError::TokenExpired`],
    /// [`AuthError::UnknownUser`] for a good token of somebody who is not known and may not be created, and
    /// [`AuthError::NoKeySet`] while keys cannot be read.
    pub async fn by_token(&self, token: &str) -> Result<Principal, AuthError> {
        self.by_token_near(token, None).await
    }

    /// As [`Auth::by_token`]. A token that names no workspace may be somebody's in several: then it is theirs in the
    /// one that this device belongs to, if they are in it.
    ///
    /// # Errors
    /// As [`Auth::by_token`].
    pub async fn by_token_near(
        &self,
        token: &str,
        device: Option<&DeviceId>,
    ) -> Result<Principal, AuthError> {
        let Some(tokens) = &self.tokens else { return Err(AuthError::NoTokens) };
        let (tokens, provision) = tokens.as_ref();
        let verified = tokens.verify(token).await?;
        let user = provision.user(&verified, device).await?;
        Ok(Principal {
            reach: Reach::whole(user.workspace.clone()),
            permission: verified.permission.map_or(user.permission, |most| most.min(user.permission)),
            who: Who::User(user),
            until: Some(verified.until),
            extended: false,
            credential: Credential::Token,
        }
        .asking())
    }

    /// The user whose browser session this token is.
    ///
    /// # Errors
    /// [`AuthError::SessionEnded`].
    pub async fn by_session(&self, token: &str) -> Result<Principal, AuthError> {
        let found = session::find(&self.store, &self.source, token).await?;
        let (user, extended) = found.ok_or(AuthError::SessionEnded)?;
        Ok(Principal {
            reach: Reach::whole(user.workspace.clone()),
            permission: user.permission,
            who: Who::User(user),
            until: None,
            extended,
            credential: Credential::Session(session::hash(token)),
        }
        .asking())
    }

    /// For wires that take one opaque text: a signed token, or a browser session's.
    ///
    /// # Errors
    /// As [`Auth::by_token`] for what looks like a signed token; else [`AuthError::BadToken`], for whoever shows a
    /// session's token there may have guessed it, and no cookie of a page is to blame.
    pub async fn by_any(&self, text: &str) -> Result<Principal, AuthError> {
        self.by_any_near(text, None).await
    }

    /// As [`Auth::by_any`], but see [`Auth::by_token_near`].
    ///
    /// # Errors
    /// As [`Auth::by_any`].
    pub async fn by_any_near(&self, text: &str, device: Option<&DeviceId>) -> Result<Principal, AuthError> {
        if looks_like_jwt(text) {
            return self.by_token_near(text, device).await;
        }
        match self.by_session(text).await {
            Err(AuthError::SessionEnded) => Err(AuthError::BadToken),
            found => found,
        }
    }

    /// Counts a request of somebody who was let in.
    ///
    /// # Errors
    /// [`AuthError::TooFast`].
    pub fn count_request(&self, who: &Principal) -> Result<(), AuthError> {
        self.limits.request(&who.name())
    }

    /// Why somebody at this address was not let in: after too many guesses, only that there were too many. Whoever
    /// shows a credential that counts never comes here.
    #[must_use]
    pub fn count_failure(&self, error: AuthError, address: Option<IpAddr>) -> AuthError {
        match address {
            Some(address) if error.is_guess() => self.limits.failure(address).err().unwrap_or(error),
            _ => error,
        }
    }

    /// As [`Auth::count_request`] for what a client does once for each connection or instance: many come back at
    /// the same moment, and most clients do not ask again after a refusal. So it waits for its turn before.
    ///
    /// # Errors
    /// [`AuthError::TooFast`] if it does not come soon.
    pub async fn count_entry(&self, who: &Principal) -> Result<(), AuthError> {
        self.limits.paced(&who.name(), PATIENCE).await
    }

    /// A connection's right to stay open.
    ///
    /// # Errors
    /// [`AuthError::TokenExpired`] also within the leeway that requests have: a connection would be cut at once, and
    /// its client would come again and again.
    pub fn lease(&self, principal: &Principal) -> Result<Lease, AuthError> {
        if principal.until.is_some_and(|until| until <= self.now()) {
            return Err(AuthError::TokenExpired);
        }
        Ok(Lease::new(self.clone(), principal.clone(), &self.revocations))
    }

    pub(super) fn now(&self) -> Millis {
        self.source.now()
    }

    /// Whether what somebody came with still counts.
    pub(super) async fn counts(&self, principal: &Principal) -> Result<bool, StorageError> {
        let now = self.now();
        let (select, user) = match (&principal.credential, &principal.who) {
            (Credential::Bootstrap, _) => return Ok(true),
            (Credential::Key(id), _) => {
                let select = query(
                    "SELECT 1 AS one FROM api_keys WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)",
                );
                (select.bind(id).bind(now), None)
            }
            (Credential::Session(hash), Who::User(user)) => {
                let select = query(
                    "SELECT u.permission FROM browser_sessions s JOIN users u ON u.id = s.user_id \
                     WHERE s.token_hash = $1 AND s.expires_at > $2",
                );
                (select.bind(*hash).bind(now), Some(user))
            }
            (Credential::Token, Who::User(user)) => {
                (query("SELECT permission FROM users WHERE id = $1").bind(&user.id), Some(user))
            }
            // A program has neither session nor token.
            (Credential::Session(_) | Credential::Token, Who::Key { .. }) => return Ok(false),
        };
        let Some(row) = self.store.row(select).await? else { return Ok(false) };
        // Somebody who may more or less now comes back as that.
        user.map_or(Ok(true), |user| Ok(users::permission(&row)? == user.permission))
    }

    /// Refuses what a page of another site makes a browser send.
    ///
    /// # Errors
    /// [`AuthError::ForeignOrigin`].
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        self.origins.check(headers)
    }

    /// Refuses a WebSocket that a page of another site opens, whatever credential it shows. For gateways that are
    /// not behind the guard; [`Auth::authenticate`] does it, too.
    ///
    /// # Errors
    /// [`AuthError::ForeignOrigin`].
    pub fn check_upgrade(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        self.origins.check_upgrade(headers)
    }

    /// The origins beside our own that browsers may call from.
    #[must_use]
    pub fn allowed_origins(&self) -> &[String] {
        self.origins.list()
    }
}
