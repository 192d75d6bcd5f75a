//! The document, and what every page of it holds.

use super::chunks;
use super::client::Client;
use super::components::{Announcer, Rail, Shortcuts, Toasts};
use super::context::{Boot, Offline, Theme};
use super::hooks;
use super::look::Look;
use super::pages::{ChatsPage, HomePage, NotFoundPage, OfflinePage, TroublePage};
use super::prelude::*;
use crate::model::{Kept, Model};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{OptionalParamSegment, StaticSegment};

/// What every page runs first.
const START: &str = include_str!("start.js");
/// What has the program compiled early.
const COMPILE: &str = include_str!("compile.js");
/// What [`Icon`] draws, by names that begin with `icon-`.
#[cfg(feature = "ssr")]
const SPRITE: &str = include_str!("icons.svg");

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let locale = use_context::<Locale>().unwrap_or_default();
    let look = use_context::<Look>().unwrap_or_default();
    let offline = use_context::<Offline>().is_some();
    let styles = options.css_path();
    // The client's script asks for this one first of all: it should be there by then.
    let loader = format!("/{}/__wasm_split.______________________.js", options.pkg_url_path());
    view! {
        <!DOCTYPE html>
        <html
            lang=locale.tag() dir=locale.direction() data-theme=theme.as_str() data-density=look.density
            data-accent=look.accent data-wallpaper=look.wallpaper data-offline=offline.then_some("")
        >
            <head>
                <meta charset="utf-8"/>
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f6f5f1" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#0d1412" media="(prefers-color-scheme: dark)"/>
                <title>"Switchboard"</title>
                // Pixels: a browser that keeps nothing asks for it at every address, and would draw it anew each time.
                <link rel="icon" href="/icons/64.png" sizes="64x64" type="image/png"/>
                <link rel="apple-touch-icon" href="/icons/apple-180.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {texts(locale)}
                // Before any other script: it makes the policy that the others need.
                <script nonce=leptos::nonce::use_nonce()>{START}</script>
                <link rel="modulepreload" href=loader nonce=leptos::nonce::use_nonce()/>
                <HydrationScripts options=options.clone()/>
                <script nonce=leptos::nonce::use_nonce()>{COMPILE}</script>
                // Last, since scripts wait for the styles before them.
                <link rel="stylesheet" id="styles" href=styles/>
            </head>
            <body>
                {if offline { view! { <OfflinePage/> }.into_any() } else { view! { <App/> }.into_any() }}
                {sprite()}
            </body>
        </html>
    }
}

/// What the icons of the page are drawn of: behind all that comes alive.
#[cfg(feature = "ssr")]
fn sprite() -> impl IntoView {
    leptos::tachys::html::InertElement::new(SPRITE)
}

#[cfg(not(feature = "ssr"))]
fn sprite() -> impl IntoView {}

/// Where the browser finds the texts of the page's language, which it needs before the page comes alive.
#[cfg(feature = "ssr")]
fn texts(locale: Locale) -> impl IntoView + use<> {
    // By hand: in a view, an attribute of this name reads as the language's own word.
    let link = |address: String| {
        let link = leptos::html::link().attr("rel", "preload").attr("as", "fetch").attr("id", "texts");
        link.attr("crossorigin", "anonymous").attr("href", address)
    };
    locale.address().map(link)
}

#[cfg(not(feature = "ssr"))]
fn texts(_locale: Locale) -> impl IntoView + use<> {}

/// What every page holds.
#[component]
pub fn App() -> impl IntoView {
    let boot = Boot::take();
    provide_context(boot.locale);
    provide_context(RwSignal::new(boot.look));
    // What the server put into the page; without network, what was kept of an earlier one.
    let kept = use_context::<Kept>().map(Kept::model);
    let was_kept = kept.is_some();
    let model = kept.or_else(|| boot.snapshot.clone().map(Model::new));
    let client = model.map(|model| Client::new(model, boot.viewer, boot.theme));
    let trouble = boot.trouble.clone();
    // The browser is told to fetch what reads the texts while it still reads the page.
    #[cfg(feature = "ssr")]
    if boot.locale != Locale::English {
        leptos::prefetch_lazy_fn_on_server("languages");
    }
    provide_context(StoredValue::new(boot));
    if let Some(client) = client {
        if was_kept {
            client.begin_from_kept();
        }
        provide_context(client);
        provide_context(hooks::Beside::start());
        hooks::live(client);
    }
    if let Some(trouble) = trouble {
        return view! { <TroublePage text=trouble.text/> }.into_any();
    }
    view! {
        <Router>
            <div class="app">
                {client.map(|_| view! { <Rail/> })}
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=StaticSegment("") view=HomePage/>
                    <Route path=StaticSegment("login") view=chunks::login_page()/>
                    <Route path=StaticSegment("sign-in") view=chunks::login_page()/>
                    <Route path=StaticSegment("welcome") view=chunks::welcome_page()/>
                    <Route path=(StaticSegment("chats"), OptionalParamSegment("chat")) view=ChatsPage/>
                    <Route path=StaticSegment("devices") view=chunks::devices_page()/>
                    <Route path=(StaticSegment("devices"), leptos_router::ParamSegment("device")) view=chunks::device_page()/>
                    <Route path=StaticSegment("sandbox") view=chunks::sandbox_page()/>
                    <Route path=(StaticSegment("settings"), OptionalParamSegment("section")) view=chunks::settings_page()/>
                </FlatRoutes>
                {client.map(|client| view! { <Announcer client/> <Toasts client/> <Shortcuts client/> })}
            </div>
        </Router>
    }
    .into_any()
}
