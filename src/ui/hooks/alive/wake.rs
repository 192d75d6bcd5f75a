//! The first thing that runs in the browser.

use crate::browser::{kept, page, spawn, texts};
use crate::i18n::Locale;
use crate::ui::chunks;
use crate::ui::look::Look;
use crate::ui::{App, Theme};
use leptos::prelude::provide_context;

/// Brings the page alive, once it can speak its language. If the texts or what reads them cannot be had, it comes alive
/// in English, which is better than not at all.
pub fn wake() {
    let Some((locale, address)) = texts::wanted() else { return begin() };
    super::load_chunk(chunks::languages().load, |_| ());
    spawn(async move {
        let text = texts::fetch(&address).await;
        let here = (chunks::languages().load)().await;
        if let (Some(text), Some(languages)) = (text.filter(|_| here), (chunks::languages().here)()) {
            (languages.install)(locale, &text);
        }
        begin();
    });
}

/// A page that the server rendered is taken over as it is; one that came out of the browser's cache is made of what was
/// kept, and stays as it is if nothing was.
fn begin() {
    let Some(promise) = kept::promised() else { return super::awake::awake() };
    spawn(async move {
        let Some(kept) = kept::read(promise).await else { return };
        if let Some(body) = leptos::prelude::document().body() {
            super::awake::clear(&body);
        }
        leptos::mount::mount_to_body(move || {
            provide_context(kept);
            provide_choices();
            App()
        });
    });
}

/// What this browser chose: `start.js` put it on the document, which the server wrote some time ago.
fn provide_choices() {
    let root = |name: &str| page::root_attribute(name).unwrap_or_default();
    let look = ["data-density", "data-accent", "data-wallpaper"].map(root).join(".");
    provide_context(Look::parse(&look));
    provide_context(Locale::of_tag(&root("lang")).unwrap_or_default());
    let theme = root("data-theme");
    let theme = [Theme::Light, Theme::Dark].into_iter().find(|known| known.as_str() == theme);
    provide_context(theme.unwrap_or_default());
}
