//! One icon of the sprite in `src/ui/icons.svg`.

use leptos::prelude::*;

/// A picture that says what the words beside it say: hidden from screen readers. The page brings what it draws (`app.rs`): a
/// browser takes a sprite of another address for a page of its own, and draws each icon once that has come.
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <use_ href=format!("#icon-{name}")></use_>
        </svg>
    }
}
