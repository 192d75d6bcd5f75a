//! The first thing that runs in the browser.

use crate::browser::{kept, page, spawn, texts};
use crate::i18n::Locale;
use crate::ui::look::Look;
use crate::ui::{App, Theme};
use leptos::prelude::provide_context;

/// Brings the page alive, once the texts of its language are there. One that the server rendered is taken over as it
/// is; one that came out of the browser's cache is made of what was kept, and stays as it is if nothing was.
pub fn wake() {
    texts::with_texts(|| {
        let Some(promise) = kept::promised() else { return super::awake::awake() };
        spawn(async move {
            let Some(kept) = kept::read(promise).await else { return };
            if let Some(body) = leptos::prelude::document().body() {
                body.set_text_content(None);
            }
            leptos::mount::mount_to_body(move || {
                provide_context(kept);
                provide_choices();
                App()
            });
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
