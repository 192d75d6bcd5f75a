//! Fetching what the snapshot did not bring: threads, older messages, further chats.

use super::drafts;
use crate::browser::http;
use crate::browser::spawn;
use crate::model::{ChatFilter, ChatKey, DetailInput, FilterKind, Input, Thread};
use crate::protocol::{
    Chat, ChatId, DeviceId, GroupInfo, Label, Page, Snapshot, ThreadPage, ThreadRun, read_record,
};
use crate::ui::client::{Client, Load};
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many messages a page has.
const PAGE: u32 = 50;
/// How many it has at most.
const LARGEST_PAGE: u32 = 200;
/// How many messages are loaded above the first that is unread, if there is room for them.
const ABOVE_UNREAD: u32 = 20;
/// How long after a page of chats that did not come the list looks again whether it lacks one.
const AGAIN: Duration = Duration::from_secs(5);

thread_local! {
    static THREADS_UNDER_WAY: RefCell<BTreeSet<ChatId>> = RefCell::default();
    /// The pages of chats that were asked for, each by its address: one list does not wait for another.
    static CHATS_UNDER_WAY: RefCell<BTreeSet<String>> = RefCell::default();
    /// The groups that are being asked for.
    static GROUPS_UNDER_WAY: RefCell<BTreeSet<ChatId>> = RefCell::default();
    /// The devices whose labels were asked for.
    static LABELLED: RefCell<BTreeSet<DeviceId>> = RefCell::default();
}

/// Loads the newest messages of the chat on the page, if they are not there. A chat that is not in the
/// list is looked for on the server, once: one that it does not have stays missing.
pub fn load_thread(client: Client, id: &ChatId) {
    super::beside::opened(id);
    let view = client.thread.get_untracked();
    let settled = view.loaded || view.missing || view.load == Load::Loading;
    if settled || view.chat_id.as_ref() != Some(id) {
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
            let path = format!("/api/v1/chats/{id}/messages?limit={}", first_page(client, &id));
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
            Ok(Some(page)) => {
                client.apply(Input::Newest(page));
                if is_open(client, &id) {
                    client.open(&id);
                }
                // What did not fit in after all is asked for by whoever sees that it is not there.
                let how = |loaded| if loaded { Load::Idle } else { Load::Failed };
                client.set_load(&id, |view| view.load = how(view.loaded));
            }
            Ok(None) => lack(client, &id),
            Err(problem) if problem.status == 404 && !known => lack(client, &id),
            // What is no longer there although the list has it, an event is about to take from the list.
            Err(_) => client.set_load(&id, |view| view.load = Load::Failed),
        }
    });
}

/// How many messages a thread is loaded with: so many that its unread line stands where it belongs, if one page can
/// hold them.
fn first_page(client: Client, id: &ChatId) -> u32 {
    let unread = client.read(|model| model.chat(model.chat_key(id)?).map(|state| state.chat.unread));
    page_for(unread.unwrap_or(0))
}

/// How many messages a page has in which there should be so many, and some more.
fn page_for(unread: u32) -> u32 {
    if unread == 0 { PAGE } else { unread.saturating_add(ABOVE_UNREAD).clamp(PAGE, LARGEST_PAGE) }
}

/// The server has no such chat.
fn lack(client: Client, id: &ChatId) {
    client.set_load(id, |view| {
        view.load = Load::Idle;
        view.missing = view.chat.is_none();
    });
}

/// Loads the page before what is held of the open thread.
pub fn load_older(client: Client) {
    let view = client.thread.get_untracked();
    let (Some(id), Some(key)) = (view.chat_id, view.chat) else { return };
    if !view.loaded || !view.has_older || view.older == Load::Loading {
        return;
    }
    let first = move || client.read(|model| model.thread(key)?.log.first().map(|first| first.id.clone()));
    let before = first();
    client.set_load(&id, |view| view.older = Load::Loading);
    let missing = client.read(|model| model.thread(key).map(Thread::unread_missing)).unwrap_or(0);
    let limit = page_for(u32::try_from(missing).unwrap_or(u32::MAX));
    spawn(async move {
        let from = before.as_ref().map_or_else(String::new, |before| format!("&before={before}"));
        let path = format!("/api/v1/chats/{id}/messages?limit={limit}{from}");
        match http::get::<ThreadPage>(&path).await {
            Ok(page) => {
                client.set_load(&id, |view| view.older = Load::Idle);
                let (open, same) = (is_open(client, &id), first() == before);
                client.apply(Input::Older { before, page });
                // A reader who jumped meanwhile has another beginning now, and waits for what is before that.
                if open && same {
                    client.slide(true);
                } else if open {
                    load_older(client);
                }
            }
            Err(_) => client.set_load(&id, |view| view.older = Load::Failed),
        }
    });
}

fn is_open(client: Client, id: &ChatId) -> bool {
    client.thread.with_untracked(|view| view.chat_id.as_ref() == Some(id))
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
                    if is_open(client, &id) {
                        client.slide(false);
                    }
                } else if is_open(client, &id) {
                    load_newer(client);
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

/// Asks who is in the group on the page. Where that does not come, its line says no more than before.
pub fn load_members(client: Client, device: &DeviceId, chat: ChatId) {
    if !is_open(client, &chat) || !GROUPS_UNDER_WAY.with_borrow_mut(|asked| asked.insert(chat.clone())) {
        return;
    }
    let path = format!("/api/v1/devices/{device}/groups/{chat}");
    spawn(async move {
        let group = http::get::<GroupInfo>(&path).await;
        GROUPS_UNDER_WAY.with_borrow_mut(|asked| asked.remove(&chat));
        if let Ok(group) = group {
            client.detail(DetailInput::Members(group));
        }
    });
}

/// Loads the first page again, and what waits beyond it: the phone brought chats that no event named.
pub(super) fn reload_chats(client: Client) {
    const STATE: &str = "/api/v1/snapshot";
    if !CHATS_UNDER_WAY.with_borrow_mut(|under_way| under_way.insert(STATE.to_owned())) {
        return;
    }
    spawn(async move {
        let snapshot = http::get::<Snapshot>(STATE).await;
        CHATS_UNDER_WAY.with_borrow_mut(|under_way| under_way.remove(STATE));
        if let Ok(snapshot) = snapshot {
            let changes = client.apply(Input::Reloaded(Box::new(snapshot)));
            drafts::changed(client, &changes);
        }
    });
}

/// `list`: the narrower list that the page is of.
fn fetch_chats(client: Client, path: String, list: Option<String>) {
    if !CHATS_UNDER_WAY.with_borrow_mut(|under_way| under_way.insert(path.clone())) {
        return;
    }
    spawn(async move {
        let page = http::get::<Page<Chat>>(&path).await;
        CHATS_UNDER_WAY.with_borrow_mut(|under_way| under_way.remove(&path));
        // A page may hold nothing that the list shows, and its end is in sight still.
        let look_again = move || client.pages.update(|pages| *pages = pages.wrapping_add(1));
        match page {
            Ok(page) => {
                let changes = client.apply(match list {
                    Some(list) => Input::ChatsOf { list, page },
                    None => Input::Chats(page),
                });
                drafts::changed(client, &changes);
                look_again();
            }
            Err(_) => drop(set_timeout(look_again, AGAIN)),
        }
    });
}
