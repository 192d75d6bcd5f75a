//! The users of the workspace: who there is, how far each may go, adding and removing.

use super::head;
use super::list_section::{ListSection, Made};
use crate::model::settings::{Person, SignInLink};
use crate::protocol::Permission;
use crate::ui::client::Tone;
use crate::ui::components::{FieldKind, fetched, field, permission_field};
use crate::ui::hooks::{ServerList, Verb, host, rest, use_list};
use crate::ui::prelude::*;
use serde_json::{Map, json};

/// The section.
pub fn people(client: Client) -> AnyView {
    let t = messages();
    let list = use_list::<Person>("/users".to_owned());
    let section = ListSection::new(client, move || list.reload());
    let rows = move || {
        let items = list.items.get().into_iter().map(|person| row(section, list, person));
        let more = list.next.with(Option::is_some).then(|| view! {
            <button type="button" class="button button--small" on:click=move |_| list.more()>{t.manage.more}</button>
        });
        view! { <ul class="entries">{items.collect_view()}</ul>{more} }.into_any()
    };
    view! {
        {head(t.people.title, t.people.lead, Some(section.add_button(t.people.add)))}
        {fetched(list.state, move || list.reload(), rows)}
        {new_person(section)}
        {section.ask.view()}
    }
    .into_any()
}

fn row(section: ListSection, list: ServerList<Person>, person: Person) -> AnyView {
    let t = messages();
    let client = section.client;
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
    let new_link = {
        let (name, path) = (name.clone(), format!("{path}/sign-in-link"));
        move |_| {
            let name = name.clone();
            rest::<SignInLink>(Verb::Post, path.clone(), None, move |answer| match answer {
                Ok(link) => section.show(shown(t, &name, &link.sign_in_link)),
                Err(problem) => client.toast(Tone::Bad, problem.detail),
            });
        }
    };
    let remove = {
        let name = name.clone();
        move |_| {
            section.remove(
                (t.people.remove_title)(&name),
                t.people.remove_text,
                t.people.remove,
                path.clone(),
            );
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
                <button type="button" class="button button--small" aria-label=(t.people.new_link_label)(&name) on:click=new_link>{t.people.new_link}</button>
                {(!me).then(|| view! {
                    <button type="button" class="icon-button" aria-label=(t.people.remove_label)(&name) on:click=remove><Icon name="trash"/></button>
                })}
            </div>
        </li>
    }
    .into_any()
}

/// What is shown of a one-time link that has just been made.
fn shown(t: &Messages, name: &str, path: &str) -> Made {
    let title = (t.people.link_title)(name);
    let secret = format!("{}{path}", host::origin());
    Made { label: title.clone(), title, text: t.people.link_text, secret, ..Made::default() }
}

/// The dialog: who it is, and then the link by which they sign in.
fn new_person(section: ListSection) -> AnyView {
    let t = messages();
    let [name, email] = [(); 2].map(|()| RwSignal::new(String::new()));
    let permission = RwSignal::new(Permission::Send);
    let create = move || {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(name.get_untracked().trim()));
        body.insert("permission".to_owned(), json!(permission.get_untracked()));
        let address = email.get_untracked().trim().to_owned();
        if !address.is_empty() {
            body.insert("email".to_owned(), json!(address));
        }
        section.create("/users", body.into(), move |person: Person| {
            shown(t, &person.name, person.sign_in_link.as_deref().unwrap_or_default())
        });
    };
    let fields = move || {
        view! {
            {field(t.people.name, name, FieldKind { required: true, longest: "80", ..FieldKind::default() })}
            {field(t.people.email, email, FieldKind { input: "email", longest: "254", ltr: true, ..FieldKind::default() })}
            {permission_field(permission)}
        }
        .into_any()
    };
    let cleared = move || {
        name.set(String::new());
        email.set(String::new());
    };
    section.form(t.people.add, t.people.create, fields, create, cleared)
}
