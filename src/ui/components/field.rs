//! A line of a form.

use crate::ui::prelude::*;

/// How a field is beside its label and its value.
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldKind {
    /// The `type` of the input; `text` where it is empty.
    pub input: &'static str,
    pub hint: &'static str,
    pub help: &'static str,
    pub required: bool,
    pub longest: &'static str,
    /// Addresses and the like are written from left to right in every language.
    pub ltr: bool,
}

/// The field; its value is in the signal, both ways.
pub fn field(label: &'static str, value: RwSignal<String>, kind: FieldKind) -> AnyView {
    let longest = if kind.longest.is_empty() { "200" } else { kind.longest };
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            <input
                class="field__input" type=if kind.input.is_empty() { "text" } else { kind.input } autocomplete="off"
                required=kind.required maxlength=longest placeholder=kind.hint dir=if kind.ltr { "ltr" } else { "auto" }
                prop:value=value on:input=move |event| value.set(event_target_value(&event))
            />
            {(!kind.help.is_empty()).then(|| view! { <span class="field__help">{kind.help}</span> })}
        </label>
    }
    .into_any()
}

/// What went wrong with a form.
pub fn form_error(error: RwSignal<Option<String>>) -> AnyView {
    dynamic(move || {
        error.get().map(|error| view! { <p class="form-error" role="alert"><Icon name="warn"/>{error}</p> })
    })
    .into_any()
}
