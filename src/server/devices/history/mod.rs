//! Chats and messages from before the link: parts are kept as they come, then worked through, each message once.

mod batch;
mod keep;
mod older;
mod parts;
mod placing;
#[cfg(test)]
mod tests;

pub use keep::keep;
pub use older::{MAX_OLDER, heal};
pub use parts::{add, forget, next};

use crate::protocol::Millis;

const DAY: Millis = 24 * 3_600 * 1_000;

/// How much of the history is taken in with a link. What is beyond is counted, and can be asked for chat by chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Messages that are older are left out.
    pub days: u32,
    /// The newest ones are kept.
    pub messages_per_chat: u32,
    /// As the phone packs it. Of what comes beyond, chats and names are kept, and no messages.
    pub megabytes: u32,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { days: 1_095, messages_per_chat: 10_000, megabytes: 1_024 }
    }
}

impl HistoryLimits {
    /// What was written before this is too old.
    fn oldest(&self, now: Millis) -> Millis {
        now.saturating_sub(Millis::from(self.days).saturating_mul(DAY))
    }

    fn bytes(&self) -> i64 {
        i64::from(self.megabytes) << 20
    }
}
