//! The connection to the server: says when it is gone, what happens next, and what waits.

use crate::ui::client::Line;
use crate::ui::hooks::{host, use_seconds};
use crate::ui::prelude::*;

/// The banner. It shows only while the connection is down.
#[component]
pub fn LineBanner(client: Client) -> impl IntoView {
    let down = memo(move || matches!(client.line.get(), Line::Down { .. }));
    view! {
        <div class="line-banner-place" role="status">
            {dynamic(move || down.get().then(|| view! { <Down client/> }))}
        </div>
    }
}

#[component]
fn Down(client: Client) -> impl IntoView {
    let t = messages();
    let now = use_seconds();
    let what = move || match client.line.get() {
        Line::Down { offline: true, .. } => t.connection.offline,
        _ => t.connection.lost,
    };
    // The countdown is not read out: the sentence before it is, once.
    let next = move || match client.line.get() {
        Line::Down { until: Some(until), .. } => {
            let seconds = (until - now.get()).max(0).saturating_add(999) / 1000;
            if seconds == 0 { t.connection.retrying.to_owned() } else { (t.connection.retry_in)(seconds) }
        }
        _ => t.connection.retrying.to_owned(),
    };
    let queued = move || {
        let waiting = client.waiting.get() + client.uploads.with(Vec::len);
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        (waiting > 0).then(|| format!(" {}", (t.connection.queued)(waiting)))
    };
    view! {
        <div class="banner banner--line">
            <Icon name="unplugged"/>
            <p class="banner__text">{dynamic(what)}" "<span class="tabular" aria-hidden="true">{dynamic(next)}</span>{dynamic(queued)}</p>
            <button type="button" class="banner__action" on:click=move |_| host::try_now()>{t.connection.try_now}</button>
        </div>
    }
}
