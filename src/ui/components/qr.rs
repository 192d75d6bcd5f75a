//! The code that a phone scans, with what is left of its life.

use crate::model::Life;
use crate::protocol::{DeviceId, Qr};
use crate::ui::hooks::{host, use_seconds};
use crate::ui::prelude::*;

/// The picture and its countdown. A new code replaces the picture in place: the old one stays until the
/// new one is there, so nothing flickers.
#[component]
pub fn QrCode(id: DeviceId, name: String, #[prop(into)] qr: Signal<Option<Qr>>) -> impl IntoView {
    let t = messages();
    let now = use_seconds();
    let bar = NodeRef::<leptos::html::Div>::new();
    let life =
        memo(move || qr.with(|qr| qr.as_ref().map(|qr| Life::left(qr.issued_at, qr.expires_at, now.get()))));
    react(move |_| host::set_life(bar, life.get().map_or(0, |life| life.permille)));
    // The moment it was made tells one code from the next; attempts begin at 1 with each start.
    let address = memo(move || {
        qr.with(|qr| {
            qr.as_ref().map(|qr| {
                format!("/api/v1/devices/{id}/qr?format=svg&attempt={}-{}", qr.attempt, qr.issued_at)
            })
        })
    });
    view! {
        <div class="qr">
            <div class="qr__frame" class:qr__frame--over=live(move || life.get().is_none_or(Life::is_over))>
                {dynamic(move || address.get().map(|address| view! {
                    <img class="qr__code" src=address alt=(t.link.code_for)(&name) width="264" height="264"/>
                }))}
            </div>
            <div class="life">
                <span class="life__text tabular" aria-hidden="true">
                    {dynamic(move || match life.get() {
                        Some(life) if !life.is_over() => (t.link.new_code_in)(life.seconds),
                        _ => t.link.getting.to_owned(),
                    })}
                </span>
                <div class="life__bar" aria-hidden="true"><div class="life__rest" node_ref=bar></div></div>
            </div>
            <p class="visually-hidden" role="status">{dynamic(move || address.get().map(|_| t.link.new_code_announce))}</p>
        </div>
    }
}
