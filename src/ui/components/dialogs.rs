//! Dialogs about devices: adding, renaming, and what cannot be undone.

use crate::protocol::{Command, CommandResult, DeviceId};
use crate::ui::hooks::{close_dialog, host};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The longest name of a device, in characters.
const NAME_LENGTH: &str = "80";

/// Adds a device, starts it, and goes to where it is linked.
#[component]
pub fn AddDevice(client: Client, dialog: NodeRef<Dialog>) -> impl IntoView {
    let t = messages();
    let name = RwSignal::new(String::new());
    let (error, busy) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let go = StoredValue::new(use_navigate());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let chosen = name.get_untracked().trim().to_owned();
        if chosen.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        host::ask(Command::CreateDevice { name: chosen }, move |result| {
            busy.set(false);
            match result {
                Ok(CommandResult::Device(device)) => {
                    close_dialog(dialog);
                    name.set(String::new());
                    error.set(None);
                    super::device_actions::act(
                        client,
                        Command::ConnectDevice { device_id: device.id.clone() },
                    );
                    go.with_value(|go| go(&format!("/devices/{}", device.id), NavigateOptions::default()));
                }
                Ok(_) => error.set(None),
                Err(problem) => error.set(Some(problem.detail)),
            }
        });
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby="add-device-title">
            <form class="dialog__body" on:submit=add>
                <h2 class="dialog__title" id="add-device-title">{t.devices.add_title}</h2>
                <p class="dialog__text">{t.devices.add_text}</p>
                <NameField name label=t.devices.name hint=t.devices.name_hint/>
                {dynamic(move || error.get().map(|error| view! { <p class="form-error" role="alert">{error}</p> }))}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=busy>{t.devices.create}</button>
                </div>
            </form>
        </dialog>
    }
}

/// Gives a device another name.
#[component]
pub fn RenameDialog(
    client: Client,
    dialog: NodeRef<Dialog>,
    id: DeviceId,
    name: Signal<String>,
) -> impl IntoView {
    let t = messages();
    let new = RwSignal::new(String::new());
    // The field begins with the present name.
    react(move |_| new.set(name.get()));
    let title = format!("rename-{id}");
    let labelled = title.clone();
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let chosen = new.get_untracked().trim().to_owned();
        if !chosen.is_empty() {
            close_dialog(dialog);
            super::device_actions::act(client, Command::RenameDevice { device_id: id.clone(), name: chosen });
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby=labelled>
            <form class="dialog__body" on:submit=rename>
                <h2 class="dialog__title" id=title>{dynamic(move || (t.devices.rename_title)(&name.get()))}</h2>
                <NameField name=new label=t.devices.name hint=""/>
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary">{t.common.save}</button>
                </div>
            </form>
        </dialog>
    }
}

#[component]
fn NameField(name: RwSignal<String>, label: &'static str, hint: &'static str) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            <input
                class="field__input" type="text" autocomplete="off" required=true maxlength=NAME_LENGTH placeholder=hint
                prop:value=name on:input=move |event| name.set(event_target_value(&event))
            />
        </label>
    }
}

/// Asks before something that cannot be taken back.
#[component]
pub fn ConfirmDialog(
    client: Client,
    dialog: NodeRef<Dialog>,
    title: Signal<String>,
    text: &'static str,
    confirm: &'static str,
    command: Command,
) -> impl IntoView {
    let t = messages();
    let doit = move |_| {
        close_dialog(dialog);
        super::device_actions::act(client, command.clone());
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=title>
            <div class="dialog__body">
                <h2 class="dialog__title">{title}</h2>
                <p class="dialog__text">{text}</p>
                <div class="dialog__actions">
                    <button type="button" class="button" autofocus=true on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="button" class="button button--bad" on:click=doit>{confirm}</button>
                </div>
            </div>
        </dialog>
    }
}
