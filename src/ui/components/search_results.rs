//! What was found: chats, contacts and messages, with what was typed marked.

use super::chat_rows::{numbers, row};
use super::marked::marked;
use super::{ListTime, message_row::kind_icon};
use crate::model::ChatKey;
use crate::model::found::{excerpt, hits};
use crate::model::text::{phone, plain, spans};
use crate::protocol::{Command, CommandResult, Contact, Message};
use crate::ui::client::Tone;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// How many chats are shown at first, and how many more each time.
const STEP: usize = 30;

/// The results, in the list's place. They ask for themselves: for what is typed, and for what it is narrowed to.
#[component]
pub fn SearchResults(client: Client) -> impl IntoView {
    let t = messages();
    let asked = memo(move || {
        client.filter.with(|filter| {
            let words = filter.query.trim().to_owned();
            (words, filter.kind, filter.device.clone(), filter.label.clone())
        })
    });
    react(move |ran: Option<()>| {
        let known = asked.with(|asked| client.found.with_untracked(|found| found.query == asked.0));
        if ran.is_some() || !known {
            host::search(client);
        }
    });
    let busy = memo(move || client.found.with(|found| found.pending > 0));
    let failed = memo(move || client.found.with(|found| found.failed));
    let query = memo(move || client.filter.with(|filter| filter.query.trim().to_owned()));
    let contacts = memo(move || {
        // Who has a chat is found as that.
        client.chats.track();
        let contacts = client.found.with(|found| found.contacts.clone());
        client.read(|model| model.without_chat(contacts))
    });
    let nothing = memo(move || {
        !busy.get()
            && contacts.with(Vec::is_empty)
            && client.chats.with(Vec::is_empty)
            && client.found.with(|found| found.messages.is_empty())
    });
    view! {
        <nav
            class="chat-rows" aria-label=t.chats.results_label
            on:keydown=move |event| {
                let forward = match event.key().as_str() {
                    "ArrowDown" => true,
                    "ArrowUp" => false,
                    _ => return,
                };
                if event.alt_key() {
                    return;
                }
                event.prevent_default();
                if !host::move_focus(".chat-row", forward) && !forward {
                    host::focus("#search");
                }
            }
        >
            <FoundChats client/>
            {dynamic(move || contacts.with(|contacts| (!contacts.is_empty()).then(|| {
                let rows = contacts.iter().map(|contact| view! { <ContactRow client contact=contact.clone()/> });
                let rows = rows.collect_view();
                view! { <h2 class="chat-rows__head">{t.chats.contacts}</h2><ul>{rows}</ul> }
            })))}
            {dynamic(move || client.found.with(|found| (!found.messages.is_empty()).then(|| {
                let rows = found.messages.iter().map(|message| view! { <Hit client message=message.clone() query=found.query.clone()/> });
                let rows = rows.collect_view();
                view! { <h2 class="chat-rows__head">{t.chats.messages}</h2><ul>{rows}</ul> }
            })))}
            {dynamic(move || (!busy.get() && client.found.with(|found| found.next.is_some())).then(|| view! {
                <button type="button" class="chat-row more-row" on:click=move |_| host::search_more(client)>{t.chats.more_messages}</button>
            }))}
            {dynamic(move || failed.get().then(|| view! {
                <p class="chat-rows__more" role="alert">{t.chats.search_failed}" "
                    <button type="button" class="link-button" on:click=move |_| host::search(client)>{t.common.try_again}</button>
                </p>
            }))}
            {dynamic(move || busy.get().then(|| view! { <p class="chat-rows__more" role="status">{t.chats.searching}</p> }))}
            {dynamic(move || (nothing.get() && !failed.get()).then(|| view! {
                <div class="chat-rows__none"><p>{(t.chats.none_found)(&query.get())}</p></div>
            }))}
        </nav>
    }
}

#[component]
fn FoundChats(client: Client) -> impl IntoView {
    let t = messages();
    let limit = RwSignal::new(STEP);
    let stop = RwSignal::new(None::<ChatKey>);
    let shown = memo(move || {
        let limit = limit.get();
        client.chats.with(|chats| chats.iter().take(limit).copied().collect::<Vec<_>>())
    });
    react(move |_| stop.set(shown.with(|shown| shown.first().copied())));
    let any = memo(move || shown.with(|shown| !shown.is_empty()));
    let more = memo(move || client.chats.with(Vec::len) > limit.get());
    view! {
        {dynamic(move || any.get().then(|| view! { <h2 class="chat-rows__head">{t.chats.title}</h2> }))}
        <ul>
            {each(move || shown.with(|keys| numbers(keys)), move |number| row(number, stop))}
        </ul>
        {dynamic(move || more.get().then(|| view! {
            <button type="button" class="chat-row more-row" on:click=move |_| limit.update(|limit| *limit += STEP)>{t.chats.more_chats}</button>
        }))}
    }
}

#[component]
fn ContactRow(client: Client, contact: Contact) -> impl IntoView {
    let query = client.filter.with_untracked(|filter| filter.query.trim().to_owned());
    let name = marked(hits(&contact.name, &query));
    let below = contact.phone_number.as_deref().map(phone);
    let go = StoredValue::new(use_navigate());
    let (device_id, to) = (contact.device_id.clone(), contact.jid.clone());
    let open = move |_| {
        let command = Command::OpenChat { device_id: device_id.clone(), to: to.clone() };
        host::ask(command, move |result| match result {
            Ok(CommandResult::Chat(chat)) => {
                go.with_value(|go| go(&format!("/chats/{}", chat.id), NavigateOptions::default()));
            }
            Ok(_) => {}
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    };
    let inside = view! {
        <Avatar name=contact.name seed=contact.jid picture=contact.picture/>
        <span class="chat-row__name" dir="auto">{name}</span>
        <span class="chat-row__preview tabular">{below}</span>
    };
    if client.may_send() {
        view! { <li><button type="button" class="chat-row" on:click=open>{inside}</button></li> }.into_any()
    } else {
        // There is no chat to go to yet. The arrow keys reach it all the same.
        view! { <li><div class="chat-row" tabindex="-1">{inside}</div></li> }.into_any()
    }
}

/// A message that was found: leads to it.
#[component]
fn Hit(client: Client, message: Message, query: String) -> impl IntoView {
    let t = messages();
    let chat =
        client.read(|model| model.chat(model.chat_key(&message.chat_id)?).map(|state| state.chat.clone()));
    let (name, seed, picture) = match chat {
        Some(chat) => (chat.name, chat.jid, chat.picture),
        None => (phone(&message.from), message.from.clone(), None),
    };
    let who = if message.from_me { Some(t.thread.you.to_owned()) } else { message.sender_name.clone() };
    let who = who.map(|who| view! { <span class="chat-row__sender"><bdi>{who}</bdi>": "</span> });
    let icon = kind_icon(message.kind).map(|icon| view! { <Icon name=icon/> });
    let text =
        plain(&spans(&client.read(|model| model.with_names(&message.text, &message.details.mentions))));
    let text = if text.is_empty() { (t.kinds.name)(message.kind).to_owned() } else { text };
    let address = format!("/chats/{}?message={}", message.chat_id, message.id);
    let at = message.timestamp;
    let (chat_id, id) = (message.chat_id, message.id);
    let again = move |_| {
        // The address does not change where it is there already.
        if client.thread.with_untracked(|view| view.loaded && view.chat_id.as_ref() == Some(&chat_id)) {
            host::show_message(client, &id);
        }
    };
    view! {
        <li>
            <a class="chat-row" href=address on:click=again>
                <Avatar name=name.clone() seed picture/>
                <span class="chat-row__name" dir="auto">{name}</span>
                <span class="chat-row__time"><ListTime at/></span>
                <span class="chat-row__preview">{who}{icon}<span class="chat-row__text" dir="auto">{marked(excerpt(&text, &query))}</span></span>
            </a>
        </li>
    }
}
