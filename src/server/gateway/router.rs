//! All routes in one place.

use super::cors::cors;
use super::docs::Docs;
use super::guard::guard;
use super::limits::{MAX_BODY, within_time};
use super::metrics::measure;
use super::state::App;
use super::{chat, device_namespace, docs, health, metrics, policy, rest, root_namespace, status, web};
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware;
use axum::{Extension, Router, http::Request};
use tower_http::compression::{CompressionLayer, DefaultPredicate, Predicate as _};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use utoipa_axum::router::OpenApiRouter;

/// Whether a path is open to everybody: the sign-in page, what it is made of, the health checks, and the
/// documentation of the API.
/// Whatever is not named here is behind the guard.
#[must_use]
pub fn is_public(path: &str) -> bool {
    const EXACT: [&str; 13] = [
        "/login",
        "/sign-in",
        "/health",
        "/ready",
        "/docs",
        "/docs-json",
        // Asks for a key by itself where it has to.
        "/metrics",
        "/favicon.svg",
        "/favicon.ico",
        "/manifest.webmanifest",
        "/docs.css",
        // The installed client's: they say nothing of anybody.
        "/sw.js",
        "/offline",
    ];
    const BELOW: [&str; 4] = ["/pkg/", "/icons/", "/beside/", "/i18n/"];
    EXACT.contains(&path) || BELOW.iter().any(|folder| path.starts_with(folder)) && !path.contains("..")
}

/// The whole server. Programs' routes are mounted with their documentation or not at all.
pub fn router(app: App) -> Router {
    let (documented, mut document) = OpenApiRouter::with_openapi(docs::frame())
        .merge(health::routes())
        .merge(docs::routes())
        .merge(metrics::routes())
        .merge(chat::routes())
        .nest("/api", OpenApiRouter::new().nest("/v1", rest::routes()).fallback(rest::no_such_route))
        .split_for_parts();
    let (open, of_open) = status::routes().split_for_parts();
    document.merge(of_open);
    let open = open.method_not_allowed_fallback(rest::no_such_method);
    let documented = documented.method_not_allowed_fallback(rest::no_such_method);
    let guarded = documented
        .merge(web::routes(&app))
        .layer(Extension(Docs::of(document, &app.leptos)))
        .layer(middleware::from_fn_with_state(app.clone(), rest::gate::gate))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        // They find out by themselves who asks: a WebSocket may bring its token in its first frame.
        .merge(open)
        .layer(middleware::from_fn(within_time))
        .layer(middleware::from_fn(chat::mark_deprecated))
        .layer(middleware::from_fn_with_state(app.clone(), measure))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_whole)));
    // Outside the guard: a preflight carries no credential. Socket.IO answers its own.
    let guarded = match cors(app.auth.allowed_origins()) {
        Some(cors) => guarded.layer(cors),
        None => guarded,
    };
    guarded
        // Socket.IO does its own authentication, keeps its own time and limits, and holds its answers back.
        .merge(device_namespace::routes(&app))
        .merge(root_namespace::routes(&app))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::CONTENT_SECURITY_POLICY, policy::DATA))
        .layer(set(HeaderName::from_static(policy::PERMISSIONS_POLICY), policy::PERMISSIONS))
        .layer(set(HeaderName::from_static(policy::OPENER), "same-origin"))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(app)
}

/// Whether an answer may be compressed: what can be asked for in parts has to keep its length.
fn is_whole(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(header::ACCEPT_RANGES)
}

/// Sets a header where a handler did not.
fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The path without its query: keys and tokens may stand there.
fn span<B>(request: &Request<B>) -> tracing::Span {
    tracing::debug_span!("http", method = %request.method(), path = request.uri().path())
}
