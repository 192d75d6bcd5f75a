//! The server documents itself: `GET /docs-json` is the OpenAPI document, made of the routes themselves.
//!
//! It is public: it says nothing of this installation that the program's source does not say, and the tools
//! that read it (generators, collections, the clients of the five dialects) do so before they have a key.

mod document;

pub use document::frame;

use super::state::App;
use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(json))
}

/// The document as it is served: made once, when the routes are known.
#[derive(Clone)]
pub struct Docs {
    json: Bytes,
}

impl Docs {
    /// Of everything that the routes said of themselves.
    pub fn of(routes: OpenApi) -> Self {
        let document = document::complete(routes);
        Self { json: Bytes::from(document.to_string()) }
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
