//! What a composer does besides holding text: it keeps a draft, says that somebody types, sends, and changes what was
//! sent. While a message is being changed, the draft stays as it is, out of the field.

use super::host;
use crate::model::writing::{Named, with_numbers};
use crate::model::{ChatState, as_draft};
use crate::protocol::{
    ChatId, Command, MAX_TEXT_LENGTH, MessageId, Millis, NewEdit, NewMessage, TypingState,
};
use crate::ui::client::{Client, Composing, Tone};
use crate::ui::prelude::memo;
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
    /// Who is named in the text: who was chosen from the group's members, and who was named in it before.
    pub named: StoredValue<Vec<Named>>,
    /// What was begun to be written in the chat, here or elsewhere.
    draft: Memo<String>,
    /// A message is being changed: what stands in the field is no draft.
    edits: Memo<bool>,
    typing_said: StoredValue<Option<Millis>>,
    pause: StoredValue<Option<TimeoutHandle>>,
}

/// The composer of this chat. Its draft comes into the field by [`ComposerState::follow`].
#[must_use]
pub fn use_composer(client: Client, chat: ChatId, cell: RwSignal<ChatState>) -> ComposerState {
    let state = ComposerState {
        client,
        chat: StoredValue::new(chat),
        text: RwSignal::new(String::new()),
        named: StoredValue::new(Vec::new()),
        draft: memo(move || cell.with(|state| state.begun().to_owned())),
        edits: memo(move || client.composing.with(|about| about.as_ref().is_some_and(|about| about.edits))),
        typing_said: StoredValue::new(None),
        pause: StoredValue::new(None),
    };
    on_cleanup(move || {
        state.stop_typing();
        client.composing.try_set(None);
        host::tell_drafts(client);
    });
    state
}

impl ComposerState {
    /// Whenever it changes, the draft comes into the field. What is typed here is the draft at once, so that only what was
    /// written elsewhere differs from what stands there; and what was changed instead, once that is over.
    pub fn follow(&self) {
        let (Some(draft), Some(edits)) = (self.draft.try_get(), self.edits.try_get()) else { return };
        if !edits && self.text.with_untracked(|text| as_draft(text) != draft) {
            self.show_draft();
        }
    }

    fn show_draft(&self) {
        let chat = self.chat.get_value();
        let (text, named) = self.client.read(|model| {
            let state = model.chat_key(&chat).and_then(|key| model.chat(key));
            let named = model.draft(&chat).map(|draft| draft.named.clone());
            (state.map_or("", ChatState::begun).to_owned(), named.unwrap_or_default())
        });
        self.named.set_value(named);
        self.text.set(text);
    }

    /// The text was changed by hand.
    pub fn typed(&self, text: String) {
        if self.edits.get_untracked() {
            return self.text.set(text);
        }
        let chat = self.chat.get_value();
        host::write_draft(self.client, &chat, &text, self.named.get_value());
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
        let written = self.text.get_untracked().trim().to_owned();
        if written.is_empty() || written.chars().count() > MAX_TEXT_LENGTH {
            return false;
        }
        let chat = self.chat.get_value();
        let (text, mentions) = self.named.with_value(|named| with_numbers(&written, named));
        match self.client.composing.get_untracked() {
            Some(changes) if changes.edits => {
                let written = Composing { text: written, named: self.named.get_value(), ..changes };
                self.client.composing.set(None);
                self.show_draft();
                self.edit(written, text, mentions);
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

    /// What was written was sent: it is no draft any more, wherever the user is.
    fn clear(&self) {
        self.client.composing.set(None);
        self.text.set(String::new());
        self.named.set_value(Vec::new());
        host::write_draft(self.client, &self.chat.get_value(), "", Vec::new());
        host::tell_drafts(self.client);
        self.stop_typing();
    }

    /// Changes a message to `text`; if that is refused, or there is no way now, what was written comes back into the
    /// field, unless another message is being changed or answered by then.
    fn edit(&self, written: Composing, text: String, mentions: Vec<String>) {
        let state = *self;
        let message_id = written.message_id.clone();
        let message =
            NewMessage { edit: Some(NewEdit { message_id, text }), mentions, ..NewMessage::default() };
        self.change_or(message, move || {
            // The chat may have been left.
            let here = state.text.try_with_untracked(|_| ()).is_some();
            if here && state.client.composing.with_untracked(Option::is_none) {
                state.compose(written);
            }
        });
    }

    /// Answers or changes a message instead of writing a new one; a change begins with what it says now.
    pub fn compose(&self, composing: Composing) {
        if composing.edits {
            self.stop_typing();
            self.named.set_value(composing.named.clone());
            self.text.set(composing.text.clone());
        }
        self.client.composing.set(Some(composing));
        host::focus("#composer");
    }

    /// Back to a new message; what was written for a change is gone with it, and the draft is back.
    pub fn leave(&self) {
        let edits = self.edits.get_untracked();
        self.client.composing.set(None);
        if edits {
            self.show_draft();
        }
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
