//! Opening a chat with a number: what the dialog for it holds, once it is opened.

use crate::protocol::{Command, CommandResult, DeviceId, DeviceStatus};
use crate::ui::hooks::{close_dialog, host};
use crate::ui::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// A number, and through which device.
#[component]
pub fn NewChat(client: Client, dialog: NodeRef<leptos::html::Dialog>) -> impl IntoView {
    let t = messages();
    let number = RwSignal::new(String::new());
    let chosen = RwSignal::new(None::<DeviceId>);
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let field = NodeRef::<leptos::html::Input>::new();
    let navigate = StoredValue::new(use_navigate());
    let devices = memo(move || {
        client.devices.with(|all| {
            all.iter()
                .filter(|state| state.device.phone_number.is_some())
                .map(|state| (state.device.id.clone(), state.device.name.clone(), state.device.status))
                .collect::<Vec<_>>()
        })
    });
    let through = move || {
        let devices = devices.get();
        let live = devices.iter().find(|(_, _, status)| *status == DeviceStatus::Connected);
        let first = live.or(devices.first()).map(|(id, _, _)| id.clone());
        chosen.get().filter(|id| devices.iter().any(|(other, _, _)| other == id)).or(first)
    };
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let to = number.get_untracked().trim().to_owned();
        let Some(device_id) = untrack(through).filter(|_| !to.is_empty() && !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        host::ask(Command::OpenChat { device_id, to }, move |result| {
            busy.set(false);
            match result {
                Ok(CommandResult::Chat(chat)) => {
                    close_dialog(dialog);
                    number.set(String::new());
                    error.set(None);
                    navigate.with_value(|go| go(&format!("/chats/{}", chat.id), NavigateOptions::default()));
                }
                Ok(_) => error.set(None),
                Err(problem) => error.set(Some(problem.detail)),
            }
        });
    };
    let select = move || {
        let devices = devices.get();
        let several = devices.len() > 1;
        several.then(|| {
            let options = devices.into_iter().map(|(id, name, _)| {
                let is = id.clone();
                view! { <option value=id.to_string() selected=live(move || through().as_ref() == Some(&is))>{name}</option> }
            });
            view! {
                <label class="field">
                    <span class="field__label">{t.chats.through}</span>
                    <select class="field__input" on:change=move |event| chosen.set(event_target_value(&event).parse().ok())>
                        {options.collect_view()}
                    </select>
                </label>
            }
        })
    };
    // The dialog was open before this was here: nothing in it has the focus.
    react(move |done| {
        if done.is_none()
            && let Some(field) = field.get_untracked()
        {
            drop(field.focus());
        }
    });
    view! {
            <form class="dialog__body" on:submit=open>
                <h2 class="dialog__title" id="new-chat-title">{t.chats.new_chat}</h2>
                <p class="dialog__text">{t.chats.new_chat_text}</p>
                <label class="field">
                    <span class="field__label">{t.chats.number}</span>
                    <input
                        class="field__input" type="tel" inputmode="tel" autocomplete="off" required=true
                        placeholder=t.chats.number_hint prop:value=number node_ref=field
                        on:input=move |event| number.set(event_target_value(&event))
                    />
                </label>
                {select}
                {dynamic(move || error.get().map(|error| view! { <p class="form-error" role="alert">{error}</p> }))}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=live(move || busy.get() || through().is_none())>{t.chats.open}</button>
                </div>
            </form>
    }
}
