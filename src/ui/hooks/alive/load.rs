//! Fetching what the snapshot did not bring: threads, older messages, further chats.

use crate::browser::http;
use crate::browser::spawn;
use crate::model::Input;
use crate::protocol::{Chat, ChatId, Page, Snapshot, ThreadPage};
use crate::ui::client::{Client, Load};
use leptos::prelude::*;
use std::cell::Cell;

/// How many messages a page has.
const PAGE: u32 = 50;

thread_local! {
    static CHATS_UNDER_WAY: Cell<bool> = const { Cell::new(false) };
}

/// Loads the newest messages of the chat on the page, if they are not there. A chat that is not in the
/// list is looked for on the server.
pub fn load_thread(client: Client, id: &ChatId) {
    let view = client.thread.get_untracked();
    if view.loaded || view.load == Load::Loading || view.chat_id.as_ref() != Some(id) {
        return;
    }
    let id = id.clone();
    client.set_load(&id, |view| view.load = Load::Loading);
    spawn(async move {
        let known = client.read(|model| model.chat_key(&id).is_some());
        let page = if known {
            let path = format!("/api/v1/chats/{id}/messages?limit={PAGE}");
            http::get_told::<ThreadPage>(&path, "switchboard:thread").await.map(Some)
        } else {
            http::get::<Snapshot>(&format!("/api/v1/snapshot?chat={id}")).await.map(|snapshot| {
                let chat: Vec<Chat> = snapshot.chats.into_iter().filter(|chat| chat.id == id).collect();
                let next = client.read(|model| model.next_chats().map(ToOwned::to_owned));
                client.apply(Input::Chats(Page { items: chat, next, cursor: None }));
                snapshot.thread
            })
        };
        match page {
            Ok(page) => {
                if let Some(page) = page {
                    client.apply(Input::Newest(page));
                }
                let still_there = client.thread.with_untracked(|view| view.chat_id.as_ref() == Some(&id));
                if still_there {
                    client.open(&id);
                }
                client.set_load(&id, |view| view.load = Load::Idle);
            }
            Err(problem) => {
                let load = if problem.status == 404 { Load::Idle } else { Load::Failed };
                client.set_load(&id, |view| view.load = load);
            }
        }
    });
}

/// Loads the page before what is held of the open thread.
pub fn load_older(client: Client) {
    let view = client.thread.get_untracked();
    let (Some(id), Some(key)) = (view.chat_id, view.chat) else { return };
    if !view.loaded || !view.has_older || view.older == Load::Loading {
        return;
    }
    let first = client.read(|model| model.thread(key)?.log.first().map(|first| first.id.clone()));
    client.set_load(&id, |view| view.older = Load::Loading);
    spawn(async move {
        let before = first.map_or_else(String::new, |first| format!("&before={first}"));
        let path = format!("/api/v1/chats/{id}/messages?limit={PAGE}{before}");
        match http::get::<ThreadPage>(&path).await {
            Ok(page) => {
                client.set_load(&id, |view| view.older = Load::Idle);
                client.apply(Input::Older(page));
                client.slide(true);
            }
            Err(_) => client.set_load(&id, |view| view.older = Load::Failed),
        }
    });
}

/// Loads the next page of the chat list.
pub fn load_chats(client: Client) {
    let Some(after) = client.read(|model| model.next_chats().map(ToOwned::to_owned)) else { return };
    fetch_chats(client, format!("/api/v1/chats?limit=100&after={}", js_sys::encode_uri_component(&after)));
}

/// Loads the first page again: the phone brought chats that no event named.
pub(super) fn reload_chats(client: Client) {
    fetch_chats(client, "/api/v1/chats?limit=100".to_owned());
}

fn fetch_chats(client: Client, path: String) {
    if CHATS_UNDER_WAY.replace(true) {
        return;
    }
    spawn(async move {
        let page = http::get::<Page<Chat>>(&path).await;
        CHATS_UNDER_WAY.set(false);
        // Without an answer the list's end asks again when it is next seen.
        if let Ok(page) = page {
            client.apply(Input::Chats(page));
        }
    });
}
