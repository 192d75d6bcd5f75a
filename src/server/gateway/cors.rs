//! Calls from pages of other origins: those of the configured list, and no others (the Fetch standard's CORS
//! protocol).

use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember a preflight's answer.
const REMEMBER: Duration = Duration::from_secs(600);

/// What answers preflights and marks answers; `None` where only our own pages may call.
///
/// With credentials, so that origins and headers are named one by one: browsers take no `*` then.
pub fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(true)
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static("apikey"),
                HeaderName::from_static("x-api-key"),
                HeaderName::from_static("idempotency-key"),
                HeaderName::from_static("last-event-id"),
            ])
            .expose_headers([
                header::RETRY_AFTER,
                header::LINK,
                HeaderName::from_static("deprecation"),
                HeaderName::from_static("idempotent-replayed"),
            ])
            .max_age(REMEMBER),
    )
}
