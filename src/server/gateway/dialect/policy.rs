//! Which pages may open a session: our own, and those of the allowed origins.

use crate::server::auth::Auth;
use crate::server::gateway::socketio::Policy;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

/// The one policy of origins, for Engine.IO requests.
pub struct Origins(pub Auth);

impl Policy for Origins {
    fn admit(&self, request: &Parts) -> Result<(), String> {
        self.0.check_origin(&request.headers).map_err(|error| error.to_string())
    }

    fn cross_origin(&self, request: &Parts) -> HeaderMap {
        let origin = request.headers.get(header::ORIGIN);
        let Some(origin) = origin.filter(|_| self.0.check_origin(&request.headers).is_ok()) else {
            return HeaderMap::new();
        };
        HeaderMap::from_iter([
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
            (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")),
            (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST")),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("authorization, apikey, x-api-key, content-type"),
            ),
            (header::VARY, HeaderValue::from_static("Origin")),
        ])
    }
}
