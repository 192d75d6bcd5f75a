//! How devices are, in a few numbers on their cards.

use super::MomentText;
use super::device_health::number_text;
use crate::model::settings::DeviceNumbers;
use crate::protocol::{ConnectionAnalytics, DeviceId, Millis};
use crate::ui::hooks::{Verb, rest};
use crate::ui::prelude::*;
use std::collections::BTreeSet;

/// What a card shows of a device.
#[derive(Clone, Copy, PartialEq)]
struct Glance {
    last_in: Option<Millis>,
    last_out: Option<Millis>,
    /// Messages that are to go out.
    queued: i64,
    /// How often it was connected.
    connected: i64,
}

/// The numbers of every device of the page, as far as they are here. Copies are the same.
#[derive(Clone, Copy)]
pub struct Glances {
    known: RwSignal<Vec<(DeviceId, Glance)>>,
}

/// Asks for the numbers of these devices, of each once and of one after the other: they are counted from all the
/// messages of a device, and nobody waits for them.
pub fn use_glances(client: Client, ids: Memo<Vec<DeviceId>>) -> Glances {
    let glances = Glances { known: RwSignal::new(Vec::new()) };
    let asked = StoredValue::new(BTreeSet::<DeviceId>::new());
    react(move |_| {
        let mut new = ids.get();
        asked.update_value(|asked| new.retain(|id| asked.insert(id.clone())));
        // The first one is asked for first.
        new.reverse();
        glances.ask(client, new);
    });
    glances
}

impl Glances {
    fn ask(self, client: Client, mut left: Vec<DeviceId>) {
        let Some(id) = left.pop() else { return };
        let there =
            client.read(|model| model.device(&id).is_some_and(|one| one.device.phone_number.is_some()));
        if !there {
            return self.ask(client, left);
        }
        let path = format!("/devices/{id}/connections/analytics");
        rest::<DeviceNumbers>(Verb::Get, format!("/devices/{id}/stats"), None, move |numbers| {
            rest::<ConnectionAnalytics>(Verb::Get, path, None, move |analytics| {
                // What does not come stays blank: the device's own page says more, and looks again.
                let found = numbers.ok().zip(analytics.ok()).map(|(numbers, analytics)| Glance {
                    last_in: numbers.messages.last_received_at,
                    last_out: numbers.messages.last_sent_at,
                    queued: numbers.messages.total.queued,
                    connected: analytics.counts.connected,
                });
                let page = self.known.try_update(|known| known.extend(found.map(|found| (id, found))));
                // The page may have been left meanwhile.
                if page.is_some() {
                    self.ask(client, left);
                }
            });
        });
    }

    /// The numbers of a device, or the room for them.
    pub fn of(self, id: DeviceId) -> AnyView {
        let t = messages();
        let known = self.known;
        let glance = memo(move || {
            known.with(|known| known.iter().find(|(other, _)| *other == id).map(|(_, glance)| *glance))
        });
        let last = move |at: fn(&Glance) -> Option<Millis>| match glance.get() {
            None => BLANK.into_any(),
            Some(glance) => match at(&glance) {
                Some(at) => view! { <MomentText at/> }.into_any(),
                None => t.health.none.into_any(),
            },
        };
        let number = move |of: fn(&Glance) -> i64| match glance.get() {
            None => BLANK.to_owned(),
            Some(glance) => number_text(of(&glance)),
        };
        view! {
            <dl class="device-card__facts">
                {fact(t.health.last_in, dynamic(move || last(|glance| glance.last_in)))}
                {fact(t.health.last_out, dynamic(move || last(|glance| glance.last_out)))}
                {fact(t.health.queue, dynamic(move || number(|glance| glance.queued)))}
                {fact(t.health.reconnects, dynamic(move || number(|glance| glance.connected)))}
            </dl>
        }
        .into_any()
    }
}

/// As high as a line of text.
const BLANK: &str = "\u{a0}";

fn fact(label: &'static str, value: Box<dyn FnMut() -> AnyView + Send>) -> AnyView {
    view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any()
}
