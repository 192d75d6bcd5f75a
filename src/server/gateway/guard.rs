//! The door: nothing is behind it that was not asked for by somebody.

use super::error::Refusal;
use super::router::is_public;
use super::state::App;
use crate::server::auth::{AuthError, repeated_cookie};
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
            let named = principal.require_named(request.headers());
            if let Err(error) = named.and_then(|()| app.auth.count_request(&principal)) {
                return Refusal::from(error).into_response();
            }
            let renewed = principal.extended && keeps_cookie(&method, uri.path(), request.headers());
            let cookie = renewed.then(|| repeated_cookie(request.headers())).flatten();
            request.extensions_mut().insert(principal);
            let mut response = next.run(request).await;
            // Unless it says by itself what becomes of the cookie, as signing out does.
            if let Some(cookie) = cookie
                && !response.headers().contains_key(header::SET_COOKIE)
            {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error @ (AuthError::Missing | AuthError::SessionEnded))
            if wants_page(&method, uri.path(), request.headers()) =>
        {
            let here = uri.path_and_query().map_or("/", |here| here.as_str());
            let ended = matches!(error, AuthError::SessionEnded);
            Redirect::to(&sign_in_address(here, ended)).into_response()
        }
        Err(error) => {
            // The neighbour's address: what `X-Forwarded-For` says, anybody can write.
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            Refusal::from(app.auth.count_failure(error, peer)).into_response()
        }
    }
}

/// Whether an answer may bring the session's cookie again: those that are for this browser alone, and no file that
/// somebody between may keep for others.
fn keeps_cookie(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    path.starts_with("/api/") || wants_page(method, path, headers)
}

/// Where somebody signs in who wanted to go there; the page says so if it is because their session has ended.
fn sign_in_address(here: &str, ended: bool) -> String {
    let next = (here != "/").then(|| format!("next={}", escape(here)));
    let parts: Vec<String> = next.into_iter().chain(ended.then(|| "ended".to_owned())).collect();
    if parts.is_empty() { "/login".to_owned() } else { format!("/login?{}", parts.join("&")) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_to_sign_in_is_brought_back() {
        assert_eq!(sign_in_address("/", false), "/login");
        assert_eq!(sign_in_address("/", true), "/login?ended");
        assert_eq!(
            sign_in_address("/chats/cht_1?info=media&x=\u{e9}", true),
            "/login?next=/chats/cht_1%3Finfo%3Dmedia%26x%3D%C3%A9&ended"
        );
    }

    #[test]
    fn files_that_others_may_be_given_bring_no_cookie() {
        let html: HeaderMap = [(header::ACCEPT, "text/html".parse().unwrap())].into_iter().collect();
        let none = HeaderMap::new();
        assert!(keeps_cookie(&Method::GET, "/chats", &html));
        assert!(keeps_cookie(&Method::GET, "/api/v1/me", &none));
        assert!(keeps_cookie(&Method::POST, "/api/v1/commands", &none));
        assert!(!keeps_cookie(&Method::GET, "/emoji/en.json", &none));
    }
}
