//! Which pages may make a browser send something here: our own, and those of the allowed origins.

use super::AuthError;
use axum::http::{HeaderMap, header};
use std::sync::Arc;

/// Origins beside our own, as `scheme://host[:port]` in lower case.
#[derive(Clone, Default)]
pub(super) struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    pub fn new(origins: Vec<String>) -> Self {
        Self(origins.into())
    }

    pub fn list(&self) -> &[String] {
        &self.0
    }

    /// Refuses what a page of another site makes a browser send.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        if headers.contains_key(header::ORIGIN) {
            return self.check_named(headers);
        }
        match text(headers, "sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(AuthError::ForeignOrigin),
        }
    }

    /// Refuses a WebSocket of a page of another site, whatever it shows: browsers do not ask anybody before they
    /// open one, so the answer is the only place where it can be refused.
    pub fn check_upgrade(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        let upgrades = headers.contains_key(header::UPGRADE) && headers.contains_key(header::ORIGIN);
        if upgrades { self.check_named(headers) } else { Ok(()) }
    }

    fn check_named(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        let origin = text(headers, "origin").unwrap_or("").to_ascii_lowercase();
        let host = text(headers, "host").unwrap_or("").to_ascii_lowercase();
        let same =
            origin.split_once("://").is_some_and(|(_, authority)| !host.is_empty() && authority == host);
        if same || self.0.contains(&origin) { Ok(()) } else { Err(AuthError::ForeignOrigin) }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn our_own_pages_and_allowed_ones() {
        let allowed = AllowedOrigins::new(vec!["https://shop.example".to_owned()]);
        let good: [&[(&str, &str)]; 5] = [
            &[("host", "box:3000")],
            &[("host", "box:3000"), ("sec-fetch-site", "same-origin")],
            &[("host", "box:3000"), ("origin", "http://box:3000")],
            &[("host", "BOX:3000"), ("origin", "https://box:3000")],
            &[("host", "box:3000"), ("origin", "https://shop.example")],
        ];
        for pairs in good {
            assert!(allowed.check(&headers(pairs)).is_ok(), "{pairs:?}");
        }
        let bad: [&[(&str, &str)]; 7] = [
            &[("host", "box:3000"), ("sec-fetch-site", "cross-site")],
            &[("host", "box:3000"), ("sec-fetch-site", "same-site")],
            &[("host", "box:3000"), ("origin", "null")],
            &[("host", "box:3000"), ("origin", "http://box")],
            &[("host", "box:3000"), ("origin", "http://shop.example")],
            &[("host", "box:3000"), ("origin", "https://shop.example.evil")],
            &[("origin", "http://")],
        ];
        for pairs in bad {
            assert!(allowed.check(&headers(pairs)).is_err(), "{pairs:?}");
        }
    }

    #[test]
    fn websockets_of_other_sites_are_refused() {
        let allowed = AllowedOrigins::new(vec!["https://shop.example".to_owned()]);
        let upgrade = |origin: Option<&'static str>| {
            let mut pairs = vec![("host", "box"), ("upgrade", "websocket"), ("sec-fetch-site", "cross-site")];
            pairs.extend(origin.map(|origin| ("origin", origin)));
            allowed.check_upgrade(&headers(&pairs))
        };
        assert!(upgrade(None).is_ok(), "programs name no origin");
        assert!(upgrade(Some("https://shop.example")).is_ok());
        assert!(upgrade(Some("http://box")).is_ok());
        assert!(upgrade(Some("https://evil.example")).is_err());
        assert!(
            allowed.check_upgrade(&headers(&[("host", "box"), ("origin", "https://evil.example")])).is_ok()
        );
    }
}
