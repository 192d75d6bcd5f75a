//! The texts of the page's language: here before the page comes alive, so that it never speaks two.

use super::{page, spawn};
use crate::i18n::{Locale, install};
use gloo_net::http::Request;

/// Goes on once the texts are there: at once for an English page. If they cannot be had, the page comes alive in
/// English, which is better than not at all.
pub fn with_texts(go_on: impl FnOnce() + 'static) {
    let locale = page::language().and_then(|tag| Locale::of_tag(&tag));
    let (Some(locale), Some(address)) = (locale, page::texts_address()) else { return go_on() };
    spawn(async move {
        // As the document asked for it ahead: the same request, answered already.
        if let Ok(response) = Request::get(&address).send().await
            && response.ok()
            && let Ok(text) = response.text().await
        {
            install(locale, &text);
        }
        go_on();
    });
}
