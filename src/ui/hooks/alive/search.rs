//! Asking the server for what is typed into the search: chats that are not loaded, contacts, messages.

use crate::browser::{Timer, http, spawn};
use crate::model::{ChatFilter, FilterKind, Input};
use crate::protocol::{Chat, ChatId, Contact, DeviceId, Message, Page, Problem};
use crate::ui::client::{Client, Found, words};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// How long after the last key the server is asked, in milliseconds.
const PAUSE: i64 = 220;
/// How many messages are asked for.
const PAGE: u32 = 20;
/// How many contacts of one account, and of how many accounts.
const CONTACTS: u32 = 8;
const ACCOUNTS: usize = 6;
/// The longest text that may be looked for, in characters.
const LONGEST: usize = 100;

thread_local! {
    static DUE: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// What is typed has changed.
pub fn search(client: Client) {
    let query = typed(client);
    if query.is_empty() {
        DUE.set(None);
        client.found.set(Found::default());
        return;
    }
    client.found.update(|found| found.pending = found.pending.max(1));
    DUE.set(Some(Timer::after(PAUSE, move || begin(client, query))));
}

/// The messages after those that were found.
pub fn search_more(client: Client) {
    let Found { query, narrowed, next: Some(next), pending: 0, .. } = client.found.get_untracked() else {
        return;
    };
    client.found.update(|found| found.pending = 1);
    let after = format!("&after={}", js_sys::encode_uri_component(&next));
    spawn(messages(client, Asked { query, narrowed }, after));
}

/// What is asked for: an answer to anything else is of no use any more.
#[derive(Clone, PartialEq)]
struct Asked {
    query: String,
    narrowed: String,
}

impl Asked {
    /// What is typed now, and to which chats it is narrowed.
    fn now(client: Client) -> Self {
        Self { query: typed(client), narrowed: client.filter.with_untracked(ChatFilter::of_messages) }
    }
}

fn typed(client: Client) -> String {
    let query: String =
        client.filter.with_untracked(|filter| filter.query.trim().chars().take(LONGEST).collect());
    // Without a letter or digit there is no word to look for.
    if query.chars().any(char::is_alphanumeric) { query } else { String::new() }
}

fn escape(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}

fn begin(client: Client, query: String) {
    // Nobody looks for it any more.
    if typed(client) != query {
        return;
    }
    let accounts = accounts(client);
    let pending = 2 + u32::try_from(accounts.len()).unwrap_or(0);
    let asked = Asked::now(client);
    let Asked { query, narrowed } = asked.clone();
    client.found.set(Found { query, narrowed, pending, ..Found::default() });
    spawn(chats(client, asked.clone()));
    for account in accounts {
        spawn(contacts(client, asked.clone(), account));
    }
    spawn(messages(client, asked, String::new()));
}

/// Whose contacts are looked through: somebody without a chat is in no group of chats.
fn accounts(client: Client) -> Vec<DeviceId> {
    let filter = client.filter.get_untracked();
    if filter.kind != FilterKind::All || filter.label.is_some() {
        return Vec::new();
    }
    let only = filter.device;
    client.devices.with_untracked(|all| {
        let linked = all.iter().map(|state| &state.device).filter(|device| device.phone_number.is_some());
        let asked = linked.filter(|device| only.as_ref().is_none_or(|only| device.id == *only));
        asked.take(ACCOUNTS).map(|device| device.id.clone()).collect()
    })
}

async fn chats(client: Client, asked: Asked) {
    let list = client.filter.with_untracked(ChatFilter::address);
    let path = format!("{list}&q={}", escape(&asked.query));
    let answer = http::get::<Page<Chat>>(&path).await.map(|page| {
        client.apply(Input::Known(page.items));
    });
    answered(client, &asked, answer, |_, ()| {});
}

async fn contacts(client: Client, asked: Asked, account: DeviceId) {
    let path = format!("/api/v1/devices/{account}/contacts?q={}&limit={CONTACTS}", escape(&asked.query));
    let answer = http::get::<Page<Contact>>(&path).await;
    answered(client, &asked, answer, |found, page| found.contacts.extend(page.items));
}

async fn messages(client: Client, asked: Asked, after: String) {
    let narrowed = &asked.narrowed;
    let path = format!("/api/v1/search?q={}&limit={PAGE}{narrowed}{after}", escape(&asked.query));
    let answer = http::get::<Page<Message>>(&path).await;
    if let Ok(page) = &answer {
        name_chats(client, &page.items).await;
    }
    answered(client, &asked, answer, |found, page| {
        found.messages.extend(page.items);
        found.next = page.next;
    });
}

/// Loads the chats of messages that were found, as far as they are not known.
async fn name_chats(client: Client, messages: &[Message]) {
    let chats: BTreeSet<ChatId> = messages.iter().map(|message| message.chat_id.clone()).collect();
    for id in chats {
        if client.read(|model| model.chat_key(&id).is_some()) {
            continue;
        }
        if let Ok(chat) = http::get::<Chat>(&format!("/api/v1/chats/{id}")).await {
            client.apply(Input::Known(vec![chat]));
        }
    }
}

/// Shows an answer, unless something else is asked for by now.
fn answered<T>(client: Client, asked: &Asked, answer: Result<T, Problem>, show: fn(&mut Found, T)) {
    let shown = |found: &Found| found.query == asked.query && found.narrowed == asked.narrowed;
    if !client.found.with_untracked(shown) || Asked::now(client) != *asked {
        return;
    }
    client.found.update(|found| {
        found.pending = found.pending.saturating_sub(1);
        match answer {
            Ok(answer) => show(found, answer),
            Err(_) => found.failed = true,
        }
    });
    let found = client
        .found
        .with_untracked(|found| (found.pending == 0).then(|| found.contacts.len() + found.messages.len()));
    if let Some(found) = found {
        let all = found + client.chats.with_untracked(Vec::len);
        client.said.set((words().chats.results)(i64::try_from(all).unwrap_or(i64::MAX)));
    }
}
