//! A text with what was searched for in it marked.

use leptos::prelude::*;

/// The parts of a text, those that are hits marked.
#[must_use]
pub fn marked(parts: Vec<(bool, String)>) -> AnyView {
    let part = |(hit, text): (bool, String)| {
        if hit { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    };
    parts.into_iter().map(part).collect_view().into_any()
}
