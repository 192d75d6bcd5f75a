//! Pictures and films of a chat, for looking at them one after the other.

use super::row::{Body, Row};
use super::state::Model;
use crate::protocol::{MediaState, Message, MessageId, MessageKind, Millis};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    pub message_id: MessageId,
    /// Its id under `/api/v1/media`.
    pub media: String,
    pub film: bool,
    /// The text below it.
    pub text: String,
    pub file_name: Option<String>,
    pub from_me: bool,
    /// In groups, who sent it.
    pub sender: Option<String>,
    pub at: Millis,
}

impl Exhibit {
    fn of_row(row: &Row) -> Option<Self> {
        let Body::Settled(message) = &row.body else { return None };
        Self::of(message)
    }

    /// What a message shows, if it can be looked at.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        let film = match message.kind {
            MessageKind::Image => false,
            MessageKind::Video => true,
            _ => return None,
        };
        let details = &message.details;
        let media = details.media.as_ref().filter(|_| !details.view_once && details.revoked_at.is_none())?;
        if matches!(media.state, Some(MediaState::Expired | MediaState::Refused)) {
            return None;
        }
        Some(Self {
            message_id: message.id.clone(),
            media: media.id.clone()?,
            film,
            text: message.text.clone(),
            file_name: media.file_name.clone(),
            from_me: message.from_me,
            sender: message.sender_name.clone(),
            at: message.timestamp,
        })
    }
}

impl Model {
    /// What can be looked at in the open thread as far as it is loaded, oldest first; and of what there was `before`,
    /// what the thread has let go since.
    #[must_use]
    pub fn exhibits(&self, before: Vec<Exhibit>) -> Vec<Exhibit> {
        let thread = self.open_chat().and_then(|key| self.thread(key));
        let Some(thread) = thread else { return Vec::new() };
        let older = |one: &Exhibit| {
            thread.log.has_older()
                && thread.log.first().is_some_and(|first| (one.at, &one.message_id) < (first.at, &first.id))
        };
        let rows = thread.log.settled().values().filter_map(|key| thread.log.row(*key));
        before.into_iter().filter(older).chain(rows.filter_map(Exhibit::of_row)).collect()
    }
}
