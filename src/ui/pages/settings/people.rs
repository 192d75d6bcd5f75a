//! The users of the workspace: who there is, how far each may go, adding and removing.

use super::head;
use crate::model::settings::Person;
use crate::protocol::Permission;
use crate::ui::client::Tone;
use crate::ui::components::{Ask, FieldKind, fetched, field, form_error, permission_field, secret};
use crate::ui::hooks::{ServerList, Verb, close_dialog, host, rest, show_dialog, use_list};
use crate::ui::prelude::*;
use leptos::html::Dialog;
use serde_json::{Map, json};

/// The section.
pub fn people(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<Person>("/users".to_owned());
    let dialog = NodeRef::<Dialog>::new();
    let ask = Ask::new();
    let add = view! { <button type="button" class="button button--primary" on:click=move |_| show_dialog(dialog)><Icon name="plus"/>{t.people.add}</button> };
    let rows = move || {
        let items = list.items.get().into_iter().map(|person| row(client, list, ask, person));
        let more = list.next.with(Option::is_some).then(|| view! {
            <button type="button" class="button button--small" on:click=move |_| list.more()>{t.manage.more}</button>
        });
        view! { <ul class="entries">{items.collect_view()}</ul>{more} }.into_any()
    };
    view! {
        {head(t.people.title, t.people.lead, Some(add.into_any()))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_person(list, dialog)}
        {ask.view()}
    }
    .into_any()
}

fn row(client: Client, list: ServerList<Person>, ask: Ask, person: Person) -> AnyView {
    let t = messages();
    let me = client.me().user_id.is_some_and(|id| id.to_string() == person.id);
    let path = format!("/users/{}", person.id);
    let name = person.name.clone();
    let (change_path, changed) = (path.clone(), name.clone());
    let change = move |event: leptos::ev::Event| {
        let Some(permission) = Permission::parse(&event_target_value(&event)) else { return };
        let text = (t.people.changed)(&changed);
        let body = Some(json!({ "permission": permission }));
        rest::<Person>(Verb::Patch, change_path.clone(), body, move |done| {
            match done {
                Ok(_) => client.toast(Tone::Good, text),
                Err(problem) => client.toast(Tone::Bad, problem.detail),
            }
            // What was refused is shown as it was.
            list.reload();
        });
    };
    let remove = {
        let name = name.clone();
        move |_| {
            let path = path.clone();
            ask.ask((t.people.remove_title)(&name), t.people.remove_text, t.people.remove, move || {
                rest::<()>(Verb::Delete, path.clone(), None, move |done| match done {
                    Ok(()) => list.reload(),
                    Err(problem) => client.toast(Tone::Bad, problem.detail),
                });
            });
        }
    };
    let levels = Permission::ALL.map(|level| {
        let chosen = level == person.permission;
        view! { <option value=level.as_str() selected=chosen>{(t.manage.permission)(level)}</option> }
    });
    view! {
        <li class="entry">
            <Avatar name=person.name.clone() seed=person.email.clone().unwrap_or_else(|| person.id.clone())/>
            <div class="entry__words">
                <h3 class="entry__name"><bdi>{person.name}</bdi>{me.then(|| view! { " "<span class="entry__tag">{t.people.you}</span> })}</h3>
                <p class="entry__facts">
                    {person.email.map(|email| view! { <span dir="ltr">{email}</span> })}
                    {(!person.has_password).then(|| view! { <span>{t.people.no_password}</span> })}
                </p>
            </div>
            <div class="entry__actions">
                <select class="field__input entry__role" aria-label=(t.people.role_of)(&name) on:change=change>{levels.collect_view()}</select>
                {(!me).then(|| view! {
                    <button type="button" class="icon-button" aria-label=(t.people.remove_label)(&name) on:click=remove><Icon name="trash"/></button>
                })}
            </div>
        </li>
    }
    .into_any()
}

/// The dialog: who it is, and then the link by which they sign in.
fn new_person(list: ServerList<Person>, dialog: NodeRef<Dialog>) -> AnyView {
    let t = messages();
    let [name, email] = [(); 2].map(|()| RwSignal::new(String::new()));
    let permission = RwSignal::new(Permission::Send);
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let made = RwSignal::new(None::<Person>);
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(name.get_untracked().trim()));
        body.insert("permission".to_owned(), json!(permission.get_untracked()));
        let address = email.get_untracked().trim().to_owned();
        if !address.is_empty() {
            body.insert("email".to_owned(), json!(address));
        }
        rest::<Person>(Verb::Post, "/users".to_owned(), Some(body.into()), move |answer| {
            busy.try_set(false);
            match answer {
                Ok(person) => {
                    error.try_set(None);
                    made.try_set(Some(person));
                    list.reload();
                }
                Err(problem) => {
                    error.try_set(Some(problem.detail));
                }
            }
        });
    };
    let closed = move |_| {
        made.set(None);
        error.set(None);
        name.set(String::new());
        email.set(String::new());
    };
    let form = move || {
        view! {
            <form class="dialog__body" on:submit=create>
                <h2 class="dialog__title">{t.people.add}</h2>
                {field(t.people.name, name, FieldKind { required: true, longest: "80", ..FieldKind::default() })}
                {field(t.people.email, email, FieldKind { input: "email", longest: "254", ltr: true, ..FieldKind::default() })}
                {permission_field(permission)}
                {form_error(error)}
                <div class="dialog__actions">
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>{t.common.cancel}</button>
                    <button type="submit" class="button button--primary" disabled=busy>{t.people.create}</button>
                </div>
            </form>
        }
        .into_any()
    };
    view! {
        <dialog class="dialog" node_ref=dialog aria-label=t.people.add on:close=closed>
            {dynamic(move || match made.get() {
                Some(person) => {
                    let link = format!("{}{}", host::origin(), person.sign_in_link.unwrap_or_default());
                    view! {
                        <div class="dialog__body">
                            <h2 class="dialog__title" dir="auto">{(t.people.link_title)(&person.name)}</h2>
                            <p class="dialog__text">{t.people.link_text}</p>
                            {secret((t.people.link_title)(&person.name), link)}
                            <div class="dialog__actions"><button type="button" class="button button--primary" on:click=move |_| close_dialog(dialog)>{t.manage.done}</button></div>
                        </div>
                    }.into_any()
                }
                None => form(),
            })}
        </dialog>
    }
    .into_any()
}
