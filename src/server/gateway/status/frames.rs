//! The frames beside the seed's events: what a client says, and what it is answered.

use super::admit::Watcher;
use super::dialect::iso;
use crate::protocol::{ConnectionAnalytics, Cursor, Epoch, Problem, ProblemCode, ResyncReason};
use serde::Serialize as _;
use serde_json::{Value, json};

/// The largest frame that is read, in bytes: the longest token, with room.
pub const MAX_TEXT: usize = 16 * 1024;
/// The longest token, in bytes.
const MAX_TOKEN: usize = 12 * 1024;

/// What a client says over the WebSocket.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// Who it is; first, or again before its token expires.
    Authenticate {
        token: String,
        since: Option<Cursor>,
    },
    /// An `authenticate` that cannot be read: there is no second try.
    Unreadable(Problem),
    /// It wants the connection in numbers.
    Analytics,
    Ping,
    /// It is there, and wants nothing.
    Alive,
    /// Something that this wire does not know; it is told, and the connection goes on.
    Unknown(Problem),
}

/// Reads a text frame.
pub fn read(text: &str) -> Said {
    if text.len() > MAX_TEXT {
        let detail = format!("A frame has at most {MAX_TEXT} bytes.");
        return Said::Unknown(Problem::new(ProblemCode::TooLarge, detail));
    }
    let malformed = |detail: String| Said::Unknown(Problem::new(ProblemCode::Malformed, detail));
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return malformed(format!("The frame is not JSON: {error}.")),
    };
    match value.get("type").and_then(Value::as_str) {
        Some("authenticate") => authenticate(&value),
        Some("get_connection_analytics") => Said::Analytics,
        Some("ping") => Said::Ping,
        Some("pong" | "heartbeat") => Said::Alive,
        Some(_) => malformed("The frame's type is not known here.".to_owned()),
        None => malformed("A frame is a JSON object with a type.".to_owned()),
    }
}

fn authenticate(value: &Value) -> Said {
    let unreadable = |detail: &str| Said::Unreadable(Problem::new(ProblemCode::Malformed, detail));
    let token = match value.get("token").and_then(Value::as_str) {
        Some(token) if !token.is_empty() && token.len() <= MAX_TOKEN => token.to_owned(),
        _ => return unreadable("\"authenticate\" needs a token."),
    };
    match value.get("since") {
        None | Some(Value::Null) => Said::Authenticate { token, since: None },
        Some(since) => match since.as_str().map(str::parse) {
            Some(Ok(since)) => Said::Authenticate { token, since: Some(since) },
            _ => unreadable("\"since\" is not a cursor."),
        },
    }
}

/// Where a feed begins.
pub struct Start {
    pub recovered: bool,
    pub epoch: Epoch,
    pub top: i64,
    pub cursor: Cursor,
}

/// `{"type":"authenticated", …}`; with the feed's start if it is the first.
pub fn authenticated(watcher: &Watcher, start: Option<&Start>) -> String {
    let mut frame = json!({ "type": "authenticated", "botId": watcher.device, "userId": watcher.user_id });
    if let Some(until) = watcher.who.until {
        frame["expiresAt"] = json!(iso(until));
    }
    with_start(frame, start)
}

/// `{"type":"hello", …}`, which begins an SSE stream.
pub fn hello(start: &Start) -> String {
    with_start(json!({ "type": "hello" }), Some(start))
}

fn with_start(mut frame: Value, start: Option<&Start>) -> String {
    if let Some(start) = start {
        frame["recovered"] = json!(start.recovered);
        frame["epoch"] = json!(start.epoch);
        frame["top"] = json!(start.top);
        frame["cursor"] = json!(start.cursor);
    }
    frame.to_string()
}

/// `{"type":"resync", …}`: what was missed is not known; what is true now follows.
pub fn resync(reason: ResyncReason, cursor: &Cursor) -> String {
    json!({ "type": "resync", "reason": reason, "cursor": cursor }).to_string()
}

/// `{"type":"error", …}`: a problem document as a frame, with its sentence as `message` and `error`, too.
pub fn error(problem: &Problem) -> String {
    let mut frame = problem.serialize(serde_json::value::Serializer).unwrap_or_else(|_| json!({}));
    frame["type"] = json!("error");
    frame["message"] = json!(problem.detail);
    frame["error"] = json!(problem.detail);
    frame.to_string()
}

/// `{"type":"connection_analytics", …}`.
pub fn analytics(watcher: &Watcher, analytics: &ConnectionAnalytics, at: i64) -> String {
    let mut frame = json!(analytics);
    frame["type"] = json!("connection_analytics");
    frame["botId"] = json!(watcher.device);
    frame["userId"] = json!(watcher.user_id);
    frame["timestamp"] = json!(iso(at));
    frame.to_string()
}

/// What an SSE stream says while nothing happens.
pub const HEARTBEAT: &str = r#"{"type":"heartbeat"}"#;

/// With which code a WebSocket is closed after a refusal.
pub fn close_code(problem: &Problem) -> u16 {
    match problem.status {
        400 | 413 => 4400,
        401 => 4401,
        403 => 4403,
        404 => 4404,
        // Try again later.
        429 | 503 => 1013,
        _ => 1011,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_or_named() {
        assert_eq!(
            read(r#"{"type":"authenticate","token":"t","since":"e-4"}"#),
            Said::Authenticate { token: "t".into(), since: Some("e-4".parse().unwrap()) }
        );
        assert_eq!(
            read(r#"{"type":"authenticate","token":"t","more":1}"#),
            Said::Authenticate { token: "t".into(), since: None }
        );
        assert_eq!(read(r#"{"type":"get_connection_analytics"}"#), Said::Analytics);
        assert_eq!(read(r#"{"type":"ping"}"#), Said::Ping);
        assert_eq!(read(r#"{"type":"heartbeat"}"#), Said::Alive);
        let long = format!(r#"{{"type":"authenticate","token":"{}"}}"#, "t".repeat(MAX_TOKEN + 1));
        for text in [
            r#"{"type":"authenticate"}"#,
            r#"{"type":"authenticate","token":""}"#,
            r#"{"type":"authenticate","token":5}"#,
            r#"{"type":"authenticate","token":"t","since":"nonsense"}"#,
            r#"{"type":"authenticate","token":"t","since":5}"#,
            &long,
        ] {
            assert!(matches!(read(text), Said::Unreadable(_)), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        for text in ["", "{", "null", "[]", "5", r#"{"type":5}"#, r#"{"type":"dance"}"#, &deep] {
            let Said::Unknown(problem) = read(text) else { panic!("{text}") };
            assert_eq!(problem.code, ProblemCode::Malformed, "{text}");
        }
        let edge = format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(MAX_TEXT - 22));
        assert_eq!((edge.len(), read(&edge)), (MAX_TEXT, Said::Ping));
        let Said::Unknown(problem) = read(&format!("{edge} ")) else { panic!("too long") };
        assert_eq!(problem.code, ProblemCode::TooLarge);
    }

    #[test]
    fn a_refusal_is_a_frame_and_a_code() {
        let problem = Problem::new(ProblemCode::Forbidden, "No.");
        let frame: Value = serde_json::from_str(&error(&problem)).unwrap();
        assert_eq!(
            frame,
            json!({"type": "error", "status": 403, "code": "forbidden", "title": "Not allowed", "detail": "No.", "message": "No.", "error": "No."})
        );
        for (code, close) in [
            (ProblemCode::Malformed, 4400),
            (ProblemCode::Unauthenticated, 4401),
            (ProblemCode::Forbidden, 4403),
            (ProblemCode::NotFound, 4404),
            (ProblemCode::RateLimited, 1013),
            (ProblemCode::Internal, 1011),
        ] {
            assert_eq!(close_code(&Problem::new(code, "")), close);
        }
    }
}
