//! Keys of programs.

use crate::protocol::WorkspaceId;
use crate::server::config::ApiKey;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The keys that are known. Only hashes are kept.
#[derive(Clone, Default)]
pub struct Keys {
    bootstrap: Option<([u8; 32], WorkspaceId)>,
}

impl Keys {
    /// Knows the owner's bootstrap key, which belongs to the first workspace.
    #[must_use]
    pub fn new(bootstrap: Option<&ApiKey>, workspace: &WorkspaceId) -> Self {
        Self { bootstrap: bootstrap.map(|key| (Sha256::digest(key.0.as_bytes()).into(), workspace.clone())) }
    }

    /// The name and workspace of a key, if it is one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<(String, WorkspaceId)> {
        let (hash, workspace) = self.bootstrap.as_ref()?;
        let given: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        bool::from(given.ct_eq(hash)).then(|| ("bootstrap".to_owned(), workspace.clone()))
    }
}
