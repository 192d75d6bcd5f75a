//! Keys of programs: which there are, when each was used, making one and revoking it.

use super::head;
use crate::model::settings::ApiKey;
use crate::protocol::Permission;
use crate::ui::client::Tone;
use crate::ui::components::{
    Ask, Empty, FieldKind, MomentText, Scope, fetched, field, form_error, permission_field, scope_field,
    scope_text, secret,
};
use crate::ui::hooks::{ServerList, Verb, close_dialog, host, rest, show_dialog, use_list};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::json;

const DAY: i64 = 86_400_000;

/// The section.
pub fn api_keys(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<ApiKey>("/api-keys".to_owned());
    let dialog = NodeRef::<Dialog>::new();
    let ask = Ask::new();
    let add = move || {
        view! { <button type="button" class="button button--primary" on:click=move |_| show_dialog(dialog)><Icon name="plus"/>{t.keys.add}</button> }
            .into_any()
    };
    let rows = move || {
        if list.items.with(Vec::is_empty) {
            return view! { <Empty icon="key" title=t.keys.empty_title text=t.keys.empty_text>{add()}</Empty> }
                .into_any();
        }
        let items = list.items.get().into_iter().map(|key| row(client, list, ask, key));
        view! { <ul class="entries">{items.collect_view()}</ul> }.into_any()
    };
    view! {
        {head(t.keys.title, t.keys.lead, Some(add()))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_key(client, list, dialog)}
        {ask.view()}
    }
    .into_any()
}

fn row(client: Client, list: ServerList<ApiKey>, ask: Ask, key: ApiKey) -> AnyView {
    let t = messages();
    let now = host::now();
    // On the server, where no time passes, no key is listed.
    let expired = key.expires_at.is_some_and(|at| at <= now);
    let scope = scope_text(client, key.device_ids.as_deref());
    let name = key.name.clone();
    let revoke = move |_| {
        let path = format!("/api-keys/{}", key.id);
        ask.ask((t.keys.revoke_title)(&name), t.keys.revoke_text, t.keys.revoke, move || {
            rest::<()>(Verb::Delete, path.clone(), None, move |done| match done {
                Ok(()) => list.reload(),
                Err(problem) => client.toast(Tone::Bad, problem.detail),
            });
        });
    };
    let label = (t.keys.revoke_label)(&key.name);
    view! {
        <li class="entry">
            <div class="entry__words">
                <h3 class="entry__name"><bdi>{key.name}</bdi>" "<code class="entry__code">{key.hint}"…"</code></h3>
                <p class="entry__facts">
                    <span>{(t.manage.permission)(key.permission)}</span>
                    <span dir="auto">{scope}</span>
                </p>
                <p class="entry__facts">
                    {match key.last_used_at {
                        Some(at) => view! { <span>{t.keys.last_used}" "<MomentText at/></span> }.into_any(),
                        None => view! { <span>{t.keys.never_used}</span> }.into_any(),
                    }}
                    {key.expires_at.map(|at| view! {
                        <span class:entry__bad=expired>{if expired { t.keys.expired } else { t.keys.expires }}" "<MomentText at/></span>
                    })}
                    <span>{t.keys.created}" "<MomentText at=key.created_at/></span>
                </p>
            </div>
            <button type="button" class="button button--small" aria-label=label on:click=revoke>{t.keys.revoke}</button>
        </li>
    }
    .into_any()
}

/// The dialog: what the key may do, and then the key.
fn new_key(client: Client, list: ServerList<ApiKey>, dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    let name = RwSignal::new(String::new());
    let permission = RwSignal::new(Permission::Send);
    let scope: Scope = RwSignal::new(None);
    let days = RwSignal::new(0_i64);
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let made = RwSignal::new(None::<ApiKey>);
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let devices = scope.get_untracked();
        if devices.as_ref().is_some_and(Vec::is_empty) {
            return error.set(Some(t.manage.scope_none.to_owned()));
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let days = days.get_untracked();
        let body = json!({
            "name": name.get_untracked().trim(),
            "permission": permission.get_untracked(),
            "deviceIds": devices,
            "expiresAt": (days > 0).then(|| host::now() + days * DAY),
        });
        rest::<ApiKey>(Verb::Post, "/api-keys".to_owned(), Some(body), move |answer| {
            busy.try_set(false);
            match answer {
                Ok(key) => {
                    error.try_set(None);
                    made.try_set(Some(key));
                    list.reload();
                }
                Err(problem) => {
                    error.try_set(Some(problem.detail));
                }
            }
        });
    };
    // The key is gone from the page with the dialog that showed it.
    let closed = move |_| {
        made.set(None);
        name.set(String::new());
        error.set(None);
    };
    let form = move || {
        let lives = [0_i64, 7, 30, 90, 365].map(|count| {
            let label = if count == 0 { t.keys.expires_never.to_owned() } else { (t.keys.expires_in)(count) };
            let chosen = days.get_untracked() == count;
            view! { <option value=count.to_string() selected=chosen>{label}</option> }
        });
        view! {
            <form class="dialog__body" on:submit=create>
                <h2 class="dialog__title">{t.keys.add}</h2>
                {field(t.keys.name, name, FieldKind { hint: t.keys.name_hint, required: true, longest: "80", ..FieldKind::default() })}
                {permission_field(permission)}
                {scope_field(client, scope)}
                <label class="field">
                    <span class="field__label">{t.keys.expires}</span>
                    <select class="field__input" on:change=move |event| days.set(event_target_value(&event).parse().unwrap_or(0))>
                        {lives.collect_view()}
                    </select>
                </label>
                {form_error(error)}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=busy>{t.keys.create}</button>
                </div>
            </form>
        }
        .into_any()
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=t.keys.add on:close=closed>
            {dynamic(move || match made.get() {
                Some(key) => view! {
                    <div class="dialog__body">
                        <h2 class="dialog__title" dir="auto">{(t.keys.made_title)(&key.name)}</h2>
                        {secret(t.keys.title.to_owned(), key.key.unwrap_or_default())}
                        <div class="dialog__actions"><button type="button" class="button button--primary" on:click=move |_| close_dialog(dialog)>{t.manage.done}</button></div>
                    </div>
                }.into_any(),
                None => form(),
            })}
        </dialog>
    }
    .into_any()
}
