//! What can be done with a device: the one thing that brings it on, and the rest behind a menu.

use super::dialogs::{ConfirmDialog, RenameDialog};
use crate::model::DeviceState;
use crate::protocol::{Command, DeviceId, DeviceStatus, NextAction};
use crate::ui::client::Tone;
use crate::ui::hooks::{host, show_dialog};
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The step that brings a device on from where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Show its code: nothing is asked of the server but to start it.
    Link,
    Relink,
    Connect,
    Restart,
    OpenChats,
    /// It works on it by itself.
    Wait,
}

/// What brings this device on.
#[must_use]
pub fn next_step(state: &DeviceState) -> NextStep {
    let linked = state.device.phone_number.is_some();
    let next = state.device.cause.as_ref().map(|cause| cause.next);
    match state.device.status {
        DeviceStatus::Created | DeviceStatus::QrRequired => NextStep::Link,
        DeviceStatus::Starting | DeviceStatus::Authenticating => NextStep::Wait,
        DeviceStatus::Connected => NextStep::OpenChats,
        DeviceStatus::LoggedOut => NextStep::Relink,
        DeviceStatus::Failed if next == Some(NextAction::Relink) => NextStep::Relink,
        DeviceStatus::Failed => NextStep::Restart,
        DeviceStatus::Disconnected if !linked => NextStep::Link,
        DeviceStatus::Disconnected if next == Some(NextAction::Relink) => NextStep::Relink,
        DeviceStatus::Disconnected => NextStep::Connect,
    }
}

/// Asks for something to be done with a device; a refusal is shown.
pub fn act(client: Client, command: Command) {
    host::ask(command, move |result| {
        if let Err(problem) = result {
            client.toast(Tone::Bad, problem.detail);
        }
    });
}

/// The next step as a button, and the menu of the rest.
#[component]
pub fn DeviceActions(client: Client, id: DeviceId, #[prop(optional)] on_page: bool) -> impl IntoView {
    let t = messages();
    let device = client.device(id.clone());
    let step = memo(move || device.with(|state| state.as_ref().map(next_step)));
    let chats = move || view! { <a class="button" href="/chats">{t.devices.open_chats}</a> }.into_any();
    if !client.may_manage() {
        let only = move || (step.get() == Some(NextStep::OpenChats)).then(chats);
        return view! { <div class="device-actions">{dynamic(only)}</div> }.into_any();
    }
    let (rename, log_out, delete) = (NodeRef::new(), NodeRef::new(), NodeRef::new());
    let path = format!("/devices/{id}");
    let go = use_navigate();
    let primary = {
        let id = id.clone();
        move || {
            let device_id = id.clone();
            let connect = Command::ConnectDevice { device_id: device_id.clone() };
            let link = |label: &'static str| {
                let (path, go, connect) = (path.clone(), go.clone(), connect.clone());
                view! {
                    <button type="button" class="button button--primary" on:click=move |_| {
                        act(client, connect.clone());
                        go(&path, NavigateOptions::default());
                    }>{label}</button>
                }
                .into_any()
            };
            match step.get()? {
                // On its page the panel itself has the button.
                NextStep::Link | NextStep::Relink if on_page => None,
                NextStep::Link => Some(link(t.devices.show_code)),
                NextStep::Relink => Some(link(t.devices.relink)),
                NextStep::Connect => Some(button(client, t.devices.connect, connect)),
                NextStep::Restart => {
                    Some(button(client, t.devices.restart, Command::RestartDevice { device_id }))
                }
                NextStep::OpenChats => Some(chats()),
                NextStep::Wait => None,
            }
        }
    };
    let status = memo(move || device.with(|state| state.as_ref().map(|state| state.device.status)));
    let name = Signal::derive(move || {
        device.with(|state| state.as_ref().map(|state| state.device.name.clone())).unwrap_or_default()
    });
    let menu = format!("menu-{id}");
    let (of_restart, of_stop) = (id.clone(), id.clone());
    let runs = move || !matches!(status.get(), None | Some(DeviceStatus::Created | DeviceStatus::LoggedOut));
    let stops = move || {
        matches!(
            status.get(),
            Some(
                DeviceStatus::Connected
                    | DeviceStatus::Starting
                    | DeviceStatus::QrRequired
                    | DeviceStatus::Authenticating
            )
        )
    };
    let linked = memo(move || {
        device.with(|state| {
            state.as_ref().is_some_and(|state| {
                state.device.phone_number.is_some() && state.device.status != DeviceStatus::LoggedOut
            })
        })
    });
    view! {
        <div class="device-actions">
            {primary}
            <button
                type="button" class="icon-button" popovertarget=menu.clone()
                aria-label=live(move || (t.devices.actions)(&name.get()))
            >
                <Icon name="more"/>
            </button>
            <div class="menu" id=menu.clone() popover="auto" on:click={
                let menu = menu.clone();
                move |_| { host::hide_popover(&menu); }
            }>
                <button type="button" class="menu__item" on:click=move |_| show_dialog(rename)><Icon name="edit"/>{t.devices.rename}</button>
                {dynamic(move || runs().then(|| {
                    let device_id = of_restart.clone();
                    view! { <button type="button" class="menu__item" on:click=move |_| act(client, Command::RestartDevice { device_id: device_id.clone() })><Icon name="refresh"/>{t.devices.restart}</button> }
                }))}
                {dynamic(move || stops().then(|| {
                    let device_id = of_stop.clone();
                    view! { <button type="button" class="menu__item" on:click=move |_| act(client, Command::DisconnectDevice { device_id: device_id.clone() })><Icon name="unplugged"/>{t.devices.disconnect}</button> }
                }))}
                {dynamic(move || linked.get().then(|| view! {
                    <button type="button" class="menu__item" on:click=move |_| show_dialog(log_out)><Icon name="logout"/>{t.devices.log_out}</button>
                }))}
                <button type="button" class="menu__item menu__item--bad" on:click=move |_| show_dialog(delete)><Icon name="trash"/>{t.devices.delete}</button>
            </div>
            <RenameDialog client dialog=rename id=id.clone() name/>
            <ConfirmDialog
                client dialog=log_out
                title=Signal::derive(move || (t.devices.log_out_title)(&name.get()))
                text=t.devices.log_out_text confirm=t.devices.log_out_confirm
                command=Command::LogOutDevice { device_id: id.clone() }
            />
            <ConfirmDialog
                client dialog=delete
                title=Signal::derive(move || (t.devices.delete_title)(&name.get()))
                text=t.devices.delete_text confirm=t.devices.delete_confirm
                command=Command::DeleteDevice { device_id: id }
            />
        </div>
    }
    .into_any()
}

fn button(client: Client, label: &'static str, command: Command) -> AnyView {
    view! {
        <button type="button" class="button button--primary" on:click=move |_| act(client, command.clone())>{label}</button>
    }
    .into_any()
}
