//! The first thing that runs in the browser.

use crate::browser::{kept, spawn};
use crate::ui::App;
use leptos::prelude::provide_context;

/// Brings the page alive. One that the server rendered is taken over as it is; one that came out of the browser's
/// cache is made of what was kept, and stays as it is if nothing was.
pub fn wake() {
    let Some(promise) = kept::promised() else { return leptos::mount::hydrate_body(App) };
    spawn(async move {
        let Some(kept) = kept::read(promise).await else { return };
        if let Some(body) = leptos::prelude::document().body() {
            body.set_text_content(None);
        }
        leptos::mount::mount_to_body(move || {
            provide_context(kept);
            App()
        });
    });
}
