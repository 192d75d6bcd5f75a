//! `GET /metrics`, and the measuring of requests.
//!
//! The numbers are of all workspaces together. Whoever asks from this computer needs no key, so that a scraper
//! beside the server works as it comes; everybody else needs one that may administer. A proxy on this computer
//! is told by what it adds to a request: through it, a key is needed as well.

use super::error::Answer;
use super::state::App;
use crate::protocol::{Permission, ProblemCode};
use crate::server::gateway::error::Refusal;
use crate::server::storage::read;
use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::SocketAddr;
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Numbers of the server, for Prometheus.
///
/// Without a key from the computer that the server runs on; from elsewhere, or through a proxy, with one that may
/// administer.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Operation",
    security((), ("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "OpenMetrics text for whoever accepts it, else Prometheus's own", content(
            (String = "application/openmetrics-text"),
            (String = "text/plain"),
        )),
        (status = 401, description = "`unauthenticated`: asked from elsewhere without a key", body = crate::protocol::Problem),
        (status = 403, description = "`forbidden`: the key may not administer", body = crate::protocol::Problem),
        (status = 503, description = "`unavailable`: the database does not answer", body = crate::protocol::Problem),
    ),
)]
async fn metrics(
    State(app): State<App>,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    if !is_from_here(peer, &headers) {
        app.auth.authenticate(&method, &uri, &headers).await?.require(Permission::Admin)?;
    }
    let totals = read::totals(app.journal.store()).await?;
    let webhooks = app.webhooks.tally().await?;
    let text = app.metrics.text(&totals, webhooks);
    let text = text.map_err(|_| Refusal::new(ProblemCode::Internal, "The numbers cannot be written."))?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let content_type = if accept.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], text).into_response())
}

/// Whether somebody on this computer asks, and for nobody else.
fn is_from_here(peer: SocketAddr, headers: &HeaderMap) -> bool {
    const PROXIED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    peer.ip().to_canonical().is_loopback() && !PROXIED.iter().any(|name| headers.contains_key(*name))
}

/// Counts a request under the route that it was for.
pub async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    // What no route of ours matches is one route: its path is the caller's to choose.
    let route = pattern.filter(|pattern| !pattern.contains("__private")).unwrap_or("other").to_owned();
    let method = known_method(request.method());
    let start = Instant::now();
    let response = next.run(request).await;
    app.metrics.answered(method, &route, response.status().as_u16(), start.elapsed());
    response
}

fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_beside_us_is_not_here() {
        let (here, mapped) = ("127.0.0.1:5", "[::ffff:127.0.0.1]:5");
        let none = HeaderMap::new();
        assert!(is_from_here(here.parse().unwrap(), &none) && is_from_here(mapped.parse().unwrap(), &none));
        assert!(is_from_here("[::1]:5".parse().unwrap(), &none));
        assert!(!is_from_here("192.168.1.5:5".parse().unwrap(), &none));
        for name in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), "203.0.113.9".parse().unwrap())]);
            assert!(!is_from_here(here.parse().unwrap(), &headers), "{name}");
        }
    }

    #[test]
    fn methods_that_nobody_knows_are_one() {
        assert_eq!(known_method(&Method::GET), "GET");
        assert_eq!(known_method(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }
}
