//! The document, and what every page of it holds.

use super::chunks;
use super::client::Client;
use super::components::{Announcer, Rail, Toasts};
use super::context::{Boot, Theme};
use super::hooks;
use super::pages::{ChatsPage, HomePage, NotFoundPage, TroublePage};
use super::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{OptionalParamSegment, StaticSegment};

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Theme>().unwrap_or_default();
    let locale = use_context::<Locale>().unwrap_or_default();
    let styles = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    // The client's script asks for this one first of all: it should be there by then.
    let loader = format!("/{}/__wasm_split.______________________.js", options.site_pkg_dir);
    view! {
        <!DOCTYPE html>
        <html lang=locale.tag() dir=locale.direction() data-theme=theme.as_str()>
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
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {stylesheet(&options, styles)}
                <link rel="modulepreload" href=loader/>
                <HydrationScripts options/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The stylesheet, by its hashed name where the build made one.
fn stylesheet(options: &LeptosOptions, plain: String) -> impl IntoView + use<> {
    if options.hash_files {
        view! { <leptos_meta::HashedStylesheet options=options.clone() id="styles"/> }.into_any()
    } else {
        view! { <link rel="stylesheet" id="styles" href=plain/> }.into_any()
    }
}

/// What every page holds.
#[component]
pub fn App() -> impl IntoView {
    let boot = Boot::take();
    provide_context(Locale::default());
    let client = boot.snapshot.clone().map(|snapshot| Client::new(snapshot, boot.viewer, boot.theme));
    let trouble = boot.trouble.clone();
    provide_context(StoredValue::new(boot));
    if let Some(client) = client {
        provide_context(client);
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
                    <Route path=StaticSegment("welcome") view=chunks::welcome_page()/>
                    <Route path=(StaticSegment("chats"), OptionalParamSegment("chat")) view=ChatsPage/>
                    <Route path=StaticSegment("devices") view=chunks::devices_page()/>
                    <Route path=(StaticSegment("devices"), leptos_router::ParamSegment("device")) view=chunks::device_page()/>
                    <Route path=StaticSegment("sandbox") view=chunks::sandbox_page()/>
                    <Route path=StaticSegment("settings") view=chunks::settings_page()/>
                </FlatRoutes>
                {client.map(|client| view! { <Announcer client/> <Toasts client/> })}
            </div>
        </Router>
    }
    .into_any()
}
