//! The keyboard: what each key does, and whether single keys do anything.

use super::head;
use crate::ui::components::KeyTable;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// The section.
pub fn shortcuts() -> AnyView {
    let t = messages();
    let on = RwSignal::new(true);
    // Only the browser knows what was chosen in it.
    react(move |_| on.set(!host::keys_off()));
    let change = move |event: leptos::ev::Event| {
        let checked = event_target_checked(&event);
        on.set(checked);
        host::set_keys_off(!checked);
    };
    view! {
        {head(t.shortcuts.title, "", None)}
        <section class="card">
            <label class="tick-box">
                <input type="checkbox" prop:checked=on on:change=change/>
                <span>{t.shortcuts.single}<small class="tick-box__more">{t.shortcuts.single_text}</small></span>
            </label>
        </section>
        <section class="card" aria-label=t.shortcuts.title><KeyTable/></section>
    }
    .into_any()
}
