//! One icon of the sprite in `public/icons.svg`.

use leptos::prelude::*;

/// A picture that says what the words beside it say: hidden from screen readers.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <use_ href=format!("/icons.svg#{name}")></use_>
        </svg>
    }
}
