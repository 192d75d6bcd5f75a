//! One chat of the list.

use super::ListTime;
use super::chat_filters::LabelDot;
use super::chat_menu::CHAT_MENU;
use super::marked::marked;
use super::message_row::{kind_icon, tick_class};
use crate::model::found::hits;
use crate::model::text::{plain, spans};
use crate::model::{ChatKey, ChatState, FilterKind, Typing};
use crate::protocol::{Chat, ChatKind, MessageKind, MessageStatus, TypingState};
use crate::ui::chunks;
use crate::ui::prelude::*;

/// The row: a link with a picture, the name, the time, and what was said last.
#[component]
pub fn ChatRow(key: ChatKey, stop: RwSignal<Option<ChatKey>>) -> impl IntoView {
    let client = use_client();
    let t = messages();
    let Some(cell) = client.chat_cell(key) else { return ().into_any() };
    let cell = RwSignal::from(cell);
    let (id, seed) = cell.with_untracked(|state| (state.chat.id.clone(), state.chat.jid.clone()));
    let current = memo(move || client.thread.with(|view| view.chat == Some(key)));
    let at = Signal::derive(move || cell.with(ChatState::activity));
    let waits = memo(move || cell.with(|state| state.chat.unread > 0 || state.chat.marked_unread));
    // All that stands at the row's end, and not what was said last.
    let marks =
        memo(move || cell.with(|state| Chat { last_message: None, last_activity: 0, ..state.chat.clone() }));
    let face = memo(move || cell.with(|state| (state.chat.name.clone(), state.chat.picture.clone())));
    let tab_index = move || if stop.get() == Some(key) { "0" } else { "-1" };
    let name = move || {
        let query = client.filter.with(|filter| filter.query.trim().to_owned());
        face.with(
            |face| if query.is_empty() { face.0.clone().into_any() } else { marked(hits(&face.0, &query)) },
        )
    };
    view! {
        <li class="chat-item" data-chat=key.0>
            <a
                class="chat-row"
                class:chat-row--unread=live(move || waits.get())
                href=format!("/chats/{id}")
                aria-current=live(move || current.get().then_some("true"))
                draggable="false"
                tabindex=live(tab_index)
                on:focus=move |_| stop.set(Some(key))
            >
                {dynamic(move || {
                    let (name, picture) = face.get();
                    view! { <Avatar name seed=seed.clone() picture/> }
                })}
                <span class="chat-row__name" dir="auto">{dynamic(name)}</span>
                <span class="chat-row__time"><ListTime at/></span>
                <span class="chat-row__preview">{dynamic(move || preview(client, &cell.get(), current.get(), t))}</span>
                <span class="chat-row__end">{dynamic(move || marks.with(|chat| ends(client, chat, t)))}</span>
            </a>
            {client.may_send().then(|| view! {
                <button
                    type="button" class="chat-row__more dots" popovertarget=CHAT_MENU
                    tabindex=live(tab_index)
                    aria-label=live(move || face.with(|face| (t.chats.actions)(&face.0)))
                    on:pointerenter=move |_| soon(&chunks::finding())
                    on:click=move |_| client.chosen_chat.set(Some(key))
                ></button>
            })}
        </li>
    }
    .into_any()
}

/// What stands at the end of a row: whose it is, its labels, that it is muted, pinned or put away, and what waits. A list
/// of what there is: what there is not would be a node each in all rows.
fn ends(client: Client, chat: &Chat, t: &'static Messages) -> AnyView {
    let labels = (!chat.labels.is_empty()).then(|| {
        let all = client.labels.get();
        let own = all.into_iter().filter(|(of, label)| *of == chat.device_id && chat.labels.contains(&label.id));
        let own: Vec<_> = own.map(|(_, label)| label).collect();
        let names = own.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ");
        let dots = own.iter().map(|label| view! { <LabelDot color=label.color/> }).collect_view();
        (!own.is_empty()).then(|| view! {
            <span class="chat-row__labels" title=names.clone()>{dots}<span class="visually-hidden">{(t.chats.labelled)(&names)}</span></span>
        }.into_any())
    });
    let sign = |on: bool, icon: &'static str, says: &'static str| {
        on.then(|| view! { <span class="chat-row__sign" title=says><Icon name=icon/><span class="visually-hidden">{says}</span></span> }.into_any())
    };
    let muted = chat.muted_until.is_some_and(|until| client.clock.is_ahead(until));
    let elsewhere = chat.archived && client.filter.with(|filter| filter.kind != FilterKind::Archived);
    let count = chat.unread;
    let badge = (count > 0 || chat.marked_unread).then(|| {
        let shown = match count {
            0 => String::new(),
            1..=999 => count.to_string(),
            _ => "999+".to_owned(),
        };
        let says =
            if count > 0 { (t.chats.unread_label)(i64::from(count)) } else { t.chats.marked.to_owned() };
        view! {
            <span class="badge" class:badge--quiet=muted || chat.archived class:badge--dot={count == 0}>
                <span aria-hidden="true">{shown}</span>
                <span class="visually-hidden">{says}</span>
            </span>
        }
        .into_any()
    });
    // Which of several devices has it: with two numbers, the same person may be two rows.
    let device = client.owners.with(|owners| {
        owners.iter().find(|owner| owner.id == chat.device_id).map(|owner| {
            let class = format!("chat-row__device hue-{}", owner.hue);
            let says = (t.thread.via)(&owner.name);
            let title = says.clone();
            view! {
                <span class=class title=title>
                    <span aria-hidden="true">{owner.initials.clone()}</span>
                    <span class="visually-hidden">{says}</span>
                </span>
            }
            .into_any()
        })
    });
    let parts = [
        device,
        labels.flatten(),
        sign(elsewhere, "archive", t.chats.archived),
        sign(muted, "mute", t.chats.muted),
        sign(chat.pinned, "pin", t.chats.pinned),
        badge,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().into_any()
}

/// What is going on in a chat: typing, then a draft, then what was said last.
fn preview(client: Client, state: &ChatState, current: bool, t: &'static Messages) -> AnyView {
    if let Some(typing) = &state.typing {
        let text = typing_text(typing, state.chat.kind, t);
        return view! { <span class="chat-row__typing">{text}</span> }.into_any();
    }
    let draft = state.begun();
    if !current && !draft.is_empty() {
        let draft = draft.to_owned();
        return view! { <span class="chat-row__draft">{t.chats.draft}": "</span><span dir="auto">{draft}</span> }.into_any();
    }
    if let Some(echo) = &state.echo {
        let status = if echo.refused { MessageStatus::Failed } else { MessageStatus::Queued };
        let icon = kind_icon(echo.kind).map(|icon| view! { <Icon name=icon/> });
        let named = echo.text.is_empty() && echo.kind != MessageKind::Text;
        let text = if named { (t.kinds.name)(echo.kind).to_owned() } else { plain(&spans(&echo.text)) };
        return view! { {tick(status, t)}{icon}<span class="chat-row__text" dir="auto">{text}</span> }
            .into_any();
    }
    let Some(last) = &state.chat.last_message else { return ().into_any() };
    let tick = (last.from_me && last.kind != MessageKind::System).then(|| tick(last.status, t).into_any());
    let sender = last.sender_name.as_ref().filter(|_| !last.from_me && state.chat.kind == ChatKind::Group);
    let sender = sender.map(|name| {
        let first = name.split_whitespace().next().unwrap_or(name).to_owned();
        view! { <span class="chat-row__sender"><bdi>{first}</bdi>": "</span> }.into_any()
    });
    // A text without a word is one that was taken back, where an older event does not say so.
    let revoked = last.revoked || (last.kind == MessageKind::Text && last.text.is_empty());
    let icon = kind_icon(last.kind).filter(|_| !revoked);
    let icon = icon.map(|icon| view! { <Icon name=icon/> }.into_any());
    let text = match last.kind {
        _ if revoked => t.message.revoked.to_owned(),
        kind if last.text.is_empty() => (t.kinds.name)(kind).to_owned(),
        _ if last.text.contains('@') => {
            plain(&spans(&client.read(|model| model.with_known_names(&last.text))))
        }
        _ => plain(&spans(&last.text)),
    };
    let text = view! { <span class="chat-row__text" dir="auto">{text}</span> }.into_any();
    [tick, sender, icon, Some(text)].into_iter().flatten().collect::<Vec<_>>().into_any()
}

/// Who does what in a composer, in words.
#[must_use]
pub fn typing_text(typing: &Typing, kind: ChatKind, t: &Messages) -> String {
    let records = typing.state == TypingState::Recording;
    match typing.sender_name.as_ref().filter(|_| kind == ChatKind::Group) {
        Some(name) if records => (t.chats.somebody_records)(name),
        Some(name) => (t.chats.somebody_types)(name),
        None if records => t.chats.recording.to_owned(),
        None => t.chats.typing.to_owned(),
    }
}

fn tick(status: MessageStatus, t: &'static Messages) -> impl IntoView + use<> {
    view! {
        <span class=tick_class(status)><span class="visually-hidden">{(t.kinds.status)(status)}</span></span>
    }
}
