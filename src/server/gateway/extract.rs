//! What a request says, read with errors that a program understands.

use super::error::Refusal;
use crate::protocol::{Permission, ProblemCode};
use crate::server::auth::{self, AuthError};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// Who asks, and at least may read. The guard put it there; without the guard, nobody.
pub struct Principal(pub auth::Principal);

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let principal = parts.extensions.get::<auth::Principal>().cloned();
        principal.map(Self).ok_or_else(|| AuthError::Missing.into())
    }
}

/// Who asks, of those who may send.
pub struct Sender(pub auth::Principal);

/// Who asks, of those who may change devices, keys, webhooks and users.
pub struct Admin(pub auth::Principal);

impl<S: Send + Sync> FromRequestParts<S> for Sender {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Principal(who) = Principal::from_request_parts(parts, state).await?;
        who.require(Permission::Send)?;
        Ok(Self(who))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Principal(who) = Principal::from_request_parts(parts, state).await?;
        who.require(Permission::Admin)?;
        Ok(Self(who))
    }
}

/// A JSON body.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::new(
                ProblemCode::UnsupportedMediaType,
                "Send the body as application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(body_refusal)?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(ProblemCode::Malformed, format!("The body cannot be read: {error}."))
        })?;
        Ok(Self(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn body_refusal(rejection: BytesRejection) -> Refusal {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Refusal::new(ProblemCode::TooLarge, "The body is larger than the limit.")
        }
        other => Refusal::new(ProblemCode::Malformed, format!("The body did not arrive: {other}.")),
    }
}

/// A part of the path, or several, each of its own type.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // An id of the wrong form names nothing that exists.
            Err(_) => Err(Refusal::not_found("resource")),
        }
    }
}

/// The query's parameters.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => Err(Refusal::new(ProblemCode::Malformed, format!("{}.", error.body_text()))),
        }
    }
}

/// The header `Idempotency-Key`, if there is one: 1 to 64 letters, digits, `_` and `-`.
pub struct IdempotencyKey(pub Option<crate::protocol::CommandId>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let id = value.to_str().ok().and_then(|text| text.parse().ok());
        let id = id.ok_or_else(|| {
            Refusal::new(ProblemCode::Invalid, "Idempotency-Key has 1 to 64 letters, digits, '_' and '-'.")
        })?;
        Ok(Self(Some(id)))
    }
}

/// How the header is documented.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described by it; read by IdempotencyKey")]
pub struct IdempotencyHeader {
    /// A name for this request, chosen by the caller. The same key acts once: a repetition answers what the
    /// first call answered. Another request under the same key is refused (`idempotency_mismatch`).
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    idempotency_key: Option<String>,
}
