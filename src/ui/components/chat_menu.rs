//! What can be done with a chat: one menu for the whole list, opened at the row whose button was pressed.

use super::Ask;
use super::chat_filters::LabelDot;
use crate::model::{ChatKey, ChatState};
use crate::protocol::{ChatChange, MUTED_ALWAYS, Millis};
use crate::ui::chunks;
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The menu's id on the page.
pub const CHAT_MENU: &str = "chat-menu";
const HOUR: Millis = 3_600_000;
/// For how long a chat can be muted, beside for always.
const MUTE: [Millis; 2] = [8 * HOUR, 7 * 24 * HOUR];

/// The menu, and the question before what cannot be taken back. What they hold comes once the menu was opened.
#[component]
pub fn ChatMenu(client: Client) -> impl IntoView {
    let question = Ask::new();
    let asked = memo(move || client.chosen_chat.with(Option::is_some));
    // A menu without its question would do nothing where it has to ask: both are asked for again.
    let gone = move || {
        host::hide_popover(CHAT_MENU);
        client.chosen_chat.try_set(None);
    };
    view! {
        <div class="menu chat-menu" id=CHAT_MENU popover="auto" on:click=move |_| host::hide_popover(CHAT_MENU)>
            {dynamic(move || asked.get().then(|| later(chunks::finding(), move |finding| (finding.menu)(client, question))))}
        </div>
        {dynamic(move || asked.get().then(|| above(chunks::finding(), move |finding| (finding.question)(question), gone)))}
    }
}

/// What the menu holds, for the chat that was chosen last.
pub fn chat_menu(client: Client, question: Ask) -> AnyView {
    let t = messages();
    let go = StoredValue::new(use_navigate());
    let state =
        memo(move || client.chosen_chat.get().and_then(|key| client.read(|model| model.chat(key).cloned())));
    let act = move |key: ChatKey, change: ChatChange| {
        let open = client.thread.with_untracked(|view| view.chat == Some(key));
        let leaves = matches!(change, ChatChange::Delete | ChatChange::MarkUnread { unread: true });
        if open && leaves {
            // What is on the page would be read at once, or is gone.
            go.with_value(|go| go("/chats", NavigateOptions::default()));
        }
        host::change_chat(client, key, change);
    };
    let ask = move |state: &ChatState, change: ChatChange| {
        let (key, name) = (state.key, &state.chat.name);
        let (title, text, confirm) = match change {
            ChatChange::Clear => ((t.details.clear_title)(name), t.details.clear_text, t.details.clear),
            _ => ((t.details.delete_title)(name), t.details.delete_text, t.details.delete),
        };
        question.ask(title, text, confirm, move || act(key, change));
    };
    dynamic(move || state.get().map(|state| items(client, &state, act, ask))).into_any()
}

fn items(
    client: Client,
    state: &ChatState,
    act: impl Fn(ChatKey, ChatChange) + Copy + Send + 'static,
    ask: impl Fn(&ChatState, ChatChange) + Copy + Send + 'static,
) -> AnyView {
    let t = messages();
    let (key, chat) = (state.key, &state.chat);
    let item = |icon: &'static str, label: &'static str, change: ChatChange| {
        view! {
            <button type="button" class="menu__item" on:click=move |_| act(key, change)><Icon name=icon/>{label}</button>
        }
        .into_any()
    };
    let end = |icon: &'static str, label: &'static str, change: ChatChange| {
        let state = state.clone();
        view! {
            <button type="button" class="menu__item menu__item--bad" on:click=move |_| ask(&state, change)><Icon name=icon/>{label}</button>
        }
        .into_any()
    };
    let waits = chat.unread > 0 || chat.marked_unread;
    let muted = chat.muted_until.is_some_and(|until| until > host::now());
    let mute = if muted {
        item("bell", t.chats.unmute, ChatChange::Mute { until: None })
    } else {
        let spans = MUTE.map(|span| host::now() + span).into_iter().chain([MUTED_ALWAYS]);
        let choices = spans.zip(t.chats.mute_for).map(|(until, label)| {
            let change = ChatChange::Mute { until: Some(until) };
            view! { <button type="button" class="chip" on:click=move |_| act(key, change)>{label}</button> }
        });
        view! {
            <div class="chat-menu__mute" role="group" aria-label=t.chats.mute>
                <span class="chat-menu__what"><Icon name="mute"/>{t.chats.mute}</span>
                {choices.collect_view()}
            </div>
        }
        .into_any()
    };
    view! {
        {item("pin", if chat.pinned { t.chats.unpin } else { t.chats.pin }, ChatChange::Pin { pinned: !chat.pinned })}
        {item("chat", if waits { t.chats.mark_read } else { t.chats.mark_unread }, ChatChange::MarkUnread { unread: !waits })}
        {mute}
        {item("archive", if chat.archived { t.chats.unarchive } else { t.chats.archive }, ChatChange::Archive { archived: !chat.archived })}
        {labels(client, state)}
        {end("clear", t.details.clear, ChatChange::Clear)}
        {end("trash", t.details.delete, ChatChange::Delete)}
    }
    .into_any()
}

/// The labels of the chat's account, each to be given or taken away.
fn labels(client: Client, state: &ChatState) -> Option<AnyView> {
    let t = messages();
    let chat = &state.chat;
    let all = client.labels.get();
    let own = all.into_iter().filter(|(device, _)| *device == chat.device_id);
    let items: Vec<_> = own
        .map(|(_, label)| {
            let on = chat.labels.contains(&label.id);
            let chat_id = chat.id.clone();
            view! {
                <button
                    type="button" class="menu__item" aria-pressed=on.to_string()
                    on:click=move |_| host::label_chat(client, &chat_id, &label.id, !on)
                >
                    <LabelDot color=label.color/><bdi>{label.name}</bdi>{on.then(|| view! { <Icon name="check"/> })}
                </button>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! { <div class="chat-menu__labels" role="group" aria-label=t.details.labels>{items}</div> }
            .into_any()
    })
}
