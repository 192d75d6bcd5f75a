//! Going to a date of the open thread: what the line of a day leads to.

use crate::ui::chunks;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The id of it on the page.
pub const DATE_JUMP: &str = "date-jump";

/// The popover. What it holds comes when it was opened for the first time.
#[component]
pub fn DateJump(client: Client) -> impl IntoView {
    let opened = RwSignal::new(false);
    let open = move |_| {
        if !opened.get_untracked() {
            opened.set(true);
        }
    };
    view! {
        <div class="menu date-jump" id=DATE_JUMP popover="auto" on:toggle=open>
            {dynamic(move || opened.get().then(|| later(chunks::finding(), move |finding| (finding.date)(client))))}
        </div>
    }
}

/// The date field. It goes there by its button: while a year is being typed, it is another one.
pub fn date_form(client: Client) -> AnyView {
    let t = messages();
    let day = RwSignal::new(String::new());
    let go = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        host::hide_popover(DATE_JUMP);
        host::show_date(client, &day.get_untracked());
    };
    view! {
        <form class="date-jump__form" aria-label=t.thread.to_date on:submit=go>
            <label class="field">
                <span class="field__label">{t.thread.to_date}</span>
                <input
                    class="field__input" type="date" required=true
                    prop:value=day on:input=move |event| day.set(event_target_value(&event))
                />
            </label>
            <button type="submit" class="button button--primary">{t.thread.go}</button>
        </form>
    }
    .into_any()
}
