//! Errors as responses: RFC 9457.

use crate::protocol::{Problem, ProblemCode};
use crate::server::auth::AuthError;
use crate::server::devices::DeviceError;
use crate::server::storage::StorageError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A problem on its way out.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// In seconds.
    retry_after: Option<i64>,
}

pub type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("There is no such {what}."))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        // What is not available just now may be in a moment.
        let retry_after = (problem.code == ProblemCode::Unavailable).then_some(2);
        Self { problem, retry_after }
    }
}

impl From<DeviceError> for Refusal {
    fn from(error: DeviceError) -> Self {
        Problem::from(error).into()
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        DeviceError::from(error).into()
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let retry_after = error.retry_after();
        Self { problem: error.into(), retry_after }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) =
            self.retry_after.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok())
        {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
