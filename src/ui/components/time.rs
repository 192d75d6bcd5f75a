//! Times: in UTC for machines, by the reader's clock for people.

use crate::model::time::iso;
use crate::protocol::Millis;
use crate::ui::prelude::*;

/// The time as a list shows it.
#[component]
pub fn ListTime(#[prop(into)] at: Signal<Millis>) -> impl IntoView {
    let clock = use_client().clock;
    let t = messages();
    view! { <time datetime=live(move || iso(at.get()))>{dynamic(move || clock.in_list(at.get(), t))}</time> }
}

/// A moment in full.
#[component]
pub fn MomentText(at: Millis) -> impl IntoView {
    let clock = use_client().clock;
    let t = messages();
    view! { <time datetime=iso(at)>{dynamic(move || clock.moment(at, t))}</time> }
}
