//! What was begun to be written, on this computer: one record for each chat of each user.

use super::storage;
use crate::model::Draft;
use crate::protocol::ChatId;

/// Every record's name begins so.
const ALL: &str = "draft.";

fn name(user: &str, chat: &ChatId) -> String {
    format!("{ALL}{user}.{chat}")
}

/// Keeps what was begun to be written in a chat. `false` if there is no room for it.
#[must_use]
pub fn keep(user: &str, draft: &Draft) -> bool {
    storage::keep(&name(user, &draft.chat_id), &draft.write())
}

/// Nothing of a chat is to be kept here any more.
pub fn forget(user: &str, chat: &ChatId) {
    storage::forget(&name(user, chat));
}

/// What earlier pages kept for this user. What cannot be read any more is forgotten.
#[must_use]
pub fn load(user: &str) -> Vec<Draft> {
    let mut all = Vec::new();
    for name in storage::names(ALL) {
        let of = name.strip_prefix(ALL).and_then(|rest| rest.split_once('.'));
        // Those without a user are from before they had one: nobody knows whose they are.
        let draft = match of {
            Some((whose, _)) if whose != user => continue,
            Some((_, chat)) => {
                chat.parse::<ChatId>().ok().and_then(|chat| Draft::read(chat, &storage::load(&name)?))
            }
            None => None,
        };
        match draft {
            Some(draft) => all.push(draft),
            None => storage::forget(&name),
        }
    }
    all
}
