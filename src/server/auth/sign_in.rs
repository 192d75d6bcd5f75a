//! Signing in and out, and what people change of themselves.

use super::lease::Revoked;
use super::principal::Credential;
use super::session::{self, Session};
use super::users::{self, User, check_email, clean_name};
use super::{Auth, AuthError, link, password};
use crate::protocol::UserId;
use crate::server::storage;

impl Auth {
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

    /// Who would sign in by a one-time link, which stays as good as it was; `None` if it cannot be used (any more).
    ///
    /// # Errors
    /// [`AuthError::Storage`].
    pub async fn owner_of_link(&self, token: &str) -> Result<Option<User>, AuthError> {
        Ok(link::owner_of_link(&self.store, &self.source, token).await?)
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
        let name = clean_name(name);
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
