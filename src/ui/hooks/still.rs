//! The server's side of the hooks: nobody clicks here, nothing moves, and no time passes. Each function
//! stands for its namesake in `alive`; effects and event handlers, which alone call them, never run here.

use crate::model::RowKey;
use crate::model::sandbox::{Fault, Hint, Phone, PhoneChat, PhoneMessage};
use crate::protocol::{ChatId, Command, CommandResult, MessageId, Millis, Problem, TypingState};
use crate::ui::client::Client;
use crate::ui::context::Theme;
use crate::ui::later::Load;
use leptos::html::Div;
use leptos::prelude::*;

type Then<T> = Result<T, Problem>;

pub fn now() -> Millis {
    0
}

pub fn utc_offset(_at: Millis) -> i32 {
    0
}

pub fn clock_text(_at: Millis) -> Option<String> {
    None
}

pub fn date_text(_at: Millis) -> Option<String> {
    None
}

pub fn set_title(_title: &str) {}

pub fn touch() -> bool {
    false
}

pub fn start(_client: Client) {}

pub fn mark_alive() {}

pub fn set_busy(_busy: bool) {}

pub fn load_chunk(_load: Load, _then: impl FnOnce(bool) + 'static) {}

pub fn ask(_command: Command, _answer: impl FnOnce(Then<CommandResult>) + 'static) {}

pub fn send_text(_client: Client, _chat: &ChatId, _text: String, _quoted: Option<MessageId>) -> bool {
    false
}

pub fn retry(_client: Client, _chat: &ChatId, _row: RowKey) {}

pub fn discard(_client: Client, _chat: &ChatId, _row: RowKey) {}

pub fn mark_read(_client: Client) {}

pub fn show_message(_client: Client, _id: &MessageId) {}

pub fn typing(_chat: &ChatId, _state: TypingState) {}

pub fn load_thread(_client: Client, _id: &ChatId) {}

pub fn load_older(_client: Client) {}

pub fn load_chats(_client: Client) {}

pub fn feed_attached(_client: Client, _feed: NodeRef<Div>, _content: NodeRef<Div>) {}

pub fn feed_scrolled(_client: Client, _feed: NodeRef<Div>) {}

pub fn feed_restore(_client: Client, _feed: NodeRef<Div>) {}

pub fn move_in_feed(_feed: NodeRef<Div>, _key: &str) -> bool {
    false
}

pub fn focus(_selector: &str) {}

pub fn move_focus(_selector: &str, _forward: bool) -> bool {
    false
}

pub fn on_shortcuts(_call: impl Fn(&'static str) + 'static) {}

pub fn hide_popover(_id: &str) {}

pub fn set_theme(_theme: Theme) {}

pub fn try_now() {}

pub fn load_draft(_chat: &ChatId) -> Option<String> {
    None
}

pub fn keep_draft(_chat: &ChatId, _text: &str) {}

pub fn set_life(_bar: NodeRef<Div>, _permille: i64) {}

pub fn phone_phones(_then: impl FnOnce(Then<Vec<Phone>>) + 'static) {}

pub fn phone_chats(_number: &str, _then: impl FnOnce(Then<Vec<PhoneChat>>) + 'static) {}

pub fn phone_messages(_number: &str, _then: impl FnOnce(Then<Vec<PhoneMessage>>) + 'static) {}

pub fn phone_faults(_then: impl FnOnce(Then<Vec<Fault>>) + 'static) {}

pub fn phone_act(_path: &str, _body: Option<serde_json::Value>, _then: impl FnOnce(Then<()>) + 'static) {}

pub fn phone_listen(_number: &str, _hint: impl Fn(Hint) + 'static) {}

pub fn phone_hang_up() {}
