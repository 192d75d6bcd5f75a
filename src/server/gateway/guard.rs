//! The door: nothing is behind it that was not asked for by somebody.

use super::error::Refusal;
use super::router::is_public;
use super::state::App;
use crate::server::auth::AuthError;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::net::SocketAddr;

/// Lets public paths through; finds out who asks for everything else, and turns strangers away: programs
/// with a problem, browsers with the sign-in page.
pub async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if is_public(uri.path()) {
        // The forms among them act, too, and a browser would send them for any site.
        if !matches!(method, Method::GET | Method::HEAD)
            && let Err(error) = app.auth.check_origin(request.headers())
        {
            return Refusal::from(error).into_response();
        }
        return next.run(request).await;
    }
    match app.auth.authenticate(&method, &uri, request.headers()).await {
        Ok(principal) => {
            if let Err(error) = app.auth.count_request(&principal) {
                return Refusal::from(error).into_response();
            }
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(AuthError::Missing | AuthError::SessionEnded)
            if wants_page(&method, uri.path(), request.headers()) =>
        {
            let here = uri.path_and_query().map_or("/", |here| here.as_str());
            let to = if here == "/" { "/login".to_owned() } else { format!("/login?next={}", escape(here)) };
            Redirect::to(&to).into_response()
        }
        Err(error) => {
            // The neighbour's address: what `X-Forwarded-For` says, anybody can write.
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            Refusal::from(app.auth.count_failure(error, peer)).into_response()
        }
    }
}

fn wants_page(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    *method == Method::GET && !path.starts_with("/api/") && accept.contains("text/html")
}

/// Percent-encodes everything but what a query's value may hold as it is.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
