//! Holding a poll.

use crate::model::poll_of;
use crate::protocol::{MAX_POLL_OPTION, MAX_POLL_OPTIONS, MAX_POLL_QUESTION, NewMessage};
use crate::ui::components::modal::tool;
use crate::ui::hooks::{ComposerState, close_dialog};
use crate::ui::prelude::*;

/// The dialog: a question, two to twelve answers, and whether one person may choose several.
pub fn poll_dialog(composer: ComposerState, closed: impl Fn() + Clone + Send + 'static) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let question = RwSignal::new(String::new());
    let options = RwSignal::new(vec![String::new(), String::new()]);
    let several = RwSignal::new(true);
    let wrong = RwSignal::new(false);
    let title = || messages().writing.poll.to_owned();
    tool(title, false, closed, move |dialog| {
        let places = memo(move || options.with(Vec::len));
        let typed = move |place: usize, text: String| {
            options.update(|options| {
                if let Some(option) = options.get_mut(place) {
                    *option = text;
                }
                // Where the last one is begun, there is room for another.
                let full = options.iter().all(|text| !text.trim().is_empty());
                if full && options.len() < MAX_POLL_OPTIONS {
                    options.push(String::new());
                }
            });
        };
        let field = move |place: usize| {
            let label = (w.option)(i64::try_from(place + 1).unwrap_or(0));
            view! {
                <input
                    class="field__input" type="text" autocomplete="off" dir="auto" maxlength=MAX_POLL_OPTION
                    placeholder=label.clone() aria-label=label
                    on:input=move |event| typed(place, event_target_value(&event))
                />
            }
        };
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let poll = options.with_untracked(|options| {
                poll_of(&question.get_untracked(), options, several.get_untracked())
            });
            wrong.set(poll.is_none());
            if poll.is_some() && composer.post(NewMessage { poll, ..NewMessage::default() }) {
                close_dialog(dialog);
            }
        };
        view! {
            <form class="form" on:submit=send>
                <label class="field">
                    <span class="field__label">{w.question}</span>
                    <input
                        class="field__input" type="text" autocomplete="off" dir="auto" maxlength=MAX_POLL_QUESTION
                        autofocus=true on:input=move |event| question.set(event_target_value(&event))
                    />
                </label>
                <div class="poll-options">
                    {each(
                        move || (0..u64::try_from(places.get()).unwrap_or_default()).collect(),
                        move |place| field(usize::try_from(place).unwrap_or_default()).into_any(),
                    )}
                </div>
                <label class="check-line">
                    <input type="checkbox" prop:checked=several on:change=move |event| several.set(event_target_checked(&event))/>
                    <span>{w.several}</span>
                </label>
                {dynamic(move || wrong.get().then(|| view! { <p class="form-error" role="alert">{w.poll_needs}</p> }))}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary">{t.composer.send}</button>
                </div>
            </form>
        }
        .into_any()
    })
}
