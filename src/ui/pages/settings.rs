//! `/settings`: who is signed in, how the page looks, which network this is, and the way out.

use super::error::NotFoundPage;
use super::sign_in::ProfileFields;
use crate::protocol::Network;
use crate::ui::components::{AlertsCard, LineBanner};
use crate::ui::context::{Boot, Theme};
use crate::ui::hooks::host;
use crate::ui::prelude::*;
use leptos_router::hooks::use_query_map;

/// The settings. Its forms work without script, too.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let Some(client) = use_context::<Client>() else { return view! { <NotFoundPage/> }.into_any() };
    let t = messages();
    view! {
        <main class="page page--narrow" id="main" tabindex="-1">
            <LineBanner client/>
            <header class="page__head"><h1 class="page__title">{t.settings.title}</h1></header>
            <Profile client/>
            <Appearance client/>
            <AlertsCard client/>
            <NetworkFacts client/>
            <section class="card" aria-labelledby="keys-title">
                <h2 class="card__title" id="keys-title">{t.settings.shortcuts}</h2>
                <dl class="keys">
                    {t.settings.shortcut.iter().map(|(keys, what)| view! { <div class="keys__row"><dt><kbd>{*keys}</kbd></dt><dd>{*what}</dd></div> }).collect_view()}
                </dl>
            </section>
            <Leave client/>
        </main>
    }
    .into_any()
}

#[component]
fn Profile(client: Client) -> impl IntoView {
    let t = messages();
    let boot = use_context::<StoredValue<Boot>>();
    let me = client.me();
    let mut form = boot.and_then(|boot| boot.with_value(|boot| boot.profile.clone())).unwrap_or_default();
    if form.name.is_empty() && form.email.is_empty() {
        form.name.clone_from(&me.name);
        form.email.clone_from(&me.email);
    }
    let saved = form.saved || use_query_map().with_untracked(|query| query.get("saved").is_some());
    view! {
        <section class="card" aria-labelledby="profile-title">
            <h2 class="card__title" id="profile-title">{t.settings.profile}</h2>
            <p class="card__text">{t.settings.workspace}": "<bdi>{me.workspace_name}</bdi></p>
            {saved.then(|| view! { <p class="form-good" role="status"><Icon name="check"/>{t.settings.saved}</p> })}
            <form class="form" method="post" action="/settings">
                <ProfileFields form optional_password=true/>
                <div class="form__actions"><button type="submit" class="button button--primary">{t.common.save}</button></div>
            </form>
        </section>
    }
}

#[component]
fn Appearance(client: Client) -> impl IntoView {
    let t = messages();
    let choice = move |theme: Theme, icon: &'static str, label: &'static str| {
        view! {
            <label class="choice">
                <input
                    class="choice__input" type="radio" name="theme" value=theme.as_str()
                    prop:checked=live(move || client.theme.get() == theme)
                    checked=client.theme.get_untracked() == theme
                    on:change=move |_| {
                        client.theme.set(theme);
                        host::set_theme(theme);
                    }
                />
                <span class="choice__face"><Icon name=icon/>{label}</span>
            </label>
        }
    };
    view! {
        <section class="card" aria-labelledby="look-title">
            <h2 class="card__title" id="look-title">{t.settings.appearance}</h2>
            <fieldset class="choices">
                <legend class="visually-hidden">{t.settings.theme}</legend>
                {choice(Theme::Auto, "monitor", t.settings.auto)}
                {choice(Theme::Light, "sun", t.settings.light)}
                {choice(Theme::Dark, "moon", t.settings.dark)}
            </fieldset>
            <p class="card__text">{t.settings.auto_text}</p>
        </section>
    }
}

#[component]
fn NetworkFacts(client: Client) -> impl IntoView {
    let t = messages();
    let (name, text) = match client.network() {
        Network::Sandbox => (t.settings.network_sandbox, t.settings.network_sandbox_text),
        Network::Whatsapp => (t.settings.network_whatsapp, t.settings.network_whatsapp_text),
    };
    view! {
        <section class="card" aria-labelledby="network-title">
            <h2 class="card__title" id="network-title">{t.settings.network}</h2>
            <p class="card__text"><b>{name}</b>" · "{text}</p>
            <p class="card__text">{t.settings.integrate_text}" "<a href="/docs" rel="external">{t.settings.docs}</a></p>
        </section>
    }
}

#[component]
fn Leave(client: Client) -> impl IntoView {
    let t = messages();
    let unsent = move || {
        let waiting = i64::try_from(client.waiting.get()).unwrap_or(i64::MAX);
        (waiting > 0)
            .then(|| view! { <p class="form-error" role="status">{(t.settings.unsent)(waiting)}</p> })
    };
    view! {
        <section class="card" aria-labelledby="session-title">
            <h2 class="card__title" id="session-title">{t.settings.session}</h2>
            <p class="card__text">{t.settings.sign_out_text}</p>
            {unsent}
            <form method="post" action="/logout">
                <button type="submit" class="button"><Icon name="logout"/>{t.settings.sign_out}</button>
            </form>
        </section>
    }
}
