//! One of a few, in a list of the browser's own.

use crate::ui::prelude::*;
use leptos::html::Select;

/// What was chosen, for whoever may not choose.
pub fn chosen(
    label: &'static str,
    choices: Vec<(&'static str, Signal<String>)>,
    now: Signal<&'static str>,
) -> AnyView {
    let says = move || {
        let now = now.get();
        choices.iter().find(|(value, _)| *value == now).map(|(_, name)| name.get())
    };
    view! {
        <dl class="field detail__field">
            <dt class="field__label">{label}</dt>
            <dd>{dynamic(says)}</dd>
        </dl>
    }
    .into_any()
}

/// A field with these choices, each a value and what it is called. `changed` is told what was chosen, and is handed
/// what puts the field back to what is true where that was refused.
pub fn choice(
    label: &'static str,
    choices: Vec<(&'static str, Signal<String>)>,
    now: Signal<&'static str>,
    changed: impl Fn(String, Box<dyn FnOnce()>) + 'static,
) -> AnyView {
    let field = NodeRef::<Select>::new();
    let options = choices.into_iter().map(|(value, name)| {
        // What cannot be chosen, but is so.
        let hidden = value.is_empty();
        view! {
            <option
                value=value hidden=live(move || hidden && now.get() != value)
                selected=now.get_untracked() == value prop:selected=live(move || now.get() == value)
            >{dynamic(move || name.get())}</option>
        }
    });
    view! {
        <label class="field detail__field">
            <span class="field__label">{label}</span>
            <select class="field__input" node_ref=field on:change=move |event| {
                let again = Box::new(move || {
                    if let Some(field) = field.try_get_untracked().flatten() {
                        field.set_value(now.get_untracked());
                    }
                });
                changed(event_target_value(&event), again);
            }>{options.collect_view()}</select>
        </label>
    }
    .into_any()
}
