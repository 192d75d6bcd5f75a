//! What a device asks of people.

use super::EngineError;
use async_trait::async_trait;

/// One change of the account's own profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileChange {
    Name(String),
    About(String),
    /// A JPEG of 640 by 640 pixels; `None` takes it away.
    Picture(Option<Vec<u8>>),
}

/// People, by their JIDs. All of it is asked of WhatsApp at once: nothing waits for a connection.
#[async_trait]
pub trait People: Send + Sync {
    /// Which of these numbers (digits only) have an account, with its JID; those that have none are left out.
    async fn registered(&self, numbers: &[String]) -> Result<Vec<(String, String)>, EngineError>;

    /// Blocks somebody, or no longer.
    async fn block(&self, jid: &str, blocked: bool) -> Result<(), EngineError>;

    /// Everybody who is blocked, by number wherever that is known.
    async fn blocked(&self) -> Result<Vec<String>, EngineError>;

    /// What somebody says about themselves, if they say it to us.
    async fn about(&self, jid: &str) -> Result<Option<String>, EngineError>;

    /// Changes what the account is called, what it says about itself, or its picture.
    async fn change_profile(&self, change: &ProfileChange) -> Result<(), EngineError>;

    /// Saves somebody in the account's address book.
    async fn save_contact(&self, jid: &str, name: &str) -> Result<(), EngineError>;
}
