//! The API keeps what its document promises.

mod calls;
mod document;
mod edges;
mod once;
mod page;
mod schema;

use crate::support::{API_KEY, Server};
use std::time::Duration;
use ureq::http::{Request, Response};

/// An answer, read to its end; of a stream only the head.
pub struct Answered {
    pub status: u16,
    pub content_type: String,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    fn read(mut response: Response<ureq::Body>) -> Self {
        let headers = response.headers().clone();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content_type = text("content-type").split(';').next().unwrap_or("").to_owned();
        let body = match content_type.as_str() {
            "text/event-stream" => Vec::new(),
            _ => response.body_mut().read_to_vec().unwrap_or_default(),
        };
        Self { status: response.status().as_u16(), content_type, headers, body }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or("").to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A call with the key and these headers; the path is from the server's root.
pub fn call(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answered {
    let mut all = vec![("x-api-key", API_KEY)];
    all.extend_from_slice(headers);
    anonymous(server, method, path, &all, body)
}

/// The same without any credential.
pub fn anonymous(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answered {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(65)))
        .build()
        .into();
    let mut request = Request::builder().method(method).uri(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = if body.is_empty() {
        agent.run(request.body(()).unwrap())
    } else {
        agent.run(request.body(body).unwrap())
    };
    Answered::read(answer.unwrap_or_else(|error| panic!("{method} {path}: {error}")))
}

/// A call with a JSON body.
pub fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> Answered {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    call(server, "POST", path, &all, body.to_string().as_bytes())
}
