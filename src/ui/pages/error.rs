//! Pages for addresses that lead nowhere, and for when a page could not be made.

use crate::ui::components::Empty;
use crate::ui::prelude::*;

/// Nothing is here, and the server answers so.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(nowhere) = use_context::<crate::ui::Nowhere>() {
        nowhere.say();
    }
    nothing_here(true)
}

/// Says that nothing is here: `alone`, or beside what has a title of its own.
pub fn nothing_here(alone: bool) -> AnyView {
    let t = messages();
    view! {
        <main class="page page--center" id="main" tabindex="-1">
            <Empty icon="unknown" title=t.shell.not_found_title text=t.shell.not_found_text alone>
                <a class="button button--primary" href="/chats">{t.shell.to_chats}</a>
            </Empty>
        </main>
    }
    .into_any()
}

/// The server could not make the page.
#[component]
pub fn TroublePage(text: String) -> impl IntoView {
    let t = messages();
    view! {
        <main class="page page--center" id="main" tabindex="-1">
            <Empty icon="warn" title=t.shell.trouble_title text=text alone=true>
                <a class="button button--primary" href="">{t.shell.reload}</a>
            </Empty>
        </main>
    }
}
