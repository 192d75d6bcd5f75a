//! How far somebody may go, as a choice in a form.

use crate::protocol::Permission;
use crate::ui::prelude::*;

/// The choice, each level with what it holds.
pub fn permission_field(chosen: RwSignal<Permission>) -> AnyView {
    let t = messages();
    let levels = Permission::ALL.map(|level| {
        view! {
            <label class="tick-box">
                <input type="radio" name="permission" prop:checked=live(move || chosen.get() == level) on:change=move |_| chosen.set(level)/>
                <span>{(t.manage.permission)(level)}<small class="tick-box__more">{(t.manage.permission_text)(level)}</small></span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend class="field__label">{t.manage.permission_label}</legend>
            {levels.collect_view()}
        </fieldset>
    }
    .into_any()
}
