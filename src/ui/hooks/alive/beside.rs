//! Between the pages and what runs beside them (`public/beside`): both sides speak by events of the window, and either
//! works without the other.

use crate::browser::{page, storage};
use crate::model::downs::Downs;
use crate::model::time::iso;
use crate::model::{Arrival, Body, Model, news};
use crate::protocol::{
    Chat, ChatId, ChatKind, CommandId, DeviceId, EventKind, Failure, FailureCode, Message, MessageId,
    MessageStatus, decode,
};
use crate::ui::client::{Client, Tone, words};
use crate::ui::hooks::Choices;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;

pub use crate::browser::page::reload;

const CHOICES: &str = "alerts";
/// How soon something has to be due to get a timer of its own, in milliseconds: else the next round finds it.
const NEAR: i64 = 4_000;

thread_local! {
    static UNREAD: Cell<usize> = const { Cell::new(0) };
    /// Whether anybody beside the pages hears what is raised.
    static HEARD: Cell<bool> = const { Cell::new(false) };
    static DOWNS: RefCell<Downs> = RefCell::default();
}

/// Hears what the browser allows, by its own name for it, and that the server has a newer client.
pub fn listen_beside(permission: impl Fn(&str) + 'static, update: impl Fn() + 'static) {
    page::on_told("switchboard:permission", move |said| {
        permission(&said);
        HEARD.set(true);
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

/// What an arrival says in one line.
pub(super) fn line_of(arrival: &Arrival) -> String {
    words().message_line(arrival.kind, &arrival.text, arrival.call.as_deref())
}

fn is_quiet(device: &DeviceId) -> bool {
    choices().devices.iter().any(|quiet| quiet == device.as_str())
}

/// A message came just now, or a call.
pub(super) fn arrived(client: Client, arrival: &Arrival) {
    let chat = client.read(|model| {
        let chat = &model.chat(arrival.chat)?.chat;
        let muted = chat.archived || chat.muted_until.is_some_and(|until| until > super::now());
        let group = (chat.kind == ChatKind::Group).then(|| chat.name.clone());
        Some((chat.id.clone(), muted || is_quiet(&chat.device_id), group))
    });
    let Some((chat_id, muted, group)) = chat else { return };
    let text = line_of(arrival);
    // A group's is from the group, and says who wrote it.
    let (name, text) = match group {
        Some(group) if group != arrival.name => (group, (words().thread.announce)(&arrival.name, &text)),
        _ => (arrival.name.clone(), text),
    };
    let detail = serde_json::json!({
        "id": news::name(&arrival.id, arrival.call.as_deref()),
        "chatId": chat_id,
        "name": name,
        "text": text,
        "muted": muted,
    });
    page::raise("switchboard:arrived", &detail.to_string());
    // A line tells of it, unless the chat is open or the list, which does, is on the page.
    let path = page::path();
    let listed = path == "/chats" || (path.starts_with("/chats/") && !page::phone());
    let there = listed || client.read(Model::open_chat) == Some(arrival.chat);
    if !there && !muted && page::attended() {
        client.notice(Tone::News, format!("{name}: {text}"), Some(format!("/chats/{chat_id}")));
    }
}

/// Something happened that was not taken in before.
pub(super) fn heard(client: Client, event: &EventKind) {
    match event {
        EventKind::MessageNew { message, chat } => raise_message(message, chat),
        EventKind::MessageStatus { chat_id, message_id, status: MessageStatus::Failed, failure, .. } => {
            failed(client, chat_id, message_id, failure.as_ref());
        }
        _ => {}
    }
}

/// Tells scripts beside this client of a message, by the names that an earlier system used.
fn raise_message(message: &Message, chat: &Chat) {
    let detail = serde_json::json!({
        "id": message.id,
        "messageId": message.id,
        "content": message.text,
        "type": message.kind.as_str(),
        "isOutgoing": message.from_me,
        "fromNumber": message.from,
        "toNumber": message.to,
        "timestamp": message.timestamp,
        "createdAt": iso(message.timestamp),
        "status": message.status.as_str(),
        "conversationId": message.chat_id,
        "chatId": message.chat_id,
        "deviceId": message.device_id,
        "senderName": message.sender_name,
        "whatsappId": message.whatsapp_id,
        "clientId": message.command_id,
        "contactName": chat.name,
        "contactNumber": chat.phone_number,
        "isGroup": chat.phone_number.is_none(),
    });
    page::raise("whatsapp:new_message", &detail.to_string());
}

/// Tells them by the same names that a message will not go out.
pub(super) fn raise_error(
    client: Client,
    chat_id: &ChatId,
    (code, error): (&str, &str),
    message: Option<&MessageId>,
    command: Option<&CommandId>,
) {
    let to = client.read(|model| {
        let chat = &model.chat(model.chat_key(chat_id)?)?.chat;
        Some(chat.phone_number.clone().unwrap_or_else(|| chat.jid.clone()))
    });
    let detail = serde_json::json!({
        "success": false,
        "error": error,
        "code": code,
        "to": to,
        "conversationId": chat_id,
        "messageId": message,
        "clientId": command,
        "status": MessageStatus::Failed.as_str(),
    });
    page::raise("whatsapp:message_send_error", &detail.to_string());
}

/// A message that the server had taken does not go out.
fn failed(client: Client, chat_id: &ChatId, message: &MessageId, failure: Option<&Failure>) {
    let cause = failure.map(|failure| failure.text.as_str()).unwrap_or_default();
    let code = failure.and_then(|failure| FailureCode::NAMED.iter().find(|(_, code)| *code == failure.code));
    let (name, open, command) = client.read(|model| {
        let key = model.chat_key(chat_id);
        let row = key.and_then(|key| model.thread(key)?.log.by_id(message));
        let command = row.and_then(|row| match &row.body {
            Body::Settled(message) => message.command_id.clone(),
            Body::Echo(_) => None,
        });
        let name = key.and_then(|key| Some(model.chat(key)?.chat.name.clone()));
        (name, key.is_some() && key == model.open_chat(), command)
    });
    let code = code.map_or("other", |(code, _)| *code);
    raise_error(client, chat_id, (code, cause), Some(message), command.as_ref());
    page::raise("switchboard:failed", "null");
    // Whoever looks at the chat sees it there.
    if let Some(name) = name.filter(|_| !(open && page::attended())) {
        let text = format!("{name}: {}", (words().thread.not_sent)(cause));
        client.notice(Tone::Bad, text, Some(format!("/chats/{chat_id}")));
    }
}

/// What was told of this chat or device has had its time.
fn over(id: &str) {
    page::raise("switchboard:read", &format!("\"{id}\""));
}

/// A chat was opened.
pub(super) fn opened(chat_id: &ChatId) {
    if page::attended() {
        over(chat_id.as_str());
    }
}

/// Chats were read, here or elsewhere.
pub(super) fn clear_read(client: Client) {
    // What nobody heard yet is said once somebody does.
    if HEARD.get() {
        for chat_id in client.take_read() {
            over(chat_id.as_str());
        }
    }
}

/// How the devices are when the page begins: whoever looks at it sees that.
pub(super) fn know_devices(client: Client) {
    DOWNS.with_borrow_mut(|downs| {
        client.read(|model| model.devices().iter().for_each(|state| downs.know(&state.device)));
    });
}

/// How the devices are now: those that go down are told of, and what was told of those that are up is over.
pub(super) fn watch_devices(client: Client) {
    let now = super::now();
    let (up, next) = DOWNS.with_borrow_mut(|downs| {
        client.read(|model| {
            downs.keep(|id| model.device(id).is_some());
            let devices = model.devices().iter().map(|state| &state.device);
            let up = devices.filter(|device| downs.take(device, now)).map(|device| device.id.clone());
            (up.collect::<Vec<DeviceId>>(), downs.next_due())
        })
    });
    for id in &up {
        over(id.as_str());
    }
    let left = next.map(|at| at.saturating_sub(now)).filter(|left| *left < NEAR);
    if let Some(left) = left.and_then(|left| u64::try_from(left).ok()) {
        // Timers may be early by a little.
        drop(set_timeout(move || tell_of_downs(client), Duration::from_millis(left.saturating_add(20))));
    }
}

fn tell_of_downs(client: Client) {
    let due = DOWNS.with_borrow_mut(|downs| downs.due(super::now()));
    for (id, status) in due {
        let name = client.read(|model| model.device(&id).map(|state| state.device.name.clone()));
        let Some(name) = name else { continue };
        let (name, text) = words().device_line(&name, status);
        let detail = serde_json::json!({
            "id": format!("{id}/{}", status.as_str()),
            "deviceId": id,
            "name": name,
            "text": text,
            "muted": is_quiet(&id),
        });
        page::raise("switchboard:down", &detail.to_string());
        let href = format!("/devices/{id}");
        // Where the devices are on the page, they say so themselves.
        let path = page::path();
        if !(page::attended() && (path == "/devices" || path == href)) {
            client.notice(Tone::Bad, format!("{name}. {text}"), Some(href));
        }
    }
}

/// What time brings.
pub(super) fn round(client: Client) {
    watch_devices(client);
    tell_of_downs(client);
    clear_read(client);
}
