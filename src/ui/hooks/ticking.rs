//! The present moment as a signal, for countdowns.

use super::host;
use crate::protocol::Millis;
use crate::ui::context::Boot;
use crate::ui::prelude::react;
use leptos::prelude::*;
use std::time::Duration;

/// The present moment, to within a quarter of a second, for as long as the caller's owner lives.
///
/// On the server and for the first render in the browser: the moment of rendering.
#[must_use]
pub fn use_seconds() -> ReadSignal<Millis> {
    let rendered =
        use_context::<StoredValue<Boot>>().map_or(0, |boot| boot.with_value(|boot| boot.viewer.now));
    let (now, set_now) = signal(rendered);
    react(move |_| {
        set_now.set(host::now());
        let ticking = set_interval(move || set_now.set(host::now()), Duration::from_millis(250));
        if let Ok(ticking) = ticking {
            on_cleanup(move || ticking.clear());
        }
    });
    now
}
