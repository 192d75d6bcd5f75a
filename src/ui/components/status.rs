//! A device's state: a dot, a word, and a sentence that says why and what next.

use crate::model::DeviceState;
use crate::protocol::{DeviceStatus, NextAction};
use crate::ui::hooks::use_seconds;
use crate::ui::prelude::*;

/// The class of a status' colour.
#[must_use]
pub fn tone(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Connected => "good",
        DeviceStatus::Starting | DeviceStatus::Authenticating => "busy",
        DeviceStatus::QrRequired | DeviceStatus::Disconnected => "warn",
        DeviceStatus::LoggedOut | DeviceStatus::Failed => "bad",
        DeviceStatus::Created => "idle",
    }
}

/// The dot and the word.
#[component]
pub fn Presence(status: DeviceStatus) -> impl IntoView {
    let t = messages();
    view! {
        <span class=format!("presence presence--{}", tone(status))>
            <span class="presence__dot" aria-hidden="true"></span>
            {(t.devices.status)(status)}
        </span>
    }
}

/// Why a device is in its state, and what happens next, with a countdown where one runs.
#[component]
pub fn CauseText(device: DeviceState) -> impl IntoView {
    let t = messages();
    let status = device.device.status;
    let Some(cause) = device.device.cause else {
        return view! { <span>{(t.devices.status_text)(status)}</span> }.into_any();
    };
    let text = t.cause(&cause);
    let next =
        (cause.next != NextAction::Wait || cause.retry_at.is_none()).then(|| (t.devices.next)(cause.next));
    let now = use_seconds();
    let countdown = cause.retry_at.map(|at| {
        dynamic(move || {
            let seconds = (at - now.get()).max(0).saturating_add(999) / 1000;
            format!(" {}", (t.devices.retry_in)(seconds))
        })
    });
    view! { <span>{text}{next.map(|next| format!(" {next}"))}{countdown}</span> }.into_any()
}
