//! What was begun to be written in chats: here, and on the other devices of whoever is signed in.
//!
//! What is typed here is told the server, of each chat one text at a time. Until the event of it has come, whatever
//! else is heard of the chat's draft is older, and changes nothing here. Where both sides say the same, what is heard
//! is taken; where they do not, what was typed here stays, and the server is told of it.

use super::chats::ChatState;
use super::input::Changes;
use super::state::Model;
use super::writing::{Named, names};
use crate::protocol::{Chat, ChatDraft, ChatId, CommandId, MAX_TEXT_LENGTH, ProblemCode};

/// What is kept in place of the server's text where that is not known: no draft has this character.
const UNKNOWN: &str = "\0";

/// What is told of drafts.
#[derive(Debug, Clone)]
pub enum DraftInput {
    /// What earlier pages kept on this computer.
    Kept(Vec<Draft>),
    /// What stands in a chat's composer, and who is named in it; empty for nothing.
    Written { chat_id: ChatId, text: String, named: Vec<Named> },
    /// The server is being told this.
    Telling { command_id: CommandId, chat_id: ChatId, text: String },
    /// The server answered that it was told something.
    Answered { command_id: CommandId, answer: Result<(), ProblemCode> },
    /// A new connection: what was under way may not have arrived.
    Reconnected,
}

/// How far the server knows of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// Nothing is under way.
    Idle,
    /// It is being told this; over once the event of it has come.
    UnderWay { command_id: CommandId, text: String },
    /// It was being told something when the connection broke.
    Perhaps,
    /// It does not take the text as it is.
    Refused,
}

/// What was begun to be written here in a chat. It is there while the server has something else, and while somebody is
/// named in it, of which the server knows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub chat_id: ChatId,
    /// Empty where what the server has was given up here.
    pub text: String,
    pub named: Vec<Named>,
    /// What the server has, as far as it was heard; empty for nothing.
    heard: String,
    told: Told,
}

/// The draft that a field with this text holds: blanks are none.
#[must_use]
pub fn as_draft(text: &str) -> &str {
    if text.trim().is_empty() { "" } else { text }
}

impl Draft {
    /// Both sides say the same.
    fn settled(&self) -> bool {
        matches!(self.told, Told::Idle | Told::Refused) && self.text == self.heard
    }

    /// There is nothing in it that the server does not know.
    fn over(&self) -> bool {
        self.settled() && (self.text.is_empty() || self.named.is_empty())
    }

    /// Whether the server is to be told of it now.
    fn waits(&self) -> bool {
        let news = match self.told {
            Told::Idle => self.text != self.heard,
            Told::Perhaps => true,
            Told::UnderWay { .. } | Told::Refused => false,
        };
        // What is too long to be sent would be refused.
        news && self.text.chars().count() <= MAX_TEXT_LENGTH
    }

    fn hear(&mut self, text: &str) {
        let settled = self.settled();
        if matches!(&self.told, Told::UnderWay { text: told, .. } if told == text) {
            self.told = Told::Idle;
        }
        text.clone_into(&mut self.heard);
        if settled && self.text != text {
            text.clone_into(&mut self.text);
            self.named.retain(|one| names(text, one));
        }
    }

    fn is_told_by(&self, command: &CommandId) -> bool {
        matches!(&self.told, Told::UnderWay { command_id, .. } if command_id == command)
    }

    /// As it is kept on this computer: what the server has, the text, and those who are named, name and address in
    /// turn. `start.js` reads the first two.
    #[must_use]
    pub fn write(&self) -> String {
        let doubtful = self.text == self.heard && !self.settled();
        let heard = if doubtful { UNKNOWN } else { self.heard.as_str() };
        let mut words = vec![heard, self.text.as_str()];
        for one in &self.named {
            words.push(one.name.as_str());
            words.push(one.address.as_str());
        }
        serde_json::to_string(&words).unwrap_or_default()
    }

    /// Reads what [`write`](Self::write) wrote.
    #[must_use]
    pub fn read(chat_id: ChatId, kept: &str) -> Option<Self> {
        let words: Vec<String> = serde_json::from_str(kept).ok()?;
        let [heard, text, rest @ ..] = words.as_slice() else { return None };
        let mut named = Vec::new();
        for pair in rest.chunks(2) {
            if let [name, address] = pair {
                named.push(Named { name: name.clone(), address: address.clone() });
            }
        }
        Some(Self { chat_id, text: text.clone(), named, heard: heard.clone(), told: Told::Idle })
    }
}

fn text_of(draft: Option<&ChatDraft>) -> String {
    draft.map(|draft| as_draft(&draft.text).to_owned()).unwrap_or_default()
}

impl Model {
    /// What was begun to be written here in a chat, where the server does not know all of it.
    #[must_use]
    pub fn draft(&self, chat: &ChatId) -> Option<&Draft> {
        let id = self.known(chat).map_or(chat, |state| &state.chat.id);
        self.drafts.iter().find(|draft| draft.chat_id == *id)
    }

    /// What the server is to be told now: of each chat the newest text.
    #[must_use]
    pub fn untold_drafts(&self) -> Vec<(ChatId, String)> {
        let waiting = self.drafts.iter().filter(|draft| draft.waits());
        waiting.map(|draft| (draft.chat_id.clone(), draft.text.clone())).collect()
    }

    /// Whether this command tells of a draft, and its event has not come.
    #[must_use]
    pub fn tells_draft(&self, command: &CommandId) -> bool {
        self.drafts.iter().any(|draft| draft.is_told_by(command))
    }

    pub(super) fn take_draft(&mut self, input: DraftInput, changes: &mut Changes) {
        match input {
            DraftInput::Kept(all) => {
                for draft in all {
                    self.restore_draft(draft, changes);
                }
            }
            DraftInput::Written { chat_id, text, named } => {
                let state = self.known(&chat_id);
                let id = state.map_or(&chat_id, |state| &state.chat.id).clone();
                if self.draft(&id).is_none() {
                    let heard = state.map(|state| text_of(state.chat.draft.as_ref())).unwrap_or_default();
                    let (text, named) = (heard.clone(), Vec::new());
                    self.drafts.push(Draft { chat_id: id.clone(), text, named, heard, told: Told::Idle });
                }
                self.edit_draft(&id, changes, &|draft| {
                    if draft.told == Told::Refused && draft.text != text {
                        draft.told = Told::Idle;
                    }
                    as_draft(&text).clone_into(&mut draft.text);
                    draft.named.clone_from(&named);
                });
            }
            DraftInput::Telling { command_id, chat_id, text } => {
                self.edit_draft(&chat_id, changes, &|draft| {
                    draft.told = Told::UnderWay { command_id: command_id.clone(), text: text.clone() };
                });
            }
            DraftInput::Answered { command_id, answer } => self.draft_answered(&command_id, answer, changes),
            DraftInput::Reconnected => {
                let all: Vec<ChatId> = self.drafts.iter().map(|draft| draft.chat_id.clone()).collect();
                for id in all {
                    self.edit_draft(&id, changes, &|draft| {
                        if matches!(draft.told, Told::UnderWay { .. }) {
                            draft.told = Told::Perhaps;
                        }
                    });
                }
            }
        }
    }

    /// What an earlier page kept, unless something was typed since.
    fn restore_draft(&mut self, draft: Draft, changes: &mut Changes) {
        if self.draft(&draft.chat_id).is_some() {
            return;
        }
        let id = draft.chat_id.clone();
        let told = self.known(&id).map(|state| text_of(state.chat.draft.as_ref()));
        self.drafts.push(draft);
        self.show_draft(&id, changes);
        if let Some(text) = told {
            self.edit_draft(&id, changes, &|draft| draft.hear(&text));
        }
    }

    fn draft_answered(
        &mut self,
        command: &CommandId,
        answer: Result<(), ProblemCode>,
        changes: &mut Changes,
    ) {
        let told = self.drafts.iter().find(|draft| draft.is_told_by(command));
        let Some(id) = told.map(|draft| draft.chat_id.clone()) else { return };
        match answer {
            Ok(()) => self.edit_draft(&id, changes, &|draft| {
                // It had the same before, of which there is no event; of everything else there is one.
                if matches!(&draft.told, Told::UnderWay { text, .. } if *text == draft.heard) {
                    draft.told = Told::Idle;
                }
            }),
            Err(ProblemCode::RateLimited | ProblemCode::Unavailable) => {
                self.edit_draft(&id, changes, &|draft| draft.told = Told::Idle);
            }
            Err(ProblemCode::NotFound) => self.drop_draft(&id, changes),
            Err(_) => self.edit_draft(&id, changes, &|draft| draft.told = Told::Refused),
        }
    }

    /// The server says what was begun to be written in a chat.
    pub(super) fn hear_draft(&mut self, chat_id: &ChatId, draft: Option<ChatDraft>, changes: &mut Changes) {
        let text = text_of(draft.as_ref());
        let set = |state: &mut ChatState| {
            state.chat.draft = draft;
            true
        };
        if self.edit_chat(chat_id, set) {
            changes.chats.extend(self.chats.key(chat_id));
        }
        self.edit_draft(chat_id, changes, &|draft| draft.hear(&text));
    }

    /// The same, where a chat was read with what was begun to be written in it.
    pub(super) fn hear_chats_draft(&mut self, chat: &Chat, changes: &mut Changes) {
        let text = text_of(chat.draft.as_ref());
        self.edit_draft(&chat.id, changes, &|draft| draft.hear(&text));
    }

    /// A chat goes into another: what was begun to be written in it goes along, unless something was in the other.
    pub(super) fn move_draft(&mut self, from: &ChatId, into: &ChatId, changes: &mut Changes) {
        let Some(place) = self.drafts.iter().position(|draft| draft.chat_id == *from) else { return };
        let moved = self.drafts.remove(place);
        changes.drafts.push(from.clone());
        if self.drafts.iter().all(|draft| draft.chat_id != *into) {
            self.drafts.push(Draft { chat_id: into.clone(), ..moved });
            changes.drafts.push(into.clone());
        }
    }

    /// There is no such chat any more.
    pub(super) fn drop_draft(&mut self, id: &ChatId, changes: &mut Changes) {
        let before = self.drafts.len();
        self.drafts.retain(|draft| draft.chat_id != *id);
        if self.drafts.len() < before {
            changes.drafts.push(id.clone());
            self.show_draft(id, changes);
        }
    }

    /// Changes what was begun to be written here, if anything was, and lets it go once it is over.
    fn edit_draft(&mut self, id: &ChatId, changes: &mut Changes, edit: &dyn Fn(&mut Draft)) {
        let Some(draft) = self.drafts.iter_mut().find(|draft| draft.chat_id == *id) else { return };
        let before = draft.clone();
        edit(draft);
        let changed = *draft != before;
        self.drafts.retain(|draft| !draft.over());
        if changed {
            changes.drafts.push(id.clone());
            self.show_draft(id, changes);
        }
    }

    /// Shows in the list what was begun to be written here.
    pub(super) fn show_draft(&mut self, id: &ChatId, changes: &mut Changes) {
        let text = self.drafts.iter().find(|draft| draft.chat_id == *id).map(|draft| draft.text.clone());
        let show = |state: &mut ChatState| std::mem::replace(&mut state.draft, text.clone()) != text;
        if self.edit_chat(id, show) {
            changes.chats.extend(self.chats.key(id));
        }
    }

    /// A chat that is loaded, by its id or by that of one that went into it.
    fn known(&self, id: &ChatId) -> Option<&ChatState> {
        self.chats.get(self.chats.key(id)?)
    }
}
