//! Notifications and sounds, as this browser has them: the card of the settings.

use super::quiet_hours::quiet_hours;
use crate::ui::hooks::{Beside, Permission, host, switch, use_beside};
use crate::ui::prelude::*;

/// The classes of sounds, as `public/beside/alerts.js` has them.
const CLASSES: [&str; 4] = ["message", "sent", "error", "connection"];

/// The card.
#[component]
pub fn AlertsCard(client: Client) -> impl IntoView {
    use_beside().map(|beside| view! { <Card client beside/> })
}

#[component]
fn Card(client: Client, beside: Beside) -> impl IntoView {
    let t = messages();
    let sounds = CLASSES.map(|class| {
        let on = move || beside.choices.with(|choices| !choices.off.iter().any(|off| off == class));
        let set = move |on: bool| beside.choose(|choices| switch(&mut choices.off, class, !on));
        view! { <Switch label=(t.alerts.sound)(class).to_owned() on=memo(on) set=Callback::new(set)/> }
    });
    let devices = move || {
        let all = client.devices.get();
        if all.is_empty() {
            return view! { <p class="card__text">{t.alerts.none_yet}</p> }.into_any();
        }
        let rows = all.into_iter().map(|state| {
            let (id, name) = (state.device.id.to_string(), state.device.name);
            let (quiet, other) = (id.clone(), id);
            let on = move || beside.choices.with(|choices| !choices.devices.contains(&quiet));
            let set = move |on: bool| beside.choose(|choices| switch(&mut choices.devices, &other, !on));
            view! { <Switch label=name on=memo(on) set=Callback::new(set)/> }
        });
        rows.collect_view().into_any()
    };
    view! {
        <section class="card" aria-label=t.alerts.title>
            <Notices beside/>
            <fieldset class="switches">
                <legend class="switches__title">{t.alerts.sounds}</legend>
                {sounds.into_iter().collect_view()}
            </fieldset>
            <fieldset class="switches">
                <legend class="switches__title">{t.alerts.devices}</legend>
                {dynamic(devices)}
            </fieldset>
            {quiet_hours(client, beside)}
        </section>
    }
}

/// Notifications: a switch once the browser allows them, else what stands in the way.
#[component]
fn Notices(beside: Beside) -> impl IntoView {
    let t = messages();
    let on = move || beside.choices.with(|choices| choices.notices);
    view! {
        <p class="card__text">{t.alerts.notices_text}</p>
        {dynamic(move || match beside.permission.get() {
            Permission::Granted => {
                let set = move |on: bool| beside.choose(|choices| choices.notices = on);
                view! { <Switch label=t.alerts.notices.to_owned() on=memo(on) set=Callback::new(set)/> }.into_any()
            }
            Permission::Ask => view! {
                <button type="button" class="button" on:click=move |_| host::ask_to_notify()><Icon name="bell"/>{t.alerts.offer_yes}</button>
            }
            .into_any(),
            Permission::Denied => view! { <p class="card__text">{t.alerts.denied}</p> }.into_any(),
            Permission::None => view! { <p class="card__text">{t.alerts.unable}</p> }.into_any(),
        })}
    }
}

/// A choice that is on or off.
#[component]
pub fn Switch(label: String, on: Memo<bool>, set: Callback<bool>) -> impl IntoView {
    view! {
        <label class="switch">
            <span class="switch__label" dir="auto">{label}</span>
            <input
                class="switch__input" type="checkbox" role="switch"
                prop:checked=on
                checked=on.get_untracked()
                on:change=move |event| set.run(event_target_checked(&event))
            />
        </label>
    }
}
