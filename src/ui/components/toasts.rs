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
    view! { <div class="toasts">{each(ids, move |id| line(client, id))}</div> }
}

/// The line of this number, which goes away by itself.
fn line(client: Client, id: u64) -> AnyView {
    let t = messages();
    let found =
        client.toasts.with_untracked(|all| all.iter().find(|toast| u64::from(toast.id) == id).cloned());
    let Some(Toast { id, tone, text, href }) = found else { return ().into_any() };
    let dismiss = move || client.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    react(move |_| {
        let life = if tone == Tone::Bad { LIFE_BAD } else { LIFE };
        if let Ok(timer) = set_timeout(dismiss, life) {
            on_cleanup(move || timer.clear());
        }
    });
    let (class, role, icon) = match tone {
        Tone::Bad => ("toast toast--bad", Some("alert"), "warn"),
        Tone::Good => ("toast", Some("status"), "check"),
        Tone::News => ("toast toast--news", None, "chat"),
    };
    let text = match href {
        Some(href) => {
            view! { <a class="toast__text" dir="auto" href=href on:click=move |_| dismiss()>{text}</a> }
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
                on:click=move |_| dismiss()
            >
                <Icon name="close"/>
            </button>
        </div>
    }
    .into_any()
}
