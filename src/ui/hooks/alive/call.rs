//! Requests of any kind, and the clipboard.

use crate::browser::{http, page, spawn};
use crate::protocol::Problem;
use crate::ui::hooks::Verb;
use gloo_net::http::Method;
use serde_json::Value;

/// Asks our own server. In one piece for every kind of answer: what it is is read elsewhere.
pub fn call(verb: Verb, path: String, body: Option<Value>, then: Box<dyn FnOnce(Result<Value, Problem>)>) {
    let method = match verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    };
    spawn(async move {
        let body = body.map(|body| body.to_string());
        then(http::exchange(method, &path, body).await);
    });
}

/// Copies a text, and says whether it could be.
pub fn copy_text(text: &str, then: impl FnOnce(bool) + 'static) {
    let Some(copying) = page::copy(text) else { return then(false) };
    spawn(async move { then(wasm_bindgen_futures::JsFuture::from(copying).await.is_ok()) });
}
