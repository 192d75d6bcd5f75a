//! Lines that say how something ended, and go away by themselves.

use crate::ui::client::{Toast, Tone};
use crate::ui::prelude::*;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(6);
/// What went wrong has to be understood, too.
const LIFE_BAD: Duration = Duration::from_secs(12);

/// The stack of them.
#[component]
pub fn Toasts(client: Client) -> impl IntoView {
    let ids = move || client.toasts.with(|all| all.iter().map(|toast| toast.id.into()).collect());
    // None goes away from under a hand, or while somebody is about to press it by keys. A pointer that only rests where they
    // come up is none.
    let (pointed, focused) = (RwSignal::new(false), RwSignal::new(false));
    let held = memo(move || pointed.get() || focused.get());
    // What is taken away says no more that it is left.
    let let_go = Callback::new(move |()| {
        pointed.set(false);
        focused.set(false);
    });
    view! {
        <div
            class="toasts"
            on:pointermove=move |_| if !pointed.get_untracked() { pointed.set(true) }
            on:pointerleave=move |_| pointed.set(false)
            on:focusin=move |_| focused.set(true)
            on:focusout=move |_| focused.set(false)
        >
            {each(ids, move |id| line(client, id, held, let_go))}
        </div>
    }
}

/// The line of this number, which goes away by itself.
fn line(client: Client, id: u64, held: Memo<bool>, let_go: Callback<()>) -> AnyView {
    let t = messages();
    let found =
        client.toasts.with_untracked(|all| all.iter().find(|toast| u64::from(toast.id) == id).cloned());
    let Some(Toast { id, tone, text, href }) = found else { return ().into_any() };
    let dismiss = move || client.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    let press = move || {
        let_go.run(());
        dismiss();
    };
    react(move |_| {
        if held.get() {
            return;
        }
        let life = if tone == Tone::Bad { LIFE_BAD } else { LIFE };
        if let Ok(timer) = set_timeout(dismiss, life) {
            on_cleanup(move || timer.clear());
        }
    });
    let (class, role, icon) = match tone {
        Tone::Bad => ("toast toast--bad", Some("alert"), "warn"),
        Tone::Good => ("toast", Some("status"), "check"),
        Tone::News => ("toast", None, "chat"),
    };
    let text = match href {
        Some(href) => {
            view! { <a class="toast__text" dir="auto" href=href on:click=move |_| press()>{text}</a> }
                .into_any()
        }
        None => view! { <p class="toast__text">{text}</p> }.into_any(),
    };
    view! {
        <div class=class role=role>
            <Icon name=icon/>
            {text}
            <button
                type="button" class="icon-button" aria-label=t.common.dismiss
                on:click=move |_| press()
            >
                <Icon name="close"/>
            </button>
        </div>
    }
    .into_any()
}
