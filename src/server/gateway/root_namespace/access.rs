//! Who enters, and in which words the others are refused.
//!
//! | message | `data.code` | when |
//! |---|---|---|
//! | `Authentication required` | `unauthenticated` | there is no credential |
//! | `Invalid token` | `invalid_token` | it is none of ours, was revoked, or is nobody's |
//! | `Token expired` | `token_expired` | it was one of ours |
//! | `Server configuration error` | `not_configured` | a JWT came, and there is nothing to check it with |
//! | `Too many attempts` | `rate_limited` | too many wrong ones came from this address; a good one is let in |
//! | `Too many requests` | `rate_limited` | it is good, but asked for more than one caller may, and no turn came in 5 s |
//! | `Service unavailable` | `unavailable` | storage, or the source of the tokens' keys, does not answer |
//!
//! `data.retryAfter` says in how many seconds it is worth another try, where that is known.

use crate::server::auth::{Auth, AuthError, Lease, Principal, session_token};
use crate::server::gateway::dialect::counted;
use crate::server::gateway::socketio::{Handshake, Refusal};
use serde_json::{Value, json};

/// The longest token or key that is looked at, in bytes.
const MAX_CREDENTIAL: usize = 8 * 1024;

/// What a client came with.
#[derive(Debug, PartialEq, Eq)]
enum Shown<'a> {
    Token(&'a str),
    Key(&'a str),
    /// Something that no credential can be: not a text, or too long.
    Nonsense,
    Nothing,
}

fn shown(handshake: &Handshake) -> Shown<'_> {
    let named = |name: &str| match handshake.auth(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(()),
    };
    let (Ok(token), Ok(key)) = (named("token"), named("apiKey")) else { return Shown::Nonsense };
    choose(
        [token, handshake.header("authorization").and_then(bearer), handshake.query("token")],
        [key, handshake.header("x-api-key"), handshake.header("apikey"), handshake.query("apiKey")],
    )
}

/// Clients of seed 1 put the same word before `auth.token`, too.
fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn choose<'a>(tokens: [Option<&'a str>; 3], keys: [Option<&'a str>; 4]) -> Shown<'a> {
    let first = |places: &[Option<&'a str>]| places.iter().flatten().find(|text| !text.is_empty()).copied();
    let token = first(&tokens).map(|token| bearer(token).unwrap_or(token));
    match (token, first(&keys)) {
        (Some(text), _) | (None, Some(text)) if text.len() > MAX_CREDENTIAL => Shown::Nonsense,
        (Some(token), _) => Shown::Token(token),
        (None, Some(key)) => Shown::Key(key),
        (None, None) => Shown::Nothing,
    }
}

/// Who it is.
///
/// # Errors
/// One of the refusals above.
pub async fn authenticate(auth: &Auth, handshake: &Handshake) -> Result<(Principal, Lease), Refusal> {
    let found = match shown(handshake) {
        Shown::Token(token) => by_token(auth, token).await,
        Shown::Key(key) => auth.by_key(key).await,
        Shown::Nonsense => Err(AuthError::BadToken),
        // Which pages may send the cookie along was decided when the session was opened.
        Shown::Nothing => match session_token(&handshake.opening().headers) {
            Some(token) => auth.by_session(&token).await,
            None => Err(AuthError::Missing),
        },
    };
    let who = found.map_err(|error| refusal(&counted(auth, handshake, error)))?;
    // The lease first: what is taken back while its client waits is noticed.
    let lease = auth.lease(&who).map_err(|error| refusal(&error))?;
    auth.count_entry(&who).await.map_err(|error| refusal(&error))?;
    Ok((who, lease))
}

/// A signed token (only they have dots), a session's, or a key where a token is expected.
async fn by_token(auth: &Auth, token: &str) -> Result<Principal, AuthError> {
    if token.contains('.') {
        return auth.by_token(token).await;
    }
    match auth.by_session(token).await {
        Err(AuthError::SessionEnded) => auth.by_key(token).await,
        found => found,
    }
}

fn refusal(error: &AuthError) -> Refusal {
    let (message, code) = match error {
        AuthError::Missing => ("Authentication required", "unauthenticated"),
        AuthError::TokenExpired => ("Token expired", "token_expired"),
        AuthError::NoTokens => ("Server configuration error", "not_configured"),
        AuthError::NoKeySet => ("Service unavailable", "unavailable"),
        AuthError::Throttled(_) => ("Too many attempts", "rate_limited"),
        AuthError::TooFast(_) => ("Too many requests", "rate_limited"),
        AuthError::Storage(error) => {
            tracing::error!(%error, "storage failed");
            ("Service unavailable", "unavailable")
        }
        _ => ("Invalid token", "invalid_token"),
    };
    let mut data = json!({ "code": code });
    if let Some(seconds) = error.retry_after() {
        data["retryAfter"] = seconds.into();
    }
    Refusal::new(message).with_data(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::StorageError;

    #[test]
    fn the_first_token_counts_and_a_token_before_a_key() {
        assert_eq!(choose([Some("a"), Some("b"), None], [Some("k"), None, None, None]), Shown::Token("a"));
        assert_eq!(choose([Some(""), None, Some("q")], [None; 4]), Shown::Token("q"));
        assert_eq!(choose([Some("Bearer a.b.c"), None, None], [None; 4]), Shown::Token("a.b.c"));
        assert_eq!(choose([None; 3], [None, Some("h"), None, Some("q")]), Shown::Key("h"));
        assert_eq!(choose([Some(""), None, None], [Some(""), None, None, None]), Shown::Nothing);
        assert_eq!(bearer("Basic x"), None);
    }

    #[test]
    fn nobody_has_a_token_as_long_as_a_book() {
        let (fits, long) = ("t".repeat(MAX_CREDENTIAL), "t".repeat(MAX_CREDENTIAL + 1));
        assert_eq!(choose([Some(&fits), None, None], [None; 4]), Shown::Token(&fits));
        assert_eq!(choose([Some(&long), None, None], [None; 4]), Shown::Nonsense);
        assert_eq!(choose([None; 3], [Some(&long), None, None, None]), Shown::Nonsense);
    }

    #[test]
    fn refusals_are_short_and_stable() {
        let says = |error| refusal(&error);
        let expect = |message: &str, code: &str| Refusal::new(message).with_data(json!({ "code": code }));
        assert_eq!(says(AuthError::Missing), expect("Authentication required", "unauthenticated"));
        assert_eq!(says(AuthError::BadToken), expect("Invalid token", "invalid_token"));
        assert_eq!(says(AuthError::UnknownKey), expect("Invalid token", "invalid_token"));
        assert_eq!(says(AuthError::SessionEnded), expect("Invalid token", "invalid_token"));
        assert_eq!(says(AuthError::TokenExpired), expect("Token expired", "token_expired"));
        assert_eq!(says(AuthError::NoTokens), expect("Server configuration error", "not_configured"));
        for (error, message) in
            [(AuthError::TooFast(3), "Too many requests"), (AuthError::Throttled(3), "Too many attempts")]
        {
            let data = json!({ "code": "rate_limited", "retryAfter": 3 });
            assert_eq!(says(error), Refusal::new(message).with_data(data));
        }
        let broken = AuthError::Storage(StorageError::Closed);
        assert_eq!(says(broken), expect("Service unavailable", "unavailable"));
    }
}
