//! What a request says, read with errors that a program understands.

use super::error::Refusal;
use super::limits::BODY_WITHIN;
use crate::protocol::{CommandId, Permission, ProblemCode};
use crate::server::auth::{self, AuthError};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

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

/// A JSON body. Fields that nobody knows are passed over, so that a newer client may talk to an older server.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        read_json(&body(request, state).await?).map(Self)
    }
}

/// A JSON body that may be absent.
pub struct MaybeJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeJson<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if is_json(request.headers()) {
            return match body(request, state).await? {
                bytes if bytes.is_empty() => Ok(Self(T::default())),
                bytes => read_json(&bytes).map(Self),
            };
        }
        // Some clients send no body in pieces, so that only reading it shows that there is none.
        let typed = request.headers().contains_key(header::CONTENT_TYPE);
        match typed || !body(request, state).await?.is_empty() {
            true => Err(not_json()),
            false => Ok(Self(T::default())),
        }
    }
}

fn not_json() -> Refusal {
    Refusal::new(ProblemCode::UnsupportedMediaType, "Send the body as application/json.")
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, state)).await {
        Ok(bytes) => bytes.map_err(body_refusal),
        Err(_) => Err(Refusal::new(
            ProblemCode::Timeout,
            format!("The body did not arrive within {} s.", BODY_WITHIN.as_secs()),
        )),
    }
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let unreadable = |error: serde_json::Error| {
        Refusal::new(ProblemCode::Malformed, format!("The body cannot be read: {error}."))
    };
    let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    if has_nul(&value) {
        return Err(nul());
    }
    serde_json::from_value(value).map_err(unreadable)
}

/// No text of ours may hold NUL, which PostgreSQL cannot keep.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn nul() -> Refusal {
    Refusal::new(ProblemCode::Invalid, "A text has a NUL character.")
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
        if parts.uri.path().contains("%00") {
            return Err(Refusal::not_found("resource"));
        }
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            // An id of the wrong form names nothing that exists.
            Err(_) => Err(Refusal::not_found("resource")),
        }
    }
}

/// The query's parameters. Those that nobody knows are passed over; a value that cannot be read is invalid.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(nul());
        }
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(error) => Err(Refusal::new(ProblemCode::Invalid, format!("{}.", error.body_text()))),
        }
    }
}

/// The longest name that a caller may give a request, in characters.
pub const MAX_KEY: usize = 255;

/// The header `Idempotency-Key`, if there is one: 1 to [`MAX_KEY`] visible characters of ASCII, as they are or in
/// double quotes.
pub struct IdempotencyKey(pub Option<CommandId>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        // Two keys name no one request.
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        let id = text.and_then(|text| named(unquoted(text).as_deref().unwrap_or(text)));
        let id = id.ok_or_else(|| {
            Refusal::new(
                ProblemCode::Invalid,
                format!("Idempotency-Key has 1 to {MAX_KEY} visible ASCII characters, and is given once."),
            )
        })?;
        Ok(Self(Some(id)))
    }
}

/// The name that a caller gave a request, as an id of ours: itself, or its hash where it cannot be one.
#[must_use]
pub fn named(key: &str) -> Option<CommandId> {
    if let Ok(id) = key.parse() {
        return Some(id);
    }
    let fits = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let hash = || Sha256::digest(key);
    let id = || hash().iter().take(24).fold("key_".to_owned(), |id, byte| id + &format!("{byte:02x}"));
    fits.then(id)?.parse().ok()
}

/// The text of a string as structured fields (RFC 9651) have it; `None` where it is none.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            '"' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// How the header is documented.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only described by it; read by IdempotencyKey")]
pub struct IdempotencyHeader {
    /// A name for this request, chosen by the caller. The same key acts once: a repetition answers what the
    /// first call answered. Another request under the same key is refused (`idempotency_mismatch`).
    #[param(rename = "Idempotency-Key", min_length = 1, pattern = "^[!-~]{1,255}$")]
    idempotency_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_themselves_or_their_hash() {
        let id = |key: &str| named(key).map(|id| id.as_str().to_owned());
        assert_eq!(id("order-4711").as_deref(), Some("order-4711"));
        let (one, two) = (id("orders/4711").unwrap(), id("orders/4712").unwrap());
        assert!(one.starts_with("key_") && one != two && id("orders/4711") == Some(one));
        assert!(id(&"k".repeat(MAX_KEY)).is_some());
        for wrong in ["", " ", "a b", "a\tb", "caf\u{e9}", &"k".repeat(MAX_KEY + 1)] {
            assert_eq!(id(wrong), None, "{wrong:?}");
        }
        assert_eq!(unquoted(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        for none in ["a", "\"", "\"a", r#""a"b""#, r#""a\b""#, r#""a\""#] {
            assert_eq!(unquoted(none), None, "{none}");
        }
        assert_eq!(unquoted("\"\"").as_deref().map(named), Some(None), "an empty one is none");
    }
}
