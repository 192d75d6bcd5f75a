//! The chats, live: only the rows in sight and some around them are on the page, however many chats there are.
//!
//! Every row is as high as every other, so where a row stands is a multiplication, and the room of those that are not
//! there is kept by the list's padding.

use super::Empty;
use super::chat_filters::change;
use super::chat_row::ChatRow;
use crate::model::{ChatFilter, ChatKey, FilterKind};
use crate::protocol::Network;
use crate::ui::hooks::{host, use_expect, use_hold};
use crate::ui::prelude::*;

/// How many rows are on the page at first.
const FIRST: usize = 60;
/// By how many rows the part that is on the page moves.
const STEP: usize = 20;
/// A filter that leaves fewer rows than this looks further down the list by itself.
const FEW: usize = 12;

/// Of so many chats, those from and up to which there are rows.
fn bounded((from, to): (usize, usize), length: usize) -> (usize, usize) {
    let to = to.min(length);
    (from.min(to.saturating_sub(STEP)), to)
}

/// The numbers of chats, of which a list makes its rows.
pub fn numbers(keys: &[ChatKey]) -> Vec<u64> {
    keys.iter().map(|key| key.0.into()).collect()
}

/// The row of such a number.
pub fn row(number: u64, stop: RwSignal<Option<ChatKey>>) -> AnyView {
    let key = ChatKey(u32::try_from(number).unwrap_or_default());
    view! { <ChatRow key stop/> }.into_any()
}

/// The list.
#[component]
pub fn Rows(client: Client) -> impl IntoView {
    let t = messages();
    let range = RwSignal::new((0, FIRST));
    let place = NodeRef::<leptos::html::Nav>::new();
    let list = NodeRef::<leptos::html::Ul>::new();
    let stop = RwSignal::new(client.chats.with_untracked(|chats| chats.first().copied()));
    let shown = memo(move || {
        let range = range.get();
        client.chats.with(|chats| {
            let (from, to) = bounded(range, chats.len());
            chats.get(from..to).unwrap_or_default().to_vec()
        })
    });
    // There is always one row that the Tab key reaches: the one last focused, else the first.
    react(move |_| {
        let first = shown.with(|shown| {
            let there = stop.get_untracked().is_some_and(|stop| shown.contains(&stop));
            (!there).then(|| shown.first().copied())
        });
        if let Some(first) = first {
            stop.set(first);
        }
    });
    let look = move || {
        // The list may have gone since it was to be looked at.
        let Some(now) = range.try_get_untracked() else { return };
        let Some((first, seen)) = host::list_place(place, list) else { return };
        let from = first.saturating_sub(STEP) / STEP * STEP;
        let to = (first + seen + 2 * STEP) / STEP * STEP;
        let next = (from, to.max(from + FIRST));
        if now != next {
            // First of all room for both: a list that were shorter for a moment would be scrolled to its end.
            let length = client.chats.with_untracked(Vec::len);
            let ((from, to), (next_from, next_to)) = (bounded(now, length), bounded(next, length));
            host::pad_list(list, from.max(next_from), length - to.min(next_to));
            range.set(next);
        }
        if first + seen + STEP >= client.chats.with_untracked(Vec::len) && client.more_chats.get_untracked() {
            host::load_chats(client);
        }
    };
    react(move |_| {
        let length = client.chats.with(Vec::len);
        let (from, to) = bounded(range.get(), length);
        host::pad_list(list, from, length - to);
    });
    // Another filter is another list: it begins at its top, and may have to be looked for further down.
    let which =
        memo(move || client.filter.with(|filter| (filter.kind, filter.device.clone(), filter.label.clone())));
    react(move |ran: Option<()>| {
        which.with(|_| ());
        if ran.is_some() {
            host::list_top(place);
            range.set((0, FIRST));
        }
    });
    // After each page, and whenever there are fewer or more to show: a list that ends in sight is never scrolled, and may
    // lack the next page, or rows of what is here.
    react(move |_| {
        which.with(|_| ());
        client.pages.track();
        let (more, length) = (client.more_chats.get(), client.chats.with(Vec::len));
        if more && length < FEW {
            host::load_chats(client);
        } else if more || length > range.with_untracked(|range| range.1) {
            host::after_paint(look);
        }
    });
    let none = memo(move || client.chats.with(Vec::is_empty));
    let (hold, expect) = (use_hold(), use_expect(client));
    // Without its menu, a row is a link as any other.
    let menus = client.may_send();
    view! {
        <nav
            class="chat-rows" aria-label=t.chats.list node_ref=place
            on:scroll=move |_| look()
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
            <ArchiveRow client/>
            {dynamic(move || none.get().then(|| view! { <Nothing client/> }))}
            <ul
                class="chat-rows__list" node_ref=list
                on:pointerover=move |event| expect.over(&event)
                on:pointerdown=move |event| {
                    expect.down(&event);
                    if menus {
                        hold.down(&event);
                    }
                }
                on:pointerup=move |_| hold.up()
                on:pointercancel=move |_| hold.cancel()
                on:pointerleave=move |_| hold.cancel()
                on:contextmenu=move |event| if menus { hold.menu(&event) }
                on:click=move |event| hold.click(&event)
            >
                {each(move || shown.with(|keys| numbers(keys)), move |number| row(number, stop))}
            </ul>
            {dynamic(move || (client.more_chats.get() && !none.get()).then(|| view! {
                <p class="chat-rows__more" role="status">{t.chats.loading_more}</p>
            }))}
        </nav>
    }
}

/// The way to what was put away, above the list.
#[component]
fn ArchiveRow(client: Client) -> impl IntoView {
    let t = messages();
    let count = memo(move || {
        let listed = client.filter.with(|filter| filter.kind == FilterKind::All);
        Some(client.archived.get()).filter(|count| listed && *count > 0)
    });
    dynamic(move || {
        count.get().map(|count| {
            view! {
                <button
                    type="button" class="chat-row archive-row"
                    on:click=move |_| change(client, |filter| filter.kind = FilterKind::Archived)
                >
                    <Icon name="archive"/><span>{t.chats.archived}</span><span class="archive-row__count">{count}</span>
                </button>
            }
        })
    })
}

/// No chat is shown: because there is none, or because of the filter.
#[component]
fn Nothing(client: Client) -> impl IntoView {
    let t = messages();
    let all =
        move |_| change(client, |filter| *filter = ChatFilter { keep: filter.keep, ..ChatFilter::default() });
    dynamic(move || {
        let filter = client.filter.get();
        let text = match filter.kind {
            FilterKind::Unread => t.chats.none_unread,
            FilterKind::Groups => t.chats.none_groups,
            FilterKind::Archived => t.chats.none_archived,
            FilterKind::All if filter.label.is_some() => t.chats.none_label,
            FilterKind::All if filter.device.is_some() => t.chats.none_device,
            FilterKind::All => return view! { <NoChats client/> }.into_any(),
        };
        view! {
            <div class="chat-rows__none">
                <p>{text}</p>
                <button type="button" class="button" on:click=all>{t.chats.show_all}</button>
            </div>
        }
        .into_any()
    })
}

#[component]
fn NoChats(client: Client) -> impl IntoView {
    let t = messages();
    let linked =
        memo(move || client.devices.with(|all| all.iter().any(|state| state.device.phone_number.is_some())));
    let sends = client.may_send();
    let sandbox = sends && client.network() == Network::Sandbox;
    let text = if sends { t.chats.empty_text } else { t.chats.empty_read };
    dynamic(move || {
        if linked.get() {
            view! {
                <Empty icon="chat" title=t.chats.empty_title text>
                    {sandbox.then(|| view! { <a class="button" href="/sandbox">{t.chats.to_sandbox}</a> })}
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty icon="device" title=t.chats.empty_no_device_title text=t.chats.empty_no_device_text>
                    {client.may_manage().then(|| view! { <a class="button button--primary" href="/devices">{t.chats.add_device}</a> })}
                </Empty>
            }
            .into_any()
        }
    })
}
