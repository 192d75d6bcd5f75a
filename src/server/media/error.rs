//! What can go wrong with a file.

use crate::protocol::{Problem, ProblemCode};
use crate::server::engine::EngineError;
use crate::server::storage::StorageError;

/// Why a file was not taken or cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MediaError {
    #[error("There is no such file.")]
    NotFound,
    #[error("The file is empty.")]
    Empty,
    /// Of the file's bytes; the limit is one of the settings.
    #[error("The file is larger than the limit of {limit} bytes.")]
    TooLarge { limit: u64 },
    /// A value is out of its limits; the sentence says which and how.
    #[error("{0}")]
    Invalid(String),
    #[error("Too many files arrive at the same time.")]
    Busy,
    /// It has to be fetched, and the device that could is not connected.
    #[error("The file has to be fetched from WhatsApp, and its device is not connected.")]
    NotConnected,
    /// It is still being fetched.
    #[error("The file is being fetched from WhatsApp.")]
    UnderWay,
    /// WhatsApp could not be asked, or did not answer.
    #[error("WhatsApp did not hand the file over: {0}.")]
    NoAnswer(String),
    /// Nobody has it any more; a sentence says why.
    #[error("{0}")]
    Gone(String),
    /// It was not taken; a sentence says why.
    #[error("{0}")]
    Refused(String),
    #[error("There is no thumbnail of this file.")]
    NoThumbnail,
    /// The folder cannot be read or written. The text is for the log.
    #[error("files cannot be kept or read: {0}")]
    Disk(String),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl MediaError {
    pub(super) fn disk(error: impl std::fmt::Display) -> Self {
        Self::Disk(error.to_string())
    }
}

impl From<object_store::Error> for MediaError {
    fn from(error: object_store::Error) -> Self {
        Self::disk(error)
    }
}

impl From<EngineError> for MediaError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotConnected => Self::NotConnected,
            EngineError::Storage(error) => Self::Storage(error),
            other => Self::NoAnswer(other.to_string()),
        }
    }
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        let code = match &error {
            MediaError::NotFound | MediaError::NoThumbnail => ProblemCode::NotFound,
            MediaError::Empty | MediaError::Invalid(_) => ProblemCode::Invalid,
            MediaError::TooLarge { .. } => ProblemCode::TooLarge,
            MediaError::Busy | MediaError::UnderWay => ProblemCode::Unavailable,
            MediaError::NotConnected => ProblemCode::NotConnected,
            MediaError::NoAnswer(_) => ProblemCode::Upstream,
            MediaError::Gone(_) => ProblemCode::Gone,
            MediaError::Refused(_) => ProblemCode::Conflict,
            MediaError::Disk(_) | MediaError::Storage(_) => {
                // Details of the disk and the database are for the log, not for whoever asked.
                tracing::error!(%error, "a file could not be kept or read");
                return Self::new(ProblemCode::Unavailable, "Storage does not answer just now.");
            }
        };
        Self::new(code, error.to_string())
    }
}
