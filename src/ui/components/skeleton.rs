//! The shape of what is being loaded; it is seen only if that takes longer than a moment.

use leptos::prelude::*;

/// A thread's shape: bubbles of both sides.
#[component]
pub fn ThreadSkeleton(label: &'static str) -> impl IntoView {
    const BUBBLES: [&str; 7] = ["a", "b mine", "c", "a mine", "d", "b", "c mine"];
    let bubbles = BUBBLES
        .map(|shape| view! { <span class=format!("skeleton__bubble skeleton__bubble--{shape}")></span> });
    view! { <div class="skeleton skeleton--thread" role="status" aria-label=label>{bubbles.collect_view()}</div> }
}
