//! One row of a thread: a local echo first, and the server's message from then on.

use crate::protocol::{
    CommandId, Delay, Details, EDIT_WITHIN, Extras, Failure, FailureCode, Message, MessageId, MessageKind,
    MessageStatus, Millis, Problem, REVOKE_WITHIN,
};

/// Names a row for as long as the client runs. A local echo keeps its key when the server's copy
/// arrives, so that its element on the page is never made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey(pub u64);

/// Where a message stands within its chat: by time, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub at: Millis,
    pub id: MessageId,
}

impl Position {
    /// The position of this message.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        Self { at: message.timestamp, id: message.id.clone() }
    }
}

/// What was written here and that the server has not answered for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// The command that carries it.
    pub command_id: CommandId,
    pub kind: MessageKind,
    pub text: String,
    /// What it carries beside its text.
    pub details: Extras,
    /// When it was written, by this client's clock.
    pub at: Millis,
    /// Set once the server has refused it.
    pub refused: Option<Problem>,
}

/// What a row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Known here only.
    Echo(Echo),
    /// Known to the server.
    Settled(Message),
}

/// How a failed row is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    /// The server has it: ask it to queue the message again.
    Message(MessageId),
    /// The server refused to take it: send the same text as a new command.
    Text(String),
}

/// One row of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub body: Body,
}

impl Row {
    /// The message's id, once the server has it.
    #[must_use]
    pub fn id(&self) -> Option<&MessageId> {
        match &self.body {
            Body::Echo(_) => None,
            Body::Settled(message) => Some(&message.id),
        }
    }

    #[must_use]
    pub fn from_me(&self) -> bool {
        match &self.body {
            Body::Echo(_) => true,
            Body::Settled(message) => message.from_me,
        }
    }

    /// Who wrote it, as an address; empty for an echo, which is always ours.
    #[must_use]
    pub fn from(&self) -> &str {
        match &self.body {
            Body::Echo(_) => "",
            Body::Settled(message) => &message.from,
        }
    }

    /// In groups, the name of who wrote it.
    #[must_use]
    pub fn sender_name(&self) -> Option<&str> {
        match &self.body {
            Body::Echo(_) => None,
            Body::Settled(message) => message.sender_name.as_deref(),
        }
    }

    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match &self.body {
            Body::Echo(echo) => echo.kind,
            Body::Settled(message) => message.kind,
        }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        match &self.body {
            Body::Echo(echo) => &echo.text,
            Body::Settled(message) => &message.text,
        }
    }

    /// What it carries beside its text.
    #[must_use]
    pub fn details(&self) -> Option<&Details> {
        match &self.body {
            Body::Echo(echo) => Some(&echo.details),
            Body::Settled(message) => Some(&message.details),
        }
    }

    #[must_use]
    pub fn at(&self) -> Millis {
        match &self.body {
            Body::Echo(echo) => echo.at,
            Body::Settled(message) => message.timestamp,
        }
    }

    #[must_use]
    pub fn status(&self) -> MessageStatus {
        match &self.body {
            Body::Echo(Echo { refused: Some(_), .. }) => MessageStatus::Failed,
            Body::Echo(_) => MessageStatus::Queued,
            Body::Settled(message) => message.status,
        }
    }

    /// Why it failed, in a sentence for people; absent unless it did.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match &self.body {
            Body::Echo(echo) => echo.refused.as_ref().map(|problem| problem.detail.as_str()),
            Body::Settled(message) if message.status == MessageStatus::Failed => {
                Some(message.failure.as_ref().map_or("", |failure| failure.text.as_str()))
            }
            Body::Settled(_) => None,
        }
    }

    /// The same for programs, where the server took it and it failed later.
    #[must_use]
    pub fn failed(&self) -> Option<&Failure> {
        match &self.body {
            Body::Settled(message) if message.status == MessageStatus::Failed => message.failure.as_deref(),
            _ => None,
        }
    }

    /// What holds it up; absent unless it was tried and is to be tried again by itself.
    #[must_use]
    pub fn delay(&self) -> Option<&Delay> {
        match &self.body {
            Body::Settled(message) if message.status == MessageStatus::Queued => message.delay.as_deref(),
            _ => None,
        }
    }

    /// Whether its text, or its caption, can be changed at this time.
    #[must_use]
    pub fn can_be_edited(&self, now: Millis) -> bool {
        let once = self.details().is_some_and(|details| details.view_once);
        self.is_out(now, EDIT_WITHIN) && self.kind().has_text() && !once
    }

    /// Whether it can be taken back for everybody at this time.
    #[must_use]
    pub fn can_be_revoked(&self, now: Millis) -> bool {
        self.is_out(now, REVOKE_WITHIN)
    }

    /// Whether it is ours, went out, is not taken back, and is no older than that.
    fn is_out(&self, now: Millis, within: Millis) -> bool {
        let Body::Settled(message) = &self.body else { return false };
        message.from_me
            && message.kind != MessageKind::System
            && message.status > MessageStatus::Failed
            && message.details.revoked_at.is_none()
            && now.saturating_sub(message.timestamp) <= within
    }

    /// How to try it again; absent unless it failed and another attempt can help.
    #[must_use]
    pub fn retry(&self) -> Option<Retry> {
        match &self.body {
            Body::Echo(echo) => echo.refused.as_ref().map(|_| Retry::Text(echo.text.clone())),
            Body::Settled(message) if message.status == MessageStatus::Failed => {
                let hopeless = message.failure.as_ref().map(|f| f.code) == Some(FailureCode::NoSuchRecipient);
                (!hopeless).then(|| Retry::Message(message.id.clone()))
            }
            Body::Settled(_) => None,
        }
    }
}
