//! Keys of programs: which there are, when each was used, making one and revoking it.

use super::head;
use super::list_section::{ListSection, Made};
use crate::model::settings::ApiKey;
use crate::protocol::Permission;
use crate::ui::components::{
    Empty, FieldKind, MomentText, Scope, fetched, field, permission_field, scope_field, scope_text,
};
use crate::ui::hooks::{host, use_list};
use crate::ui::prelude::*;
use serde_json::json;

const DAY: i64 = 86_400_000;

/// The section.
pub fn api_keys(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<ApiKey>("/api-keys".to_owned());
    let section = ListSection::new(client, move || list.reload());
    let rows = move || {
        if list.items.with(Vec::is_empty) {
            return view! { <Empty icon="key" title=t.keys.empty_title text=t.keys.empty_text>{section.add_button(t.keys.add)}</Empty> }
                .into_any();
        }
        let items = list.items.get().into_iter().map(|key| row(section, key));
        view! { <ul class="entries">{items.collect_view()}</ul> }.into_any()
    };
    view! {
        {head(t.keys.title, t.keys.lead, Some(section.add_button(t.keys.add)))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_key(section)}
        {section.ask.view()}
    }
    .into_any()
}

fn row(section: ListSection, key: ApiKey) -> AnyView {
    let t = messages();
    let now = host::now();
    // On the server, where no time passes, no key is listed.
    let expired = key.expires_at.is_some_and(|at| at <= now);
    let scope = scope_text(section.client, key.device_ids.as_deref());
    let (name, path) = (key.name.clone(), format!("/api-keys/{}", key.id));
    let revoke = move |_| {
        section.remove((t.keys.revoke_title)(&name), t.keys.revoke_text, t.keys.revoke, path.clone());
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
fn new_key(section: ListSection) -> AnyView {
    let t = messages();
    let name = RwSignal::new(String::new());
    let permission = RwSignal::new(Permission::Send);
    let scope: Scope = RwSignal::new(None);
    let days = RwSignal::new(0_i64);
    let create = move || {
        let devices = scope.get_untracked();
        if devices.as_ref().is_some_and(Vec::is_empty) {
            return section.refuse(t.manage.scope_none);
        }
        let days = days.get_untracked();
        let body = json!({
            "name": name.get_untracked().trim(),
            "permission": permission.get_untracked(),
            "deviceIds": devices,
            "expiresAt": (days > 0).then(|| host::now() + days * DAY),
        });
        section.create("/api-keys", body, move |key: ApiKey| Made {
            title: (t.keys.made_title)(&key.name),
            label: t.keys.title.to_owned(),
            secret: key.key.unwrap_or_default(),
            ..Made::default()
        });
    };
    let fields = move || {
        let lives = [0_i64, 7, 30, 90, 365].map(|count| {
            let label = if count == 0 { t.keys.expires_never.to_owned() } else { (t.keys.expires_in)(count) };
            let chosen = days.get_untracked() == count;
            view! { <option value=count.to_string() selected=chosen>{label}</option> }
        });
        view! {
            {field(t.keys.name, name, FieldKind { hint: t.keys.name_hint, required: true, longest: "80", ..FieldKind::default() })}
            {permission_field(permission)}
            {scope_field(section.client, scope)}
            <label class="field">
                <span class="field__label">{t.keys.expires}</span>
                <select class="field__input" on:change=move |event| days.set(event_target_value(&event).parse().unwrap_or(0))>
                    {lives.collect_view()}
                </select>
            </label>
        }
        .into_any()
    };
    section.form(t.keys.add, t.keys.create, fields, create, move || name.set(String::new()))
}
