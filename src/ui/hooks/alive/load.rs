//! Fetching what the snapshot did not bring: threads, older messages, further chats.

use super::drafts;
use crate::browser::http;
use crate::browser::spawn;
use crate::model::{ChatFilter, ChatKey, FilterKind, Input};
use crate::protocol::{Chat, ChatId, DeviceId, Label, Page, Snapshot, ThreadPage, ThreadRun, read_record};
use crate::ui::client::{Client, Load};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// How many messages a page has.
const PAGE: u32 = 50;

thread_local! {
    static THREADS_UNDER_WAY: RefCell<BTreeSet<ChatId>> = RefCell::default();
    static CHATS_UNDER_WAY: Cell<bool> = const { Cell::new(false) };
    /// The devices whose labels were asked for.
    static LABELLED: RefCell<BTreeSet<DeviceId>> = RefCell::default();
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
    fetch_thread(client, id);
}

/// Loads the newest messages of a chat that is pointed at: until it is pressed, they may be here.
pub fn expect_thread(client: Client, key: ChatKey) {
    if let Some(id) = client.expect(key) {
        fetch_thread(client, id);
    }
}

fn fetch_thread(client: Client, id: ChatId) {
    if !THREADS_UNDER_WAY.with_borrow_mut(|under_way| under_way.insert(id.clone())) {
        return;
    }
    spawn(async move {
        let known = client.read(|model| model.chat_key(&id).is_some());
        let page = if known {
            let path = format!("/api/v1/chats/{id}/messages?limit={PAGE}");
            http::get_told::<ThreadPage>(&path, "switchboard:thread").await.map(Some)
        } else {
            http::get::<Snapshot>(&format!("/api/v1/snapshot?chat={id}")).await.map(|snapshot| {
                let chat: Vec<Chat> = snapshot.chats.into_iter().filter(|chat| chat.id == id).collect();
                let next = client.read(|model| model.next_chats().map(ToOwned::to_owned));
                let changes = client.apply(Input::Chats(Page { items: chat, next, cursor: None }));
                drafts::changed(client, &changes);
                snapshot.thread
            })
        };
        THREADS_UNDER_WAY.with_borrow_mut(|under_way| under_way.remove(&id));
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

/// Loads the page after what is held of the open thread, where that ends before the thread does.
pub fn load_newer(client: Client) {
    let view = client.thread.get_untracked();
    let (Some(id), Some(key)) = (view.chat_id, view.chat) else { return };
    if !view.loaded || !view.has_newer || view.newer == Load::Loading {
        return;
    }
    let Some(last) = client.read(|model| model.thread(key)?.log.last().map(|last| last.id.clone())) else {
        return;
    };
    client.set_load(&id, |view| view.newer = Load::Loading);
    spawn(async move {
        let path = format!("/api/v1/chats/{id}/messages?limit={PAGE}&after={last}");
        let run = http::get::<ThreadRun>(&path).await;
        // A reader who jumped meanwhile has another end now.
        let same = client.read(|model| model.thread(key)?.log.last().map(|now| now.id == last)) == Some(true);
        match run {
            Ok(run) => {
                client.set_load(&id, |view| view.newer = Load::Idle);
                if same {
                    client.apply(Input::Newer(run));
                }
            }
            Err(_) => client.set_load(&id, |view| view.newer = Load::Failed),
        }
    });
}

/// Loads the next page of the chat list as it is filtered.
pub fn load_chats(client: Client) {
    load_list(client, client.filter.get_untracked());
}

/// Loads the next page of the chats that pass a filter.
fn load_list(client: Client, filter: ChatFilter) {
    if !client.read(|model| model.has_more(&filter)) {
        return;
    }
    let list = filter.address();
    let next = client.read(|model| model.next_of(&filter).map(ToOwned::to_owned));
    let path = match next {
        Some(next) => format!("{list}&after={}", js_sys::encode_uri_component(&next)),
        None => list.clone(),
    };
    fetch_chats(client, path, Some(list).filter(|_| !filter.is_plain()));
}

/// Loads what stands apart from the list, where the list is too long to be all here: what was put away.
pub fn load_archive(client: Client) {
    load_list(client, ChatFilter { kind: FilterKind::Archived, ..ChatFilter::default() });
}

struct Labels {
    items: Vec<Label>,
}

read_record!(Labels { items: "items" });

/// Asks for the labels of a device's account, once.
pub fn load_labels(client: Client, device: &DeviceId) {
    if !LABELLED.with_borrow_mut(|asked| asked.insert(device.clone())) {
        return;
    }
    let device_id = device.clone();
    spawn(async move {
        match http::get::<Labels>(&format!("/api/v1/devices/{device_id}/labels")).await {
            Ok(Labels { items: labels }) => {
                client.apply(Input::Labels { device_id, labels });
            }
            // Whoever needs them asks again.
            Err(_) => {
                LABELLED.with_borrow_mut(|asked| asked.remove(&device_id));
            }
        }
    });
}

/// Loads the first page again: the phone brought chats that no event named.
pub(super) fn reload_chats(client: Client) {
    fetch_chats(client, ChatFilter::default().address(), None);
}

/// `list`: the narrower list that the page is of.
fn fetch_chats(client: Client, path: String, list: Option<String>) {
    if CHATS_UNDER_WAY.replace(true) {
        return;
    }
    spawn(async move {
        let page = http::get::<Page<Chat>>(&path).await;
        CHATS_UNDER_WAY.set(false);
        // Without an answer the list's end asks again when it is next seen.
        if let Ok(page) = page {
            let changes = client.apply(match list {
                Some(list) => Input::ChatsOf { list, page },
                None => Input::Chats(page),
            });
            drafts::changed(client, &changes);
        }
    });
}
