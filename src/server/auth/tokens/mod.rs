//! Signed tokens: JWTs of the owner's own system, and Firebase ID tokens.
//!
//! What checks a token is decided by configuration and by the key, never by the token: its header's `alg` only
//! has to say the same. Times are read from the [`Source`]'s clock.

mod claims;
mod fetch;
mod issuers;
mod keyset;

#[cfg(test)]
pub(in crate::server::auth) mod testing;
#[cfg(test)]
mod tests;

pub(super) use claims::Verified;

use super::AuthError;
use crate::server::config::TokenSettings;
use crate::server::source::Source;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use issuers::{Firebase, Own};

/// The longest token that is looked at, in bytes. Firebase's have about 1,200.
const MAX_TOKEN: usize = 8 * 1024;

/// Whether a text has the form of a signed token (RFC 7515, section 3.1): three parts, of which the first is a
/// JSON object. No key that we make, and hardly one that an owner chooses, has it.
#[must_use]
pub(super) fn looks_like_jwt(text: &str) -> bool {
    let Some((header, rest)) = text.split_once('.') else { return false };
    if rest.matches('.').count() != 1 || text.len() > MAX_TOKEN {
        return false;
    }
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(header).ok();
    decoded.is_some_and(|json| serde_json::from_slice::<serde_json::Map<_, _>>(&json).is_ok())
}

/// Checks tokens.
pub(super) struct Tokens {
    own: Option<Own>,
    firebase: Option<Firebase>,
    source: Source,
}

impl Tokens {
    pub fn new(settings: &TokenSettings, source: &Source) -> Self {
        Self {
            own: settings.own.as_ref().map(|own| Own::new(own, source)),
            firebase: settings.firebase.as_ref().map(|firebase| Firebase::new(firebase, source)),
            source: source.clone(),
        }
    }

    /// What a token says, once its signature and times are found good.
    ///
    /// # Errors
    /// [`AuthError::NoTokens`], [`AuthError::BadToken`], [`AuthError::TokenExpired`], and
    /// [`AuthError::NoKeySet`] while keys have never been read.
    pub async fn verify(&self, token: &str) -> Result<Verified, AuthError> {
        if token.len() > MAX_TOKEN || !looks_like_jwt(token) {
            return Err(if self.own.is_none() && self.firebase.is_none() {
                AuthError::NoTokens
            } else {
                AuthError::BadToken
            });
        }
        let now = self.source.now();
        // Only to choose who checks it: each of them checks everything, the issuer included.
        let by_google =
            claims::claimed_issuer(token).is_some_and(|issuer| issuer.starts_with(issuers::GOOGLE));
        match (&self.own, &self.firebase) {
            (None, None) => Err(AuthError::NoTokens),
            (_, Some(firebase)) if by_google => firebase.verify(token, now).await,
            (Some(own), _) => own.verify(token, now).await,
            (None, Some(_)) => Err(AuthError::BadToken),
        }
    }
}
