//! The server's side of the hooks: nobody clicks here, nothing moves, and no time passes. Each function
//! stands for its namesake in `alive`; effects and event handlers, which alone call them, never run here.

use crate::model::emoji::EmojiGroup;
use crate::model::sandbox::{Fault, Hint, Phone, PhoneChat, PhoneMessage};
use crate::model::stickers::{Made, Unfit};
use crate::model::writing::Named;
use crate::model::{ChatKey, Picked, RowKey, Sending};
use crate::protocol::{
    ChatChange, ChatId, Command, CommandResult, DeviceId, MediaInfo, MessageId, Millis, NewMessage, Problem,
    TypingState,
};
use crate::ui::client::Client;
use crate::ui::context::Theme;
use crate::ui::hooks::{Choices, Verb};
use crate::ui::later::Load;
use crate::ui::look::Look;
use leptos::html::{Audio, Div, Nav, Ul, Video};
use leptos::prelude::*;
use leptos_router::location::State;

type Then<T> = Result<T, Problem>;

pub fn now() -> Millis {
    0
}

pub fn when_idle(_run: impl FnOnce() + 'static) {}

pub fn name_order(one: &str, other: &str) -> std::cmp::Ordering {
    one.cmp(other)
}

pub fn load_members(_client: Client, _device: &DeviceId, _chat: ChatId) {}

pub fn utc_offset(_at: Millis) -> i32 {
    0
}

pub fn clock_text(_at: Millis) -> Option<String> {
    None
}

pub fn date_text(_at: Millis) -> Option<String> {
    None
}

pub fn number_text(_number: i64) -> Option<String> {
    None
}

pub fn tenths_text(_tenths: i64) -> Option<String> {
    None
}

pub fn set_title(_title: &str) {}

pub fn set_badge(_unread: usize) {}

pub fn listen_beside(_permission: impl Fn(&str) + 'static, _update: impl Fn() + 'static) {}

pub fn ask_to_notify() {}

pub fn choices() -> Choices {
    Choices::default()
}

pub fn keep_choices(_choices: &Choices) {}

pub fn reload() {}

pub fn touch() -> bool {
    false
}

pub fn narrow() -> bool {
    false
}

pub fn start(_client: Client) {}

pub fn mark_alive() {}

pub fn set_busy(_busy: bool) {}

pub fn load_chunk(_load: Load, _then: impl FnOnce(bool) + 'static) {}

pub fn ask(_command: Command, _answer: impl FnOnce(Then<CommandResult>) + 'static) {}

pub fn call(
    _verb: Verb,
    _path: String,
    _body: Option<serde_json::Value>,
    _then: Box<dyn FnOnce(Then<serde_json::Value>)>,
) {
}

pub fn copy_text(_text: &str, _then: impl FnOnce(bool) + 'static) {}

pub fn send_text(_client: Client, _chat: &ChatId, _text: String, _quoted: Option<MessageId>) -> bool {
    false
}

pub fn retry(_client: Client, _chat: &ChatId, _row: RowKey) {}

pub fn discard(_client: Client, _chat: &ChatId, _row: RowKey) {}

pub fn mark_read(_client: Client) {}

pub fn forget_jump() {}

pub fn show_message(_client: Client, _id: &MessageId) {}

pub fn show_date(_client: Client, _day: &str) {}

pub fn change_chat(_client: Client, _key: ChatKey, _change: ChatChange) {}

pub fn label_chat(_client: Client, _chat: &ChatId, _label: &str, _on: bool) {}

pub fn list_place(_place: NodeRef<Nav>, _list: NodeRef<Ul>) -> Option<(usize, usize)> {
    None
}

pub fn pad_list(_list: NodeRef<Ul>, _above: usize, _below: usize) {}

pub fn list_top(_place: NodeRef<Nav>) {}

pub fn blur(_selector: &str) {}

pub fn after_paint(_run: impl FnOnce() + 'static) {}

pub fn expect_thread(_client: Client, _key: ChatKey) {}

pub fn chat_under(_event: &leptos::ev::MouseEvent) -> Option<ChatKey> {
    None
}

pub fn open_chat_menu(_key: ChatKey) {}

pub fn load_filter() -> Option<String> {
    None
}

pub fn keep_filter(_text: &str) {}

pub fn search(_client: Client) {}

pub fn search_more(_client: Client) {}

pub fn typing(_chat: &ChatId, _state: TypingState) {}

pub fn load_thread(_client: Client, _id: &ChatId) {}

pub fn load_older(_client: Client) {}

pub fn load_newer(_client: Client) {}

pub fn load_chats(_client: Client) {}

pub fn load_archive(_client: Client) {}

pub fn load_labels(_client: Client, _device: &DeviceId) {}

pub fn load_pins(_client: Client, _id: &ChatId) {}

pub fn feed_attached(_client: Client, _feed: NodeRef<Div>, _content: NodeRef<Div>) {}

pub fn feed_scrolled(_client: Client, _feed: NodeRef<Div>) {}

pub fn feed_changed(_client: Client, _feed: NodeRef<Div>) {}

pub fn feed_restore(_client: Client, _feed: NodeRef<Div>) {}

pub fn move_in_feed(_feed: NodeRef<Div>, _key: &str) -> bool {
    false
}

pub fn menu_pressed(_event: &leptos::ev::MouseEvent) -> Option<RowKey> {
    None
}

pub fn reactions_pressed(_event: &leptos::ev::MouseEvent) -> Option<RowKey> {
    None
}

pub fn swipe_begins(_event: &leptos::ev::PointerEvent) {}

pub fn swipe_moves(_event: &leptos::ev::PointerEvent) {}

pub fn swipe_ends() -> Option<RowKey> {
    None
}

pub fn back_swipe_begins(_event: &leptos::ev::PointerEvent) {}

pub fn back_swipe_moves(_event: &leptos::ev::PointerEvent) {}

pub fn back_swipe_ends() -> bool {
    false
}

pub fn go_back() -> bool {
    false
}

pub fn entry_state() -> State {
    State::default()
}

pub fn focus(_selector: &str) {}

pub fn focus_to_write(_selector: &str) {}

pub fn move_focus(_selector: &str, _forward: bool) -> bool {
    false
}

pub fn on_shortcuts(_call: impl Fn(&'static str) + 'static) {}

pub fn hide_popover(_id: &str) {}

pub fn set_theme(_theme: Theme) {}

pub fn set_look(_look: Look) {}

pub fn choose_language(_tag: &str) {}

pub fn on_keys(_call: impl Fn(&str) -> bool + 'static) {}

pub fn is_there(_selector: &str) -> bool {
    false
}

pub fn press(_selector: &str) -> bool {
    false
}

pub fn keys_off() -> bool {
    false
}

pub fn set_keys_off(_off: bool) {}

pub fn origin() -> String {
    String::new()
}

pub fn try_now() {}

pub fn write_draft(_client: Client, _chat: &ChatId, _text: &str, _named: Vec<Named>) {}

pub fn tell_drafts(_client: Client) {}

pub fn set_life(_bar: NodeRef<Div>, _permille: i64) {}

pub fn send_message(
    _client: Client,
    _chat: &ChatId,
    _message: NewMessage,
    _media: Option<MediaInfo>,
) -> bool {
    false
}

pub fn pick_files(_accept: &str, _then: impl Fn(Vec<Picked>) + 'static) {}

pub fn pick_file(_accept: &str, _then: impl Fn(Picked) + 'static) {}

pub fn make_sticker(_picture: Picked, _then: impl FnOnce(Result<Made, Unfit>) + 'static) {}

pub fn on_files(_over: impl Fn(bool) + Clone + 'static, _then: impl Fn(Vec<Picked>) + Clone + 'static) {}

pub fn forget_files(_keys: &[u32]) {}

pub fn send_files(_client: Client, _all: Vec<Sending>) {}

pub fn cancel_upload(_client: Client, _key: u32) {}

pub fn retry_upload(_client: Client, _key: u32) {}

pub fn kept(_name: &str) -> Option<String> {
    None
}

pub fn keep(_name: &str, _text: &str) {}

pub fn load_emoji(_language: &'static str, _then: impl FnOnce(Option<Vec<EmojiGroup>>) + 'static) {}

pub fn locate(_then: impl FnOnce(Option<(f64, f64)>) + 'static) {}

pub fn can_record() -> bool {
    false
}

pub fn record(_level: impl Fn(u8) + 'static, _begun: impl FnOnce(bool) + 'static) {}

pub fn stop_recording() {}

pub fn finish_recording(_then: impl FnOnce(Picked, Vec<u8>) + 'static) {}

pub fn play(_audio: NodeRef<Audio>, _rate: f64) {}

pub fn play_silently(_film: NodeRef<Video>) {}

pub fn pause(_audio: NodeRef<Audio>) {}

pub fn set_rate(_audio: NodeRef<Audio>, _rate: f64) {}

pub fn sound_at(_audio: NodeRef<Audio>) -> (f64, Option<f64>) {
    (0.0, None)
}

pub fn seek(_audio: NodeRef<Audio>, _seconds: f64) {}

pub fn set_zoom(_stage: NodeRef<Div>, _percent: u32, _step: usize) {}

pub fn pan(_stage: NodeRef<Div>, _right: i32, _down: i32) {}

pub fn on_controls(_event: &leptos::ev::PointerEvent) -> bool {
    false
}

pub fn phone_phones(_then: impl FnOnce(Then<Vec<Phone>>) + 'static) {}

pub fn phone_chats(_number: &str, _then: impl FnOnce(Then<Vec<PhoneChat>>) + 'static) {}

pub fn phone_messages(_number: &str, _then: impl FnOnce(Then<Vec<PhoneMessage>>) + 'static) {}

pub fn phone_faults(_then: impl FnOnce(Then<Vec<Fault>>) + 'static) {}

pub fn phone_act(_path: &str, _body: Option<serde_json::Value>, _then: impl FnOnce(Then<()>) + 'static) {}

pub fn phone_listen(_number: &str, _hint: impl Fn(Hint) + 'static) {}

pub fn phone_hang_up() {}
