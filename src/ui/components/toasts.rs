//! Lines that say how something ended, and go away by themselves.

use crate::ui::client::{Toast, Tone};
use crate::ui::prelude::*;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(6);

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
                    react(move |_| {
                        if let Ok(timer) = set_timeout(move || dismiss(id), LIFE) {
                            on_cleanup(move || timer.clear());
                        }
                    });
                    let bad = toast.tone == Tone::Bad;
                    view! {
                        <div
                            class=if bad { "toast toast--bad" } else { "toast" }
                            role=if bad { "alert" } else { "status" }
                        >
                            <Icon name=if bad { "warn" } else { "check" }/>
                            <p class="toast__text">{toast.text}</p>
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
