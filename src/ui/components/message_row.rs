//! One message of the thread.

use super::message::{Shown, body, menu_button, reactions, spoken};
use crate::model::text::hue;
use crate::model::time::iso;
use crate::model::{Body, Retry, Row, RowKey, Shape};
use crate::protocol::{ChatId, MessageKind, MessageStatus};
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The class of a message's way, which the styles draw: an element less in each of many rows.
#[must_use]
pub fn tick_class(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Queued => "tick tick--queued",
        MessageStatus::Failed => "tick tick--failed",
        MessageStatus::Sent => "tick tick--sent",
        MessageStatus::Delivered => "tick tick--delivered",
        MessageStatus::Read => "tick tick--read",
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
        let text = move || row.with(|row| notice_text(row, client, t));
        return view! {
            <article class="thread-line thread-line--notice" data-row=key.0 tabindex="-1"><span dir="auto">{dynamic(text)}</span></article>
        }
        .into_any();
    }
    let mine = now.from_me();
    // In a chat with one person, what is not ours is theirs.
    let other = client
        .read(|model| model.chat(model.chat_key(&chat)?).map(|state| state.chat.name.clone()))
        .filter(|_| !group)
        .unwrap_or_default();
    let label = move || row.with(|row| row_label(row, client, &other, t));
    let sender = (group && !mine).then(|| {
        let name = now.sender_name().map_or_else(|| crate::model::text::phone(now.from()), ToOwned::to_owned);
        let class = format!("bubble__sender hue-{}", hue(now.from()));
        view! { <p class=class dir="auto">{name}</p> }
    });
    let own = own_number(&now, client);
    // Without what stands around it: a receipt or a reaction draws nothing of it anew.
    let inside = memo(move || row.with(|row| Shown::of(row, &own)));
    let class = move || inside.with(|shown| row_class(mine, shown, shape.get()));
    let trouble = mine.then(|| trouble(client, row, key, chat.clone(), t));
    // Everything that follows a signal costs time and memory in each of many rows: few closures, none of them for
    // what hardly ever changes, and presses are heard by the feed.
    view! {
        <article class=live(class) data-row=key.0 tabindex="-1" aria-label=live(label)>
            <div class="bubble">
                {sender}
                <div class="bubble__text" dir="auto">
                    {dynamic(move || inside.with(|shown| body(shown, &chat, t)))}
                    <span class="bubble__meta">{dynamic(move || row.with(|row| meta(row, client, t)))}</span>
                </div>
                {dynamic(move || row.with(|row| reactions(row, t)))}
                {menu_button()}
            </div>
            {trouble}
        </article>
    }
    .into_any()
}

fn row_class(mine: bool, shown: &Shown, shape: Shape) -> String {
    let mut class = "message-row".to_owned();
    let parts = [
        (mine, " message-row--mine"),
        (shown.only_emoji(), " message-row--emoji"),
        (shape.opens, " message-row--opens"),
        (shape.closes, " message-row--closes"),
        (shape.album > 0, " message-row--album"),
        (shape.album > 0 && shape.album.is_multiple_of(2), " message-row--album-even"),
        (shape.album > 0 && !shown.text.is_empty(), " message-row--captioned"),
    ];
    for (_, part) in parts.into_iter().filter(|(is, _)| *is) {
        class.push_str(part);
    }
    class
}

/// Digits of the number of the device that has this message.
fn own_number(row: &Row, client: Client) -> String {
    let Body::Settled(message) = &row.body else { return String::new() };
    let number = client.devices.with_untracked(|all| {
        let state = all.iter().find(|state| state.device.id == message.device_id)?;
        state.device.phone_number.clone()
    });
    number.unwrap_or_default()
}

/// What stands at the end of a bubble: its marks, when it was written, and how far ours came. A list of what there is:
/// what there is not would be a node each in all rows.
fn meta(row: &Row, client: Client, t: &'static Messages) -> AnyView {
    let mark = |icon, label| {
        view! { <span class="bubble__mark" title=label><Icon name=icon/><span class="visually-hidden">{label}</span></span> }.into_any()
    };
    let mut parts = Vec::with_capacity(2);
    if let Some(details) = row.details().filter(|details| details.revoked_at.is_none()) {
        if details.pinned_until.is_some_and(|until| client.clock.is_ahead(until)) {
            parts.push(mark("pin", t.message.pinned));
        }
        if details.starred {
            parts.push(mark("star", t.message.starred));
        }
        if details.edited_at.is_some() {
            parts.push(view! { <span>{t.message.edited}</span> }.into_any());
        }
    }
    let time = client.clock.time(row.at());
    parts.push(view! { <time datetime=iso(row.at())>{time}</time> }.into_any());
    if row.from_me() {
        parts.push(view! { <span class=tick_class(row.status())></span> }.into_any());
    }
    parts.into_any()
}

/// What keeps a message of ours from arriving.
#[derive(Clone, PartialEq)]
enum Trouble {
    /// It is tried again by itself.
    Delayed(String),
    /// It is not, for the reason that is said: whether a press can, and whether only this client has it.
    Failed { says: String, again: bool, local: bool },
}

impl Trouble {
    fn of(row: &Row, t: &Messages) -> Option<Self> {
        if let Some(delay) = row.delay() {
            return Some(Self::Delayed((t.thread.delayed)(delay.attempts, delay.code)));
        }
        // What the server refused at once is told in the page's language already.
        let text = row.failure()?;
        let says = match row.failed() {
            Some(failure) => (t.thread.not_sent)(&t.failure(failure)),
            None if text.is_empty() => t.thread.not_sent_unknown.to_owned(),
            None => (t.thread.not_sent)(text),
        };
        let retry = row.retry();
        Some(Self::Failed { says, again: retry.is_some(), local: matches!(retry, Some(Retry::Text(_))) })
    }
}

/// What holds a message of ours up, or why it was not sent, and the ways on.
fn trouble(client: Client, row: RwSignal<Row>, key: RowKey, chat: ChatId, t: &'static Messages) -> AnyView {
    let trouble = memo(move || row.with(|row| Trouble::of(row, t)));
    let sends = client.may_send();
    let shown = move || {
        let (retried, discarded) = (chat.clone(), chat.clone());
        trouble.get().map(move |trouble| match trouble {
            Trouble::Delayed(says) => view! {
                <div class="message-row__delay" role="status"><Icon name="clock"/><span>{says}</span></div>
            }
            .into_any(),
            Trouble::Failed { says, again, local } => view! {
                <div class="message-row__failure" role="alert">
                    <Icon name="warn"/>
                    <span>{says}</span>
                    {(again && sends).then(|| view! {
                        <button type="button" class="link-button" on:click=move |_| host::retry(client, &retried, key)>{t.common.try_again}</button>
                    })}
                    {local.then(|| view! {
                        <button type="button" class="link-button" on:click=move |_| host::discard(client, &discarded, key)>{t.common.discard}</button>
                    })}
                </div>
            }
            .into_any(),
        })
    };
    dynamic(shown).into_any()
}

/// What a notice says: a call may still change it.
fn notice_text(row: &Row, client: Client, t: &Messages) -> String {
    let name = |address: &str| match row.sender_name().filter(|_| address == row.from()) {
        Some(name) => name.to_owned(),
        None => {
            client.read(|model| model.name_of(address)).unwrap_or_else(|| crate::model::text::phone(address))
        }
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
fn row_label(row: &Row, client: Client, other: &str, t: &Messages) -> String {
    let time = client.clock.time(row.at());
    let sender = if row.from_me() { t.thread.you } else { row.sender_name().unwrap_or(other) };
    let status = if row.from_me() { (t.kinds.status)(row.status()) } else { "" };
    (t.thread.label)(sender, &time, status, &spoken(row, client, t))
}
