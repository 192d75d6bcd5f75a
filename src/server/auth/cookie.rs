//! The session's cookie, and from where a request comes.
//!
//! `__Host-` and `Secure` wherever the origin is secure: HTTPS, and localhost, which browsers treat as
//! such. A plain-HTTP address in a home network gets a cookie without them, so that it works at all.

use axum::http::{HeaderMap, HeaderValue, header};

const SECURE: &str = "__Host-switchboard";
const PLAIN: &str = "switchboard";
/// In seconds: as long as an unused session lives.
const MAX_AGE: i64 = super::SESSION_LIFE / 1_000;

/// What a request says of where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Whether its page is in a secure context, so that `Secure` cookies reach us.
    pub secure: bool,
}

impl Origin {
    /// Reads it from the headers. `Origin` tells the truth of browsers; without it, a proxy's
    /// `X-Forwarded-Proto` counts. Whoever forges either only spoils their own cookie.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let host = text(headers, header::HOST.as_str()).unwrap_or("");
        let secure = match text(headers, header::ORIGIN.as_str()) {
            Some(origin) if origin.starts_with("https://") => true,
            _ => {
                text(headers, "x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
                    || is_localhost(host)
            }
        };
        Self { secure }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn is_localhost(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "::1"
        || name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// `Set-Cookie` for a session's token.
#[must_use]
pub fn session_cookie(token: &str, origin: &Origin) -> Option<HeaderValue> {
    let rest = format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={MAX_AGE}");
    let cookie = if origin.secure {
        format!("{SECURE}={token}; Secure; {rest}")
    } else {
        format!("{PLAIN}={token}; {rest}")
    };
    HeaderValue::from_str(&cookie).ok()
}

/// `Set-Cookie` that lets the session's cookie of a request last for as long again: under the name that it has in this
/// browser, whatever this request says of where it comes from. `None` if it brings none.
#[must_use]
pub fn repeated_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    match cookie(headers, SECURE) {
        Some(token) => session_cookie(&token, &Origin { secure: true }),
        None => session_cookie(&cookie(headers, PLAIN)?, &Origin { secure: false }),
    }
}

/// `Set-Cookie` headers that take the session's cookie away.
#[must_use]
pub fn clear_cookies() -> [HeaderValue; 2] {
    [
        HeaderValue::from_static("__Host-switchboard=; Secure; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
        HeaderValue::from_static("switchboard=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    ]
}

/// The session's token, if the request brings one.
#[must_use]
pub fn session_token(headers: &HeaderMap) -> Option<String> {
    cookie(headers, SECURE).or_else(|| cookie(headers, PLAIN))
}

/// A cookie's value.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn secure_wherever_the_origin_is() {
        let secure = |pairs: &[(&'static str, &'static str)]| Origin::of(&headers(pairs)).secure;
        assert!(secure(&[("host", "localhost:3000")]));
        assert!(secure(&[("host", "127.0.0.1:3000")]));
        assert!(secure(&[("host", "[::1]:3000")]));
        assert!(secure(&[("host", "shop.localhost")]));
        assert!(secure(&[("host", "shop.example"), ("origin", "https://shop.example")]));
        assert!(secure(&[("host", "shop.example"), ("x-forwarded-proto", "https")]));
        assert!(!secure(&[("host", "192.168.1.5:3000")]));
        assert!(!secure(&[("host", "192.168.1.5:3000"), ("origin", "http://192.168.1.5:3000")]));
        assert!(!secure(&[("host", "localhost.example.com")]));
        assert!(!secure(&[]));
    }

    #[test]
    fn cookies_come_and_go() {
        let cookie = session_cookie("abc", &Origin { secure: true }).unwrap();
        assert_eq!(
            cookie.to_str().unwrap(),
            "__Host-switchboard=abc; Secure; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"
        );
        let plain = session_cookie("abc", &Origin { secure: false }).unwrap();
        assert!(!plain.to_str().unwrap().contains("Secure"));
        assert_eq!(
            session_token(&headers(&[("cookie", "a=1; __Host-switchboard=abc; switchboard=old")])),
            Some("abc".to_owned())
        );
        assert_eq!(session_token(&headers(&[("cookie", "theme=dark; switchboard=x")])), Some("x".to_owned()));
        assert_eq!(session_token(&headers(&[("cookie", "nothing")])), None);
    }

    #[test]
    fn a_cookie_is_repeated_as_it_is() {
        // A page that a proxy with HTTPS serves: without a script it names no origin.
        let behind = [("host", "shop.example"), ("cookie", "switchboard=old; __Host-switchboard=abc")];
        assert_eq!(
            repeated_cookie(&headers(&behind)),
            session_cookie("abc", &Origin { secure: true }),
            "the one that counts"
        );
        let plain = [("host", "localhost:3000"), ("cookie", "switchboard=abc")];
        assert_eq!(repeated_cookie(&headers(&plain)), session_cookie("abc", &Origin { secure: false }));
        assert_eq!(repeated_cookie(&headers(&[("host", "localhost")])), None);
    }
}
