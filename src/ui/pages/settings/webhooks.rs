//! Webhooks: who gets the log posted, how that goes, and adding a receiver.

use super::deliveries::deliveries;
use super::head;
use crate::model::settings::{Tested, Webhook, events_of};
use crate::ui::client::Tone;
use crate::ui::components::{
    Ask, Empty, FieldKind, Scope, fetched, field, form_error, scope_field, scope_text, secret,
};
use crate::ui::hooks::{ServerList, Verb, close_dialog, host, rest, show_dialog, use_list};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::{Value, json};

/// What the section's parts share.
#[derive(Clone, Copy)]
pub struct Section {
    pub client: Client,
    pub list: ServerList<Webhook>,
    pub ask: Ask,
    /// The dialog that adds one and shows secrets.
    dialog: NodeRef<Dialog>,
    /// A webhook with a secret that has just been made.
    made: RwSignal<Option<Webhook>>,
}

impl Section {
    /// Does something to webhooks, and shows them as they are then.
    pub fn act(self, verb: Verb, path: String, body: Option<Value>, good: &'static str) {
        let Self { client, list, .. } = self;
        rest::<Value>(verb, path, body, move |done| match done {
            Ok(_) => {
                if !good.is_empty() {
                    client.toast(Tone::Good, good);
                }
                list.reload();
            }
            Err(problem) => client.toast(Tone::Bad, problem.detail),
        });
    }
}

/// The section.
pub fn webhooks(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<Webhook>("/webhooks".to_owned());
    let made = RwSignal::new(None);
    let section = Section { client, list, ask: Ask::new(), dialog: NodeRef::new(), made };
    let add = move || {
        view! { <button type="button" class="button button--primary" on:click=move |_| show_dialog(section.dialog)><Icon name="plus"/>{t.hooks.add}</button> }
            .into_any()
    };
    // A card keeps its open log while numbers change around it.
    let ids = memo(move || list.items.with(|all| all.iter().map(|hook| hook.id.clone()).collect::<Vec<_>>()));
    let none = memo(move || ids.with(Vec::is_empty));
    let rows = move || {
        if none.get() {
            return view! { <Empty icon="hook" title=t.hooks.empty_title text=t.hooks.empty_text>{add()}</Empty> }
                .into_any();
        }
        view! { <ul class="entries"><For each=move || ids.get() key=Clone::clone let(id)>{card(section, id)}</For></ul> }
            .into_any()
    };
    view! {
        {head(t.hooks.title, t.hooks.lead, Some(add()))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_webhook(section)}
        {section.ask.view()}
    }
    .into_any()
}

fn card(section: Section, id: String) -> AnyView {
    let t = messages();
    let Section { client, list, .. } = section;
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
            {actions(section, hook, id)}
            <details class="entry__more" on:toggle=move |_| open.set(true)>
                <summary>{t.hooks.log}</summary>
                {dynamic(move || open.get().then(|| deliveries(section, &log_of)))}
            </details>
        </li>
    }
    .into_any()
}

/// What can be done with a webhook: a test beside it, the rest behind a menu.
fn actions(section: Section, hook: Memo<Option<Webhook>>, id: String) -> AnyView {
    let t = messages();
    let Section { client, list, ask, .. } = section;
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
            ask.ask(t.hooks.rotate_title.to_owned(), t.hooks.rotate_text, t.hooks.rotate, move || {
                rest::<Webhook>(Verb::Post, path.clone(), None, move |answer| show_secret(section, answer));
            });
        }
    };
    let delete = move |_| {
        let path = path.clone();
        ask.ask(t.hooks.delete_title.to_owned(), t.hooks.delete_text, t.hooks.delete, move || {
            section.act(Verb::Delete, path.clone(), None, "");
        });
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
    let t = messages();
    match (tested.status, &tested.error) {
        (Some(status), None) => (Tone::Good, (t.hooks.tested)(&status.to_string(), tested.duration_ms)),
        (Some(status), _) => (Tone::Bad, (t.hooks.tested)(&status.to_string(), tested.duration_ms)),
        (None, cause) => (Tone::Bad, (t.hooks.test_failed)(cause.as_deref().unwrap_or_default())),
    }
}

fn show_secret(section: Section, answer: Result<Webhook, crate::protocol::Problem>) {
    match answer {
        Ok(hook) => {
            section.made.try_set(Some(hook));
            show_dialog(section.dialog);
            section.list.reload();
        }
        Err(problem) => section.client.toast(Tone::Bad, problem.detail),
    }
}

/// The dialog: the receiver, and then its secret.
fn new_webhook(section: Section) -> AnyView {
    let t = messages();
    let Section { client, list, dialog, made, .. } = section;
    let [url, description, events] = [(); 3].map(|()| RwSignal::new(String::new()));
    let scope: Scope = RwSignal::new(None);
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
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
        let body = json!({
            "url": url.get_untracked().trim(),
            "description": description.get_untracked().trim(),
            "events": events_of(&events.get_untracked()),
            "deviceIds": devices,
        });
        rest::<Webhook>(Verb::Post, "/webhooks".to_owned(), Some(body), move |answer| {
            busy.try_set(false);
            match answer {
                Ok(hook) => {
                    error.try_set(None);
                    made.try_set(Some(hook));
                    list.reload();
                }
                Err(problem) => {
                    error.try_set(Some(problem.detail));
                }
            }
        });
    };
    // The secret is gone from the page with the dialog that showed it.
    let closed = move |_| {
        made.set(None);
        error.set(None);
        for value in [url, description, events] {
            value.set(String::new());
        }
    };
    let form = move || {
        view! {
            <form class="dialog__body" on:submit=create>
                <h2 class="dialog__title">{t.hooks.add}</h2>
                {field(t.hooks.url, url, FieldKind { input: "url", hint: "https://example.com/hook", help: t.hooks.url_help, required: true, longest: "2048", ltr: true })}
                {field(t.hooks.description, description, FieldKind::default())}
                {field(t.hooks.events, events, FieldKind { hint: "message.*, device.updated", help: t.hooks.events_help, longest: "2000", ltr: true, ..FieldKind::default() })}
                {scope_field(client, scope)}
                {form_error(error)}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=busy>{t.hooks.create}</button>
                </div>
            </form>
        }
        .into_any()
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=t.hooks.add on:close=closed>
            {dynamic(move || match made.get() {
                Some(hook) => view! {
                    <div class="dialog__body">
                        <h2 class="dialog__title" dir="ltr">{hook.url}</h2>
                        {secret(t.hooks.secret_title.to_owned(), hook.secret.unwrap_or_default())}
                        <div class="dialog__actions"><button type="button" class="button button--primary" on:click=move |_| close_dialog(dialog)>{t.manage.done}</button></div>
                    </div>
                }.into_any(),
                None => form(),
            })}
        </dialog>
    }
    .into_any()
}
