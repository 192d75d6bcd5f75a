//! Requests to our own server: JSON both ways, and `problem+json` for what went wrong.

use super::page;
use crate::i18n::spoken;
use crate::protocol::{Problem, ProblemCode, USER_HEADER, UserId, decode};
use gloo_net::http::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// Tells whose session this browser has: the one request that does not say whose it should be.
pub const WHOSE: &str = "/api/v1/me";

thread_local! {
    static USER: RefCell<Option<UserId>> = const { RefCell::new(None) };
}

/// From here on requests name the user whose page this is: as somebody else, nothing is asked for or sent.
pub fn speak_for(user: Option<UserId>) {
    USER.set(user);
}

/// Whose page this is, where that was said.
#[must_use]
pub fn speaker() -> Option<UserId> {
    USER.with_borrow(Clone::clone)
}

/// `GET`, and what it answers.
///
/// # Errors
/// The server's problem; [`ProblemCode::Unavailable`] if it could not be reached. On 401 the page leaves
/// for the sign-in page.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Problem> {
    read(&asked(Method::GET, path, None).await?)
}

/// The same, and the scripts beside this client are shown the answer by an event of this name.
///
/// # Errors
/// As [`get`].
pub async fn get_told<T: DeserializeOwned>(path: &str, name: &str) -> Result<T, Problem> {
    let text = asked(Method::GET, path, None).await?;
    page::raise_value(name, &wasm_bindgen::JsValue::from_str(&text));
    read(&text)
}

/// `POST` of a JSON body, and what it answers.
///
/// # Errors
/// As [`get`], in the server's own words.
pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Problem> {
    read(&request(Method::POST, path, Some(encode(body)?)).await?)
}

/// Any request, and what it answers.
///
/// # Errors
/// As [`get`].
pub async fn exchange<T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<T, Problem> {
    read(&asked(method, path, body).await?)
}

/// A request whose answer's body does not matter.
///
/// # Errors
/// As [`get`].
pub async fn act(method: Method, path: &str, body: Option<String>) -> Result<(), Problem> {
    asked(method, path, body).await.map(drop)
}

/// A value as JSON.
///
/// # Errors
/// [`ProblemCode::Malformed`] for what JSON cannot hold.
pub fn encode(body: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(body).map_err(|error| Problem::new(ProblemCode::Malformed, error.to_string()))
}

/// A request whose problems are told in the page's language.
async fn asked(method: Method, path: &str, body: Option<String>) -> Result<String, Problem> {
    request(method, path, body).await.map_err(|problem| spoken().told_problem(problem))
}

async fn request(method: Method, path: &str, body: Option<String>) -> Result<String, Problem> {
    let unreachable = |_| Problem::new(ProblemCode::Unavailable, "The server cannot be reached.");
    let mut builder = RequestBuilder::new(path).method(method).header("accept", "application/json");
    if path != WHOSE
        && let Some(user) = speaker()
    {
        builder = builder.header(USER_HEADER, user.as_str());
    }
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
    let (ok, status) = (response.ok(), response.status());
    let text = response.text().await.map_err(unreachable)?;
    if ok {
        return Ok(text);
    }
    if status == 401 {
        page::sign_in_again();
    }
    Err(decode(&text).unwrap_or_else(|_| {
        let code = if status >= 500 { ProblemCode::Unavailable } else { ProblemCode::Internal };
        Problem::new(code, format!("The server answered with status {status}."))
    }))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // An empty answer is how JSON spells nothing.
    let text = if text.trim().is_empty() { "null" } else { text };
    decode(text).map_err(|error| {
        let detail = format!("The answer cannot be read: {error}.");
        spoken().told_problem(Problem::new(ProblemCode::Internal, detail))
    })
}
