//! The connection to the server: says when it is gone, what happens next, what waits, and that the page is behind.

use crate::ui::client::Line;
use crate::ui::hooks::{host, use_seconds};
use crate::ui::prelude::*;

/// The banner. It shows only while the page may be behind.
#[component]
pub fn LineBanner(client: Client) -> impl IntoView {
    // What of it changes within one of these does so in its place.
    let down = memo(move || match client.line.get() {
        Line::Down { .. } => Some(true),
        Line::CatchingUp => Some(false),
        Line::Starting | Line::Live => None,
    });
    view! {
        <div class="line-banner-place" role="status">
            {dynamic(move || match down.get() {
                Some(true) => view! { <Down client/> }.into_any(),
                Some(false) => view! { <Behind client/> }.into_any(),
                None => ().into_any(),
            })}
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
    let kept = move || client.kept.get().then(|| format!(" {}", t.connection.kept));
    // The countdown is not read out: the sentence before it is, once.
    let next = move || match client.line.get() {
        Line::Down { until: Some(until), .. } => {
            let seconds = (until - now.get()).max(0).saturating_add(999) / 1000;
            if seconds == 0 { t.connection.retrying.to_owned() } else { (t.connection.retry_in)(seconds) }
        }
        _ => t.connection.retrying.to_owned(),
    };
    view! {
        <div class="banner banner--line">
            <Icon name="unplugged"/>
            <p class="banner__text">{dynamic(what)}{dynamic(kept)}" "<span class="tabular" aria-hidden="true">{dynamic(next)}</span>{queued(client)}</p>
            <button type="button" class="banner__action" on:click=move |_| host::try_now()>{t.connection.try_now}</button>
        </div>
    }
}

/// The server is there, and what happened meanwhile is on its way.
#[component]
fn Behind(client: Client) -> impl IntoView {
    let t = messages();
    view! {
        <div class="banner banner--line banner--behind">
            <Icon name="refresh"/>
            <p class="banner__text">{t.connection.catching_up}{queued(client)}</p>
        </div>
    }
}

/// How much waits to be sent.
fn queued(client: Client) -> Box<dyn FnMut() -> AnyView + Send> {
    let t = messages();
    dynamic(move || {
        let waiting = client.waiting.get() + client.uploads.with(Vec::len);
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        (waiting > 0).then(|| format!(" {}", (t.connection.queued)(waiting)))
    })
}
