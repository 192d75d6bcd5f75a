//! Between the pages and what runs beside them (`public/beside`): both sides speak by events of the window, and either
//! works without the other.

use crate::browser::{page, storage};
use crate::model::Arrival;
use crate::protocol::decode;
use crate::ui::client::{Client, Tone, words};
use crate::ui::hooks::Choices;
use leptos::prelude::*;
use std::cell::Cell;

pub use crate::browser::page::reload;

const CHOICES: &str = "alerts";

thread_local! {
    static UNREAD: Cell<usize> = const { Cell::new(0) };
}

/// Hears what the browser allows, by its own name for it, and that the server has a newer client.
pub fn listen_beside(permission: impl Fn(&str) + 'static, update: impl Fn() + 'static) {
    page::on_told("switchboard:permission", move |said| {
        permission(&said);
        // With this it says that it is there: what was said before then nobody heard.
        page::raise("switchboard:unread", &UNREAD.get().to_string());
    });
    page::on_told("switchboard:update", move |_| update());
    page::raise("switchboard:hello", "null");
}

/// Has the browser ask whether it may notify: only while a press is handled.
pub fn ask_to_notify() {
    page::raise("switchboard:ask", "null");
}

/// What was chosen in this browser.
#[must_use]
pub fn choices() -> Choices {
    storage::load(CHOICES).and_then(|text| decode(&text).ok()).unwrap_or_default()
}

pub fn keep_choices(choices: &Choices) {
    if let Ok(text) = serde_json::to_string(choices) {
        storage::keep(CHOICES, &text);
        page::raise("switchboard:chosen", "null");
    }
}

/// How many chats wait, on the icon of the installed client.
pub fn set_badge(unread: usize) {
    UNREAD.set(unread);
    page::raise("switchboard:unread", &unread.to_string());
}

/// A sound of this class.
pub(super) fn sound(name: &'static str) {
    page::raise("switchboard:sound", &format!("\"{name}\""));
}

/// Whether the line to the server is there.
pub(super) fn line(live: bool) {
    page::raise("switchboard:line", if live { "true" } else { "false" });
}

/// A message came just now.
pub(super) fn arrived(client: Client, arrival: &Arrival) {
    let chat = client.read(|model| {
        let chat = &model.chat(arrival.chat)?.chat;
        let kind = chat.last_message.as_ref().map(|last| (words().kinds.name)(last.kind)).unwrap_or_default();
        Some((chat.id.clone(), chat.device_id.to_string(), chat.muted_until, kind))
    });
    let Some((chat_id, device_id, muted_until, kind)) = chat else { return };
    let muted =
        muted_until.is_some_and(|until| until > super::now()) || choices().devices.contains(&device_id);
    let text = if arrival.text.is_empty() { kind } else { &arrival.text };
    let detail = serde_json::json!({
        "id": arrival.id,
        "chatId": chat_id,
        "name": arrival.name,
        "text": text,
        "muted": muted,
    });
    page::raise("switchboard:arrived", &detail.to_string());
    // In a thread of another chat a line tells of it; wherever the list is on the page, the list does.
    let elsewhere =
        client.thread.with_untracked(|view| view.chat_id.as_ref().is_some_and(|open| *open != chat_id));
    if elsewhere && !muted && page::attended() {
        client.notice(Tone::News, format!("{}: {text}", arrival.name), Some(format!("/chats/{chat_id}")));
    }
}
