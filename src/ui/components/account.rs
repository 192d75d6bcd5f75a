//! What others see of the account behind a device: its name and what it says of itself.

use super::{FieldKind, field, form_error};
use crate::model::settings::AccountProfile;
use crate::protocol::{DeviceId, DeviceStatus};
use crate::ui::client::Tone;
use crate::ui::hooks::{Verb, rest};
use crate::ui::prelude::*;
use serde_json::{Map, json};

/// The form, or what would stand in it for whoever may only read; WhatsApp is asked for that, so the device has to be
/// connected.
pub fn account(client: Client, id: &DeviceId) -> AnyView {
    let t = messages();
    let device = client.device(id.clone());
    let path = format!("/devices/{id}/profile");
    let [name, about] = [(); 2].map(|()| RwSignal::new(String::new()));
    // What WhatsApp has; `None` until it has said.
    let has = RwSignal::new(None::<AccountProfile>);
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let take = move |profile: AccountProfile| {
        name.try_set(profile.name.clone().unwrap_or_default());
        about.try_set(profile.about.clone().unwrap_or_default());
        has.try_set(Some(profile));
    };
    let connected = memo(move || {
        device.with(|state| state.as_ref().map(|state| state.device.status)) == Some(DeviceStatus::Connected)
    });
    // WhatsApp is asked only when somebody wants to see it.
    let open = RwSignal::new(false);
    let from = path.clone();
    react(move |_| {
        if open.get() && connected.get() {
            rest::<AccountProfile>(Verb::Get, from.clone(), None, move |profile| match profile {
                Ok(profile) => take(profile),
                Err(problem) => {
                    error.try_set(Some(problem.detail));
                }
            });
        }
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(before) = has.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        // Only what is new is asked for: each is a request to WhatsApp.
        let mut body = Map::new();
        for (key, new, old) in [("name", name, before.name), ("about", about, before.about)] {
            let new = new.get_untracked().trim().to_owned();
            if new != old.unwrap_or_default() {
                body.insert(key.to_owned(), json!(new));
            }
        }
        if body.is_empty() {
            return;
        }
        busy.set(true);
        rest::<AccountProfile>(Verb::Patch, path.clone(), Some(body.into()), move |answer| {
            busy.try_set(false);
            match answer {
                Ok(profile) => {
                    error.try_set(None);
                    take(profile);
                    client.toast(Tone::Good, t.health.profile_saved);
                }
                Err(problem) => {
                    error.try_set(Some(problem.detail));
                }
            }
        });
    };
    let changes = client.may_send();
    let idle = memo(move || !connected.get() || busy.get() || has.with(Option::is_none));
    view! {
        <details class="device-part card" on:toggle=move |_| open.set(true)>
            <summary class="card__summary"><h2 class="card__title">{t.health.profile}</h2></summary>
            <p class="card__text">{dynamic(move || if connected.get() { t.health.profile_text } else { t.health.profile_down })}</p>
            {dynamic(move || {
                let save = save.clone();
                connected.get().then(|| if changes {
                    view! {
                        <form class="form" on:submit=save>
                            {field(t.health.profile_name, name, FieldKind { required: true, longest: "25", ..FieldKind::default() })}
                            {field(t.health.profile_about, about, FieldKind { longest: "139", ..FieldKind::default() })}
                            {form_error(error)}
                            <div class="form__actions"><button type="submit" class="button button--primary" disabled=idle>{t.common.save}</button></div>
                        </form>
                    }
                    .into_any()
                } else {
                    view! { {said(has, t)}{form_error(error)} }.into_any()
                })
            })}
        </details>
    }
    .into_any()
}

/// What WhatsApp has.
fn said(has: RwSignal<Option<AccountProfile>>, t: &'static Messages) -> AnyView {
    let row = |label: &'static str, text: Option<String>| {
        let text = text.filter(|text| !text.trim().is_empty())?;
        Some(view! { <div class="facts__row"><dt>{label}</dt><dd dir="auto">{text}</dd></div> })
    };
    dynamic(move || {
        let has = has.get()?;
        let said = [row(t.health.profile_name, has.name), row(t.health.profile_about, has.about)];
        let said: Vec<_> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| view! { <dl class="facts">{said}</dl> })
    })
    .into_any()
}
