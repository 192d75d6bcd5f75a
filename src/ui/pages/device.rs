//! `/devices/{deviceId}`: one account: its link, its facts, and what can be done with it.

use super::error::NotFoundPage;
use crate::model::DeviceState;
use crate::model::text::phone;
use crate::protocol::{DeviceId, DeviceStatus};
use crate::ui::components::{
    CauseText, DeviceActions, Empty, LineBanner, LinkPanel, MomentText, account, device_health, device_story,
    diagnosis,
};
use crate::ui::prelude::*;
use leptos_router::hooks::use_params_map;

/// The device of the address.
#[component]
pub fn DevicePage() -> impl IntoView {
    let Some(client) = use_context::<Client>() else { return view! { <NotFoundPage/> }.into_any() };
    let params = use_params_map();
    let id = memo(move || params.with(|params| params.get("device"))?.parse::<DeviceId>().ok());
    let known = memo(move || {
        let id = id.get()?;
        client.devices.with(|all| all.iter().any(|state| state.device.id == id)).then_some(id)
    });
    view! {
        <main class="page" id="main" tabindex="-1">
            <LineBanner client/>
            {dynamic(move || match known.get() {
                Some(id) => view! { <Known client id/> }.into_any(),
                None => view! { <Missing/> }.into_any(),
            })}
        </main>
    }
    .into_any()
}

#[component]
fn Known(client: Client, id: DeviceId) -> impl IntoView {
    let t = messages();
    let device = client.device(id.clone());
    let name = memo(move || {
        device.with(|state| state.as_ref().map(|state| state.device.name.clone())).unwrap_or_default()
    });
    let status = memo(move || device.with(|state| state.as_ref().map(|state| state.device.status)));
    // The panel stays while a link comes about before the reader's eyes, so that its success is seen.
    let linking = Memo::new(move |was: Option<&bool>| {
        let linked =
            device.with(|state| state.as_ref().is_some_and(|state| state.device.phone_number.is_some()));
        match status.get() {
            Some(
                DeviceStatus::Created
                | DeviceStatus::QrRequired
                | DeviceStatus::Authenticating
                | DeviceStatus::LoggedOut,
            ) => true,
            Some(DeviceStatus::Connected | DeviceStatus::Starting) => was.copied().unwrap_or(!linked),
            Some(DeviceStatus::Disconnected | DeviceStatus::Failed) => !linked,
            None => false,
        }
    });
    // Of a device that was linked before, what happened to it is told below the new link.
    let was_linked = memo(move || {
        let known = |state: &DeviceState| {
            state.device.phone_number.is_some() && state.device.status != DeviceStatus::Connected
        };
        device.with(|state| state.as_ref().is_some_and(known))
    });
    let (panel_id, part_id) = (id.clone(), id.clone());
    // Whoever may not link it sees how it is instead.
    let links = client.may_manage();
    view! {
        <a class="back-link" href="/devices"><Icon name="back"/>{t.devices.back}</a>
        <header class="page__head">
            <div class="device-head">
                {let seed = id.to_string(); move || view! { <Avatar name=name.get() seed=seed.clone() size="avatar--large"/> }}
                <div>
                    <h1 class="page__title" dir="auto">{name}</h1>
                    <p class="page__lead">{dynamic(move || status.get().map(|status| view! { <Presence status/> }))}</p>
                </div>
            </div>
            <DeviceActions client id on_page=true/>
        </header>
        {dynamic(move || if links && linking.get() {
            let reason = move || device.get().filter(|state| state.device.cause.is_some() && state.device.status == DeviceStatus::LoggedOut);
            view! {
                {dynamic(move || reason().map(|device| view! { <p class="banner banner--device" role="status"><Icon name="warn"/><span class="banner__text"><CauseText device/></span></p> }))}
                <LinkPanel client id=panel_id.clone()/>
                {
                    let id = panel_id.clone();
                    dynamic(move || was_linked.get().then(|| view! {
                        {diagnosis(client, &id)}
                        {device_story(client, &id)}
                    }))
                }
            }.into_any()
        } else {
            view! {
                {diagnosis(client, &part_id)}
                {dynamic(move || device.get().map(|device| view! { <Facts device/> }))}
                {device_health(client, &part_id)}
                {account(client, &part_id)}
                {device_story(client, &part_id)}
            }.into_any()
        })}
    }
}

#[component]
fn Facts(device: DeviceState) -> impl IntoView {
    let t = messages();
    let state = device.device.clone();
    view! {
        <dl class="facts">
            {state.phone_number.map(|number| view! { <div class="facts__row"><dt>{t.devices.number}</dt><dd class="tabular">{phone(&number)}</dd></div> })}
            {state.display_name.map(|account| view! { <div class="facts__row"><dt>{t.devices.account}</dt><dd dir="auto">{account}</dd></div> })}
            <div class="facts__row"><dt>{t.devices.added}</dt><dd><MomentText at=state.created_at/></dd></div>
        </dl>
    }
}

#[component]
fn Missing() -> impl IntoView {
    let t = messages();
    view! {
        <Empty icon="unknown" title=t.devices.missing_title text=t.devices.missing_text alone=true>
            <a class="button button--primary" href="/devices">{t.devices.back}</a>
        </Empty>
    }
}
