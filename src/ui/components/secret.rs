//! A text that is shown once, to be taken away.

use crate::ui::hooks::host;
use crate::ui::prelude::*;
use std::time::Duration;

/// How long the button says that it has copied.
const SAID: Duration = Duration::from_secs(3);

/// The text in a field that selects itself, with a button that copies it.
pub fn secret(label: String, text: String) -> AnyView {
    let t = messages();
    // What the button says: nothing yet, that it worked, or that it did not.
    let copied = RwSignal::new(None::<bool>);
    let value = text.clone();
    let copy = move |_| {
        host::copy_text(&text, move |done| {
            copied.try_set(Some(done));
            drop(set_timeout(
                move || {
                    copied.try_set(None);
                },
                SAID,
            ));
        });
    };
    view! {
        <div class="secret">
            <label class="field">
                <span class="field__label">{label}</span>
                <input class="field__input secret__text" type="text" readonly=true value=value dir="ltr" spellcheck="false"/>
            </label>
            <button type="button" class="button button--primary" on:click=copy>
                {dynamic(move || if copied.get() == Some(true) {
                    view! { <Icon name="check"/>{t.manage.copied} }.into_any()
                } else {
                    view! { <Icon name="copy"/>{t.manage.copy} }.into_any()
                })}
            </button>
            <p class="field__help" role="status">
                {dynamic(move || if copied.get() == Some(false) { t.manage.copy_failed } else { t.manage.once })}
            </p>
        </div>
    }
    .into_any()
}
