//! The starred messages of a chat.

use super::pane::{again_when_live, not_loaded};
use super::place::Place;
use crate::model::text::phone;
use crate::protocol::{Message, MessageId, Page, Problem};
use crate::ui::client::Load;
use crate::ui::components::message::line;
use crate::ui::components::{Empty, ListTime};
use crate::ui::hooks::{Verb, host, rest};
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A list of messages that comes page by page.
#[derive(Clone, Copy)]
pub struct Found {
    pub items: RwSignal<Vec<Message>>,
    pub load: RwSignal<Load>,
    next: RwSignal<Option<String>>,
    path: StoredValue<String>,
}

impl Found {
    /// What this search finds; it starts once the page is alive.
    pub fn new(client: Client, path: String) -> Self {
        let found = Self {
            items: RwSignal::new(Vec::new()),
            load: RwSignal::new(Load::Loading),
            next: RwSignal::new(None),
            path: StoredValue::new(path),
        };
        react(move |_| found.fetch(None));
        again_when_live(client, move || {
            if found.load.get_untracked() == Load::Failed {
                found.go_on();
            }
        });
        found
    }

    /// Whether there are more.
    pub fn more(&self) -> bool {
        self.next.with(Option::is_some)
    }

    /// Asks for the next page.
    pub fn go_on(&self) {
        self.fetch(self.next.get_untracked());
    }

    fn fetch(&self, after: Option<String>) {
        let found = *self;
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = self.path.with_value(|path| format!("{path}{after}"));
        self.load.set(Load::Loading);
        rest(Verb::Get, path, None, move |answer: Result<Page<Message>, Problem>| match answer {
            Ok(page) => {
                found.items.try_update(|items| items.extend(page.items));
                found.next.try_set(page.next);
                found.load.try_set(Load::Idle);
            }
            Err(_) => {
                found.load.try_set(Load::Failed);
            }
        });
    }

    /// What stands beneath the list: that it loads, that it failed, or the way to more of it.
    pub fn foot(&self) -> AnyView {
        let t = messages();
        let found = *self;
        let part = move || match found.load.get() {
            Load::Loading => {
                Some(view! { <p class="detail__note" role="status">{t.common.loading}"…"</p> }.into_any())
            }
            Load::Failed => Some(not_loaded(Box::new(move || found.go_on()))),
            Load::Idle => found.more().then(|| {
                view! {
                <button type="button" class="button" on:click=move |_| found.go_on()>{t.details.more}</button>
            }.into_any()
            }),
        };
        view! { {dynamic(part)} }.into_any()
    }
}

/// The list, newest first; pressing one goes to it in the thread.
pub fn starred(place: Place) -> AnyView {
    let t = messages();
    let client = place.client;
    let found = Found::new(client, format!("/search?starred=true&limit=50&chat={}", place.chat()));
    let go = StoredValue::new((use_navigate(), format!("/chats/{}", place.chat())));
    let show = move |id: MessageId| {
        if host::narrow() {
            // The details stand in the thread's place: its address leads to the message, and the way back leads here.
            go.with_value(|(go, home)| go(&format!("{home}?message={id}"), NavigateOptions::default()));
        } else {
            host::show_message(client, &id);
        }
    };
    let row = move |message: Message| {
        let who = if message.from_me {
            t.thread.you.to_owned()
        } else {
            let known = || client.read(|model| model.name_in(&message.chat_id, &message.from));
            message.sender_name.clone().or_else(known).unwrap_or_else(|| phone(&message.from))
        };
        let text = line(&message, client, t);
        let (id, at) = (message.id.clone(), message.timestamp);
        view! {
            <li>
                <button type="button" class="found" on:click=move |_| show(id.clone())>
                    <span class="found__head"><bdi class="found__who">{who}</bdi><ListTime at=Signal::derive(move || at)/></span>
                    <span class="found__text" dir="auto">{text}</span>
                </button>
            </li>
        }
    };
    let none = if client.may_send() { t.details.no_starred_text } else { t.details.no_starred_read };
    let list = move || {
        let items = found.items.get();
        if items.is_empty() {
            return (found.load.get() == Load::Idle)
                .then(|| view! { <Empty icon="star" title=t.details.no_starred text=none/> }.into_any());
        }
        Some(view! { <ul class="found-list">{items.into_iter().map(row).collect_view()}</ul> }.into_any())
    };
    view! { <section class="detail__section">{dynamic(list)}{found.foot()}</section> }.into_any()
}
