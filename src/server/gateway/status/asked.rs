//! What a watcher's address and headers say.

use crate::protocol::{Cursor, DeviceId, ProblemCode};
use crate::server::auth::session_token;
use crate::server::gateway::error::{Answer, Refusal};
use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};

/// The longest `userId`, in bytes. Firebase's have up to 128.
const MAX_USER_ID: usize = 256;

/// Whom somebody wants to watch, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub bot_id: String,
    pub user_id: String,
}

/// What a request brings to show who sends it.
#[derive(PartialEq, Eq)]
pub enum Credential {
    /// A signed token, from `Authorization: Bearer`.
    Token(String),
    /// One opaque text, from `?token=`: a signed token, or a browser session's.
    Any(String),
    /// The cookie of our own pages.
    Session(String),
}

/// The query of either wire.
pub struct Asked {
    bot_id: Vec<String>,
    user_id: Vec<String>,
    token: Option<String>,
    since: Option<String>,
}

impl Asked {
    /// Reads the query. What it does not know is left alone: clients add their own against caches.
    ///
    /// # Errors
    /// [`ProblemCode::Malformed`] for what is no query.
    pub fn read(uri: &Uri) -> Answer<Self> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refusal::new(ProblemCode::Malformed, "The query cannot be read."))?;
        let mut asked = Self { bot_id: Vec::new(), user_id: Vec::new(), token: None, since: None };
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "botId" => asked.bot_id.push(value),
                "userId" => asked.user_id.push(value),
                "token" | "access-token" => asked.token = Some(value),
                "since" => asked.since = Some(value),
                _ => {}
            }
        }
        Ok(asked)
    }

    /// What the request brings; the header before the query, a cookie last, because a browser sends that by
    /// itself.
    pub fn credential(&self, headers: &HeaderMap) -> Option<Credential> {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = authorization.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        let sent = bearer.map(Credential::Token).or_else(|| self.token.clone().map(Credential::Any));
        sent.or_else(|| session_token(headers).map(Credential::Session))
    }

    /// Whom to watch.
    ///
    /// # Errors
    /// [`ProblemCode::Malformed`] if one of the two is missing or there twice.
    pub fn target(&self) -> Answer<Target> {
        let one = |name: &str, values: &[String]| match values {
            [value] if value.len() <= MAX_USER_ID => Ok(value.clone()),
            [] => Err(Refusal::new(ProblemCode::Malformed, format!("The parameter {name} is missing."))),
            [_] => Err(Refusal::new(ProblemCode::Malformed, format!("The parameter {name} is too long."))),
            _ => {
                Err(Refusal::new(ProblemCode::Malformed, format!("The parameter {name} stands there twice.")))
            }
        };
        Ok(Target { bot_id: one("botId", &self.bot_id)?, user_id: one("userId", &self.user_id)? })
    }

    /// The device that it names, if it names one: a token may be somebody's in several workspaces.
    pub fn device(&self) -> Option<DeviceId> {
        self.bot_id.first()?.parse().ok()
    }

    /// Where the client was; `last` is what a browser remembers, which is newer than the page's address.
    ///
    /// # Errors
    /// [`ProblemCode::Invalid`] for what is no cursor.
    pub fn since(&self, last: Option<&str>) -> Answer<Option<Cursor>> {
        let text = last.filter(|last| !last.is_empty()).or(self.since.as_deref());
        text.map(|text| {
            text.parse().map_err(|error| Refusal::new(ProblemCode::Invalid, format!("since: {error}.")))
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(&format!("/x?{query}").parse().unwrap()).ok().unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn both_parameters_are_needed_once() {
        let full = asked("botId=dev_1&userId=user_2zo&_=17").target().unwrap();
        assert_eq!(full, Target { bot_id: "dev_1".into(), user_id: "user_2zo".into() });
        for query in [
            "",
            "botId=dev_1",
            "userId=u",
            "botId=&userId=u",
            "botId=a&botId=b&userId=u",
            &format!("botId=a&userId={}", "u".repeat(MAX_USER_ID + 1)),
        ] {
            let refusal = asked(query).target().unwrap_err();
            assert_eq!(refusal.problem.status, 400, "{query}");
        }
        assert!(asked(&format!("botId=a&userId={}", "u".repeat(MAX_USER_ID))).target().is_ok());
    }

    #[test]
    fn what_was_sent_on_purpose_counts_before_the_cookie() {
        let find = |query: &str, pairs: &[(&'static str, &'static str)]| match asked(query)
            .credential(&headers(pairs))
        {
            Some(Credential::Token(token)) => format!("token {token}"),
            Some(Credential::Any(text)) => format!("any {text}"),
            Some(Credential::Session(token)) => format!("session {token}"),
            None => "none".to_owned(),
        };
        let cookie = ("cookie", "switchboard=c");
        assert_eq!(find("token=q", &[("authorization", "Bearer h"), cookie]), "token h");
        assert_eq!(find("", &[("authorization", "bearer  h ")]), "token h");
        assert_eq!(find("token=q%2B", &[cookie]), "any q+");
        assert_eq!(find("access-token=q", &[]), "any q");
        assert_eq!(find("", &[cookie]), "session c");
        assert_eq!(find("token=", &[("authorization", "Basic h")]), "none");
    }

    #[test]
    fn the_browsers_memory_is_newer_than_the_address() {
        let read = |query: &str, last: Option<&str>| {
            asked(query).since(last).map(|at| at.map(|at| at.to_string())).map_err(|r| r.problem.status)
        };
        assert_eq!(read("since=e-1", None), Ok(Some("e-1".into())));
        assert_eq!(read("since=e-1", Some("e-2")), Ok(Some("e-2".into())));
        assert_eq!(read("", Some("")), Ok(None));
        assert_eq!(read("since=nonsense", None), Err(400));
        assert_eq!(read("", Some("nonsense")), Err(400));
    }
}
