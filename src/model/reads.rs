//! What was read here and the server does not know yet: asked again until it says that it does. Of a chat in which much
//! comes, it is told now and then, and not of each message.

use crate::protocol::{ChatId, MessageId, Millis, ProblemCode};

/// How long after a failed attempt the next one is due; it doubles with each.
const FIRST: Millis = 2_000;
/// The longest such wait.
const MOST: Millis = 60_000;
/// How long after the server was told of a chat what is read of it since has to wait: all others hear of it as well.
const PACE: Millis = 500;

/// How far one chat was read.
#[derive(Debug)]
struct Reading {
    chat_id: ChatId,
    /// The last message that was read.
    message_id: MessageId,
    /// Whether the server was asked and has not answered.
    asked: bool,
    due: Millis,
    failures: u32,
}

/// How far each chat was read, until the server knows.
#[derive(Debug, Default)]
pub struct Reads {
    entries: Vec<Reading>,
    /// The chats that the server was told of just now, and when.
    told: Vec<(ChatId, Millis)>,
}

impl Reads {
    /// A chat was read up to this message. What was read of it before is part of that.
    pub fn read(&mut self, chat_id: ChatId, message_id: MessageId) {
        let told = self.told.iter().find(|(chat, _)| *chat == chat_id);
        let due = told.map_or(0, |(_, at)| at.saturating_add(PACE));
        self.entries.retain(|entry| entry.chat_id != chat_id);
        self.entries.push(Reading { chat_id, message_id, asked: false, due, failures: 0 });
    }

    /// What to ask the server now: each once until it is answered.
    pub fn take_due(&mut self, now: Millis) -> Vec<(ChatId, MessageId)> {
        let due = self.entries.iter_mut().filter(|entry| !entry.asked && entry.due <= now);
        let due = due.map(|entry| {
            entry.asked = true;
            (entry.chat_id.clone(), entry.message_id.clone())
        });
        let due: Vec<_> = due.collect();
        self.told.retain(|(chat, at)| {
            at.saturating_add(PACE) > now && !due.iter().any(|(now_told, _)| now_told == chat)
        });
        self.told.extend(due.iter().map(|(chat_id, _)| (chat_id.clone(), now)));
        due
    }

    /// When the next is to be asked that nobody has asked yet.
    #[must_use]
    pub fn next_due(&self) -> Option<Millis> {
        self.entries.iter().filter(|entry| !entry.asked).map(|entry| entry.due).min()
    }

    /// The server answered, or nobody did. Another attempt follows where it can help.
    pub fn answered(
        &mut self,
        chat_id: &ChatId,
        message_id: &MessageId,
        trouble: Option<ProblemCode>,
        now: Millis,
    ) {
        let asked = |entry: &Reading| entry.chat_id == *chat_id && entry.message_id == *message_id;
        if !trouble.is_some_and(passes) {
            return self.entries.retain(|entry| !asked(entry));
        }
        // None if more was read since: that is asked for by itself.
        if let Some(entry) = self.entries.iter_mut().find(|entry| asked(entry)) {
            entry.asked = false;
            entry.due = now.saturating_add((FIRST << entry.failures.min(5)).min(MOST));
            entry.failures = entry.failures.saturating_add(1);
        }
    }

    /// Nothing has to wait any longer: the line is back, or somebody turns away.
    pub fn hurry(&mut self) {
        for entry in &mut self.entries {
            entry.due = 0;
        }
    }
}

/// Whether the same may work later.
fn passes(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::RateLimited
            | ProblemCode::Unavailable
            | ProblemCode::Timeout
            | ProblemCode::Upstream
            | ProblemCode::Internal
    )
}
