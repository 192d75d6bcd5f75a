//! Webhooks: who gets the log posted, how that goes, and adding a receiver.

use super::deliveries::deliveries;
use super::head;
use super::list_section::{ListSection, Made};
use crate::model::settings::{Tested, Webhook, events_of};
use crate::ui::client::{Tone, words};
use crate::ui::components::{Empty, FieldKind, Scope, fetched, field, scope_field, scope_text};
use crate::ui::hooks::{ServerList, Verb, host, rest, use_list};
use crate::ui::prelude::*;
use serde_json::json;

/// The section.
pub fn webhooks(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<Webhook>("/webhooks".to_owned());
    let section = ListSection::new(client, move || list.reload());
    // A card keeps its open log while numbers change around it.
    let ids = memo(move || list.items.with(|all| all.iter().map(|hook| hook.id.clone()).collect::<Vec<_>>()));
    let none = memo(move || ids.with(Vec::is_empty));
    let rows = move || {
        if none.get() {
            return view! { <Empty icon="hook" title=t.hooks.empty_title text=t.hooks.empty_text>{section.add_button(t.hooks.add)}</Empty> }
                .into_any();
        }
        view! { <ul class="entries"><For each=move || ids.get() key=Clone::clone let(id)>{card(section, list, id)}</For></ul> }
            .into_any()
    };
    view! {
        {head(t.hooks.title, t.hooks.lead, Some(section.add_button(t.hooks.add)))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_webhook(section)}
        {section.ask.view()}
    }
    .into_any()
}

fn card(section: ListSection, list: ServerList<Webhook>, id: String) -> AnyView {
    let t = messages();
    let client = section.client;
    let of = id.clone();
    let hook = memo(move || list.items.with(|all| all.iter().find(|hook| hook.id == of).cloned()));
    let words = move || {
        hook.get().map(|hook| {
            let state = if hook.enabled { ("good", t.hooks.enabled) } else { ("warn", t.hooks.disabled) };
            let events = if hook.events.is_empty() { t.hooks.events_all.to_owned() } else { hook.events.join(", ") };
            view! {
                <h3 class="entry__name"><bdi dir="ltr">{hook.url}</bdi></h3>
                {(!hook.description.is_empty()).then(|| view! { <p class="entry__facts" dir="auto">{hook.description}</p> })}
                <p class="entry__facts">
                    <span class=format!("presence presence--{}", state.0)><span class="presence__dot" aria-hidden="true"></span>{state.1}</span>
                    <span dir="ltr">{events}</span>
                    <span dir="auto">{scope_text(client, hook.device_ids.as_deref())}</span>
                    <span>{(t.hooks.secret_ending)(&hook.secret_ending)}</span>
                    {(hook.pending > 0).then(|| view! { <span>{(t.hooks.waiting)(hook.pending)}</span> })}
                    {(hook.dead > 0).then(|| view! { <span class="entry__bad">{(t.hooks.dead)(hook.dead)}</span> })}
                </p>
                {hook.disabled_because.map(|why| view! { <p class="form-error"><Icon name="warn"/>{why}</p> })}
            }
        })
    };
    let open = RwSignal::new(false);
    let log_of = id.clone();
    view! {
        <li class="entry entry--tall">
            <div class="entry__words">{dynamic(words)}</div>
            {actions(section, list, hook, id)}
            <details class="entry__more" on:toggle=move |_| open.set(true)>
                <summary>{t.hooks.log}</summary>
                {dynamic(move || open.get().then(|| deliveries(section, &log_of)))}
            </details>
        </li>
    }
    .into_any()
}

/// What can be done with a webhook: a test beside it, the rest behind a menu.
fn actions(
    section: ListSection,
    list: ServerList<Webhook>,
    hook: Memo<Option<Webhook>>,
    id: String,
) -> AnyView {
    let t = messages();
    let client = section.client;
    let path = format!("/webhooks/{id}");
    let testing = RwSignal::new(false);
    let test_path = format!("{path}/test");
    let test = move |_| {
        testing.set(true);
        rest::<Tested>(Verb::Post, test_path.clone(), None, move |result| {
            testing.try_set(false);
            match result {
                Ok(tested) => {
                    let (tone, text) = told(&tested);
                    client.toast(tone, text);
                }
                Err(problem) => client.toast(Tone::Bad, problem.detail),
            }
            list.reload();
        });
    };
    let on = memo(move || hook.with(|hook| hook.as_ref().is_some_and(|hook| hook.enabled)));
    let switch = {
        let path = path.clone();
        move |_| section.act(Verb::Patch, path.clone(), Some(json!({ "enabled": !on.get_untracked() })), "")
    };
    let rotate = {
        let path = format!("{path}/rotate-secret");
        move |_| {
            let path = path.clone();
            section.ask.ask(
                t.hooks.rotate_title.to_owned(),
                t.hooks.rotate_text,
                t.hooks.rotate,
                move || {
                    rest::<Webhook>(Verb::Post, path.clone(), None, move |answer| match answer {
                        Ok(hook) => section.show(shown(t, hook)),
                        Err(problem) => client.toast(Tone::Bad, problem.detail),
                    });
                },
            );
        }
    };
    let delete = move |_| {
        section.remove(t.hooks.delete_title.to_owned(), t.hooks.delete_text, t.hooks.delete, path.clone());
    };
    let menu = format!("menu-{id}");
    let hide = menu.clone();
    let label = move || hook.with(|hook| hook.as_ref().map(|hook| (t.hooks.actions)(&hook.url)));
    view! {
        <div class="entry__actions">
            <button type="button" class="button button--small" disabled=testing on:click=test><Icon name="send"/>{t.hooks.test}</button>
            <button type="button" class="icon-button" popovertarget=menu.clone() aria-label=live(label)><Icon name="more"/></button>
            <div class="menu" id=menu popover="auto" on:click=move |_| host::hide_popover(&hide)>
                <button type="button" class="menu__item" on:click=switch>
                    <Icon name="unplugged"/>{dynamic(move || if on.get() { t.hooks.disable } else { t.hooks.enable })}
                </button>
                <button type="button" class="menu__item" on:click=rotate><Icon name="refresh"/>{t.hooks.rotate}</button>
                <button type="button" class="menu__item menu__item--bad" on:click=delete><Icon name="trash"/>{t.hooks.delete}</button>
            </div>
        </div>
    }
    .into_any()
}

fn told(tested: &Tested) -> (Tone, String) {
    // The answer comes outside of the page, where its language has to be asked for.
    let t = words();
    match (tested.status, &tested.error) {
        (Some(status), None) => (Tone::Good, (t.hooks.tested)(&status.to_string(), tested.duration_ms)),
        (Some(status), _) => (Tone::Bad, (t.hooks.tested)(&status.to_string(), tested.duration_ms)),
        (None, cause) => (Tone::Bad, (t.hooks.test_failed)(cause.as_deref().unwrap_or_default())),
    }
}

/// What is shown of a webhook whose secret has just been made.
fn shown(t: &Messages, hook: Webhook) -> Made {
    Made {
        title: hook.url,
        ltr: true,
        label: t.hooks.secret_title.to_owned(),
        secret: hook.secret.unwrap_or_default(),
        ..Made::default()
    }
}

/// The dialog: the receiver, and then its secret.
fn new_webhook(section: ListSection) -> AnyView {
    let t = messages();
    let [url, description, events] = [(); 3].map(|()| RwSignal::new(String::new()));
    let scope: Scope = RwSignal::new(None);
    let create = move || {
        let devices = scope.get_untracked();
        if devices.as_ref().is_some_and(Vec::is_empty) {
            return section.refuse(t.manage.scope_none);
        }
        let body = json!({
            "url": url.get_untracked().trim(),
            "description": description.get_untracked().trim(),
            "events": events_of(&events.get_untracked()),
            "deviceIds": devices,
        });
        section.create("/webhooks", body, move |hook| shown(t, hook));
    };
    let fields = move || {
        view! {
            {field(t.hooks.url, url, FieldKind { input: "url", hint: "https://example.com/hook", help: t.hooks.url_help, required: true, longest: "2048", ltr: true })}
            {field(t.hooks.description, description, FieldKind::default())}
            {field(t.hooks.events, events, FieldKind { hint: "message.*, device.updated", help: t.hooks.events_help, longest: "2000", ltr: true, ..FieldKind::default() })}
            {scope_field(section.client, scope)}
        }
        .into_any()
    };
    let cleared = move || {
        for value in [url, description, events] {
            value.set(String::new());
        }
    };
    section.form(t.hooks.add, t.hooks.create, fields, create, cleared)
}
