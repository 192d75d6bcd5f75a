//! Errors as they travel: RFC 9457 `application/problem+json` with a stable code.

use super::read_name;
use super::read_record;
use serde::Serialize;

/// What went wrong, for programs. Codes are stable: one may be added, none is ever renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The request cannot be read: not JSON, a wrong type, a missing field.
    Malformed,
    /// It can be read, but a value is out of its limits.
    Invalid,
    /// Nobody is signed in, or the key is unknown.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    NotFound,
    /// It was there once, and is not to be had any more.
    Gone,
    MethodNotAllowed,
    /// The device waits for no code now.
    NotPairing,
    /// The device has to be connected for this.
    NotConnected,
    /// What was asked contradicts the present state.
    Conflict,
    /// The log does not reach back to the cursor: fetch the state again.
    Resync,
    /// The same idempotency key came with another request.
    IdempotencyMismatch,
    /// The body is larger than the limit.
    TooLarge,
    UnsupportedMediaType,
    /// The answer exists in none of the forms that `Accept` names.
    NotAcceptable,
    /// The part that `Range` asks for lies beyond the end.
    RangeNotSatisfiable,
    /// The request's body came too slowly.
    Timeout,
    /// Too many attempts; `Retry-After` says when to come back.
    RateLimited,
    /// This engine or version cannot do it.
    NotSupported,
    /// WhatsApp refused or failed.
    Upstream,
    /// The server is stopping or its storage does not answer.
    Unavailable,
    /// A defect of ours.
    Internal,
}

read_name!(ProblemCode { "malformed" => Malformed, "invalid" => Invalid, "unauthenticated" => Unauthenticated, "forbidden" => Forbidden, "not_found" => NotFound, "gone" => Gone, "method_not_allowed" => MethodNotAllowed, "not_pairing" => NotPairing, "not_connected" => NotConnected, "conflict" => Conflict, "resync" => Resync, "idempotency_mismatch" => IdempotencyMismatch, "too_large" => TooLarge, "unsupported_media_type" => UnsupportedMediaType, "not_acceptable" => NotAcceptable, "range_not_satisfiable" => RangeNotSatisfiable, "timeout" => Timeout, "rate_limited" => RateLimited, "not_supported" => NotSupported, "upstream" => Upstream, "unavailable" => Unavailable, "internal" => Internal });

impl ProblemCode {
    /// Every code.
    pub const ALL: [Self; 22] = [
        Self::Malformed,
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Gone,
        Self::MethodNotAllowed,
        Self::NotPairing,
        Self::NotConnected,
        Self::Conflict,
        Self::Resync,
        Self::IdempotencyMismatch,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::NotAcceptable,
        Self::RangeNotSatisfiable,
        Self::Timeout,
        Self::RateLimited,
        Self::NotSupported,
        Self::Upstream,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The wire's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotPairing => "not_pairing",
            Self::NotConnected => "not_connected",
            Self::Conflict => "conflict",
            Self::Resync => "resync",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::NotAcceptable => "not_acceptable",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
            Self::Timeout => "timeout",
            Self::RateLimited => "rate_limited",
            Self::NotSupported => "not_supported",
            Self::Upstream => "upstream",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Gone => 410,
            Self::MethodNotAllowed => 405,
            Self::NotPairing
            | Self::NotConnected
            | Self::Conflict
            | Self::Resync
            | Self::IdempotencyMismatch => 409,
            Self::NotAcceptable => 406,
            Self::Timeout => 408,
            Self::RangeNotSatisfiable => 416,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited => 429,
            Self::NotSupported => 501,
            Self::Upstream => 502,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// RFC 9457's `title`: the same words for every case of this code.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The request cannot be read",
            Self::Invalid => "A value is not acceptable",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "Not allowed",
            Self::NotFound => "There is no such thing",
            Self::Gone => "It is no longer to be had",
            Self::MethodNotAllowed => "Not with this method",
            Self::NotPairing => "The device waits for no code",
            Self::NotConnected => "The device is not connected",
            Self::Conflict => "This contradicts the present state",
            Self::Resync => "The log does not reach back so far",
            Self::IdempotencyMismatch => "This idempotency key belongs to another request",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "This content type is not understood",
            Self::NotAcceptable => "There is no answer of this type",
            Self::RangeNotSatisfiable => "There is no such part",
            Self::Timeout => "The request took too long to arrive",
            Self::RateLimited => "Too many attempts",
            Self::NotSupported => "Not supported",
            Self::Upstream => "WhatsApp did not do it",
            Self::Unavailable => "Not available just now",
            Self::Internal => "Something went wrong here",
        }
    }
}

/// One error, as a client gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[error("{detail}")]
pub struct Problem {
    /// A reference to what the documentation says of this code, relative to the server's address.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    pub code: ProblemCode,
    pub title: String,
    /// One English sentence about this very case.
    pub detail: String,
    /// When to come back, in seconds, where that is known: for wires that have no `Retry-After` header.
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
}

read_record!(Problem { kind: "type" or String::new(), status: "status", code: "code", title: "title", detail: "detail", retry_after: "retryAfter" });

impl Problem {
    /// A problem of this kind, with a sentence about this very case.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/docs#problem-{}", code.as_str()),
            status: code.status(),
            code,
            title: code.title().to_owned(),
            detail: detail.into(),
            retry_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_spelling() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
