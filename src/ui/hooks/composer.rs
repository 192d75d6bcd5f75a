//! What a composer does besides holding text: it keeps a draft, says that somebody types, and sends.

use super::host;
use crate::model::Input;
use crate::model::writing::{Named, with_numbers};
use crate::protocol::{
    ChatId, Command, MAX_TEXT_LENGTH, MessageId, Millis, NewEdit, NewMessage, TypingState,
};
use crate::ui::client::{Client, Composing, Tone};
use crate::ui::prelude::react;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;

/// How often the other side is told that somebody types, at most.
const REPEAT: Millis = 3_000;
/// How long after the last key it is told that nobody does any more.
const PAUSE: Duration = Duration::from_secs(5);

/// A composer's text and what can be done with it.
#[derive(Clone, Copy)]
pub struct ComposerState {
    pub client: Client,
    chat: StoredValue<ChatId>,
    pub text: RwSignal<String>,
    /// Who was chosen from the group's members since the field was last empty.
    pub named: StoredValue<Vec<Named>>,
    typing_said: StoredValue<Option<Millis>>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

/// The composer of this chat. Its draft is back as soon as the page is alive.
#[must_use]
pub fn use_composer(client: Client, chat: ChatId) -> ComposerState {
    let state = ComposerState {
        client,
        chat: StoredValue::new(chat.clone()),
        text: RwSignal::new(String::new()),
        named: StoredValue::new(Vec::new()),
        typing_said: StoredValue::new(None),
        pause: StoredValue::new(None),
    };
    react(move |_| {
        if let Some(draft) = host::load_draft(&chat) {
            state.text.set(draft);
        }
    });
    on_cleanup(move || {
        state.stop_typing();
        client.composing.try_set(None);
    });
    state
}

impl ComposerState {
    /// The text was changed by hand.
    pub fn typed(&self, text: String) {
        let chat = self.chat.get_value();
        host::keep_draft(&chat, &text);
        self.client.apply(Input::Draft { chat_id: chat.clone(), text: text.clone() });
        let blank = text.trim().is_empty();
        self.text.set(text);
        if blank {
            self.stop_typing();
            return;
        }
        let now = host::now();
        if self.typing_said.get_value().is_none_or(|said| now - said >= REPEAT) {
            self.typing_said.set_value(Some(now));
            host::typing(&chat, TypingState::Composing);
        }
        let state = *self;
        self.cancel_pause();
        self.pause.set_value(set_timeout(move || state.stop_typing(), PAUSE).ok());
    }

    /// Sends what is written. `false` if there is nothing to send, or too much.
    pub fn send(&self) -> bool {
        let text = self.text.get_untracked().trim().to_owned();
        if text.is_empty() || text.chars().count() > MAX_TEXT_LENGTH {
            return false;
        }
        let chat = self.chat.get_value();
        let (text, mentions) = self.named.with_value(|named| with_numbers(&text, named));
        match self.client.composing.get_untracked() {
            Some(changes) if changes.edits => {
                self.clear();
                self.edit(Composing { text, ..changes }, mentions);
                true
            }
            about => {
                let quoted = about.map(|about| about.message_id);
                let sent = if mentions.is_empty() {
                    host::send_text(self.client, &chat, text, quoted)
                } else {
                    let message = NewMessage { text: Some(text), quoted, mentions, ..NewMessage::default() };
                    host::send_message(self.client, &chat, message, None)
                };
                if sent {
                    self.clear();
                }
                sent
            }
        }
    }

    /// The chat that it writes into.
    #[must_use]
    pub fn chat_id(&self) -> ChatId {
        self.chat.get_value()
    }

    /// Takes the message that is being answered, if one is: what is sent next answers it.
    #[must_use]
    pub fn take_quoted(&self) -> Option<MessageId> {
        let about = self.client.composing.get_untracked().filter(|about| !about.edits)?;
        self.client.composing.set(None);
        Some(about.message_id)
    }

    /// Sends something else than a text; what is being written stays. `false` if too much waits already.
    pub fn post(&self, message: NewMessage) -> bool {
        let message = NewMessage { quoted: self.take_quoted(), ..message };
        host::send_message(self.client, &self.chat_id(), message, None)
    }

    /// Tells the other side that somebody speaks, or no longer.
    pub fn say_recording(&self, on: bool) {
        self.stop_typing();
        if let Some(chat) = self.chat.try_get_value() {
            host::typing(&chat, if on { TypingState::Recording } else { TypingState::Paused });
        }
    }

    /// Nothing is being written any more.
    fn clear(&self) {
        let chat = self.chat.get_value();
        self.client.composing.set(None);
        self.text.set(String::new());
        self.named.set_value(Vec::new());
        host::keep_draft(&chat, "");
        self.client.apply(Input::Draft { chat_id: chat, text: String::new() });
        self.stop_typing();
    }

    /// Changes a message to what is written now; what is refused comes back, unless something else is being
    /// written by then.
    fn edit(&self, written: Composing, mentions: Vec<String>) {
        let state = *self;
        let (message_id, text) = (written.message_id.clone(), written.text.clone());
        let message =
            NewMessage { edit: Some(NewEdit { message_id, text }), mentions, ..NewMessage::default() };
        self.change_or(message, move || {
            if state.text.try_with_untracked(String::is_empty) == Some(true) {
                state.compose(written);
            }
        });
    }

    /// Answers or changes a message instead of writing a new one; a change begins with what it says now.
    pub fn compose(&self, composing: Composing) {
        if composing.edits {
            self.typed(composing.text.clone());
        }
        self.client.composing.set(Some(composing));
        host::focus("#composer");
    }

    /// Back to a new message; what was written for a change is gone with it.
    pub fn leave(&self) {
        if self.client.composing.get_untracked().is_some_and(|composing| composing.edits) {
            self.typed(String::new());
        }
        self.client.composing.set(None);
        host::focus_to_write("#composer");
    }

    /// Does something to a message of this chat; a refusal is shown.
    pub fn change(&self, message: NewMessage) {
        self.change_or(message, || {});
    }

    fn change_or(&self, message: NewMessage, refused: impl FnOnce() + 'static) {
        let client = self.client;
        let command = Command::SendMessage { chat_id: self.chat.get_value(), message: Box::new(message) };
        host::ask(command, move |result| {
            if let Err(problem) = result {
                client.toast(Tone::Bad, problem.detail);
                refused();
            }
        });
    }

    fn stop_typing(&self) {
        self.cancel_pause();
        let said = self.typing_said.try_update_value(Option::take).flatten();
        if let (Some(_), Some(chat)) = (said, self.chat.try_get_value()) {
            host::typing(&chat, TypingState::Paused);
        }
    }

    fn cancel_pause(&self) {
        if let Some(pause) = self.pause.try_update_value(Option::take).flatten() {
            pause.clear();
        }
    }
}
