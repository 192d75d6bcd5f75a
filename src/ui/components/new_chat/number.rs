//! A chat with a number, if somebody has it.

use super::Start;
use crate::model::sandbox::Items;
use crate::model::text::phone;
use crate::protocol::{DeviceStatus, Problem, read_record};
use crate::ui::hooks::{Verb, rest};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::json;

struct Checked {
    number: String,
    exists: bool,
}

read_record!(Checked { number: "number", exists: "exists" });

/// The field, and the check whether the number is on WhatsApp.
pub fn number(start: Start, dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    let number = RwSignal::new(String::new());
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let to = number.get_untracked().trim().to_owned();
        if to.is_empty() {
            return;
        }
        let Some(device) = start.begin() else { return };
        let live = start.client.devices.with_untracked(|all| {
            all.iter()
                .any(|state| state.device.id == device && state.device.status == DeviceStatus::Connected)
        });
        if !live {
            // Nobody can be asked: the chat is there, and what is written in it waits.
            return start.open(device, to);
        }
        let path = format!("/devices/{device}/numbers/check");
        let body = json!({ "numbers": [to] });
        rest(Verb::Post, path, Some(body), move |answer: Result<Items<Checked>, Problem>| {
            match answer.map(|all| all.items.into_iter().next()) {
                Ok(Some(one)) if !one.exists => {
                    start.end(Err((t.start.unknown)(&phone(&one.number))));
                }
                Ok(_) => start.open(device, to),
                Err(problem) => start.end(Err(super::detail(problem))),
            }
        });
    };
    let ready = Signal::derive(move || number.with(|number| !number.trim().is_empty()));
    view! {
        <form class="form" on:submit=open>
            <p class="dialog__text">{t.chats.new_chat_text}</p>
            <label class="field">
                <span class="field__label">{t.chats.number}</span>
                <input
                    class="field__input" type="tel" inputmode="tel" autocomplete="off" required=true
                    placeholder=t.chats.number_hint prop:value=number
                    on:input=move |event| number.set(event_target_value(&event))
                />
            </label>
            {start.foot(dialog, Some((t.chats.open, ready)))}
        </form>
    }
    .into_any()
}
