//! How much of a request is read, and how long it may take.

use super::error::Refusal;
use crate::protocol::ProblemCode;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::time::Duration;

/// The largest body that is read, in bytes: a text of the greatest length in JSON, with room.
pub const MAX_BODY: usize = 1024 * 1024;
/// How long the whole body of a request may take to arrive.
pub const BODY_WITHIN: Duration = Duration::from_secs(20);
/// How long an answer may take to begin; long polls end before it.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Where files are uploaded: it keeps a time and a limit of its own.
pub const UPLOADS: &str = "/api/v1/media";

/// Answers 503 in the place of whatever takes too long to begin.
pub async fn within_time(request: Request, next: Next) -> Response {
    if request.method() == Method::POST && request.uri().path() == UPLOADS {
        return next.run(request).await;
    }
    match tokio::time::timeout(MAX_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::new(
            ProblemCode::Unavailable,
            format!("There was no answer within {} s.", MAX_TIME.as_secs()),
        )
        .into_response(),
    }
}

/// How many items a list answers with: what was asked for, from 1 to `most`, else `default`. What is out of
/// these limits is refused and not cut, so that nobody takes a part for the whole.
///
/// # Errors
/// A [`Refusal`] with the code `invalid`.
pub fn page_limit(asked: Option<i64>, default: i64, most: i64) -> Result<i64, Refusal> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Refusal::new(ProblemCode::Invalid, format!("limit is from 1 to {most}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept_or_refused() {
        assert_eq!(page_limit(None, 50, 200).ok(), Some(50));
        assert_eq!(page_limit(Some(1), 50, 200).ok(), Some(1));
        assert_eq!(page_limit(Some(200), 50, 200).ok(), Some(200));
        for limit in [0, -1, 201, i64::MAX, i64::MIN] {
            assert!(page_limit(Some(limit), 50, 200).is_err(), "{limit}");
        }
    }
}
