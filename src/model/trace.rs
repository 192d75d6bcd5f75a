//! A message's way, as the server tells it: the answer to "why did it not arrive".

use crate::protocol::{Millis, read_record};

/// What is known of it, oldest first; what it still waits for stands last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub steps: Vec<TraceStep>,
}

read_record!(Trace { steps: "steps" });

/// One step. Which of its fields are there depends on what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    pub at: Millis,
    /// Who did it: `queue`, `outbox`, `engine`, `whatsapp`, `journal` or `webhook`.
    pub stage: String,
    pub what: String,
    /// What was done to the message, where the step is not of the message itself.
    pub change: Option<String>,
    pub attempt: Option<i64>,
    pub error: Option<String>,
    /// How many of its chat go out before it.
    pub ahead: Option<i64>,
    pub retry_at: Option<Millis>,
    pub http_status: Option<u16>,
}

read_record!(TraceStep {
    at: "at",
    stage: "stage",
    what: "what",
    change: "change",
    attempt: "attempt",
    error: "error",
    ahead: "ahead",
    retry_at: "retryAt",
    http_status: "httpStatus",
});
