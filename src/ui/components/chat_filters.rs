//! Which chats the list shows: the chips above it, and the way back from the archive.

use crate::model::{ChatFilter, FilterKind};
use crate::protocol::{DeviceId, Label};
use crate::ui::client::words;
use crate::ui::hooks::host;
use crate::ui::prelude::*;

/// Changes the filter, and says how many chats are left.
pub fn change(client: Client, change: impl FnOnce(&mut ChatFilter)) {
    client.filter.update(change);
    client.show_chats();
    client.filter.with_untracked(|filter| host::keep_filter(&filter.kept()));
    if client.filter.with_untracked(|filter| !filter.query.trim().is_empty()) {
        // Who searches hears what was found.
        return;
    }
    let count = i64::try_from(client.chats.with_untracked(Vec::len)).unwrap_or(i64::MAX);
    client.said.set((words().chats.shown)(count, client.more_chats.get_untracked()));
}

/// The filter of the last visit, as far as its device is still there.
pub fn restore(client: Client) {
    let Some(kept) = host::load_filter().map(|text| ChatFilter::from_kept(&text)) else { return };
    let known =
        |id: &DeviceId| client.devices.with_untracked(|all| all.iter().any(|state| state.device.id == *id));
    client.filter.update(|filter| {
        filter.kind = kept.kind;
        filter.device = kept.device.filter(known);
        filter.label = kept.label.filter(|(device, _)| known(device));
    });
    client.show_chats();
}

/// The chips.
#[component]
pub fn Filters(client: Client) -> impl IntoView {
    let archive = memo(move || client.filter.with(|filter| filter.kind == FilterKind::Archived));
    dynamic(move || {
        if archive.get() {
            view! { <ArchiveHead client/> }.into_any()
        } else {
            view! { <Chips client/> }.into_any()
        }
    })
}

/// In the archive: where one is, and the way back.
#[component]
fn ArchiveHead(client: Client) -> impl IntoView {
    let t = messages();
    let back = move |_| change(client, |filter| filter.kind = FilterKind::All);
    view! {
        <div class="archive-head">
            <button type="button" class="icon-button" aria-label=t.chats.leave_archive on:click=back><Icon name="back"/></button>
            <h2 class="archive-head__title">{t.chats.archived}</h2>
        </div>
    }
}

#[component]
fn Chips(client: Client) -> impl IntoView {
    let t = messages();
    // A label narrows all chats; so what is chosen is one of these or one of the labels.
    let kind = move |kind: FilterKind, label: &'static str| {
        let on = move || {
            client.filter.with(|filter| match kind {
                FilterKind::All => filter.is_plain(),
                _ => filter.kind == kind,
            })
        };
        let count = move || {
            let unread = client.unread.get();
            (kind == FilterKind::Unread && unread > 0)
                .then(|| view! { <span class="chip__count">{unread}</span> })
        };
        view! {
            <button
                type="button" class="chip" aria-pressed=live(move || on().to_string())
                on:click=move |_| change(client, |filter| {
                    filter.kind = kind;
                    filter.label = None;
                    if kind == FilterKind::All {
                        filter.device = None;
                    }
                })
            >
                {label}{dynamic(count)}
            </button>
        }
    };
    let names = memo(move || {
        client.devices.with(|all| {
            all.iter().map(|state| (state.device.id.clone(), state.device.name.clone())).collect::<Vec<_>>()
        })
    });
    let devices = move || {
        let names = names.get();
        let several = names.len() > 1;
        names
            .into_iter()
            .filter(|_| several)
            .map(|(id, name)| view! { <DeviceChip client id name/> })
            .collect_view()
    };
    let labels = move || {
        let labels = client.labels.get();
        labels.into_iter().map(|(device, label)| view! { <LabelChip client device label/> }).collect_view()
    };
    view! {
        <div class="chips" role="group" aria-label=t.chats.filters>
            {kind(FilterKind::All, t.chats.all)}
            {kind(FilterKind::Unread, t.chats.unread)}
            {kind(FilterKind::Groups, t.chats.groups)}
            {dynamic(labels)}
            {dynamic(devices)}
        </div>
    }
}

#[component]
fn DeviceChip(client: Client, id: DeviceId, name: String) -> impl IntoView {
    let of = id.clone();
    let on = memo(move || client.filter.with(|filter| filter.device.as_ref() == Some(&of)));
    view! {
        <button
            type="button" class="chip" aria-pressed=live(move || on.get().to_string())
            on:click=move |_| {
                let device = (!on.get_untracked()).then(|| id.clone());
                change(client, |filter| {
                    // Labels are each account's own.
                    filter.label = None;
                    filter.device = device;
                });
            }
        >
            <bdi>{name}</bdi>
        </button>
    }
}

#[component]
fn LabelChip(client: Client, device: DeviceId, label: Label) -> impl IntoView {
    let which = (device, label.id);
    let of = which.clone();
    let on = memo(move || client.filter.with(|filter| filter.label.as_ref() == Some(&of)));
    view! {
        <button
            type="button" class="chip" aria-pressed=live(move || on.get().to_string())
            on:click=move |_| {
                let label = (!on.get_untracked()).then(|| which.clone());
                change(client, |filter| {
                    filter.kind = FilterKind::All;
                    filter.device = None;
                    filter.label = label;
                });
            }
        >
            <LabelDot color=label.color/><bdi>{label.name}</bdi>
        </button>
    }
}

/// A label's colour, of those that people have.
#[component]
pub fn LabelDot(color: u32) -> impl IntoView {
    view! { <span class=format!("label-dot hue-{}", color % 12) aria-hidden="true"></span> }
}
