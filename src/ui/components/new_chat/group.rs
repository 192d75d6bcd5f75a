//! A new group.

use super::Start;
use crate::protocol::{GroupInfo, Problem};
use crate::ui::components::picker::{Pick, Pool, picker};
use crate::ui::hooks::{Verb, rest};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::json;

/// What it is called, and who is in it.
pub fn group(start: Start, dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    let subject = RwSignal::new(String::new());
    let chosen = RwSignal::new(Vec::<Pick>::new());
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = subject.get_untracked().trim().to_owned();
        if name.is_empty() {
            return;
        }
        let Some(device) = start.begin() else { return };
        let members: Vec<String> = chosen.get_untracked().into_iter().map(|pick| pick.id).collect();
        let path = format!("/devices/{device}/groups");
        let body = json!({ "subject": name, "members": members });
        rest(Verb::Post, path, Some(body), move |answer: Result<GroupInfo, Problem>| {
            start.end(answer.map(|group| group.chat_id).map_err(super::detail));
        });
    };
    let ready = Signal::derive(move || subject.with(|subject| !subject.trim().is_empty()));
    view! {
        <form class="form" on:submit=create>
            <label class="field">
                <span class="field__label">{t.start.subject}</span>
                <input
                    class="field__input" type="text" required=true maxlength="100" autocomplete="off" dir="auto"
                    prop:value=subject on:input=move |event| subject.set(event_target_value(&event))
                />
            </label>
            {picker(Pool::People, start.device, true, chosen, Vec::new())}
            {start.foot(dialog, Some((t.start.create, ready)))}
        </form>
    }
    .into_any()
}
