//! Joining a group by its invitation.

use super::Start;
use crate::protocol::{GroupInfo, Problem};
use crate::ui::client::Tone;
use crate::ui::hooks::{Verb, close_dialog, rest};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::json;

/// The field for the link.
pub fn link(start: Start, dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    let link = RwSignal::new(String::new());
    let join = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let code = link.get_untracked().trim().to_owned();
        if code.is_empty() {
            return;
        }
        let Some(device) = start.begin() else { return };
        let path = format!("/devices/{device}/groups/join");
        let body = json!({ "code": code });
        rest(Verb::Post, path, Some(body), move |answer: Result<Option<GroupInfo>, Problem>| match answer {
            Ok(Some(group)) => start.end(Ok(group.chat_id)),
            Ok(None) => {
                start.busy.try_set(false);
                close_dialog(dialog);
                start.client.toast(Tone::Good, t.start.waits);
            }
            Err(problem) => start.end(Err(super::detail(problem))),
        });
    };
    let ready = Signal::derive(move || link.with(|link| !link.trim().is_empty()));
    view! {
        <form class="form" on:submit=join>
            <label class="field">
                <span class="field__label">{t.start.link_label}</span>
                <input
                    class="field__input" type="text" inputmode="url" required=true maxlength="128" autocomplete="off" dir="ltr"
                    placeholder=t.start.link_hint prop:value=link
                    on:input=move |event| link.set(event_target_value(&event))
                />
            </label>
            {start.foot(dialog, Some((t.start.join, ready)))}
        </form>
    }
    .into_any()
}
