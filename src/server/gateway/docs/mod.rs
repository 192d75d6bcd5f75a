//! The server documents itself: `GET /docs-json` is the OpenAPI document, made of the routes themselves, and
//! `GET /docs` the same as a page.
//!
//! Both are public: they say nothing of this installation that the program's source does not say, and the tools
//! that read it (generators, collections, the clients of the five dialects) do so before they have a key.

mod document;
mod page;
mod schema;
mod text;

pub use document::frame;

use super::policy;
use super::state::App;
use crate::server::auth::cookie;
use axum::Extension;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse as _, Response};
use bytes::Bytes;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(json)).routes(routes!(page))
}

/// The document as it is served: made once, when the routes are known.
#[derive(Clone)]
pub struct Docs {
    json: Bytes,
    /// Without its first tag, which says the reader's theme.
    page: Arc<str>,
}

impl Docs {
    /// Of everything that the routes said of themselves.
    pub fn of(routes: OpenApi, options: &LeptosOptions) -> Self {
        let document = document::complete(routes);
        let page = page::render(&document, &options.css_path()).into();
        Self { json: Bytes::from(document.to_string()), page }
    }
}

/// This document: OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/docs-json",
    operation_id = "getDocument",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "The document", body = Object)),
)]
async fn json(Extension(docs): Extension<Docs>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, docs.json).into_response()
}

/// This document as a page.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "getDocumentation",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
async fn page(Extension(docs): Extension<Docs>, headers: HeaderMap) -> Response {
    let theme = match cookie(&headers, "theme").as_deref() {
        Some("light") => " data-theme=\"light\"",
        Some("dark") => " data-theme=\"dark\"",
        _ => "",
    };
    let html = format!("<!DOCTYPE html><html lang=\"en\"{theme}>{}", docs.page);
    let headers = [
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "cookie"),
        (header::CONTENT_SECURITY_POLICY, policy::DOCS),
    ];
    (headers, Html(html)).into_response()
}
