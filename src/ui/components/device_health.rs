//! How a device is, at a glance: the connection and the messages in numbers, kept up to date while looked at.

use super::MomentText;
use crate::model::settings::{DeviceNumbers, permille};
use crate::protocol::{ConnectionAnalytics, DeviceId, DeviceStatus, Millis};
use crate::ui::client::words;
use crate::ui::hooks::{Verb, host, rest};
use crate::ui::prelude::*;
use std::time::Duration;

/// How often the numbers are asked for.
const PACE: Duration = Duration::from_secs(15);

/// The numbers of this device.
pub fn device_health(client: Client, id: &DeviceId) -> AnyView {
    let t = messages();
    let device = client.device(id.clone());
    let numbers = RwSignal::new(None::<DeviceNumbers>);
    let analytics = RwSignal::new(None::<ConnectionAnalytics>);
    let path = format!("/devices/{id}");
    let look = move || {
        // What does not come stays as it was: the next look is near.
        rest::<DeviceNumbers>(Verb::Get, format!("{path}/stats"), None, move |found| {
            if let Ok(found) = found {
                numbers.try_set(Some(found));
            }
        });
        rest::<ConnectionAnalytics>(Verb::Get, format!("{path}/connections/analytics"), None, move |found| {
            if let Ok(found) = found {
                analytics.try_set(Some(found));
            }
        });
    };
    let status = memo(move || device.with(|state| state.as_ref().map(|state| state.device.status)));
    react(move |_| {
        // A device that has just been deleted has no numbers.
        if status.get().is_none() {
            return;
        }
        look();
        if let Ok(timer) = set_interval(look.clone(), PACE) {
            on_cleanup(move || timer.clear());
        }
    });
    let since = move || {
        let at = device.with(|state| {
            state.as_ref().filter(|state| state.device.status == DeviceStatus::Connected)?.device.connected_at
        });
        match at {
            Some(at) => view! { <MomentText at/> }.into_any(),
            None => status.get().map(|status| view! { <Presence status/> }).into_any(),
        }
    };
    let last = move |at: fn(&DeviceNumbers) -> Option<Millis>| {
        numbers.with(|numbers| numbers.as_ref().map(at)).map(|at| match at {
            Some(at) => view! { <MomentText at/> }.into_any(),
            None => t.health.none.into_any(),
        })
    };
    let number =
        move |of: fn(&DeviceNumbers) -> i64| numbers.with(|all| all.as_ref().map(|all| number_text(of(all))));
    let failed =
        memo(move || numbers.with(|all| all.as_ref().is_some_and(|all| all.messages.total.failed > 0)));
    let today = move || {
        numbers.with(|all| {
            all.as_ref().map(|all| {
                let today = all.messages.today;
                (t.health.traffic)(today.received, today.sent)
            })
        })
    };
    let of_line = move |tell: fn(&ConnectionAnalytics) -> Option<String>| {
        analytics.with(|all| {
            all.as_ref().map(|all| tell(all).unwrap_or_else(|| messages().health.none.to_owned()))
        })
    };
    view! {
        <section class="device-part" aria-labelledby="health-title">
            <h2 class="device-part__title" id="health-title">{t.health.title}</h2>
            <dl class="health">
                {fact(t.devices.since, false, dynamic(since))}
                {fact(t.health.last_in, false, dynamic(move || last(|all| all.messages.last_received_at)))}
                {fact(t.health.last_out, false, dynamic(move || last(|all| all.messages.last_sent_at)))}
                {fact(t.health.today, false, dynamic(today))}
                {fact(t.health.queue, false, dynamic(move || number(|all| all.messages.total.queued)))}
                {dynamic(move || fact(t.health.failed, failed.get(), dynamic(move || number(|all| all.messages.total.failed))))}
                {fact(t.health.reconnects, false, dynamic(move || of_line(|all| Some(number_text(all.counts.connected)))))}
                {fact(t.health.uptime, false, dynamic(move || of_line(share)))}
                {fact(t.health.connects_in, false, dynamic(move || of_line(|all| all.time_to_connect_ms.last.map(duration))))}
            </dl>
        </section>
    }
    .into_any()
}

fn fact(label: &'static str, bad: bool, value: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    view! { <div class="health__fact" class:health__fact--bad=bad><dt>{label}</dt><dd>{value}</dd></div> }
        .into_any()
}

fn share(all: &ConnectionAnalytics) -> Option<String> {
    let permille = permille(all.uptime_ms, all.observed_ms)?;
    let plain = || format!("{}.{}", permille / 10, permille % 10);
    Some((words().health.percent)(&host::tenths_text(permille).unwrap_or_else(plain)))
}

/// A number as the page's language writes it.
#[must_use]
pub fn number_text(number: i64) -> String {
    host::number_text(number).unwrap_or_else(|| number.to_string())
}

/// How long something took, in the unit that suits it.
#[must_use]
pub fn duration(took: Millis) -> String {
    let t = words();
    match (took.max(0) + 999) / 1000 {
        seconds @ ..60 => (t.health.seconds)(seconds),
        seconds @ 60..3_600 => (t.health.minutes)(seconds / 60),
        seconds @ 3_600..172_800 => (t.health.hours)(seconds / 3_600),
        seconds => (t.health.days)(seconds / 86_400),
    }
}
