//! A device in the list of devices.

use super::device_actions::DeviceActions;
use super::device_glance::Glances;
use super::{CauseText, MomentText};
use crate::model::text::phone;
use crate::protocol::{DeviceId, DeviceStatus};
use crate::ui::prelude::*;

/// The card: who it is, how it is, and what to do next.
#[component]
pub fn DeviceCard(client: Client, id: DeviceId, glances: Glances) -> impl IntoView {
    let t = messages();
    let device = client.device(id.clone());
    let seed = id.to_string();
    let path = format!("/devices/{id}");
    let face = memo(move || {
        device.with(|state| state.as_ref().map(|state| state.device.name.clone())).unwrap_or_default()
    });
    let who = move || {
        device.get().map(|state| {
            let account = state.device.display_name.clone();
            match state.device.phone_number {
                Some(number) => view! {
                    <span class="tabular">{phone(&number)}</span>
                    {account.map(|account| view! { <span dir="auto">{account}</span> })}
                }
                .into_any(),
                None => view! { <span>{t.devices.not_linked}</span> }.into_any(),
            }
        })
    };
    let linked = memo(move || {
        device.with(|state| state.as_ref().is_some_and(|state| state.device.phone_number.is_some()))
    });
    let of = id.clone();
    let state = move || {
        device.get().map(|state| {
            let since = state.device.connected_at.filter(|_| state.device.status == DeviceStatus::Connected);
            let text = match since {
                Some(at) => view! { <span>{t.devices.since}" "<MomentText at/></span> }.into_any(),
                None => view! { <CauseText device=state.clone()/> }.into_any(),
            };
            view! {
                <Presence status=state.device.status/>
                <p class="device-card__cause">{text}</p>
                {state.history.map(|percent| view! {
                    <p class="device-card__cause">{(t.devices.history)(percent.into())}</p>
                })}
            }
        })
    };
    view! {
        <li class="device-card">
            <div class="device-card__head">
                {dynamic(move || view! { <Avatar name=face.get() seed=seed.clone()/> })}
                <div class="device-card__who">
                    <h2 class="device-card__name"><a href=path dir="auto">{face}</a></h2>
                    <p class="device-card__number">{who}</p>
                </div>
            </div>
            <div class="device-card__state" aria-live="polite">{state}</div>
            {dynamic(move || linked.get().then(|| glances.of(of.clone())))}
            <DeviceActions client id/>
        </li>
    }
}
