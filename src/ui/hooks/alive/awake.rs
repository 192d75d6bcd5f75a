//! The moment in which the browser takes over what the server rendered.

use crate::browser::spawn;
use crate::ui::App;
use crate::ui::chunks::load_named;
use leptos::mount::{hydrate_body, hydrate_from};
use leptos::prelude::*;

/// Brings the page alive. What it shows has to be here before: chunks that the server named in it come first.
pub(super) fn awake() {
    let shown = chunks_on_page();
    if shown.is_empty() {
        return hydrate_body(App);
    }
    spawn(async move {
        let mut whole = true;
        for name in shown {
            if let Some(load) = load_named(&name) {
                whole &= load().await;
            }
        }
        if whole { hydrate_body(App) } else { afresh() }
    });
}

/// The names of the chunks that the page is made of, as the server marked them.
fn chunks_on_page() -> Vec<String> {
    let Ok(marks) = document().query_selector_all("[data-chunk]") else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for at in 0..marks.length() {
        let mark =
            marks.get(at).and_then(|node| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(node).ok());
        if let Some(name) = mark.and_then(|mark| mark.get_attribute("data-chunk"))
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Takes all off the page but what its icons are drawn of.
pub(super) fn clear(body: &web_sys::HtmlElement) {
    let sprite = document().query_selector(".sprite").ok().flatten();
    body.set_text_content(None);
    if let Some(sprite) = sprite {
        // A node of this document is never refused.
        drop(body.append_child(&sprite));
    }
}

/// A part of what the server rendered cannot be taken over, as its code is missing: the page is built anew
/// from what it was rendered of, and that part says that it did not load.
fn afresh() {
    let Some(body) = document().body() else { return };
    clear(&body);
    // All that is left to take over is this comment; nothing refuses it.
    drop(body.insert_before(&document().create_comment(""), body.first_child().as_ref()));
    let place = body.clone();
    let build = move || {
        let mut page = App().into_view().build();
        page.mount(&place, None);
        // It stays as long as the document.
        std::mem::forget(page);
    };
    hydrate_from(body, build).forget();
}
