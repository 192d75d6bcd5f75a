//! The REST API, for pages that manage something; and the clipboard.

use crate::browser::{http, page, spawn};
use crate::protocol::Problem;
use gloo_net::http::Method;
use serde::de::DeserializeOwned;

const ROOT: &str = "/api/v1";

/// Asks for something below the API's root.
pub fn fetch<T: DeserializeOwned + 'static>(path: String, then: impl FnOnce(Result<T, Problem>) + 'static) {
    spawn(async move { then(http::get::<T>(&format!("{ROOT}{path}")).await) });
}

/// Does something below the API's root. An answer without a body reads as `null`.
pub fn send<T: DeserializeOwned + 'static>(
    method: &'static str,
    path: String,
    body: Option<serde_json::Value>,
    then: impl FnOnce(Result<T, Problem>) + 'static,
) {
    let method = match method {
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => Method::POST,
    };
    spawn(async move {
        let body = body.map(|body| body.to_string());
        then(http::send::<T>(method, &format!("{ROOT}{path}"), body).await);
    });
}

/// Puts a text on the clipboard, and tells whether it is there.
pub fn copy_text(text: &str, then: impl FnOnce(bool) + 'static) {
    let Some(copying) = page::copy(text) else { return then(false) };
    spawn(async move { then(wasm_bindgen_futures::JsFuture::from(copying).await.is_ok()) });
}

/// Where this server is, as this browser reaches it.
#[must_use]
pub fn origin() -> String {
    page::origin()
}
