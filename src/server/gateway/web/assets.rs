//! The client's files, as the build left them.

use axum::http::{HeaderValue, header};
use axum::routing::MethodRouter;
use leptos::config::LeptosOptions;
use std::path::Path;
use tower::ServiceBuilder;
use tower_http::services::ServeDir;
use tower_http::set_header::{SetResponseHeader, SetResponseHeaderLayer};

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The WebAssembly, script and styles, compressed at build time.
pub fn pkg(options: &LeptosOptions) -> SetResponseHeader<ServeDir, HeaderValue> {
    let folder = Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    // With a hash in its name, a file never changes; without one, browsers ask whether it did.
    let cache = if options.hash_files { FOREVER } else { HeaderValue::from_static("no-cache") };
    let layer = SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, cache);
    ServiceBuilder::new().layer(layer).service(ServeDir::new(folder).precompressed_br().precompressed_gzip())
}

/// The files beside them (icons, manifest), and the pages for every other address.
pub fn files_or(
    options: &LeptosOptions,
    pages: MethodRouter,
) -> SetResponseHeader<ServeDir<MethodRouter>, HeaderValue> {
    let layer =
        SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let files = ServeDir::new(options.site_root.as_ref())
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .fallback(pages);
    ServiceBuilder::new().layer(layer).service(files)
}
