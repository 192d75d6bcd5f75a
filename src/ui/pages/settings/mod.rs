//! `/settings` and `/settings/{section}`: the list of sections, and one of them beside it. On a phone one of the
//! two.
//!
//! A section is a function of the client that gives a view. A further one is a line of [`SECTIONS`] and an arm
//! of [`section`].

mod about;
mod alerts;
mod api_keys;
mod appearance;
mod deliveries;
mod list_section;
mod people;
mod profile;
mod shortcuts;
mod webhooks;

use super::error::NotFoundPage;
use crate::protocol::Permission;
use crate::ui::components::{Empty, LineBanner};
use crate::ui::prelude::*;
use leptos_router::hooks::use_params_map;

/// A section: its address, its icon, for whom it is, and its name.
type Section = (&'static str, &'static str, Permission, fn(&Messages) -> &'static str);

const SECTIONS: [Section; 8] = [
    ("profile", "person", Permission::Read, |t| t.settings.profile),
    ("appearance", "sun", Permission::Read, |t| t.settings.appearance),
    ("alerts", "bell", Permission::Read, |t| t.alerts.title),
    ("shortcuts", "keyboard", Permission::Read, |t| t.shortcuts.title),
    ("api-keys", "key", Permission::Admin, |t| t.keys.title),
    ("webhooks", "hook", Permission::Admin, |t| t.hooks.title),
    ("people", "people", Permission::Admin, |t| t.people.title),
    ("about", "info", Permission::Read, |t| t.manage.about),
];

fn section(client: Client, name: &str) -> AnyView {
    // What the server would refuse is not there.
    let open = |(known, _, needs, _): &Section| *known == name && client.may(*needs);
    if !SECTIONS.iter().any(open) {
        let t = messages();
        return view! { <Empty icon="unknown" title=t.manage.missing_title text=t.manage.missing_text/> }
            .into_any();
    }
    match name {
        "profile" => profile::profile(client),
        "appearance" => appearance::appearance(client),
        "alerts" => alerts::alerts(client),
        "shortcuts" => shortcuts::shortcuts(),
        "api-keys" => api_keys::api_keys(client),
        "webhooks" => webhooks::webhooks(client),
        "people" => people::people(client),
        _ => about::about(client),
    }
}

/// The settings. Forms about oneself work without script, too.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let Some(client) = use_context::<Client>() else { return view! { <NotFoundPage/> }.into_any() };
    let t = messages();
    let params = use_params_map();
    let named = memo(move || params.with(|params| params.get("section")).filter(|name| !name.is_empty()));
    let shown = memo(move || named.get().unwrap_or_else(|| "profile".to_owned()));
    let open = SECTIONS.into_iter().filter(|(_, _, needs, _)| client.may(*needs));
    let links = open.map(|(name, icon, _, label)| {
        let here = move || shown.with(|shown| shown == name).then_some("page");
        view! {
            <li>
                <a class="sections__link" href=format!("/settings/{name}") aria-current=live(here)>
                    <Icon name=icon/><span>{label(t)}</span>
                </a>
            </li>
        }
    });
    view! {
        <div class="settings" data-pane=live(move || if named.get().is_some() { "section" } else { "list" })>
            // A phone shows a section without the list, whose title is the page's.
            <h1 class="visually-hidden pane-title">{t.settings.title}</h1>
            <div class="settings__list">
                <h1 class="page__title">{t.settings.title}</h1>
                <nav aria-label=t.manage.sections><ul class="sections">{links.collect_view()}</ul></nav>
                {about::leave(client)}
            </div>
            <main class="settings__section" id="main" tabindex="-1">
                <LineBanner client/>
                <a class="back-link settings__back" href="/settings"><Icon name="back"/>{t.manage.all}</a>
                {dynamic(move || section(client, &shown.get()))}
            </main>
        </div>
    }
    .into_any()
}

/// A section's head: its title, what it is about, and what can be added.
fn head(title: &'static str, lead: &'static str, action: Option<AnyView>) -> AnyView {
    view! {
        <header class="page__head">
            <div>
                <h2 class="page__title">{title}</h2>
                {(!lead.is_empty()).then(|| view! { <p class="page__lead">{lead}</p> })}
            </div>
            {action}
        </header>
    }
    .into_any()
}
