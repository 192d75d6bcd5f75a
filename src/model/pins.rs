//! What is pinned in a chat: asked for when its thread is shown, and kept true by events and by the clock from then on.

use super::chats::ChatKey;
use super::input::Changes;
use super::state::Model;
use crate::protocol::{ChatId, Message, MessageId, Millis};

/// What is known of what is pinned in a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// The one that was pinned last first.
    messages: Vec<Message>,
    asked: Asked,
    /// What became of messages since it was asked for, in order: the answer may have been read before that.
    since: Vec<(MessageId, Option<Message>)>,
}

/// How far asking the server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Asked {
    /// Nobody has, or events were missed since.
    #[default]
    No,
    UnderWay,
    /// It did not come.
    InVain,
    Answered,
}

/// What is told of a chat's pins beside events.
#[derive(Debug, Clone)]
pub enum PinInput {
    /// They are being asked for.
    Asked(ChatId),
    /// The server's answer, the one that was pinned last first.
    Answered(ChatId, Vec<Message>),
    Failed(ChatId),
}

impl Pins {
    /// What is pinned, the one that was pinned last first.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The server has to be asked. Not once it was in vain: that is for whoever sees that there is a way again.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.asked == Asked::No
    }

    /// Events may have been missed. What is shown stays until the server was asked anew.
    pub(super) fn doubt(&mut self) {
        self.asked = Asked::No;
        self.since.clear();
    }

    /// The chat has no messages any more.
    fn clear(&mut self) {
        self.messages.clear();
        if self.asked == Asked::UnderWay {
            self.doubt();
        }
    }

    /// What became of a message: absent where it is gone.
    fn tell(&mut self, id: &MessageId, message: Option<&Message>) -> bool {
        let pinned = message.filter(|message| message.details.pinned_until.is_some());
        if self.asked == Asked::UnderWay {
            self.since.push((id.clone(), pinned.cloned()));
        }
        self.put(id, pinned)
    }

    fn put(&mut self, id: &MessageId, pinned: Option<&Message>) -> bool {
        let before = self.messages.iter().position(|other| other.id == *id);
        if let Some(before) = before {
            self.messages.remove(before);
        }
        let Some(message) = pinned else { return before.is_some() };
        let order = |message: &Message| (message.details.pinned_at, message.details.pinned_until);
        let place = self.messages.iter().position(|other| order(other) <= order(message));
        self.messages.insert(place.unwrap_or(self.messages.len()), message.clone());
        true
    }

    fn answered(&mut self, messages: Vec<Message>) {
        self.messages = messages;
        self.asked = Asked::Answered;
        for (id, pinned) in std::mem::take(&mut self.since) {
            self.put(&id, pinned.as_ref());
        }
    }

    /// Whether the time of one of them is over.
    fn over(&self, now: Millis) -> bool {
        self.messages.iter().any(|message| is_over(message, now))
    }
}

fn is_over(message: &Message, now: Millis) -> bool {
    message.details.pinned_until.is_none_or(|until| until <= now)
}

impl Model {
    /// What is pinned in the open chat.
    #[must_use]
    pub fn pins(&self) -> Option<&Pins> {
        self.threads.get(&self.open?).map(|thread| &thread.pins)
    }

    /// Whether the server may be asked what is pinned in this chat: nobody has, or it was in vain.
    #[must_use]
    pub fn wants_pins(&self, chat: &ChatId) -> bool {
        let thread = self.chat_key(chat).and_then(|key| self.threads.get(&key));
        thread.is_some_and(|thread| matches!(thread.pins.asked, Asked::No | Asked::InVain))
    }

    /// Whether the time of a pin is over: then it has to be told.
    #[must_use]
    pub fn pins_over(&self, now: Millis) -> bool {
        self.threads.values().any(|thread| thread.pins.over(now))
    }

    pub(super) fn take_pins(&mut self, input: PinInput, changes: &mut Changes) {
        let (PinInput::Asked(chat) | PinInput::Answered(chat, _) | PinInput::Failed(chat)) = &input;
        let thread = self.chats.key(chat).and_then(|key| self.threads.get_mut(&key));
        let Some(pins) = thread.map(|thread| &mut thread.pins) else { return };
        match input {
            PinInput::Asked(_) => {
                pins.asked = Asked::UnderWay;
                pins.since.clear();
            }
            // What was asked for before events were missed may lack what they told.
            PinInput::Answered(..) | PinInput::Failed(_) if pins.asked != Asked::UnderWay => return,
            PinInput::Answered(_, messages) => pins.answered(messages),
            PinInput::Failed(_) => {
                pins.asked = Asked::InVain;
                pins.since.clear();
            }
        }
        changes.pins = true;
    }

    /// What became of a message of a chat, as far as its pin is concerned: absent where it is gone.
    pub(super) fn tell_pins(
        &mut self,
        key: ChatKey,
        id: &MessageId,
        message: Option<&Message>,
        changes: &mut Changes,
    ) {
        if let Some(thread) = self.threads.get_mut(&key) {
            changes.pins |= thread.pins.tell(id, message);
        }
    }

    pub(super) fn clear_pins(&mut self, key: ChatKey, changes: &mut Changes) {
        if let Some(thread) = self.threads.get_mut(&key) {
            thread.pins.clear();
            changes.pins = true;
        }
    }

    /// Whose time is over is pinned no more.
    pub(super) fn expire_pins(&mut self, now: Millis, changes: &mut Changes) {
        for thread in self.threads.values_mut().filter(|thread| thread.pins.over(now)) {
            thread.pins.messages.retain(|message| !is_over(message, now));
            changes.pins = true;
        }
    }
}
