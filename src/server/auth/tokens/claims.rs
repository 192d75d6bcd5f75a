//! What tokens say.

use crate::protocol::{Millis, Permission, WorkspaceId};
use crate::server::auth::AuthError;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Header, Validation, decode};
use serde::Deserialize;
use serde_json::Value;

/// How far the clocks of issuers and ours may be apart.
pub const LEEWAY: Millis = 30_000;
/// The longest `sub`, in characters: Firebase's limit for user ids.
const MAX_SUBJECT: usize = 128;

/// The claims that are read (RFC 7519, section 4.1; `auth_time` of OpenID Connect; the rest are ours).
#[derive(Deserialize)]
pub struct Claims {
    pub sub: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    pub iat: Option<f64>,
    pub auth_time: Option<f64>,
    pub iss: Option<String>,
    aud: Option<Audience>,
    workspace: Option<String>,
    permission: Option<String>,
    // Of these, nothing depends: a strange type is no reason to turn anybody away.
    name: Option<Value>,
    email: Option<Value>,
    email_verified: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Who a token was made for: its signature, issuer and times are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What the issuer calls the user.
    pub subject: String,
    pub workspace: Option<WorkspaceId>,
    /// Not more than this, whatever else the user may.
    pub permission: Option<Permission>,
    pub until: Millis,
    pub name: Option<String>,
    /// One that the issuer vouches for.
    pub email: Option<String>,
    /// Whether the subject may be an id of ours: our own tokens may, strangers' user ids are only theirs.
    pub may_be_our_id: bool,
}

/// The claims of a token that this key signed.
pub fn signed(
    token: &str,
    header: &Header,
    key: &DecodingKey,
    by: jsonwebtoken::Algorithm,
) -> Result<Claims, AuthError> {
    // Extensions that must be understood, and are not (RFC 7515, section 4.1.11).
    if header.crit.is_some() || header.alg != by {
        return Err(AuthError::BadToken);
    }
    // The library reads the system's clock; times are checked below by ours.
    let mut validation = Validation::new(by);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    decode::<Claims>(token, key, &validation).map(|token| token.claims).map_err(|_| AuthError::BadToken)
}

impl Claims {
    /// When it expires, unless it has, or does not count yet.
    pub fn until(&self, now: Millis) -> Result<Millis, AuthError> {
        let until = millis(self.exp.ok_or(AuthError::BadToken)?);
        if until.saturating_add(LEEWAY) <= now {
            return Err(AuthError::TokenExpired);
        }
        if self.nbf.is_some_and(|nbf| is_future(nbf, now)) {
            return Err(AuthError::BadToken);
        }
        Ok(until)
    }

    pub fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Many(many)) => many.iter().any(|one| one == audience),
            None => false,
        }
    }

    /// Who it was made for.
    pub fn into_verified(self, until: Millis) -> Result<Verified, AuthError> {
        let subject = self.sub.filter(|sub| {
            !sub.is_empty() && sub.chars().count() <= MAX_SUBJECT && !sub.chars().any(char::is_control)
        });
        let workspace = self.workspace.map(|id| id.parse()).transpose().map_err(|_| AuthError::BadToken)?;
        let permission = match self.permission {
            Some(text) => Some(Permission::parse(&text).ok_or(AuthError::BadToken)?),
            None => None,
        };
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let vouched = self.email_verified.is_none_or(|verified| verified == Value::Bool(true));
        Ok(Verified {
            subject: subject.ok_or(AuthError::BadToken)?,
            workspace,
            permission,
            until,
            name: text(self.name),
            email: text(self.email).filter(|_| vouched),
            may_be_our_id: false,
        })
    }
}

/// Whether a time of a token lies in the future by more than clocks are apart.
pub fn is_future(seconds: f64, now: Millis) -> bool {
    millis(seconds) > now.saturating_add(LEEWAY)
}

/// `NumericDate` (RFC 7519, section 2): seconds, maybe with parts. What is out of range becomes the end of it.
fn millis(seconds: f64) -> Millis {
    (seconds * 1_000.0) as Millis
}

/// What the token says of its issuer, unchecked.
pub fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Issuer>(&claims).ok().map(|claims| claims.iss)
}
