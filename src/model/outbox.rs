//! What was asked for here and has not been answered: kept until the server answers, whatever the
//! connection does meanwhile. Each entry has its command's id, so that sending it twice does it once.

use crate::protocol::{
    ANSWERS_KEPT, ChatId, Command, CommandId, Millis, NewMessage, Outcome, Problem, ProblemCode, fields, take,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// How long an entry waits for its answer on a live connection before it is sent again.
const PATIENCE: Millis = 20_000;
/// How long an entry waits after the server said that it cannot take it just now.
const PAUSE: Millis = 5_000;
/// An entry older than this is not sent by itself any more: the server may have done it long ago and have forgotten so.
/// A day less than it remembers, since clocks differ.
const OLD: Millis = ANSWERS_KEPT - 24 * 3_600 * 1_000;
/// The most entries that are kept; a further one is refused in place.
pub const MOST_PENDING: usize = 500;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    pub id: CommandId,
    pub command: Command,
    /// When it was asked for, by this client's clock.
    pub at: Millis,
    /// Set once the server has refused it for good: it is kept until the reader decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Problem>,
    /// When it may be sent (again).
    #[serde(skip)]
    due: Millis,
    /// The server asked to wait: those behind it wait as well, or they would overtake it.
    #[serde(skip)]
    held: bool,
}

impl<'de> Deserialize<'de> for Pending {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = fields(from)?;
        Ok(Self {
            id: take(&mut fields, "id")?,
            command: command(take(&mut fields, "command")?)?,
            at: take(&mut fields, "at")?,
            refused: take(&mut fields, "refused")?,
            due: 0,
            held: false,
        })
    }
}

/// Reads a command that an outbox holds. All others are the server's to read: code that a browser would load for nothing.
fn command<E: Error>(mut fields: Map<String, Value>) -> Result<Command, E> {
    let tag: String = take(&mut fields, "type")?;
    Ok(match tag.as_str() {
        "send_text" => {
            Command::SendText { chat_id: take(&mut fields, "chatId")?, text: take(&mut fields, "text")? }
        }
        "send_message" => Command::SendMessage {
            chat_id: take(&mut fields, "chatId")?,
            message: take(&mut fields, "message")?,
        },
        "retry_message" => Command::RetryMessage { message_id: take(&mut fields, "messageId")? },
        other => return Err(E::custom(format_args!("\"{other}\" is nothing that waits"))),
    })
}

impl Pending {
    fn carries_file(&self) -> bool {
        matches!(&self.command, Command::SendMessage { message, .. } if message.media.is_some())
    }
}

/// What becomes of an entry that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// Done, and gone from the outbox.
    Done,
    /// Refused for good.
    Refused(Problem),
    /// It will be sent again by itself.
    Later,
    /// Not an entry of this outbox.
    Unknown,
}

/// The entries, in the order they were asked for.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: Vec<Pending>,
}

impl Outbox {
    /// Whether this command has to survive a reload: what a person wrote does, a sign of typing does not.
    #[must_use]
    pub fn keeps(command: &Command) -> bool {
        matches!(command, Command::RetryMessage { .. })
            || Self::written(command).is_some()
            || Self::posted(command).is_some()
    }

    /// The chat and the text, if this command is a text that somebody wrote.
    #[must_use]
    pub fn written(command: &Command) -> Option<(&ChatId, &str)> {
        match command {
            Command::SendText { chat_id, text } => Some((chat_id, text)),
            Command::SendMessage { chat_id, message } if Self::posted(command).is_none() => {
                Some((chat_id, message.text.as_deref()?))
            }
            _ => None,
        }
    }

    /// The chat and the message, if this command sends something else than a plain text.
    #[must_use]
    pub fn posted(command: &Command) -> Option<(&ChatId, &NewMessage)> {
        let Command::SendMessage { chat_id, message } = command else { return None };
        let more = message.media.is_some()
            || message.poll.is_some()
            || message.location.is_some()
            || message.contact.is_some()
            || !message.contacts.is_empty()
            || !message.mentions.is_empty();
        (more && !message.changes_another()).then_some((chat_id, message))
    }

    #[must_use]
    pub fn entries(&self) -> &[Pending] {
        &self.entries
    }

    #[must_use]
    pub fn get(&self, id: &CommandId) -> Option<&Pending> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// How many entries wait for the server.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.entries.iter().filter(|entry| entry.refused.is_none()).count()
    }

    /// Takes a command. `false` if there are too many already, or it is one of them.
    pub fn push(&mut self, id: CommandId, command: Command, at: Millis) -> bool {
        if self.entries.len() >= MOST_PENDING || self.get(&id).is_some() {
            return false;
        }
        self.entries.push(Pending { id, command, at, refused: None, due: 0, held: false });
        true
    }

    /// Takes an entry that an earlier page left.
    pub fn restore(&mut self, entry: Pending) {
        if self.entries.len() < MOST_PENDING && self.get(&entry.id).is_none() {
            let place = self.entries.iter().position(|other| other.at > entry.at);
            self.entries.insert(place.unwrap_or(self.entries.len()), entry);
        }
    }

    /// What to send now, in order; each is due again later if no answer comes.
    pub fn take_due(&mut self, now: Millis) -> Vec<Pending> {
        let free = |entry: &Pending| !entry.held || entry.refused.is_some() || entry.due <= now;
        let due = |entry: &&mut Pending| entry.refused.is_none() && entry.due <= now;
        let entries = self.entries.iter_mut().take_while(|entry| free(entry)).filter(due);
        entries
            .map(|entry| {
                entry.held = false;
                entry.due = now.saturating_add(PATIENCE);
                entry.clone()
            })
            .collect()
    }

    /// Refuses, in these words, what is too old to be sent by itself, and answers it: whether it is sent all the same is
    /// for the reader to say.
    pub fn give_up(&mut self, now: Millis, words: &str) -> Vec<Pending> {
        let old = |entry: &&mut Pending| entry.refused.is_none() && now.saturating_sub(entry.at) > OLD;
        let entries = self.entries.iter_mut().filter(old);
        entries
            .map(|entry| {
                entry.refused = Some(Problem::new(ProblemCode::Gone, words));
                entry.clone()
            })
            .collect()
    }

    /// A new connection: whatever was sent on the old one may not have arrived.
    pub fn reconnected(&mut self) {
        for entry in &mut self.entries {
            entry.due = 0;
        }
    }

    /// The server answered.
    pub fn answered(&mut self, id: &CommandId, outcome: &Outcome, now: Millis) -> Answered {
        let Some(index) = self.entries.iter().position(|entry| entry.id == *id) else {
            return Answered::Unknown;
        };
        match outcome {
            Outcome::Ok(_) => {
                self.entries.remove(index);
                Answered::Done
            }
            Outcome::Error(problem) => {
                let passing = matches!(problem.code, ProblemCode::RateLimited | ProblemCode::Unavailable);
                let Some(entry) = self.entries.get_mut(index) else { return Answered::Unknown };
                // Its file was uploaded twice (the page ended between the upload and its answer), and went out as the
                // first of the two: under one command, the same file is another message each time.
                if problem.code == ProblemCode::IdempotencyMismatch && entry.carries_file() {
                    self.entries.remove(index);
                    return Answered::Done;
                }
                if passing {
                    entry.due = now.saturating_add(PAUSE);
                    entry.held = true;
                    return Answered::Later;
                }
                entry.refused = Some(problem.clone());
                Answered::Refused(problem.clone())
            }
        }
    }

    /// The message of this command is on the server, or the reader gave it up. `false` if it is no entry.
    pub fn remove(&mut self, id: &CommandId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != *id);
        self.entries.len() < before
    }
}
