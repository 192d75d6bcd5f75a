//! What can go wrong in the sandbox, in words for whoever asked.

use crate::server::storage::StorageError;

/// Why the sandbox did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SandboxError {
    /// There is no such phone, group, chat or linked device.
    #[error("{0}")]
    NotFound(String),
    /// A value is out of its limits or cannot be read.
    #[error("{0}")]
    Invalid(String),
    /// Something like it exists already.
    #[error("{0}")]
    Exists(String),
    /// What is there does not allow it: somebody else's message, or one that was taken back.
    #[error("{0}")]
    Conflict(String),
    /// The code is not one that a device shows now: expired, used, or never given out.
    #[error("no device shows this code now: it expired, was used, or was never given out")]
    NotPairing,
    /// The linking code was typed wrongly, or belongs to another number.
    #[error("the device refused the code: it was typed wrongly")]
    WrongCode,
    /// The device that showed the code went away, or did not answer in time.
    #[error("the device did not complete the link: {0}")]
    LinkFailed(String),
    /// A key or message could not be encrypted or read; the text says which.
    #[error("the phone's encryption failed: {0}")]
    Crypto(String),
    /// Too much waits for this phone; try again.
    #[error("the phone is busy; try again")]
    Busy,
    /// The sandbox is being closed.
    #[error("the sandbox is closed")]
    Closed,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SandboxError {
    pub(super) fn crypto(error: impl std::fmt::Display) -> Self {
        Self::Crypto(error.to_string())
    }

    pub(super) fn no_phone(number: &str) -> Self {
        Self::NotFound(format!("there is no phone with the number {number}"))
    }
}

/// What a stored blob should have been.
pub(super) fn damaged(column: &'static str) -> SandboxError {
    StorageError::Row { column: column.to_owned(), what: "cannot be read" }.into()
}
