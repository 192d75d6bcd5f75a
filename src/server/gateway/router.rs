//! All routes in one place.

use super::guard::guard;
use super::state::App;
use super::{device_namespace, rest, stream, web};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware;
use axum::routing::{get, post};
use axum::{Router, http::Request};
use std::time::Duration;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// The largest body that is read, in bytes: a text of the greatest length in JSON, with room.
const MAX_BODY: usize = 1024 * 1024;
/// How long a request may take that is no stream and no long poll.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Whether a path is open to everybody: the sign-in page, what it is made of, and the health checks.
/// Whatever is not named here is behind the guard.
#[must_use]
pub fn is_public(path: &str) -> bool {
    const EXACT: [&str; 8] = [
        "/login",
        "/sign-in",
        "/health",
        "/ready",
        "/favicon.svg",
        "/favicon.ico",
        "/icons.svg",
        "/manifest.webmanifest",
    ];
    EXACT.contains(&path) || path.starts_with("/pkg/") && !path.contains("..")
}

/// The whole server.
pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/me", get(rest::me))
        .route("/snapshot", get(rest::snapshot))
        .route("/events", get(rest::events::list))
        .route("/stream", get(stream::open))
        .route("/commands", post(rest::command))
        .route("/devices", get(rest::devices::list).post(rest::devices::create))
        .route(
            "/devices/{device}",
            get(rest::devices::get).patch(rest::devices::rename).delete(rest::devices::delete),
        )
        .route("/devices/{device}/connect", post(rest::devices::connect))
        .route("/devices/{device}/disconnect", post(rest::devices::disconnect))
        .route("/devices/{device}/restart", post(rest::devices::restart))
        .route("/devices/{device}/logout", post(rest::devices::log_out))
        .route("/devices/{device}/pairing-code", post(rest::devices::pairing_code))
        .route("/devices/{device}/qr", get(rest::qr::get))
        .route("/devices/{device}/contacts", get(rest::chats::contacts))
        .route("/devices/{device}/chats", get(rest::chats::of_device))
        .route(
            "/devices/{device}/chats/{chat}/messages",
            get(rest::messages::of_device_chat).post(rest::messages::send_from_device),
        )
        .route("/devices/{device}/chats/{chat}/read", post(rest::messages::read_device_chat))
        .route("/devices/{device}/chats/{chat}/typing", post(rest::messages::type_in_device_chat))
        .route("/chats", get(rest::chats::list))
        .route("/chats/{chat}", get(rest::chats::get))
        .route("/chats/{chat}/messages", get(rest::messages::list).post(rest::messages::send))
        .route("/chats/{chat}/read", post(rest::messages::read))
        .route("/chats/{chat}/typing", post(rest::messages::typing))
        .route("/messages/{message}", get(rest::messages::get))
        .route("/messages/{message}/retry", post(rest::messages::retry))
        .route("/pictures/{hash}", get(rest::pictures::get))
        .nest("/sandbox", rest::sandbox::routes())
        .fallback(rest::no_such_route)
        .method_not_allowed_fallback(rest::no_such_method);
    let plain = TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, MAX_TIME);
    Router::new()
        .route("/health", get(rest::health))
        .route("/ready", get(rest::ready))
        .nest("/api/v1", api)
        .merge(web::routes(&app))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .layer(plain)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new())
        // Socket.IO does its own authentication, keeps its own time and limits, and holds its answers back.
        .merge(device_namespace::routes(&app))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(app)
}

/// Sets a header where a handler did not.
fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The path without its query: keys and tokens may stand there.
fn span<B>(request: &Request<B>) -> tracing::Span {
    tracing::debug_span!("http", method = %request.method(), path = request.uri().path())
}
