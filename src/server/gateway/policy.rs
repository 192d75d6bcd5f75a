//! What a browser may do with what we answer: everything that a page does not need is forbidden.

use axum::http::{HeaderName, HeaderValue, header};

/// Answers of the API are data: opened as a page they load nothing, run nothing and stand in no frame.
pub const DATA: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documentation: styles and pictures of our own, and no script.
pub const DOCS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// The service worker: it asks our own server, and nobody else.
pub const WORKER: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

/// Of the machine, pages use the microphone (voice messages) and the place (to send it), and nothing else.
pub const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(self), microphone=(self), midi=(), \
     payment=(), usb=()";

/// No window of another origin keeps a hand on ours.
pub const OPENER: &str = "cross-origin-opener-policy";
/// No page of another origin has ours among its resources.
pub const RESOURCE: &str = "cross-origin-resource-policy";
pub const PERMISSIONS_POLICY: &str = "permissions-policy";

/// A page of the client, whose scripts carry this nonce.
///
/// - What a script that we trust imports is trusted (`strict-dynamic`): that is the client and what it loads.
/// - WebAssembly is compiled (`wasm-unsafe-eval`); JavaScript is never made of text.
/// - Styles come from our file alone, so pages have no `style` attribute. What has to be measured is set
///   through the DOM.
/// - Strings become markup nowhere (`require-trusted-types-for`) but through the one policy that `start.js`
///   makes and explains.
///
/// `None` for a nonce that is none.
pub fn page(nonce: &str) -> Option<(HeaderName, HeaderValue)> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; worker-src 'self'; object-src 'none'; frame-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default"
    );
    Some((header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).ok()?))
}
