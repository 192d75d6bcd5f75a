//! Labels of an account, and what somebody began to write.

use super::{Millis, read_record};
use serde::Serialize;

/// A label that chats can have. Business accounts have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Label {
    /// WhatsApp's own id of it, within the account.
    pub id: String,
    pub name: String,
    /// An index into WhatsApp's palette of 20 colours.
    pub color: u32,
}

read_record!(Label { id: "id", name: "name", color: "color" });

/// What somebody began to write in a chat and has not sent. WhatsApp knows nothing of it: it is theirs alone, on
/// every device that they use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ChatDraft {
    pub text: String,
    /// When it was last changed.
    pub at: Millis,
}

read_record!(ChatDraft { text: "text", at: "at" });
