//! What happened to a device's connection, newest first; and why it is not connected, with what to do.

use super::device_health::duration;
use super::{CauseText, MomentText, fetched};
use crate::protocol::{CauseCode, ConnectionEntry, ConnectionKind, DeviceId, DeviceStatus};
use crate::ui::hooks::use_list;
use crate::ui::prelude::*;

/// The history of this device's connection.
pub fn device_story(client: Client, id: &DeviceId) -> AnyView {
    let t = messages();
    let device = client.device(id.clone());
    let list = use_list::<ConnectionEntry>(format!("/devices/{id}/connections?limit=20"));
    let status = memo(move || device.with(|state| state.as_ref().map(|state| state.device.status)));
    // Whatever changed the status is in the history by now.
    react(move |first| {
        let there = status.get().is_some();
        if first.is_some() && there {
            list.reload();
        }
    });
    let rows = move || {
        if list.items.with(Vec::is_empty) {
            return view! { <p class="field__help">{t.health.history_none}</p> }.into_any();
        }
        let items = list.items.get().into_iter().map(row);
        let more = list.next.with(Option::is_some).then(|| view! {
            <button type="button" class="button button--small" on:click=move |_| list.more()>{t.manage.more}</button>
        });
        view! { <ol class="story">{items.collect_view()}</ol>{more} }.into_any()
    };
    view! {
        <section class="device-part" aria-labelledby="story-title">
            <h2 class="device-part__title" id="story-title">{t.health.history}</h2>
            {fetched(list.state, move || list.reload(), rows)}
        </section>
    }
    .into_any()
}

fn tone(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Connected => "good",
        ConnectionKind::Started | ConnectionKind::Scanned => "busy",
        ConnectionKind::Disconnected | ConnectionKind::QrShown => "warn",
        ConnectionKind::Failed => "bad",
        ConnectionKind::Watched => "idle",
    }
}

fn row(entry: ConnectionEntry) -> AnyView {
    let t = messages();
    // How long it took to come about, and how long it lasted.
    let took = entry.took_ms.map(|took| (t.health.took)(&duration(took)));
    let lasted =
        matches!(entry.kind, ConnectionKind::Connected | ConnectionKind::Watched).then(|| {
            match entry.until {
                Some(until) => (t.health.lasted)(&duration(until - entry.at)),
                None => t.health.lasts.to_owned(),
            }
        });
    view! {
        <li class="story__row">
            <MomentText at=entry.at/>
            <span class=format!("presence presence--{}", tone(entry.kind))><span class="presence__dot" aria-hidden="true"></span>{(t.health.kind)(entry.kind)}</span>
            {took.map(|text| view! { <span>{text}</span> })}
            {lasted.map(|text| view! { <span>{text}</span> })}
            {why(&entry, t).map(|reason| view! { <span dir="auto">{reason}</span> })}
        </li>
    }
    .into_any()
}

/// Why a connection ended, or did not come about.
fn why(entry: &ConnectionEntry, t: &Messages) -> Option<String> {
    let (code, reason) = (entry.code.as_deref()?, entry.reason.as_deref().unwrap_or_default());
    let cause = CauseCode::NAMED.iter().find(|(name, _)| *name == code);
    match cause {
        Some((_, cause)) => Some(t.cause_of(*cause, reason)),
        None if code == "restarted" => Some(t.health.restarted.to_owned()),
        // Of a version that is yet to come.
        None => t.of_server(reason).map(ToOwned::to_owned),
    }
}

/// Why a device that should be connected is not, in words, and the way out.
pub fn diagnosis(client: Client, id: &DeviceId) -> AnyView {
    let t = messages();
    let device = client.device(id.clone());
    dynamic(move || {
        let state = device.get()?;
        let (status, code) = (state.device.status, state.device.cause.as_ref().map(|cause| cause.code));
        if status == DeviceStatus::Connected && code.is_none() {
            return None;
        }
        let advice = code.map_or_else(|| (t.health.advice_status)(status), |code| (t.health.advice)(code));
        Some(view! {
            <section class="diagnosis" aria-labelledby="diagnosis-title">
                <h2 class="diagnosis__title" id="diagnosis-title">{t.health.diagnosis}</h2>
                <p role="status"><CauseText device=state/></p>
                <p class="diagnosis__advice"><b>{t.health.what_to_do}</b>" · "{advice}</p>
            </section>
        })
    })
    .into_any()
}
