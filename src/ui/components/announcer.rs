//! The one place from which screen readers are told what arrives.

use crate::ui::prelude::*;

/// A polite live region. Messages do not come from the thread itself: readers would repeat whole windows.
#[component]
pub fn Announcer(client: Client) -> impl IntoView {
    view! { <div class="visually-hidden" role="log" aria-live="polite" aria-atomic="true">{client.said}</div> }
}
