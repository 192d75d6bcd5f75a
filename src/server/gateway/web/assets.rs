//! The client's files, as the build left them.

use crate::server::gateway::state::App;
use axum::Router;
use axum::http::{HeaderValue, Response, header};
use axum::routing::MethodRouter;
use leptos::config::LeptosOptions;
use std::path::Path;
use tower::ServiceBuilder;
use tower_http::services::ServeDir;
use tower_http::set_header::{SetResponseHeader, SetResponseHeaderLayer};

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// The WebAssembly, script and styles, compressed at build time. At the address of their content browsers keep them and do
/// not ask again; what an earlier build had is not found, and says so.
pub fn pkg(options: &LeptosOptions) -> Router<App> {
    let folder = Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    let files = |cache: HeaderValue| {
        let keep = move |response: &Response<_>| response.status().is_success().then(|| cache.clone());
        let layer = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, keep);
        ServiceBuilder::new()
            .layer(layer)
            .service(ServeDir::new(&folder).precompressed_br().precompressed_gzip())
    };
    let routes = Router::new().fallback_service(files(ASK));
    match options.pkg_url_path().rsplit_once('/') {
        Some((_, content)) => routes.nest_service(&format!("/{content}"), files(FOREVER)),
        None => routes,
    }
}

/// The files beside them (icons, manifest), and the pages for every other address.
pub fn files_or(
    options: &LeptosOptions,
    pages: MethodRouter,
) -> SetResponseHeader<ServeDir<MethodRouter>, HeaderValue> {
    let layer = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, ASK);
    let files = ServeDir::new(options.site_root.as_ref())
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .fallback(pages);
    ServiceBuilder::new().layer(layer).service(files)
}
