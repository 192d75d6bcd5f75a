//! The chats of all devices: the list's head with its search, and what stands below it.

use super::chat_filters::{Filters, restore};
use super::chat_menu::ChatMenu;
use super::chat_rows::Rows;
use super::{BesideBanner, DeviceBanner, LineBanner};
use crate::ui::chunks;
use crate::ui::client::Found;
use crate::ui::hooks::{host, show_dialog};
use crate::ui::prelude::*;

/// The list with its head.
#[component]
pub fn ChatList() -> impl IntoView {
    let t = messages();
    let client = use_client();
    let sends = client.may_send();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    let wanted = RwSignal::new(false);
    let ask = move |_| {
        if !wanted.get_untracked() {
            wanted.set(true);
        }
        show_dialog(dialog);
    };
    react(move |ran: Option<()>| {
        if ran.is_none() {
            restore(client);
            // What was put away is counted above the list, also where the list is not all here.
            host::load_archive(client);
        }
    });
    react(move |_| {
        client.devices.with(|all| {
            let linked = all.iter().filter(|state| state.device.phone_number.is_some());
            linked.for_each(|state| host::load_labels(client, &state.device.id));
        });
    });
    let searching = memo(move || client.filter.with(|filter| !filter.query.trim().is_empty()));
    view! {
        <section class="chat-list" aria-label=t.chats.title>
            <header class="chat-list__head">
                <h1 class="chat-list__title">{t.chats.title}</h1>
                {sends.then(|| view! {
                    <button type="button" class="icon-button" data-key="n" aria-label=t.chats.new_chat title=t.chats.new_chat on:click=ask>
                        <Icon name="compose"/>
                    </button>
                })}
            </header>
            <Search client/>
            <Filters client/>
            <LineBanner client/>
            <DeviceBanner client/>
            <BesideBanner/>
            {dynamic(move || if searching.get() {
                later(chunks::finding(), move |finding| (finding.results)(client))
            } else {
                view! { <Rows client/> }.into_any()
            })}
            {sends.then(|| view! {
                <ChatMenu client/>
                <dialog class="dialog" node_ref=dialog aria-labelledby="new-chat-title">
                    {dynamic(move || wanted.get().then(|| later(chunks::dialogs(), move |dialogs| (dialogs.new_chat)(client, dialog))))}
                </dialog>
            })}
        </section>
    }
}

#[component]
fn Search(client: Client) -> impl IntoView {
    let t = messages();
    let query = move || client.filter.with(|filter| filter.query.clone());
    let search = move |text: String| {
        // What the results begin with, and what they leave.
        if text.trim().is_empty() {
            client.found.set(Found::default());
        }
        client.filter.update(|filter| filter.query = text);
        client.show_chats();
    };
    view! {
        <div class="search" role="search">
            <Icon name="search"/>
            <input
                id="search" class="search__field" type="search" autocomplete="off" spellcheck="false"
                placeholder=t.chats.search aria-label=t.chats.search
                prop:value=query
                on:focus=move |_| soon(&chunks::finding())
                on:input=move |event| search(event_target_value(&event))
                on:keydown=move |event| match event.key().as_str() {
                    "Escape" => {
                        event.stop_propagation();
                        search(String::new());
                    }
                    "ArrowDown" | "Enter" => {
                        event.prevent_default();
                        host::focus(".chat-rows .chat-row");
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
