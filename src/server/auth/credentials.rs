//! Where in a request a credential may stand.
//!
//! A key is wherever programs put keys. A token stands in `Authorization: Bearer`; in the address only for the
//! wires that browsers open without headers (`EventSource`, `WebSocket`), because addresses end up in logs and
//! histories.

use super::cookie::session_token;
use super::tokens::looks_like_jwt;
use axum::extract::Query;
use axum::http::{HeaderMap, Uri};

/// What a request shows, first come first served: a request that shows a key is not let in by its cookie.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Key(String),
    /// A signed token.
    Token(String),
    /// One opaque text: a signed token, or a browser session's.
    Any(String),
    /// A browser session's cookie, which a browser sends along whoever asks it to.
    Cookie(String),
}

/// Paths that take `?token=` and `?access-token=`.
const QUERY_TOKENS: [&str; 4] =
    ["/api/v1/stream", "/api/v1/events", "/api/v1/whatsapp/connection-events", "/ws/connection-status"];

/// Finds it.
pub(super) fn shown(uri: &Uri, headers: &HeaderMap) -> Option<Shown> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(key) = text("x-api-key").or_else(|| text("apikey")) {
        return Some(Shown::Key(key.to_owned()));
    }
    if let Some(bearer) = text("authorization").and_then(bearer) {
        let bearer = bearer.to_owned();
        return Some(if looks_like_jwt(&bearer) { Shown::Token(bearer) } else { Shown::Key(bearer) });
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).unwrap_or_default();
    let named = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    if let Some(key) = named("apiKey") {
        return Some(Shown::Key(key));
    }
    if QUERY_TOKENS.contains(&uri.path())
        && let Some(token) = named("token").or_else(|| named("access-token"))
    {
        return Some(Shown::Any(token));
    }
    session_token(headers).map(Shown::Cookie)
}

/// What follows `Bearer`, whose case does not count (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"HS256"}`, and what is no signature.
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.x";

    fn at(uri: &str, pairs: &[(&'static str, &str)]) -> Option<Shown> {
        let headers =
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        shown(&uri.parse().unwrap(), &headers)
    }

    fn key(text: &str) -> Option<Shown> {
        Some(Shown::Key(text.to_owned()))
    }

    #[test]
    fn a_key_is_found_wherever_it_stands() {
        assert_eq!(at("/", &[]), None);
        assert_eq!(at("/", &[("x-api-key", "k")]), key("k"));
        assert_eq!(at("/", &[("apikey", "k")]), key("k"));
        assert_eq!(at("/", &[("authorization", "Bearer k")]), key("k"));
        assert_eq!(at("/", &[("authorization", "bearer  k.with.dots")]), key("k.with.dots"));
        assert_eq!(at("/", &[("authorization", "Basic k")]), None);
        assert_eq!(at("/", &[("authorization", "Bearer")]), None);
        assert_eq!(at("/?a=b&apiKey=k%2Bx", &[]), key("k+x"));
        assert_eq!(at("/?token=t", &[("x-api-key", "k")]), key("k"));
    }

    #[test]
    fn a_token_stands_in_its_header_and_in_few_addresses() {
        let bearer = format!("Bearer {JWT}");
        assert_eq!(at("/", &[("authorization", &bearer)]), Some(Shown::Token(JWT.to_owned())));
        let any = |text: &str| Some(Shown::Any(text.to_owned()));
        for path in QUERY_TOKENS {
            assert_eq!(at(&format!("{path}?token=t"), &[]), any("t"));
            assert_eq!(at(&format!("{path}?access-token=t"), &[]), any("t"));
        }
        for path in ["/", "/api/v1/devices", "/api/v1/stream/", "/api/v1/streams"] {
            assert_eq!(at(&format!("{path}?token=t&access-token=t"), &[]), None, "{path}");
        }
    }

    #[test]
    fn a_cookie_comes_last() {
        let cookie = ("cookie", "switchboard=s");
        assert_eq!(at("/api/v1/stream", &[cookie]), Some(Shown::Cookie("s".to_owned())));
        assert_eq!(at("/api/v1/stream?token=t", &[cookie]), Some(Shown::Any("t".to_owned())));
        assert_eq!(at("/", &[cookie, ("apikey", "k")]), key("k"));
    }
}
