//! What a client's event is answered with: an event of its own, and the same through the acknowledgement.

use crate::protocol::Problem;
use serde_json::{Map, Value, json};

/// An object on its way out.
pub type Payload = Map<String, Value>;

/// The answer to one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The event that carries it; without one, only whoever passed a callback is answered.
    pub event: Option<&'static str>,
    pub payload: Payload,
}

impl Answer {
    /// An answer that is an event, too.
    #[must_use]
    pub fn event(event: &'static str, payload: Payload) -> Self {
        Self { event: Some(event), payload }
    }

    /// `{success: true, data, …}`, or what went wrong.
    #[must_use]
    pub fn of(event: &'static str, outcome: Result<Payload, Problem>) -> Self {
        Self::event(event, enveloped(outcome))
    }

    /// Only for whoever passed a callback.
    #[must_use]
    pub fn quiet(payload: Payload) -> Self {
        Self { event: None, payload }
    }
}

/// `{success: true, …}` or `{success: false, error, code}`, with `retryAfter` (seconds) where that is known.
#[must_use]
pub fn enveloped(outcome: Result<Payload, Problem>) -> Payload {
    match outcome {
        Ok(mut payload) => {
            payload.insert("success".to_owned(), true.into());
            payload
        }
        Err(problem) => {
            let mut payload =
                object(json!({ "success": false, "error": problem.detail, "code": problem.code }));
            if let Some(seconds) = problem.retry_after {
                payload.insert("retryAfter".to_owned(), seconds.into());
            }
            payload
        }
    }
}

/// The object that a value is; an empty one for anything else.
#[must_use]
pub fn object(value: Value) -> Payload {
    match value {
        Value::Object(payload) => payload,
        _ => Payload::new(),
    }
}

/// The longest list of one answer, in bytes of JSON: it goes out twice, and several answers may wait.
const MAX_LIST: usize = 512 * 1024;

/// As many of these as fit into one answer, and whether that was all.
#[must_use]
pub fn fitting(values: impl IntoIterator<Item = Value>) -> (Vec<Value>, bool) {
    let (mut list, mut size) = (Vec::new(), 0);
    for value in values {
        // Our own values have a form in JSON.
        size += serde_json::to_string(&value).map_or(0, |text| text.len() + 1);
        if size > MAX_LIST && !list.is_empty() {
            return (list, false);
        }
        list.push(value);
    }
    (list, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ProblemCode;

    #[test]
    fn answers_say_whether_it_was_done() {
        let done = enveloped(Ok(object(json!({ "data": [] }))));
        assert_eq!(Value::Object(done), json!({ "success": true, "data": [] }));
        let failed = enveloped(Err(Problem::new(ProblemCode::NotFound, "There is no such chat.")));
        let expected = json!({ "success": false, "error": "There is no such chat.", "code": "not_found" });
        assert_eq!(Value::Object(failed), expected);
    }

    #[test]
    fn lists_end_before_they_are_too_long() {
        let long = |length| Value::from("x".repeat(length));
        assert_eq!(fitting([long(10), long(10)]), (vec![long(10), long(10)], true));
        let (list, all) = fitting((0..10).map(|_| long(MAX_LIST / 4)));
        assert_eq!((list.len(), all), (3, false));
        assert_eq!(fitting([long(MAX_LIST * 2), long(1)]).0.len(), 1, "one is always there");
    }
}
