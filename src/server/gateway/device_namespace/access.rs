//! Who enters: by API key, or by a user's session or token.

use crate::protocol::{Problem, ProblemCode};
use crate::server::auth::{Auth, AuthError, Lease, Principal};
use crate::server::gateway::dialect::counted;
use crate::server::gateway::socketio::{Handshake, Refusal};
use crate::server::storage::StorageError;
use serde_json::{Value, json};

/// The seed's three refusals, and ours for a device.
pub const KEY_REQUIRED: &str = "API key is required";
pub const INVALID_KEY: &str = "Invalid API key";
pub const SERVER_ERROR: &str = "Server configuration error";
pub const INVALID_DEVICE: &str = "Invalid device namespace";

/// The longest key that is looked at, in bytes; ours have less than a hundred characters.
const MAX_KEY: usize = 512;
/// The longest access token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// What a client came with. Nothing is trimmed: a key with a blank is another key.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    Key(&'a str),
    /// A key that none can be: not a text, or too long.
    NoKey,
    AccessToken(&'a str),
    Nothing,
}

/// Looks at the places where a credential may stand.
pub fn shown(handshake: &Handshake) -> Shown<'_> {
    let auth = |name: &str| handshake.auth(name).filter(|value| !value.is_null());
    let key = match auth("apiKey") {
        Some(Value::String(key)) => Some(key.as_str()),
        Some(_) => return Shown::NoKey,
        None => None,
    };
    let places = [key, handshake.query("apiKey"), handshake.header("apikey"), handshake.header("x-api-key")];
    let token = [auth("access-token").and_then(Value::as_str), handshake.query("access-token")];
    choose(&places, &token)
}

fn choose<'a>(keys: &[Option<&'a str>], tokens: &[Option<&'a str>]) -> Shown<'a> {
    let first = |places: &[Option<&'a str>]| places.iter().flatten().find(|text| !text.is_empty()).copied();
    match (first(keys), first(tokens)) {
        (Some(key), _) if key.len() <= MAX_KEY => Shown::Key(key),
        (Some(_), _) => Shown::NoKey,
        (None, Some(token)) if token.len() <= MAX_TOKEN => Shown::AccessToken(token),
        (None, _) => Shown::Nothing,
    }
}

/// Who it is.
///
/// # Errors
/// The seed's refusals.
pub async fn authenticate(auth: &Auth, handshake: &Handshake) -> Result<(Principal, Lease), Refusal> {
    let who = identify(auth, handshake).await?;
    // The lease first: what is taken back while its client waits is noticed.
    let lease = auth.lease(&who).map_err(|error| refusal(error, KEY_REQUIRED))?;
    // The client is not to blame for its key, and of the seed's three texts this is the one that says so.
    auth.count_entry(&who).await.map_err(|error| refusal(error, SERVER_ERROR))?;
    Ok((who, lease))
}

async fn identify(auth: &Auth, handshake: &Handshake) -> Result<Principal, Refusal> {
    match shown(handshake) {
        Shown::Nothing => Err(refuse(KEY_REQUIRED, ProblemCode::Unauthenticated)),
        Shown::NoKey => Err(refuse(INVALID_KEY, ProblemCode::Unauthenticated)),
        Shown::Key(key) => match auth.by_key(key).await.map_err(|error| counted(auth, handshake, error)) {
            Err(AuthError::UnknownKey) => Err(unknown_key(auth).await),
            found => found.map_err(|error| refusal(error, INVALID_KEY)),
        },
        Shown::AccessToken(token) => {
            let found = auth.by_any(token).await.map_err(|error| counted(auth, handshake, error));
            found.map_err(|error| refusal(error, KEY_REQUIRED))
        }
    }
}

/// Where there is no key at all, nobody can have the right one.
async fn unknown_key(auth: &Auth) -> Refusal {
    match auth.has_keys().await {
        Ok(true) => refusal(AuthError::UnknownKey, INVALID_KEY),
        Ok(false) => {
            tracing::warn!(
                "a client showed an API key, and there are none: set SWITCHBOARD_API_KEY or make one"
            );
            refuse(SERVER_ERROR, ProblemCode::Unauthenticated)
        }
        Err(error) => refusal(error, INVALID_KEY),
    }
}

/// A device that is not there, or not theirs: the same for both.
pub fn no_such_device() -> Refusal {
    refuse(INVALID_DEVICE, ProblemCode::NotFound)
}

/// Storage does not answer.
pub fn broken(error: &StorageError) -> Refusal {
    tracing::error!(%error, "storage failed");
    refuse(SERVER_ERROR, ProblemCode::Unavailable)
}

/// `otherwise` for what is the client's fault.
fn refusal(error: AuthError, otherwise: &'static str) -> Refusal {
    match &error {
        AuthError::Storage(error) => broken(error),
        // Tokens cannot be checked just now.
        AuthError::NoKeySet => refuse_with(SERVER_ERROR, ProblemCode::Unavailable, error.retry_after()),
        _ => {
            let retry_after = error.retry_after();
            refuse_with(otherwise, Problem::from(error).code, retry_after)
        }
    }
}

/// The message is for people and seeds, `data.code` for programs.
fn refuse(message: &'static str, code: ProblemCode) -> Refusal {
    refuse_with(message, code, None)
}

/// Likewise, with the seconds after which it is worth another try.
fn refuse_with(message: &'static str, code: ProblemCode, retry_after: Option<i64>) -> Refusal {
    let mut data = json!({ "code": code });
    if let Some(seconds) = retry_after {
        data["retryAfter"] = seconds.into();
    }
    Refusal::new(message).with_data(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_that_is_not_empty_counts_and_a_key_before_a_token() {
        assert_eq!(choose(&[None, Some("q"), Some("h")], &[]), Shown::Key("q"));
        assert_eq!(choose(&[Some(""), None, Some("h")], &[Some("t")]), Shown::Key("h"));
        assert_eq!(choose(&[Some(" q ")], &[]), Shown::Key(" q "), "nothing is trimmed");
        assert_eq!(choose(&[Some(""), None], &[Some(""), Some("t")]), Shown::AccessToken("t"));
        assert_eq!(choose(&[Some("")], &[Some("")]), Shown::Nothing);
    }

    #[test]
    fn nobody_has_a_key_as_long_as_a_book() {
        let (fits, long) = ("k".repeat(MAX_KEY), "k".repeat(MAX_KEY + 1));
        assert_eq!(choose(&[Some(&fits)], &[]), Shown::Key(&fits));
        assert_eq!(choose(&[Some(&long)], &[Some("t")]), Shown::NoKey);
        let (fits, long) = ("t".repeat(MAX_TOKEN), "t".repeat(MAX_TOKEN + 1));
        assert_eq!(choose(&[], &[Some(&fits)]), Shown::AccessToken(&fits));
        assert_eq!(choose(&[], &[Some(&long)]), Shown::Nothing);
    }

    #[test]
    fn storage_is_the_servers_fault_and_the_rest_the_clients() {
        let code = |code: &str| json!({ "code": code });
        let broken = refusal(AuthError::Storage(StorageError::Closed), INVALID_KEY);
        assert_eq!(broken, Refusal::new("Server configuration error").with_data(code("unavailable")));
        let wrong = refusal(AuthError::UnknownKey, INVALID_KEY);
        assert_eq!(wrong, Refusal::new("Invalid API key").with_data(code("unauthenticated")));
        let fast = json!({ "code": "rate_limited", "retryAfter": 2 });
        let too_fast = refusal(AuthError::TooFast(2), SERVER_ERROR);
        assert_eq!(too_fast, Refusal::new("Server configuration error").with_data(fast));
        let ended = refusal(AuthError::SessionEnded, KEY_REQUIRED);
        assert_eq!(ended, Refusal::new("API key is required").with_data(code("unauthenticated")));
    }
}
