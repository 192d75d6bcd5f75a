//! What can go wrong when somebody manages webhooks.

use super::guard::Blocked;
use super::hook::MAX_WEBHOOKS;
use crate::protocol::{Problem, ProblemCode, ResyncReason};
use crate::server::storage::StorageError;

/// Why it was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A value is out of its limits; the text says which and how.
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Blocked(#[from] Blocked),
    #[error("a workspace has at most {MAX_WEBHOOKS} webhooks")]
    Full,
    #[error("the webhook is disabled: enable it first")]
    Disabled,
    #[error("too many tests at once: try again shortly")]
    Busy,
    /// The log cannot be replayed from there.
    #[error("{}", words(*.0))]
    Resync(ResyncReason),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a position cannot be served, for people.
pub fn words(reason: ResyncReason) -> &'static str {
    match reason {
        ResyncReason::Epoch => "the cursor belongs to another life of the log, which was restored since",
        ResyncReason::Floor | ResyncReason::Lag => "the log no longer reaches back to the cursor",
        ResyncReason::Ahead => "the cursor lies ahead of the log",
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let code = match &error {
            WebhookError::NotFound(_) => ProblemCode::NotFound,
            WebhookError::Invalid(_) | WebhookError::Blocked(_) => ProblemCode::Invalid,
            WebhookError::Full | WebhookError::Disabled => ProblemCode::Conflict,
            WebhookError::Busy => ProblemCode::RateLimited,
            WebhookError::Resync(_) => ProblemCode::Resync,
            WebhookError::Storage(_) => {
                // Details of the database are for the log, not for whoever asked.
                tracing::error!(%error, "storage failed");
                return Self::new(ProblemCode::Unavailable, "Storage does not answer just now.");
            }
        };
        let text = error.to_string();
        let mut chars = text.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        Self::new(code, format!("{first}{}.", chars.as_str()))
    }
}
