//! Whose tokens are accepted, and what each has to say.

use super::claims::{Verified, is_future, signed};
use super::keyset::KeySet;
use crate::protocol::Millis;
use crate::server::auth::AuthError;
use crate::server::config::{FirebaseSettings, OwnTokens};
use crate::server::source::Source;
use jsonwebtoken::{Algorithm, DecodingKey, decode_header};

/// What the issuer of every Firebase project begins with.
pub const GOOGLE: &str = "https://securetoken.google.com/";

/// The owner's own system.
pub enum Own {
    Secret(DecodingKey),
    Keys(KeySet),
}

impl Own {
    pub fn new(settings: &OwnTokens, source: &Source) -> Self {
        match settings {
            OwnTokens::Secret(secret) => Self::Secret(DecodingKey::from_secret(secret)),
            OwnTokens::Keys(place) => {
                Self::Keys(KeySet::new(place.clone(), &[Algorithm::RS256, Algorithm::ES256], source))
            }
        }
    }

    /// `sub`, `workspace` and `exp` have to be there: a token that forgot its workspace must not open another.
    pub async fn verify(&self, token: &str, now: Millis) -> Result<Verified, AuthError> {
        let header = decode_header(token).map_err(|_| AuthError::BadToken)?;
        let claims = match self {
            Self::Secret(secret) => signed(token, &header, secret, Algorithm::HS256)?,
            Self::Keys(keys) => {
                let key = keys.find(header.kid.as_deref()).await?;
                signed(token, &header, &key.key, key.algorithm)?
            }
        };
        let until = claims.until(now)?;
        let verified = claims.into_verified(until)?;
        if verified.workspace.is_none() {
            return Err(AuthError::BadToken);
        }
        Ok(Verified { may_be_our_id: true, ..verified })
    }
}

/// Firebase, as its documentation asks for it ("Verify ID tokens using a third-party JWT library").
pub struct Firebase {
    project: String,
    keys: KeySet,
}

impl Firebase {
    pub fn new(settings: &FirebaseSettings, source: &Source) -> Self {
        let keys = KeySet::new(settings.keys.clone(), &[Algorithm::RS256], source);
        Self { project: settings.project.clone(), keys }
    }

    pub async fn verify(&self, token: &str, now: Millis) -> Result<Verified, AuthError> {
        let header = decode_header(token).map_err(|_| AuthError::BadToken)?;
        // Before any key is looked for: what is not signed so is not Google's.
        if header.alg != Algorithm::RS256 {
            return Err(AuthError::BadToken);
        }
        let kid = header.kid.as_deref().ok_or(AuthError::BadToken)?;
        let key = self.keys.find(Some(kid)).await?;
        let claims = signed(token, &header, &key.key, key.algorithm)?;
        let issuer = claims.iss.as_deref().and_then(|issuer| issuer.strip_prefix(GOOGLE));
        if issuer != Some(self.project.as_str()) || !claims.is_for(&self.project) {
            return Err(AuthError::BadToken);
        }
        let past = |time: Option<f64>| time.is_some_and(|time| !is_future(time, now));
        if !past(claims.iat) || !past(claims.auth_time) {
            return Err(AuthError::BadToken);
        }
        let until = claims.until(now)?;
        claims.into_verified(until)
    }
}
