//! The messages of the open thread, as far as they are on the page.

use super::date_jump::{DATE_JUMP, DateJump};
use super::message::answer_to;
use super::message_row::MessageRow;
use crate::model::{Slot, SlotKey};
use crate::protocol::ChatId;
use crate::ui::chunks;
use crate::ui::client::{Load, Task};
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The scrolling column of a thread. `name` is whom the chat is with.
#[component]
pub fn Feed(client: Client, chat: ChatId, group: bool, #[prop(into)] name: Signal<String>) -> impl IntoView {
    let t = messages();
    let (feed, content) = (NodeRef::<leptos::html::Div>::new(), NodeRef::<leptos::html::Div>::new());
    react(move |attached: Option<()>| {
        if attached.is_none() {
            host::feed_attached(client, feed, content);
        }
    });
    react(move |_| {
        client.slots.track();
        host::feed_changed(client, feed);
    });
    let has_older = memo(move || client.thread.with(|view| view.has_older));
    let older = memo(move || client.thread.with(|view| view.older));
    let newer = memo(move || client.thread.with(|view| view.has_newer.then_some(view.newer)));
    let waiting = memo(move || client.thread.with(|view| view.unread_line));
    let answers = client.may_send();
    view! {
        <div
            class="feed" role="feed" tabindex="0" node_ref=feed
            aria-label=live(move || (t.thread.messages)(&name.get()))
            aria-busy=live(move || (older.get() == Load::Loading).to_string())
            on:scroll=move |_| host::feed_scrolled(client, feed)
            on:pointerenter=move |_| soon(&chunks::message())
            on:click=move |event| {
                if let Some(key) = host::menu_pressed(&event) {
                    client.chosen.set(Some(key));
                } else if let Some(key) = host::reactions_pressed(&event) {
                    let id = client.read(|model| model.row(model.open_chat()?, key)?.id().cloned());
                    client.task.set(id.map(Task::Reactions));
                }
            }
            on:pointerdown=move |event| if answers { host::swipe_begins(&event) }
            on:pointermove=move |event| host::swipe_moves(&event)
            on:pointerup=move |_| answer(client)
            on:pointercancel=move |_| { host::swipe_ends(); }
            on:keydown=move |event| {
                let key = event.key();
                if !event.alt_key() && !event.ctrl_key() && host::move_in_feed(feed, &key) {
                    event.prevent_default();
                }
            }
        >
            <div class="feed__rows" node_ref=content>
                <div class="feed__start">
                    {dynamic(move || match (has_older.get(), older.get()) {
                        (true, Load::Failed) => view! {
                            <p class="thread-line" role="alert">
                                <span>{t.thread.older_failed}" "
                                    <button type="button" class="link-button" on:click=move |_| host::load_older(client)>{t.common.try_again}</button>
                                </span>
                            </p>
                        }.into_any(),
                        (true, _) => view! { <p class="thread-line thread-line--loading"><span class="spinner" aria-hidden="true"></span><span class="visually-hidden">{t.thread.older}</span></p> }.into_any(),
                        (false, _) => view! { <p class="feed__beginning">{t.thread.start}</p> }.into_any(),
                    })}
                </div>
                {each(
                    move || client.slots.with(|slots| slots.iter().map(number).collect()),
                    move |wanted| {
                        let slot = client.slots.with_untracked(|slots| slots.iter().copied().find(|slot| number(slot) == wanted));
                        match slot {
                            None => ().into_any(),
                            // A feed has articles only; the day's is where other days are reached from.
                            Some(Slot::Day(day)) => view! {
                                <article class="thread-line" tabindex="-1" aria-label=live(move || client.clock.heading(day, t))>
                                    <button type="button" class="thread-line__day" popovertarget=DATE_JUMP title=t.thread.to_date>
                                        {dynamic(move || client.clock.heading(day, t))}
                                    </button>
                                </article>
                            }.into_any(),
                            // It stays where it is while more comes in; the count goes on.
                            Some(Slot::Unread(_)) => {
                                let says = move || (t.thread.new_messages)(i64::from(waiting.get()));
                                view! {
                                    <article class="thread-line thread-line--unread" tabindex="-1" aria-label=live(says)><span>{dynamic(says)}</span></article>
                                }.into_any()
                            }
                            Some(Slot::Row { key, shape }) => view! { <MessageRow key shape chat=chat.clone() group/> }.into_any(),
                        }
                    },
                )}
                {dynamic(move || newer.get().map(|newer| match newer {
                    Load::Failed => view! {
                        <p class="thread-line" role="alert">
                            <span>{t.thread.newer_failed}" "
                                <button type="button" class="link-button" on:click=move |_| host::load_newer(client)>{t.common.try_again}</button>
                            </span>
                        </p>
                    }.into_any(),
                    _ => view! { <p class="thread-line thread-line--loading"><span class="spinner" aria-hidden="true"></span><span class="visually-hidden">{t.thread.newer}</span></p> }.into_any(),
                }))}
            </div>
        </div>
        <DateJump client/>
        <JumpButton client feed/>
    }
}

/// A number of its own for each slot, of which a list makes its rows.
fn number(slot: &Slot) -> u64 {
    match slot.key() {
        SlotKey::Row(key) => key.0 << 2,
        SlotKey::Day(day) => day.cast_unsigned() << 2 | 1,
        SlotKey::Unread => 2,
    }
}

/// A message that was drawn far enough aside is answered.
fn answer(client: Client) {
    let about = host::swipe_ends()
        .and_then(|key| client.read(|model| answer_to(model, model.row(model.open_chat()?, key)?, false)));
    if let Some(about) = about {
        client.composing.set(Some(about));
        host::focus("#composer");
    }
}

/// Back to the newest message, and how many came meanwhile.
#[component]
fn JumpButton(client: Client, feed: NodeRef<leptos::html::Div>) -> impl IntoView {
    let t = messages();
    let away = memo(move || client.thread.with(|view| (view.loaded && !view.pinned).then_some(view.fresh)));
    // The button is gone then: where nothing is written, whoever goes by keys goes on in the thread.
    let next = if client.may_send() { "#composer" } else { ".feed" };
    view! {
        <div class="jump-place">
            {dynamic(move || away.get().map(|fresh| {
                let count = (fresh > 0).then(|| view! { <span class="jump__count">{(t.thread.jump_new)(i64::from(fresh))}</span> });
                view! {
                    <button type="button" class="jump" aria-label=t.thread.jump on:click=move |_| {
                        host::forget_jump();
                        client.jump_to_end();
                        // Where the rows stay the same, nobody else would.
                        host::feed_restore(client, feed);
                        host::mark_read(client);
                        host::focus_to_write(next);
                    }>
                        <Icon name="down"/>{count}
                    </button>
                }
            }))}
        </div>
    }
}
