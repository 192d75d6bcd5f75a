//! Where a message is written.

use crate::model::DeviceState;
use crate::model::text::{plain, spans};
use crate::protocol::{DeviceStatus, MAX_TEXT_LENGTH};
use crate::ui::hooks::{ComposerState, host};
use crate::ui::prelude::*;

/// From how many characters before the limit on the rest is counted.
const NEAR_LIMIT: usize = 1000;

/// The composer. It is never blocked: what is written while there is no way out waits.
#[component]
pub fn Composer(
    composer: ComposerState,
    #[prop(into)] name: Signal<String>,
    #[prop(into)] device: Signal<Option<DeviceState>>,
) -> impl IntoView {
    let t = messages();
    let field = NodeRef::<leptos::html::Textarea>::new();
    // What was typed before the page was alive is not lost.
    react(move |_| {
        if let Some(field) = field.get() {
            let typed = field.value();
            if !typed.is_empty() && composer.text.with_untracked(String::is_empty) {
                composer.typed(typed);
            }
            if !host::touch() {
                host::focus("#composer");
            }
        }
    });
    let length = memo(move || composer.text.with(|text| text.chars().count()));
    let empty = memo(move || composer.text.with(|text| text.trim().is_empty()));
    let rest = move || {
        let length = length.get();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        if length > MAX_TEXT_LENGTH {
            let text = (t.composer.over)(count(length - MAX_TEXT_LENGTH));
            Some(
                view! { <span class="composer__rest composer__rest--over" role="alert">{text}</span> }
                    .into_any(),
            )
        } else if length + NEAR_LIMIT > MAX_TEXT_LENGTH {
            let text = (t.composer.left)(count(MAX_TEXT_LENGTH - length));
            Some(view! { <span class="composer__rest">{text}</span> }.into_any())
        } else {
            None
        }
    };
    let send = move || {
        if composer.send() {
            host::focus("#composer");
        }
    };
    let down = move || {
        let state = device.get()?;
        let name = state.device.name;
        (state.device.status != DeviceStatus::Connected)
            .then(|| view! { <p class="composer__note" role="status"><Icon name="clock"/><span>{(t.composer.device_down)(&name)}</span></p> })
    };
    let about = move || {
        composer.client.composing.get().map(|about| {
            let (icon, title) = if about.edits {
                ("edit", t.message.editing.to_owned())
            } else {
                ("reply", (t.message.replying)(&about.who))
            };
            view! {
                <div class="composer__about" role="status">
                    <Icon name=icon/>
                    <span class="composer__about-who" dir="auto">{title}</span>
                    <span class="composer__about-text" dir="auto">{plain(&spans(&about.text))}</span>
                    <button type="button" class="icon-button" aria-label=t.common.cancel on:click=move |_| composer.leave()><Icon name="close"/></button>
                </div>
            }
        })
    };
    view! {
        <footer class="composer">
            {down}
            {about}
            <form
                class="composer__form"
                on:submit=move |event| {
                    event.prevent_default();
                    send();
                }
            >
                <div class="composer__grow" data-text=live(move || composer.text.get())>
                    <textarea
                        id="composer" class="composer__field" rows="1" dir="auto" enterkeyhint="send"
                        placeholder=t.composer.placeholder
                        aria-label=live(move || (t.composer.label)(&name.get()))
                        node_ref=field
                        prop:value=composer.text
                        on:input=move |event| composer.typed(event_target_value(&event))
                        on:keydown=move |event| {
                            let plain = !event.shift_key() && !event.ctrl_key() && !event.alt_key();
                            if event.key() == "Enter" && plain && !event.is_composing() && !host::touch() {
                                event.prevent_default();
                                send();
                            }
                            if event.key() == "Escape" && composer.client.composing.with_untracked(Option::is_some) {
                                event.prevent_default();
                                composer.leave();
                            }
                        }
                    ></textarea>
                </div>
                {rest}
                <button
                    type="submit" class="composer__send" aria-label=t.composer.send title=t.composer.send
                    disabled=live(move || empty.get() || (length.get() > MAX_TEXT_LENGTH))
                >
                    <Icon name="send"/>
                </button>
            </form>
        </footer>
    }
}
