//! What is pinned in a chat: a bar above its messages, which leads to each of them in turn.

use super::message::{line, pin_for, show_message};
use crate::model::Pins;
use crate::protocol::{ChatId, Message, MessageId};
use crate::ui::chunks;
use crate::ui::client::Line;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The most that are drawn side by side as marks: more are only counted.
const MARKS: usize = 5;

/// The bar, where anything is pinned. It lies over the beginning of the thread, so that nothing moves when it comes.
#[component]
pub fn PinnedBar(client: Client, chat: ChatId) -> impl IntoView {
    // After the thread is on the page, and once the line is there on which what changes comes.
    let due = memo(move || client.pins.with(Pins::is_due));
    let shown = memo(move || client.thread.with(|view| view.loaded));
    let live = memo(move || client.line.with(|line| *line == Line::Live));
    let asked = chat.clone();
    react(move |_| {
        due.with(|_| ());
        if shown.get() && live.get() {
            let chat = asked.clone();
            host::after_paint(move || host::load_pins(client, &chat));
        }
    });
    let pinned = memo(move || client.pins.with(|pins| pins.messages().to_vec()));
    let any = memo(move || client.pins.with(|pins| !pins.messages().is_empty()));
    dynamic(move || any.get().then(|| bar(client, chat.clone(), pinned)))
}

/// The message that is shown of these: the one that was come to by presses, else the one that was pinned last.
fn place(all: &[Message], id: Option<&MessageId>) -> usize {
    id.and_then(|id| all.iter().position(|message| message.id == *id)).unwrap_or(0)
}

fn bar(client: Client, chat: ChatId, pinned: Memo<Vec<Message>>) -> AnyView {
    let t = messages();
    let says = &t.about_message;
    let next = RwSignal::new(None::<MessageId>);
    let newest = memo(move || pinned.with(|all| all.first().map(|message| message.id.clone())));
    // What was pinned just now is shown, wherever the presses were.
    react(move |_| {
        newest.with(|_| ());
        next.set(None);
    });
    let at = memo(move || next.with(|id| pinned.with(|all| place(all, id.as_ref()))));
    let count = memo(move || pinned.with(Vec::len));
    let press = move |_| {
        let at = at.get_untracked();
        let (shown, after) = pinned.with_untracked(|all| {
            let id = |message: &Message| message.id.clone();
            (all.get(at).map(id), all.get(at + 1).or_else(|| all.first()).map(id))
        });
        next.set(after);
        if let Some(shown) = shown {
            show_message(client, shown);
        }
    };
    let label = move || match count.get() {
        0 | 1 => says.pinned.to_owned(),
        count => (says.pinned_of)(number(at.get() + 1), number(count)),
    };
    let marks = move || {
        let (at, count) = (at.get(), count.get());
        (2..=MARKS).contains(&count).then(|| {
            let mark = |place| if place == at { "pins__mark pins__mark--shown" } else { "pins__mark" };
            let marks = (0..count).map(|place| view! { <span class=mark(place)></span> });
            view! { <span class="pins__marks" aria-hidden="true">{marks.collect_view()}</span> }
        })
    };
    let text = move || {
        let at = at.get();
        pinned.with(|all| all.get(at).map(|message| line(message, client, t)))
    };
    let unpin = client.may_send().then(|| {
        let unpin = move |_| {
            let at = at.get_untracked();
            let shown = pinned.with_untracked(|all| all.get(at).map(|message| message.id.clone()));
            if let Some(id) = shown {
                pin_for(client, chat.clone(), id, 0);
            }
            if count.get_untracked() == 1 {
                // The bar goes, and the button that has the focus with it.
                host::focus_to_write("#composer");
            }
        };
        view! {
            <button type="button" class="icon-button pins__unpin" aria-label=says.unpin title=says.unpin on:click=unpin>
                <Icon name="close"/>
            </button>
        }
    });
    view! {
        <div class="pins" role="group" aria-label=says.pins>
            <button type="button" class="pins__show" on:pointerenter=move |_| soon(&chunks::finding()) on:click=press>
                {dynamic(marks)}
                <Icon name="pin"/>
                <span class="pins__says">
                    <span class="pins__label">{dynamic(label)}</span>
                    <span class="pins__text" dir="auto">{dynamic(text)}</span>
                </span>
            </button>
            {unpin}
        </div>
    }
    .into_any()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
