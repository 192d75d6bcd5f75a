//! The way between the pages: a rail at the side, or a bar at the bottom of a phone.

use super::status::tone;
use crate::protocol::Network;
use crate::ui::chunks;
use crate::ui::hooks::host;
use crate::ui::later::Load;
use crate::ui::prelude::*;
use leptos_router::hooks::use_location;

/// How many devices the rail shows.
const DEVICES: usize = 4;

/// The rail. On a phone it hides while a thread is open.
#[component]
pub fn Rail() -> impl IntoView {
    let t = messages();
    let client = use_client();
    let sandbox = client.network() == Network::Sandbox;
    let me = client.me();
    let path = use_location().pathname;
    let in_thread =
        move || path.with(|path| path.strip_prefix("/chats/").is_some_and(|rest| !rest.is_empty()));
    let unread = move || i64::try_from(client.unread.get()).unwrap_or(i64::MAX);
    let badge = move || {
        let count = unread();
        (count > 0).then(|| {
            view! {
                <span class="rail__badge">
                    <span aria-hidden="true">{if count > 99 { "99+".to_owned() } else { count.to_string() }}</span>
                    <span class="visually-hidden">{(t.shell.unread)(count)}</span>
                </span>
            }
        })
    };
    view! {
        <a class="skip-link" href="#main">{t.shell.skip}</a>
        <nav class="rail" class:rail--in-thread=in_thread aria-label=t.shell.main>
            <a class="rail__mark" href="/chats" aria-label=t.common.product><Icon name="jack"/></a>
            <RailLink href="/chats" icon="chat" label=t.shell.chats>{dynamic(badge)}</RailLink>
            <RailLink href="/devices" icon="device" label=t.shell.devices load=chunks::devices().load/>
            {sandbox.then(|| view! { <RailLink href="/sandbox" icon="sandbox" label=t.shell.sandbox load=chunks::sandbox().load/> })}
            <span class="rail__gap"></span>
            <RailDevices client/>
            <RailLink href="/settings" icon="settings" label=t.shell.settings load=chunks::account().load>
                <Avatar name=me.name.clone() seed=me.email.clone() size="avatar--tiny rail__me"/>
            </RailLink>
        </nav>
    }
}

#[component]
fn RailLink(
    href: &'static str,
    icon: &'static str,
    label: &'static str,
    #[prop(optional)] load: Option<Load>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let path = use_location().pathname;
    // Whoever comes near is likely to go there: its page is fetched meanwhile.
    let near = move |_| {
        if let Some(load) = load {
            host::load_chunk(load, |_| ());
        }
    };
    let here = move || path.with(|path| path.starts_with(href) || (href == "/chats" && path == "/"));
    view! {
        <a class="rail__link" href=href aria-current=live(move || here().then_some("page")) on:pointerenter=near>
            <span class="rail__icon"><Icon name=icon/>{children.map(|children| children())}</span>
            <span class="rail__label">{label}</span>
        </a>
    }
}

/// The devices at a glance, each with the colour of its state.
#[component]
fn RailDevices(client: Client) -> impl IntoView {
    let t = messages();
    let shown = move || {
        let devices = client.devices.get();
        let links = devices.into_iter().take(DEVICES).map(|state| {
            let status = (t.devices.status)(state.device.status);
            let label = (t.shell.device)(&state.device.name, status);
            view! {
                <li>
                    <a
                        class=format!("rail__device rail__device--{}", tone(state.device.status))
                        href=format!("/devices/{}", state.device.id)
                        aria-label=label.clone() title=label
                    >
                        {state.initials()}
                    </a>
                </li>
            }
        });
        links.collect_view()
    };
    view! { <ul class="rail__devices" aria-label=t.shell.devices>{dynamic(shown)}</ul> }
}
