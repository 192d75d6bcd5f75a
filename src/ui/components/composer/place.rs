//! Sending a place.

use crate::model::place_of;
use crate::protocol::NewMessage;
use crate::ui::components::modal::tool;
use crate::ui::hooks::{ComposerState, close_dialog, host};
use crate::ui::prelude::*;

/// The dialog: where this machine is, or coordinates, and what the place is called.
pub fn place_dialog(composer: ComposerState, closed: impl Fn() + Clone + Send + 'static) -> AnyView {
    let t = messages();
    let w = &t.writing;
    let (latitude, longitude) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let name = RwSignal::new(String::new());
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let title = || messages().writing.place.to_owned();
    tool(title, false, closed, move |dialog| {
        let locate = move |_| {
            busy.set(true);
            wrong.set(None);
            host::locate(move |place| {
                busy.try_set(false);
                match place {
                    Some((north, east)) => {
                        latitude.try_set(format!("{north:.6}"));
                        longitude.try_set(format!("{east:.6}"));
                    }
                    None => drop(wrong.try_set(Some(w.place_refused))),
                }
            });
        };
        let send = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let place =
                place_of(&latitude.get_untracked(), &longitude.get_untracked(), &name.get_untracked());
            wrong.set(place.is_none().then_some(w.place_needs));
            if place.is_some() && composer.post(NewMessage { location: place, ..NewMessage::default() }) {
                close_dialog(dialog);
            }
        };
        let field = move |label: &'static str, value: RwSignal<String>, mode: &'static str| {
            view! {
                <label class="field">
                    <span class="field__label">{label}</span>
                    <input
                        class="field__input" type="text" autocomplete="off" inputmode=mode prop:value=value
                        on:input=move |event| value.set(event_target_value(&event))
                    />
                </label>
            }
        };
        view! {
            <form class="form" on:submit=send>
                <button type="button" class="button" disabled=busy on:click=locate>
                    {dynamic(move || if busy.get() { w.locating } else { w.my_place })}
                </button>
                <div class="place-fields">
                    {field(w.latitude, latitude, "text")}
                    {field(w.longitude, longitude, "text")}
                </div>
                {field(w.place_name, name, "text")}
                {dynamic(move || wrong.get().map(|why| view! { <p class="form-error" role="alert">{why}</p> }))}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary">{t.composer.send}</button>
                </div>
            </form>
        }
        .into_any()
    })
}
