//! Asking our own REST interface for what the stream does not bring.

use super::host;
use crate::i18n::spoken;
use crate::protocol::{Problem, ProblemCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is done with what the address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser asks"))]
    Put,
    Patch,
    Delete,
}

/// Where all of it is.
const ROOT: &str = "/api/v1";

/// Asks for what is below the interface's root, and hands the answer on: an empty one reads as `null`. Never on the
/// server.
pub fn rest<T: DeserializeOwned + 'static>(
    verb: Verb,
    path: String,
    body: Option<Value>,
    then: impl FnOnce(Result<T, Problem>) + 'static,
) {
    let read = |value| {
        serde_json::from_value(value).map_err(|error| {
            let detail = format!("The answer cannot be read: {error}.");
            spoken().told_problem(Problem::new(ProblemCode::Internal, detail))
        })
    };
    host::call(verb, format!("{ROOT}{path}"), body, Box::new(move |answer| then(answer.and_then(read))));
}
