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
    let t = messages();
    let dismiss = move |id: u32| client.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    view! {
        <div class="toasts">
            <For each=move || client.toasts.get() key=|toast: &Toast| toast.id let(toast)>
                {
                    let id = toast.id;
                    let tone = toast.tone;
                    react(move |_| {
                        let life = if tone == Tone::Bad { LIFE_BAD } else { LIFE };
                        if let Ok(timer) = set_timeout(move || dismiss(id), life) {
                            on_cleanup(move || timer.clear());
                        }
                    });
                    let (class, role, icon) = match tone {
                        Tone::Bad => ("toast toast--bad", Some("alert"), "warn"),
                        Tone::Good => ("toast", Some("status"), "check"),
                        Tone::News => ("toast toast--news", None, "chat"),
                    };
                    let text = toast.text;
                    let text = match toast.href {
                        Some(href) => view! { <a class="toast__text" dir="auto" href=href on:click=move |_| dismiss(id)>{text}</a> }.into_any(),
                        None => view! { <p class="toast__text">{text}</p> }.into_any(),
                    };
                    view! {
                        <div class=class role=role>
                            <Icon name=icon/>
                            {text}
                            <button
                                type="button" class="icon-button" aria-label=t.common.dismiss
                                on:click=move |_| dismiss(id)
                            >
                                <Icon name="close"/>
                            </button>
                        </div>
                    }
                }
            </For>
        </div>
    }
}
