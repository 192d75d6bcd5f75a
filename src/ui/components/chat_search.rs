//! Looking for words in the messages of one chat: a part of its details.

use super::ListTime;
use super::marked::marked;
use super::message_row::kind_icon;
use super::picker::encoded;
use crate::model::found::excerpt;
use crate::model::text::{phone, plain, spans};
use crate::protocol::{ChatId, Message, MessageId, Page, Problem};
use crate::ui::client::{Load, words};
use crate::ui::hooks::{Verb, host, rest};
use crate::ui::prelude::*;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::time::Duration;

/// How long after the last key the server is asked.
const PAUSE: Duration = Duration::from_millis(220);
/// The longest text that is looked for, in characters.
const LONGEST: usize = 100;

/// What was found for what is typed.
#[derive(Debug, Clone, Default)]
struct Hits {
    /// What it was found for; empty where nothing is asked for.
    query: String,
    messages: Vec<Message>,
    next: Option<String>,
    load: Load,
}

/// A search in one chat.
#[derive(Clone, Copy)]
struct Search {
    client: Client,
    chat: StoredValue<ChatId>,
    hits: RwSignal<Hits>,
    due: StoredValue<Option<TimeoutHandle>>,
}

impl Search {
    /// What is typed has changed: the server is asked once the fingers rest.
    fn typed(self, text: String) {
        let query: String = text.trim().chars().take(LONGEST).collect();
        // Without a letter or digit there is no word to look for.
        let query = if query.chars().any(char::is_alphanumeric) { query } else { String::new() };
        self.client.sought.set((Some(self.chat.get_value()), text));
        self.wait_no_more();
        if self.hits.with_untracked(|hits| hits.query == query && hits.load != Load::Failed) {
            return;
        }
        let load = if query.is_empty() { Load::Idle } else { Load::Loading };
        self.hits.set(Hits { query: query.clone(), load, ..Hits::default() });
        if load == Load::Loading {
            let asked = move || self.ask(query, String::new());
            self.due.set_value(set_timeout(asked, PAUSE).ok());
        }
    }

    fn wait_no_more(self) {
        if let Some(due) = self.due.try_update_value(Option::take).flatten() {
            due.clear();
        }
    }

    /// The messages after those that were found.
    fn more(self) {
        let (query, next) = self.hits.with_untracked(|hits| (hits.query.clone(), hits.next.clone()));
        let after = next.map(|next| format!("&after={}", encoded(&next))).unwrap_or_default();
        self.hits.update(|hits| hits.load = Load::Loading);
        self.ask(query, after);
    }

    fn ask(self, query: String, after: String) {
        let Some(chat) = self.chat.try_get_value() else { return };
        let path = format!("/search?chat={chat}&limit=30&q={}{after}", encoded(&query));
        rest(Verb::Get, path, None, move |answer: Result<Page<Message>, Problem>| {
            // Something else is typed by now, or nobody is here any more.
            if self.hits.try_with_untracked(|hits| hits.query != query).unwrap_or(true) {
                return;
            }
            self.hits.update(|hits| match answer {
                Ok(page) => {
                    hits.messages.extend(page.items);
                    hits.next = page.next;
                    hits.load = Load::Idle;
                }
                Err(_) => hits.load = Load::Failed,
            });
            let count = self.hits.with_untracked(|hits| hits.messages.len());
            self.client.said.set((words().chats.results)(i64::try_from(count).unwrap_or(i64::MAX)));
        });
    }
}

/// The field, and what was found, newest first; pressing one goes to it in the thread.
pub fn chat_search(client: Client, chat: ChatId) -> AnyView {
    let t = messages();
    let go = StoredValue::new((use_navigate(), format!("/chats/{chat}")));
    // Who comes back from a message that was found finds what was typed.
    let kept = client.sought.with_untracked(|(of, text)| (of.as_ref() == Some(&chat)).then(|| text.clone()));
    let text = RwSignal::new(kept.unwrap_or_default());
    let search = Search {
        client,
        chat: StoredValue::new(chat),
        hits: RwSignal::new(Hits::default()),
        due: StoredValue::new(None),
    };
    react(move |_| {
        let text = text.get_untracked();
        // A finger that comes back to what was found wants to see it, and no keyboard.
        host::focus(if text.is_empty() { "#chat-search" } else { "#detail-title" });
        search.typed(text);
    });
    on_cleanup(move || search.wait_no_more());
    let turn = move |typed: String| {
        text.set(typed.clone());
        search.typed(typed);
    };
    let show = move |id: MessageId| {
        if host::narrow() {
            // The details stand in the thread's place: its address leads to the message, and the way back leads here.
            go.with_value(|(go, home)| go(&format!("{home}?message={id}"), NavigateOptions::default()));
        } else {
            host::show_message(client, &id);
        }
    };
    let list = move || {
        search.hits.with(|hits| {
            if hits.query.is_empty() {
                return Some(view! { <p class="detail__note">{t.thread.search_hint}</p> }.into_any());
            }
            if hits.messages.is_empty() {
                let nothing = (t.chats.none_found)(&hits.query);
                return (hits.load == Load::Idle)
                    .then(|| view! { <p class="detail__note">{nothing}</p> }.into_any());
            }
            let rows = hits.messages.iter().map(|message| hit(message, &hits.query, show, t)).collect_view();
            Some(view! { <ul class="found-list">{rows}</ul> }.into_any())
        })
    };
    let load = memo(move || search.hits.with(|hits| (hits.load, hits.next.is_some())));
    let button = move |label: &'static str| {
        view! { <button type="button" class="button" on:click=move |_| search.more()>{label}</button> }
    };
    let foot = move || match load.get() {
        (Load::Loading, _) => {
            Some(view! { <p class="detail__note" role="status">{t.chats.searching}</p> }.into_any())
        }
        (Load::Failed, _) => {
            let says =
                view! { <p class="form-error" role="alert"><Icon name="warn"/>{t.details.not_loaded}</p> };
            Some(view! { {says}{button(t.common.try_again)} }.into_any())
        }
        (Load::Idle, true) => Some(button(t.chats.more_messages).into_any()),
        (Load::Idle, false) => None,
    };
    view! {
        <section class="detail__section">
            <div class="search" role="search">
                <Icon name="search"/>
                <input
                    id="chat-search" class="search__field" type="search" autocomplete="off" spellcheck="false" dir="auto"
                    placeholder=t.thread.search aria-label=t.thread.search
                    prop:value=move || text.get()
                    on:input=move |event| turn(event_target_value(&event))
                    on:keydown=move |event| {
                        // What is typed goes first, and only then the search.
                        if event.key() == "Escape" && text.with_untracked(|text| !text.is_empty()) {
                            event.prevent_default();
                            event.stop_propagation();
                            turn(String::new());
                        }
                    }
                />
            </div>
            {dynamic(list)}
            {dynamic(foot)}
        </section>
    }
    .into_any()
}

/// A message that was found.
fn hit(
    message: &Message,
    query: &str,
    show: impl Fn(MessageId) + Copy + Send + 'static,
    t: &'static Messages,
) -> AnyView {
    let who = if message.from_me {
        t.thread.you.to_owned()
    } else {
        message.sender_name.clone().unwrap_or_else(|| phone(&message.from))
    };
    let icon = kind_icon(message.kind).map(|icon| view! { <Icon name=icon/> });
    let text = plain(&spans(&message.text));
    // A file may be found by its name, and a place by its own.
    let text = if text.is_empty() { (t.kinds.name)(message.kind).to_owned() } else { text };
    let (id, at) = (message.id.clone(), message.timestamp);
    view! {
        <li>
            <button type="button" class="found" on:click=move |_| show(id.clone())>
                <span class="found__head"><bdi class="found__who">{who}</bdi><ListTime at=Signal::derive(move || at)/></span>
                <span class="found__text" dir="auto">{icon}{marked(excerpt(&text, query))}</span>
            </button>
        </li>
    }
    .into_any()
}
