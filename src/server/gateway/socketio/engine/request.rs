//! Which request is a handshake, which belongs to a session, and which is refused.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, FromRequestParts as _, Query, Request, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{polling, registry::Engine, websocket};

/// What carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportKind {
    /// HTTP long polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

/// Who may open a session, and what pages of other origins are told.
pub trait Policy: Send + Sync + 'static {
    /// Whether a request may open a session; the text of a refusal goes to the client with a 403. Browsers ask
    /// no preflight for a WebSocket, so this is also where its `Origin` is checked.
    fn admit(&self, _request: &Parts) -> Result<(), String> {
        Ok(())
    }

    /// Headers for the answer to a request. A preflight (`OPTIONS`) with none of them is refused.
    fn cross_origin(&self, _request: &Parts) -> HeaderMap {
        HeaderMap::new()
    }
}

/// Admits everybody, and gives pages of other origins no permission.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenPolicy;

impl Policy for OpenPolicy {}

/// The request that opened a session. All of it is a copy: the request's own parts would keep the whole buffer that it
/// was read into, 16 KiB, for as long as the session lives.
pub struct Opening {
    /// Its path.
    pub path: Box<str>,
    /// Its query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Who is at the other end of its connection, where the server was told.
    pub peer: Option<SocketAddr>,
    /// What the session began on.
    pub transport: TransportKind,
}

/// Secrets travel in all of its parts but the path.
impl fmt::Debug for Opening {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Opening")
            .field("path", &self.path)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

impl Opening {
    /// The first value of that name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why a request is refused, as the reference server says it: `{"code": n, "message": "..."}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownTransport,
    UnknownSession,
    HandshakeMethod,
    BadRequest,
    Forbidden(String),
    UnsupportedVersion,
}

impl Refusal {
    pub fn into_response(self) -> Response {
        let status = match self {
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        let (code, message) = match self {
            Self::UnknownTransport => (0, "Transport unknown".to_owned()),
            Self::UnknownSession => (1, "Session ID unknown".to_owned()),
            Self::HandshakeMethod => (2, "Bad handshake method".to_owned()),
            Self::BadRequest => (3, "Bad request".to_owned()),
            Self::Forbidden(message) => (4, message),
            Self::UnsupportedVersion => (5, "Unsupported protocol version".to_owned()),
        };
        (status, axum::Json(json!({ "code": code, "message": message }))).into_response()
    }
}

/// Answers any request to the server's path.
pub(super) async fn answer(engine: &Arc<Engine>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let headers = engine.policy.cross_origin(&parts);
    let mut response = if parts.method == Method::OPTIONS && !headers.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        route(engine, parts, body).await.unwrap_or_else(Refusal::into_response)
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().extend(headers);
    response
}

async fn route(engine: &Arc<Engine>, mut parts: Parts, body: Body) -> Result<Response, Refusal> {
    let Query(query) =
        Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| Refusal::BadRequest)?;
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let transport = match value("transport") {
        Some("polling") => TransportKind::Polling,
        Some("websocket") => TransportKind::WebSocket,
        _ => return Err(Refusal::UnknownTransport),
    };
    // As for the reference server, an empty one is none.
    let link = match value("sid").filter(|sid| !sid.is_empty()) {
        Some(sid) => Some(engine.find(sid).ok_or(Refusal::UnknownSession)?),
        None => None,
    };
    let reads = matches!(parts.method, Method::GET)
        || (parts.method == Method::CONNECT && transport == TransportKind::WebSocket);
    let writes = parts.method == Method::POST && transport == TransportKind::Polling && link.is_some();
    if !reads && !writes {
        return Err(Refusal::HandshakeMethod);
    }
    if value("EIO") != Some("4") {
        return Err(Refusal::UnsupportedVersion);
    }
    let upgrades =
        parts.headers.get(header::UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if upgrades && transport == TransportKind::Polling {
        return Err(Refusal::BadRequest);
    }
    match (transport, link) {
        (TransportKind::Polling, Some(link)) if writes => {
            Ok(polling::post(&link, &parts.headers, body).await)
        }
        (TransportKind::Polling, Some(link)) => Ok(polling::get(&link).await),
        (TransportKind::Polling, None) => {
            if let Some(full) = admit(engine, &parts)? {
                return Ok(full);
            }
            let link = engine.open(transport, opening(&parts, query, transport));
            Ok(polling::get(&link).await)
        }
        (TransportKind::WebSocket, link) => {
            let socket = WebSocketUpgrade::from_request_parts(&mut parts, &())
                .await
                .map_err(|_| Refusal::BadRequest)?;
            if let Some(link) = link {
                return Ok(websocket::upgrade(socket, link));
            }
            if let Some(full) = admit(engine, &parts)? {
                return Ok(full);
            }
            Ok(websocket::open(socket, Arc::clone(engine), opening(&parts, query, transport)))
        }
    }
}

/// Whether a session may be opened; an answer where there is no room for one.
fn admit(engine: &Engine, parts: &Parts) -> Result<Option<Response>, Refusal> {
    engine.policy.admit(parts).map_err(Refusal::Forbidden)?;
    Ok(engine
        .is_full()
        .then(|| (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()))
}

fn opening(parts: &Parts, query: Vec<(String, String)>, transport: TransportKind) -> Opening {
    let copied = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.clone(), copied(value)?))).collect();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    Opening { path: parts.uri.path().into(), query, headers, peer, transport }
}
