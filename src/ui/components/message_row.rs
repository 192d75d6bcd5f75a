//! One message of the thread.

use super::TimeText;
use super::message::{MenuButton, Shown, body, reactions, spoken};
use crate::model::text::hue;
use crate::model::{Body, Retry, Row, RowKey, Shape};
use crate::protocol::{ChatId, MessageKind, MessageStatus};
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The icon of a message's way.
#[must_use]
pub fn tick_icon(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Queued => "clock",
        MessageStatus::Failed => "warn",
        MessageStatus::Sent => "tick",
        MessageStatus::Delivered | MessageStatus::Read => "ticks",
    }
}

/// The icon of a kind that is more than text.
#[must_use]
pub fn kind_icon(kind: MessageKind) -> Option<&'static str> {
    Some(match kind {
        MessageKind::Text => return None,
        MessageKind::Image => "image",
        MessageKind::Video => "video",
        MessageKind::Audio => "mic",
        MessageKind::Document => "file",
        MessageKind::Sticker => "sticker",
        MessageKind::Location => "place",
        MessageKind::Contact => "person",
        MessageKind::Poll => "poll",
        MessageKind::System => "info",
        MessageKind::Unknown => "unknown",
    })
}

/// A row of the thread: a bubble with its time and its way, and beneath it what went wrong.
#[component]
pub fn MessageRow(key: RowKey, shape: Shape, chat: ChatId, group: bool) -> impl IntoView {
    let client = use_client();
    let t = messages();
    let Some(cell) = client.row_cell(key, shape) else { return ().into_any() };
    let (row, shape) = (RwSignal::from(cell.row), RwSignal::from(cell.shape));
    let now = row.get_untracked();
    if now.kind() == MessageKind::System {
        let text = move || row.with(|row| notice_text(row, t));
        return view! {
            <article class="thread-line thread-line--notice" data-row=key.0 tabindex="-1"><span dir="auto">{dynamic(text)}</span></article>
        }
        .into_any();
    }
    let mine = now.from_me();
    let at = Signal::derive(move || row.with(Row::at));
    let status = memo(move || row.with(Row::status));
    // In a chat with one person, what is not ours is theirs.
    let other = client
        .read(|model| model.chat(model.chat_key(&chat)?).map(|state| state.chat.name.clone()))
        .filter(|_| !group)
        .unwrap_or_default();
    let label = move || {
        let time = client.clock.time(at.get());
        row.with(|row| row_label(row, &time, &other, t))
    };
    let sender = (group && !mine).then(|| {
        let name = now.sender_name().map_or_else(|| crate::model::text::phone(now.from()), ToOwned::to_owned);
        let class = format!("bubble__sender hue-{}", hue(now.from()));
        dynamic(move || {
            shape.get().opens.then(|| view! { <p class=class.clone() dir="auto">{name.clone()}</p> })
        })
    });
    let own = match &now.body {
        Body::Settled(message) => {
            let device = client.device(message.device_id.clone());
            device.with_untracked(|state| state.as_ref()?.device.phone_number.clone())
        }
        Body::Echo(_) => None,
    };
    let own = own.unwrap_or_default();
    // All that can change but its way: an edit, a reaction, a vote, or that it was taken back.
    let shown = memo(move || row.with(|row| Shown::of(row, &own)));
    let inside = memo(move || shown.with(Shown::inside));
    let beneath = move || shown.with(|shown| reactions(shown, t));
    let marks = move || {
        shown.with(|shown| {
            let details = shown.details.as_deref()?;
            let mark = |on: bool, icon, label| on.then(|| view! { <span class="bubble__mark" title=label><Icon name=icon/><span class="visually-hidden">{label}</span></span> });
            let edited = details.edited_at.map(|_| view! { <span>{t.message.edited}</span> });
            Some(view! {
                {mark(details.pinned_until.is_some_and(|until| client.clock.is_ahead(until)), "pin", t.message.pinned)}
                {mark(details.starred, "star", t.message.starred)}
                {edited}
            }.into_any())
        })
    };
    let in_chat = chat.clone();
    let way = mine.then(|| {
        dynamic(move || {
            let status = status.get();
            view! { <span class=format!("tick tick--{}", status.as_str())><Icon name=tick_icon(status)/></span> }
        })
    });
    view! {
        <article
            class="message-row"
            class:message-row--mine=mine
            class:message-row--opens=live(move || shape.get().opens)
            class:message-row--closes=live(move || shape.get().closes)
            class:message-row--album=live(move || shape.get().album > 0)
            class:message-row--album-even=live(move || shape.get().album > 0 && shape.get().album % 2 == 0)
            data-row=key.0
            tabindex="-1"
            aria-label=live(label)
        >
            <div class="bubble" class:bubble--emoji=live(move || shown.with(Shown::only_emoji))>
                {sender}
                <div class="bubble__text" dir="auto">
                    {dynamic(move || inside.with(|shown| body(shown, &in_chat, t)))}
                    <span class="bubble__meta">{dynamic(marks)}<TimeText at/>{way}</span>
                </div>
                {dynamic(beneath)}
                <MenuButton client key/>
            </div>
            {mine.then(|| view! { <Delayed row/><Failure row key chat/> })}
        </article>
    }
    .into_any()
}

/// What holds a message of ours up that is tried again by itself.
#[component]
fn Delayed(row: RwSignal<Row>) -> impl IntoView {
    let t = messages();
    let delay =
        memo(move || row.with(|row| row.delay().map(|delay| (t.thread.delayed)(delay.attempts, delay.code))));
    dynamic(move || {
        delay.get().map(|says| view! { <div class="message-row__delay" role="status"><Icon name="clock"/><span>{says}</span></div> })
    })
}

/// Why a message of ours was not sent, and the ways on.
#[component]
fn Failure(row: RwSignal<Row>, key: RowKey, chat: ChatId) -> impl IntoView {
    let t = messages();
    let client = use_client();
    let failed = memo(move || row.with(|row| row.failure().map(|text| (text.to_owned(), row.retry()))));
    dynamic(move || {
        let chat = chat.clone();
        failed.get().map(move |(text, retry)| {
            let says = if text.is_empty() { t.thread.not_sent_unknown.to_owned() } else { (t.thread.not_sent)(&text) };
            let local = matches!(retry, Some(Retry::Text(_)));
            let (again, away) = (chat.clone(), chat);
            view! {
                <div class="message-row__failure" role="alert">
                    <Icon name="warn"/>
                    <span>{says}</span>
                    {retry.map(|_| view! {
                        <button type="button" class="link-button" on:click=move |_| host::retry(client, &again, key)>{t.common.try_again}</button>
                    })}
                    {local.then(|| view! {
                        <button type="button" class="link-button" on:click=move |_| host::discard(client, &away, key)>{t.common.discard}</button>
                    })}
                </div>
            }
        })
    })
}

/// What a notice says: a call may still change it.
fn notice_text(row: &Row, t: &Messages) -> String {
    let name = |address: &str| match row.sender_name().filter(|_| address == row.from()) {
        Some(name) => name.to_owned(),
        None => crate::model::text::phone(address),
    };
    match row.details().and_then(|details| details.notice.as_ref()) {
        Some(notice) => match (t.kinds.call)(&notice.code) {
            Some(call) => call.to_owned(),
            None => t.notice(notice, row.from_me(), &name),
        },
        None if row.text().is_empty() => (t.kinds.name)(row.kind()).to_owned(),
        None => row.text().to_owned(),
    }
}

/// What a screen reader says of a row: who, when, how far it came, and the text.
fn row_label(row: &Row, time: &str, other: &str, t: &Messages) -> String {
    let sender = if row.from_me() { t.thread.you } else { row.sender_name().unwrap_or(other) };
    let status = if row.from_me() { (t.kinds.status)(row.status()) } else { "" };
    (t.thread.label)(sender, time, status, &spoken(row, t))
}
