//! What was begun to be written: kept on this computer until the server has it, and told to the server once nobody
//! types.

use super::commands::user;
use super::unkept;
use crate::browser::{Timer, drafts as kept, ids, spawn, stream};
use crate::model::writing::Named;
use crate::model::{Changes, DraftInput, Input, Model};
use crate::protocol::{ChatId, Command, CommandId, Outcome};
use crate::ui::client::Client;
use std::cell::RefCell;

/// How long after the last key the server is told.
const PAUSE: i64 = 1_000;
/// How long after it could not take it, the server is told again.
const AGAIN: i64 = 5_000;

thread_local! {
    static NEXT: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// Takes in what earlier pages kept.
pub(super) fn restore(client: Client) {
    take(client, DraftInput::Kept(kept::load(&user(client))));
}

/// Keeps what stands in this chat's composer, and who is named in it. The server is told soon.
pub fn write_draft(client: Client, chat: &ChatId, text: &str, named: Vec<Named>) {
    take(client, DraftInput::Written { chat_id: chat.clone(), text: text.to_owned(), named });
}

/// Tells the server what it does not know yet, where there is a way; else it is told once there is one.
pub fn tell_drafts(client: Client) {
    // Of whoever may only read by now the server takes none, however often it is told.
    if !stream::is_live() || !client.may_send() {
        return;
    }
    for (chat_id, text) in client.read(Model::untold_drafts) {
        let Some(command_id) = ids::command_id() else { return };
        let command = Command::SetDraft { chat_id: chat_id.clone(), text: text.clone() };
        if stream::send(&command_id, &command) {
            take(client, DraftInput::Telling { command_id, chat_id, text });
        }
    }
}

/// A new connection: what was under way may not have arrived.
pub(super) fn reconnected(client: Client) {
    take(client, DraftInput::Reconnected);
    tell_drafts(client);
}

/// The server answered a command. `false` if that told of no draft.
pub(super) fn answered(client: Client, id: &CommandId, outcome: &Outcome) -> bool {
    if !client.read(|model| model.tells_draft(id)) {
        return false;
    }
    let answer = match outcome {
        Outcome::Ok(_) => Ok(()),
        Outcome::Error(problem) => Err(problem.code),
    };
    take(client, DraftInput::Answered { command_id: id.clone(), answer });
    if answer.is_err() {
        tell_later(client, AGAIN);
    }
    true
}

fn take(client: Client, input: DraftInput) {
    let changes = client.apply(Input::Draft(Box::new(input)));
    changed(client, &changes);
}

/// Keeps what is to be kept since something changed, and tells the server of what is new.
pub(super) fn changed(client: Client, changes: &Changes) {
    if changes.drafts.is_empty() {
        return;
    }
    let user = user(client);
    for id in &changes.drafts {
        let is_kept = client.read(|model| match model.draft(id).filter(|draft| draft.chat_id == *id) {
            Some(draft) => kept::keep(&user, draft),
            None => {
                kept::forget(&user, id);
                true
            }
        });
        let name = format!("draft.{id}");
        if is_kept {
            unkept::remove(&name);
        } else {
            unkept::add(&name);
        }
    }
    if !client.read(Model::untold_drafts).is_empty() {
        tell_later(client, PAUSE);
    }
}

/// Tells it after so many milliseconds, counted anew each time.
fn tell_later(client: Client, after: i64) {
    let timer = Timer::after(after, move || tell_drafts(client));
    let old = NEXT.with_borrow_mut(|slot| slot.replace(timer));
    // Not from within its own callback's frame.
    spawn(async move { drop(old) });
}
