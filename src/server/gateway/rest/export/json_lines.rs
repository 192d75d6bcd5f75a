//! An export as JSON Lines: one JSON value in each line.

use super::pages::{Part, Writer};
use serde_json::{Value, json};

/// The form's version: it rises when a reader of the one before would misunderstand.
const VERSION: u32 = 1;

/// Writes one line for each part.
pub struct JsonLines;

impl Writer for JsonLines {
    fn write(&mut self, part: Part<'_>, into: &mut String) {
        match part {
            Part::Start { at, chat } => {
                line(&json!({"type": "header", "version": VERSION, "exportedAt": at, "chat": chat}), into);
            }
            Part::Chat(chat) => line(&json!({"type": "chat", "chat": chat}), into),
            Part::Message(message) => line(&json!({"type": "message", "message": message}), into),
            Part::End { chats, messages } => {
                line(&json!({"type": "end", "chats": chats, "messages": messages}), into);
            }
        }
    }
}

fn line(value: &Value, into: &mut String) {
    into.push_str(&value.to_string());
    into.push('\n');
}
