//! The texts of the page's language: here before the page comes alive, so that it never speaks two.

use super::page;
use crate::i18n::Locale;
use gloo_net::http::Request;

/// The language of the page and where its texts are; none for an English page.
#[must_use]
pub fn wanted() -> Option<(Locale, String)> {
    Some((page::language().and_then(|tag| Locale::of_tag(&tag))?, page::texts_address()?))
}

/// The texts at this address, if they can be had.
pub async fn fetch(address: &str) -> Option<String> {
    // As the document asked for it ahead: the same request, answered already.
    let response = Request::get(address).send().await.ok().filter(gloo_net::http::Response::ok)?;
    response.text().await.ok()
}
