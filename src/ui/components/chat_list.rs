//! The chats of all devices: search, filters, and the live list.

use super::chat_row::ChatRow;
use super::{DeviceBanner, Empty, LineBanner};
use crate::model::{ChatFilter, ChatKey, FilterKind};
use crate::protocol::{DeviceId, Network};
use crate::ui::chunks;
use crate::ui::hooks::{host, show_dialog};
use crate::ui::prelude::*;

/// How many rows are on the page at first, and how many more each time the end is near.
const STEP: usize = 60;
/// Nearer to the end of the list than this, more rows come, in pixels.
const NEAR: i32 = 800;
/// A filter that leaves fewer rows than this looks further down the list by itself.
const FEW: usize = 12;

/// The list with its head.
#[component]
pub fn ChatList() -> impl IntoView {
    let t = messages();
    let client = use_client();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let wanted = RwSignal::new(false);
    let ask = move |_| {
        if !wanted.get_untracked() {
            wanted.set(true);
        }
        show_dialog(dialog);
    };
    host_shortcuts(client);
    view! {
        <section class="chat-list" aria-label=t.chats.title>
            <header class="chat-list__head">
                <h1 class="chat-list__title">{t.chats.title}</h1>
                <button type="button" class="icon-button" aria-label=t.chats.new_chat title=t.chats.new_chat on:click=ask>
                    <Icon name="compose"/>
                </button>
            </header>
            <Search client/>
            <Filters client/>
            <LineBanner client/>
            <DeviceBanner client/>
            <Rows client/>
            <dialog class="dialog" node_ref=dialog aria-labelledby="new-chat-title">
                {dynamic(move || wanted.get().then(|| later(chunks::dialogs(), move |dialogs| (dialogs.new_chat)(client, dialog))))}
            </dialog>
        </section>
    }
}

#[component]
fn Search(client: Client) -> impl IntoView {
    let t = messages();
    let query = move || client.filter.with(|filter| filter.query.clone());
    let search = move |text: String| change(client, |filter| filter.query = text);
    view! {
        <div class="search" role="search">
            <Icon name="search"/>
            <input
                id="search" class="search__field" type="search" autocomplete="off" spellcheck="false"
                placeholder=t.chats.search aria-label=t.chats.search
                prop:value=query
                on:input=move |event| search(event_target_value(&event))
                on:keydown=move |event| match event.key().as_str() {
                    "Escape" => {
                        event.stop_propagation();
                        search(String::new());
                    }
                    "ArrowDown" | "Enter" => {
                        event.prevent_default();
                        host::focus(".chat-rows a");
                    }
                    _ => {}
                }
            />
            {dynamic(move || if query().is_empty() {
                view! { <kbd class="search__hint" aria-hidden="true">{t.chats.search_hint}</kbd> }.into_any()
            } else {
                view! {
                    <button type="button" class="search__clear" aria-label=t.chats.clear_search on:click=move |_| {
                        search(String::new());
                        host::focus("#search");
                    }>
                        <Icon name="close"/>
                    </button>
                }.into_any()
            })}
        </div>
    }
}

#[component]
fn Filters(client: Client) -> impl IntoView {
    let t = messages();
    let chip = move |kind: FilterKind, label: &'static str| {
        let on = move || client.filter.with(|filter| filter.kind == kind && filter.device.is_none());
        let count = move || {
            let unread = client.unread.get();
            (kind == FilterKind::Unread && unread > 0)
                .then(|| view! { <span class="chip__count">{unread}</span> })
        };
        view! {
            <button
                type="button" class="chip" aria-pressed=live(move || on().to_string())
                on:click=move |_| change(client, |filter| {
                    filter.kind = kind;
                    filter.device = None;
                })
            >
                {label}{count}
            </button>
        }
    };
    let names = memo(move || {
        client.devices.with(|all| {
            all.iter().map(|state| (state.device.id.clone(), state.device.name.clone())).collect::<Vec<_>>()
        })
    });
    let devices = move || {
        let names = names.get();
        let several = names.len() > 1;
        names
            .into_iter()
            .filter(|_| several)
            .map(|(id, name)| view! { <DeviceChip client id name/> })
            .collect_view()
    };
    view! {
        <div class="chips" role="group" aria-label=t.chats.filters>
            {chip(FilterKind::All, t.chats.all)}
            {chip(FilterKind::Unread, t.chats.unread)}
            {chip(FilterKind::Groups, t.chats.groups)}
            {devices}
        </div>
    }
}

#[component]
fn DeviceChip(client: Client, id: DeviceId, name: String) -> impl IntoView {
    let of = id.clone();
    let on = memo(move || client.filter.with(|filter| filter.device.as_ref() == Some(&of)));
    view! {
        <button
            type="button" class="chip" aria-pressed=live(move || on.get().to_string())
            on:click=move |_| {
                let device = (!on.get_untracked()).then(|| id.clone());
                change(client, |filter| {
                    filter.kind = FilterKind::All;
                    filter.device = device;
                });
            }
        >
            <bdi>{name}</bdi>
        </button>
    }
}

#[component]
fn Rows(client: Client) -> impl IntoView {
    let t = messages();
    let limit = RwSignal::new(STEP);
    let place = NodeRef::<leptos::html::Nav>::new();
    let stop = RwSignal::new(client.chats.with_untracked(|chats| chats.first().copied()));
    let shown = move || {
        let limit = limit.get();
        client.chats.with(|chats| chats.iter().take(limit).copied().collect::<Vec<ChatKey>>())
    };
    // There is always one row that the Tab key reaches: the one last focused, else the first.
    react(move |_| {
        let first = client.chats.with(|chats| chats.first().copied());
        let gone = stop.get_untracked().is_none_or(|stop| client.chats.with(|chats| !chats.contains(&stop)));
        if gone {
            stop.set(first);
        }
    });
    react(move |_| {
        let narrowed = client.filter.with(|filter| filter.kind != FilterKind::All && filter.query.is_empty());
        if narrowed && client.more_chats.get() && client.chats.with(Vec::len) < FEW {
            host::load_chats(client);
        }
    });
    let scrolled = move |_| {
        let Some(place) = place.get_untracked() else { return };
        if place.scroll_height() - place.scroll_top() - place.client_height() < NEAR {
            let loaded = client.chats.with_untracked(Vec::len);
            if limit.get_untracked() < loaded {
                limit.update(|limit| *limit += STEP);
            } else if client.more_chats.get_untracked() {
                limit.set(loaded + STEP);
                host::load_chats(client);
            }
        }
    };
    let none = memo(move || client.chats.with(Vec::is_empty));
    view! {
        <nav
            class="chat-rows" aria-label=t.chats.list node_ref=place on:scroll=scrolled
            on:keydown=move |event| {
                let forward = match event.key().as_str() {
                    "ArrowDown" => true,
                    "ArrowUp" => false,
                    _ => return,
                };
                if !event.alt_key() && host::move_focus(".chat-row", forward) {
                    event.prevent_default();
                }
            }
        >
            {dynamic(move || none.get().then(|| view! { <Nothing client/> }))}
            <ul class="chat-rows__list">
                <For each=shown key=|key| *key let(key)>
                    <ChatRow key stop/>
                </For>
            </ul>
            {dynamic(move || (client.more_chats.get() && !none.get()).then(|| view! {
                <p class="chat-rows__more" role="status">{t.chats.loading_more}</p>
            }))}
        </nav>
    }
}

/// No chat is shown: because there is none, or because of the filter.
#[component]
fn Nothing(client: Client) -> impl IntoView {
    let t = messages();
    let all =
        move |_| change(client, |filter| *filter = ChatFilter { keep: filter.keep, ..ChatFilter::default() });
    move || {
        let filter = client.filter.get();
        let text = match (&filter.query, filter.kind, &filter.device) {
            (query, _, _) if !query.trim().is_empty() => (t.chats.none_found)(query.trim()),
            (_, FilterKind::Unread, _) => t.chats.none_unread.to_owned(),
            (_, FilterKind::Groups, _) => t.chats.none_groups.to_owned(),
            (_, FilterKind::All, Some(_)) => t.chats.none_device.to_owned(),
            (_, FilterKind::All, None) => return view! { <NoChats client/> }.into_any(),
        };
        view! {
            <div class="chat-rows__none">
                <p>{text}</p>
                <button type="button" class="button" on:click=all>{t.chats.show_all}</button>
            </div>
        }
        .into_any()
    }
}

#[component]
fn NoChats(client: Client) -> impl IntoView {
    let t = messages();
    let linked =
        memo(move || client.devices.with(|all| all.iter().any(|state| state.device.phone_number.is_some())));
    let sandbox = client.network() == Network::Sandbox;
    move || {
        if linked.get() {
            view! {
                <Empty icon="chat" title=t.chats.empty_title text=t.chats.empty_text>
                    {sandbox.then(|| view! { <a class="button" href="/sandbox">{t.chats.to_sandbox}</a> })}
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty icon="device" title=t.chats.empty_no_device_title text=t.chats.empty_no_device_text>
                    <a class="button button--primary" href="/devices">{t.chats.add_device}</a>
                </Empty>
            }
            .into_any()
        }
    }
}

fn change(client: Client, change: impl FnOnce(&mut ChatFilter)) {
    client.filter.update(change);
    client.show_chats();
}

/// Ctrl K to the search, Alt with an arrow to the neighbouring chat, Escape back to the composer.
fn host_shortcuts(client: Client) {
    let navigate = leptos_router::hooks::use_navigate();
    react(move |_| {
        let navigate = navigate.clone();
        host::on_shortcuts(move |shortcut| {
            let step: isize = match shortcut {
                "search" => return host::focus("#search"),
                "escape" => return host::focus("#composer"),
                "next" => 1,
                _ => -1,
            };
            let chats = client.chats.get_untracked();
            let here = client.thread.with_untracked(|view| view.chat);
            let at = here.and_then(|here| chats.iter().position(|key| *key == here));
            let to = match at {
                Some(at) => at.checked_add_signed(step),
                None => Some(0),
            };
            let key = to.and_then(|to| chats.get(to).copied());
            let id =
                key.and_then(|key| client.read(|model| model.chat(key).map(|state| state.chat.id.clone())));
            if let Some(id) = id {
                navigate(&format!("/chats/{id}"), leptos_router::NavigateOptions::default());
            }
        });
    });
}
