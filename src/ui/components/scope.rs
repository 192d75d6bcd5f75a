//! Which devices something is for: all of them, or some.

use crate::protocol::DeviceId;
use crate::ui::prelude::*;

/// Which were chosen: `None` for all, those to come too.
pub type Scope = RwSignal<Option<Vec<DeviceId>>>;

/// The choice, as part of a form.
pub fn scope_field(client: Client, scope: Scope) -> AnyView {
    let t = messages();
    let some = memo(move || scope.with(Option::is_some));
    let boxes = move || {
        client.devices.get().into_iter().map(|state| {
            let (id, of) = (state.device.id.clone(), state.device.id);
            let on = move || scope.with(|scope| scope.as_ref().is_some_and(|ids| ids.contains(&of)));
            let change = move |event: leptos::ev::Event| {
                let checked = event_target_checked(&event);
                scope.update(|scope| {
                    let ids = scope.get_or_insert_default();
                    ids.retain(|other| *other != id);
                    if checked {
                        ids.push(id.clone());
                    }
                });
            };
            view! { <label class="tick-box"><input type="checkbox" prop:checked=live(on) on:change=change/><span dir="auto">{state.device.name}</span></label> }
        }).collect_view()
    };
    view! {
        <fieldset class="field">
            <legend class="field__label">{t.manage.scope}</legend>
            <label class="tick-box">
                <input type="radio" name="scope" prop:checked=live(move || !some.get()) on:change=move |_| scope.set(None)/>
                <span>{t.manage.scope_all}</span>
            </label>
            <label class="tick-box">
                <input type="radio" name="scope" prop:checked=live(move || some.get()) on:change=move |_| scope.set(Some(Vec::new()))/>
                <span>{t.manage.scope_some}</span>
            </label>
            {dynamic(move || some.get().then(|| view! { <div class="tick-boxes">{boxes()}</div> }))}
        </fieldset>
    }
    .into_any()
}

/// The devices of a scope, by name; a number where there are many.
pub fn scope_text(client: Client, ids: Option<&[DeviceId]>) -> String {
    let t = messages();
    let Some(ids) = ids else { return t.manage.scope_all.to_owned() };
    if ids.len() > 2 {
        return (t.manage.scope_count)(i64::try_from(ids.len()).unwrap_or(i64::MAX));
    }
    client.devices.with(|all| {
        let name = |id: &DeviceId| {
            let found = all.iter().find(|state| state.device.id == *id);
            found.map_or_else(|| id.to_string(), |state| state.device.name.clone())
        };
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    })
}
