//! One chat of the list.

use super::ListTime;
use super::message_row::{kind_icon, tick_icon};
use crate::model::text::{plain, spans};
use crate::model::{ChatKey, ChatState, Typing};
use crate::protocol::{ChatKind, MessageKind, MessageStatus, TypingState};
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
    let unread = memo(move || cell.with(|state| state.chat.unread));
    let face = memo(move || cell.with(|state| (state.chat.name.clone(), state.chat.picture.clone())));
    let badge = move || {
        let count = unread.get();
        (count > 0).then(|| {
            view! {
                <span class="badge">
                    <span aria-hidden="true">{if count > 999 { "999+".to_owned() } else { count.to_string() }}</span>
                    <span class="visually-hidden">{(t.chats.unread_label)(i64::from(count))}</span>
                </span>
            }
        })
    };
    view! {
        <li>
            <a
                class="chat-row"
                class:chat-row--unread=live(move || { unread.get() > 0 })
                href=format!("/chats/{id}")
                aria-current=live(move || current.get().then_some("true"))
                tabindex=live(move || if stop.get() == Some(key) { "0" } else { "-1" })
                on:focus=move |_| stop.set(Some(key))
            >
                {dynamic(move || {
                    let (name, picture) = face.get();
                    match picture {
                        Some(picture) => view! { <Avatar name seed=seed.clone() picture/> }.into_any(),
                        None => view! { <Avatar name seed=seed.clone()/> }.into_any(),
                    }
                })}
                <span class="chat-row__name" dir="auto">{dynamic(move || face.with(|face| face.0.clone()))}</span>
                <span class="chat-row__time"><ListTime at/></span>
                <span class="chat-row__preview">{dynamic(move || preview(&cell.get(), current.get(), t))}</span>
                <span class="chat-row__end">{badge}</span>
            </a>
        </li>
    }
    .into_any()
}

/// What is going on in a chat: typing, then a draft, then what was said last.
fn preview(state: &ChatState, current: bool, t: &'static Messages) -> AnyView {
    if let Some(typing) = &state.typing {
        let text = typing_text(typing, state.chat.kind, t);
        return view! { <span class="chat-row__typing">{text}</span> }.into_any();
    }
    if let Some(draft) = state.draft.clone().filter(|_| !current) {
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
    let tick = (last.from_me && last.kind != MessageKind::System).then(|| tick(last.status, t));
    let sender = last.sender_name.as_ref().filter(|_| !last.from_me && state.chat.kind == ChatKind::Group);
    let sender = sender.map(|name| {
        let first = name.split_whitespace().next().unwrap_or(name).to_owned();
        view! { <span class="chat-row__sender"><bdi>{first}</bdi>": "</span> }
    });
    let icon = kind_icon(last.kind).map(|icon| view! { <Icon name=icon/> });
    let text = match last.kind {
        // A text without a word is one that was taken back.
        MessageKind::Text if last.text.is_empty() => t.message.revoked.to_owned(),
        kind if last.text.is_empty() => (t.kinds.name)(kind).to_owned(),
        _ => plain(&spans(&last.text)),
    };
    view! { {tick}{sender}{icon}<span class="chat-row__text" dir="auto">{text}</span> }.into_any()
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
        <span class=format!("tick tick--{}", status.as_str())>
            <Icon name=tick_icon(status)/>
            <span class="visually-hidden">{(t.kinds.status)(status)}</span>
        </span>
    }
}
