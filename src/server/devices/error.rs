//! What can go wrong when somebody asks something of a device.

use crate::protocol::{Problem, ProblemCode};
use crate::server::engine::EngineError;
use crate::server::media::MediaError;
use crate::server::storage::StorageError;

/// Why a device did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A value is out of its limits; the text says which and how.
    #[error("{0}")]
    Invalid(String),
    /// What was asked contradicts the present state; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not do it, whatever the state; the text says why.
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("this id was used before, for something else")]
    IdempotencyMismatch,
    /// The device's engine does not do it; the sentence says why.
    #[error("{0}")]
    NotSupported(&'static str),
    #[error("the server is stopping")]
    Stopping,
    /// The file that is to be sent cannot be.
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        let code = match &error {
            DeviceError::NotFound(_) => ProblemCode::NotFound,
            DeviceError::Invalid(_) => ProblemCode::Invalid,
            DeviceError::Conflict(_) => ProblemCode::Conflict,
            DeviceError::Forbidden(_) => ProblemCode::Forbidden,
            DeviceError::IdempotencyMismatch => ProblemCode::IdempotencyMismatch,
            // A whole sentence already.
            DeviceError::NotSupported(why) => return Problem::new(ProblemCode::NotSupported, *why),
            DeviceError::Media(error) => return Problem::from(error.clone()),
            DeviceError::Stopping => ProblemCode::Unavailable,
            DeviceError::Engine(EngineError::NotConnected) => ProblemCode::NotConnected,
            DeviceError::Engine(EngineError::NotPairing) => ProblemCode::NotPairing,
            DeviceError::Engine(EngineError::NoSuchRecipient) => ProblemCode::NotFound,
            DeviceError::Engine(EngineError::Gone) => ProblemCode::Gone,
            DeviceError::Engine(EngineError::TooLarge) => ProblemCode::TooLarge,
            DeviceError::Engine(EngineError::RateLimited) => ProblemCode::RateLimited,
            DeviceError::Engine(EngineError::NoAnswer(_) | EngineError::Refused(_)) => ProblemCode::Upstream,
            DeviceError::Engine(EngineError::Storage(_)) | DeviceError::Storage(_) => {
                // Details of the database are for the log, not for whoever asked.
                tracing::error!(%error, "storage failed");
                return Problem::new(ProblemCode::Unavailable, "Storage does not answer just now.");
            }
        };
        Problem::new(code, sentence(&error.to_string()))
    }
}

/// Our error texts start in lower case and have no full stop; a person reads sentences.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
